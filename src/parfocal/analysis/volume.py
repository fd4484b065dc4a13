"""Three parameters at once: infimum projections onto two of them, one for each range of the third."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from parfocal.analysis.cells import Cells, choose_cells
from parfocal.analysis.infimum import Infimum, project_rows
from parfocal.analysis.recut import coarser, recut
from parfocal.analysis.rows import Rows, rows_of
from parfocal.analysis.runs import Histories
from parfocal.checks import positive
from parfocal.errors import InvalidInput
from parfocal.space import Space
from parfocal.trials import Objective
from parfocal.typing import Floats, Ints

CELLS = 20_000
"""Cells of a figure at most, over all its panels."""


@dataclass(frozen=True)
class Volume:
    """The infimum projection onto three parameters, cut into panels along the third."""

    projection: Infimum
    """Axes 0 and 1 are x and y, axis 2 has one cell a panel."""
    panels: Ints
    """Cells of the third axis that are worth a panel, in their order, (p,): those with the best values."""
    best: Floats
    """Best value of each panel, (p,); NaN where no trial is complete."""
    spots: Floats
    """Place (x, y) of the best trial of each panel, (p, 2)."""
    numbers: Ints
    """Its trial number, -1 for none, (p,)."""
    first: int | None
    """Index of the best panel; None when no trial is complete."""
    others: tuple[str, ...]
    """Parameters that were minimized over."""

    @property
    def third(self) -> Cells:
        """Cells of the third axis."""
        return self.projection.cells[2]

    @property
    def left_out(self) -> tuple[str, ...]:
        """Text of the visited cells of the third axis that got no panel."""
        seen = np.flatnonzero(self.projection.counts.sum(axis=(0, 1)))
        return tuple(self.third.labels[i] for i in np.setdiff1d(seen, self.panels).tolist())


def volume(
    space: Space,
    histories: Histories | Rows,
    objective: Objective,
    names: Sequence[str],
    *,
    panels: int = 6,
    cells: int | None = None,
) -> Volume:
    """Return the infimum projection onto three parameters, in panels along the third.

    A number as third parameter is cut into at most ``panels`` ranges, narrow where many trials lie (one range a level
    where there are no more levels); a category has one panel a choice. Trials in which it was inactive are a panel of
    their own. Only visited panels are kept, and of too many choices those with the best values.

    Parameters
    ----------
    space
        The space.
    histories
        One or several runs, or the rows that :func:`rows_of` made of them.
    objective
        Gives direction and units.
    names
        Three different parameters: x, y, and the one that is cut into panels.
    panels
        Panels at most, the one of inactive trials aside.
    cells
        Number of cells along x and y where they are cut; None: from the number of trials.

    Raises
    ------
    InvalidInput
        When there are not three different known names, or ``panels`` is not positive.
    """
    positive(panels, "panels")
    if len(names) != 3:
        raise InvalidInput(f"A volume needs three different parameters; got {', '.join(names) or 'none'}.")
    rows = histories if isinstance(histories, Rows) else rows_of(space, histories)
    columns = rows.columns(names)
    axes = tuple(rows.axes[j] for j in columns)
    coordinates = rows.coordinates[:, columns]
    seen = coordinates[~np.isnan(rows.loss) | rows.failed]
    cut = choose_cells(axes, seen, np.asarray(np.isnan(coordinates).any(axis=0)), cells)
    third = recut(cut[2], seen[:, 2], panels)
    cut = (*coarser(cut[:2], seen[:, :2], CELLS // min(len(third), panels + 1)), third)
    projection = project_rows(rows, columns, cut, objective)
    kept = _worth(projection, panels, objective)
    low = objective.value(projection.value).reshape(-1, len(third))[
        :, kept
    ]  # the loss of a value, as a flip is its own
    filled = np.where(np.isnan(low), np.inf, low)
    at = filled.argmin(axis=0) if low.size else np.zeros(0, dtype=np.int64)
    found = projection.rows.reshape(-1, len(third))[at, kept]
    spots = (
        np.stack(
            [
                c.place(rows.coordinates[found, j], rows.number[found])
                for c, j in zip(cut[:2], columns[:2], strict=True)
            ],
            axis=1,
        )
        if len(rows.loss)
        else np.full((len(kept), 2), np.nan)
    )
    spots[found < 0] = np.nan
    best = projection.best
    return Volume(
        projection,
        kept,
        projection.value.reshape(-1, len(third))[at, kept],
        spots,
        np.append(rows.number, -1)[found],
        None if best is None else int(np.flatnonzero(kept == best[2])[0]),
        tuple(axis.name for axis in rows.axes if axis.name not in names),
    )


def _worth(projection: Infimum, most: int, objective: Objective) -> Ints:
    """Return the cells of the third axis that get a panel: visited ones, the best of too many, in their order."""
    third = projection.cells[2]
    low = objective.value(projection.value).reshape(-1, len(third))
    best = np.where(np.isnan(low), np.inf, low).min(axis=0, initial=np.inf)
    tried = (projection.counts + projection.failures).sum(axis=(0, 1))
    order = np.argsort(best, kind="stable")
    order = order[tried[order] > 0]
    apart = third.inactive & (order == len(third) - 1)
    kept = np.concatenate([order[~apart][:most], order[apart]])
    return np.sort(kept).astype(np.int64)
