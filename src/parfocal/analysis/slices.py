"""Parameter slices: every trial's value against one parameter, with the infimum profile below the cloud."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from parfocal.analysis.infimum import Infimum, infimum
from parfocal.analysis.rows import Rows, rows_of
from parfocal.analysis.runs import Histories
from parfocal.analysis.surface import even, subset
from parfocal.space import Space
from parfocal.trials import Objective
from parfocal.typing import Floats, Ints

LEVELS = 128
"""Cells of a profile below a cloud, at most."""


@dataclass(frozen=True)
class Slice:
    """One parameter against the objective, in the user's own units."""

    profile: Infimum
    """Best value in each cell of the parameter: the 1-D infimum projection."""
    x: Floats
    """Where each complete trial is drawn, (m,)."""
    text: tuple[str, ...]
    """The parameter's value of each complete trial, as people write it."""
    value: Floats
    number: Ints
    """Trial numbers, (m,): early and late ones."""
    run: Ints
    failed: Floats
    """Where failed trials lie, (f,)."""
    failed_number: Ints
    best: int | None
    """Index of the best trial among the points."""
    limits: tuple[float, float]
    """Lowest and highest value worth drawing; NaN when there is none."""
    outside: int
    """Number of points beyond ``limits``."""


def slices(
    space: Space,
    histories: Histories | Rows,
    objective: Objective,
    names: Sequence[str] | None = None,
    *,
    points: int = 1000,
) -> tuple[Slice, ...]:
    """Return one slice for each parameter of ``names`` (all by default).

    Of more than ``points`` trials the best quarter of that number and an even choice of the others are kept.
    """
    rows = histories if isinstance(histories, Rows) else rows_of(space, histories)
    names = [axis.name for axis in rows.axes] if names is None else names
    done, failed = np.flatnonzero(~np.isnan(rows.loss)), np.flatnonzero(rows.failed)
    chosen, shown = subset(rows.loss, done, points), even(failed, points // 5)
    low, high = robust_range(rows.loss[chosen])
    limits = objective.value(np.array([low, high]))
    tables = []
    for name, column in zip(names, rows.columns(names), strict=True):
        profile = infimum(space, rows, objective, (name,), most=LEVELS)
        place = profile.cells[0].place
        tables.append(
            Slice(
                profile,
                place(rows.coordinates[chosen, column], rows.number[chosen]),
                tuple(profile.axes[0].text(value) for value in rows.coordinates[chosen, column].tolist()),
                objective.value(rows.loss[chosen]),
                rows.number[chosen],
                rows.run[chosen],
                place(rows.coordinates[shown, column], rows.number[shown]),
                rows.number[shown],
                int(np.argmin(rows.loss[chosen])) if len(chosen) else None,
                (float(limits.min()), float(limits.max())),
                int(np.sum(rows.loss[chosen] > high)) if len(chosen) else 0,
            )
        )
    return tuple(tables)


def robust_range(loss: Floats) -> tuple[float, float]:
    """Return (lowest, highest) loss worth drawing: worse than the far Tukey fence (3 quartile ranges) is left out."""
    finite = loss[~np.isnan(loss)]
    if not len(finite):
        return np.nan, np.nan
    q1, q3 = np.quantile(finite, [0.25, 0.75]).tolist()
    inside = finite[finite <= q3 + 3 * (q3 - q1)]
    return float(finite.min()), float(inside.max())
