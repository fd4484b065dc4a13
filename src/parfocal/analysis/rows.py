"""Rows: the trials of all runs one below the other, with coordinates in the user's own units."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from parfocal.analysis.axes import Axis
from parfocal.analysis.coordinates import axes_of, coordinates_of
from parfocal.analysis.runs import Histories, as_runs, comparable
from parfocal.errors import InvalidInput
from parfocal.space import Space
from parfocal.typing import Bools, Floats, Ints


@dataclass(frozen=True)
class Rows:
    """The trials of all runs one below the other: what projections, slices and trails look at."""

    axes: tuple[Axis, ...]
    coordinates: Floats
    """(n, d) values of numbers, indices of categories, NaN inactive."""
    loss: Floats
    """(n,) NaN unless complete at the highest fidelity."""
    failed: Bools
    run: Ints
    """(n,) index of the run."""
    number: Ints
    """(n,) trial number within its run."""

    def columns(self, names: Sequence[str]) -> list[int]:
        """Return the columns of parameters, or raise :class:`InvalidInput` naming what there is."""
        known = [axis.name for axis in self.axes]
        for name in names:
            if name not in known:
                raise InvalidInput(f"There is no parameter '{name}'; the space has {', '.join(known) or 'none'}.")
        if len(set(names)) != len(names):
            raise InvalidInput(f"Parameters must be different from each other; got {', '.join(names)}.")
        return [known.index(name) for name in names]

    def only(self, chosen: Bools) -> "Rows":
        """Return the rows that are chosen, (n,)."""
        columns = ("coordinates", "loss", "failed", "run", "number")
        return replace(self, **{name: getattr(self, name)[chosen] for name in columns})


def rows_of(space: Space, histories: Histories) -> Rows:
    """Return the trials of all runs with their coordinates."""
    runs = as_runs(histories)
    axes = axes_of(space)
    blocks = [coordinates_of(space, run.history.X) for run in runs]
    losses = [np.where(comparable(run.history), run.history.loss, np.nan) for run in runs]
    sizes = [len(run.history) for run in runs]
    return Rows(
        axes,
        np.concatenate([np.empty((0, len(axes))), *blocks]),
        np.concatenate([np.empty(0), *losses]),
        np.concatenate([np.empty(0, dtype=bool), *(run.history.failed for run in runs)]),
        np.repeat(np.arange(len(runs)), sizes),
        np.concatenate([np.empty(0, dtype=np.int64), *(np.arange(size) for size in sizes)]),
    )
