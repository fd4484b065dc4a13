"""Infimum projection: the best that can be had at each value of some parameters, whatever the others are.

P(I; q) = min over all q_k, k not in I, of L(q_1, ..., q_n)   (HyperHyper, infimum projections)
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from parfocal.analysis.axes import Axis
from parfocal.analysis.cells import Cells, choose_cells
from parfocal.analysis.recut import coarser
from parfocal.analysis.rows import Rows, rows_of
from parfocal.analysis.runs import Histories
from parfocal.errors import InvalidInput
from parfocal.space import Space
from parfocal.trials import Objective
from parfocal.typing import Floats, Ints


@dataclass(frozen=True)
class Projection:
    """The smallest loss in each cell of some axes, as plain arrays."""

    loss: Floats
    """Smallest loss in each cell, shape = cells along each axis; NaN where no trial has been."""
    rows: Ints
    """Row that has it, -1 where none."""
    counts: Ints
    """Number of rows with a loss in each cell."""


def project(index: Ints, shape: tuple[int, ...], loss: Floats) -> Projection:
    """Return the smallest loss in each cell.

    Parameters
    ----------
    index
        ``(n, k)`` cell of each row along each axis.
    shape
        Number of cells along each of the k axes.
    loss
        ``(n,)``; rows with NaN are ignored. Of equal losses the first row is kept.
    """
    size = int(np.prod(shape, dtype=np.int64))
    some = np.flatnonzero(~np.isnan(loss))
    columns = tuple(index[some, j] for j in range(len(shape)))
    flat = np.ravel_multi_index(columns, shape) if shape else np.zeros(len(some), dtype=np.int64)
    low, rows = np.full(size, np.inf), np.full(size, -1, dtype=np.int64)
    np.minimum.at(low, flat, loss[some])
    first = np.flatnonzero(loss[some] == low[flat])[::-1]  # reversed: the first of equals is written last
    rows[flat[first]] = some[first]
    counts = np.bincount(flat, minlength=size).astype(np.int64)
    return Projection(np.where(rows >= 0, low, np.nan).reshape(shape), rows.reshape(shape), counts.reshape(shape))


def project_grid(losses: Floats, keep: Sequence[int]) -> Floats:
    """Return the infimum projection of a full grid onto its axes ``keep``, in their given order.

    ``losses`` has one axis a parameter; NaN (a failed evaluation) is never the smallest.
    """
    others = tuple(axis for axis in range(losses.ndim) if axis not in keep)
    if len(set(keep)) != len(keep) or not set(keep) <= set(range(losses.ndim)):
        raise InvalidInput(f"keep must name different axes of the {losses.ndim}-dimensional grid; got {tuple(keep)}.")
    low = np.fmin.reduce(losses, axis=others) if others else losses
    kept = sorted(keep)
    return np.asarray(np.transpose(low, [kept.index(axis) for axis in keep]), dtype=np.float64)


@dataclass(frozen=True)
class Infimum:
    """Infimum projection of the trials onto some parameters, in the user's own units."""

    cells: tuple[Cells, ...]
    """Cells of each axis; the last one of a conditional parameter holds the trials where it was inactive."""
    value: Floats
    """Best value in each cell, shape = cells along each axis; NaN where no trial has been (never interpolated)."""
    rows: Ints
    """Index of the trial that has it among all rows of all runs, -1 where none."""
    number: Ints
    """Number of that trial within its run, -1 where none."""
    counts: Ints
    """Complete trials in each cell."""
    failures: Ints
    """Failed trials in each cell."""
    best: tuple[int, ...] | None
    """Cell of the best value; None when no trial is complete."""
    limits: tuple[float, float]
    """(worst, best) value worth a colour of its own; outliers among the worst cells are clipped. NaN when empty."""

    @property
    def axes(self) -> tuple[Axis, ...]:
        """The axes."""
        return tuple(cell.axis for cell in self.cells)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the parameters that are kept."""
        return tuple(axis.name for axis in self.axes)

    @property
    def exact(self) -> bool:
        """Whether every cell is exactly one level of each parameter (no binning)."""
        return all(cell.exact for cell in self.cells)


def infimum(
    space: Space,
    histories: Histories | Rows,
    objective: Objective,
    names: Sequence[str],
    *,
    cells: int | None = None,
    most: int | None = None,
) -> Infimum:
    """Return the infimum projection onto the parameters ``names`` (any index set I).

    From a full grid it is exact: one cell a level. From scattered trials of any optimizer the axes are cut into cells
    that are narrow where many trials lie; an axis with few levels keeps one cell a level, a category one a choice.

    Parameters
    ----------
    space
        The space.
    histories
        One or several runs, or the rows that :func:`rows_of` made of them.
    objective
        Gives direction and units.
    names
        One or more parameters.
    cells
        Number of cells along an axis that is cut; None: from the number of trials.
    most
        Cells in all, at most: a grid with more is cut, its longest axes first. None: any number.

    Raises
    ------
    InvalidInput
        When a name is unknown, given twice, or missing.
    """
    rows = histories if isinstance(histories, Rows) else rows_of(space, histories)
    if not names:
        raise InvalidInput("Name at least one parameter to project onto.")
    columns = rows.columns(names)
    axes = tuple(rows.axes[j] for j in columns)
    coordinates = rows.coordinates[:, columns]
    seen = coordinates[~np.isnan(rows.loss) | rows.failed]
    cut = choose_cells(axes, seen, np.asarray(np.isnan(coordinates).any(axis=0)), cells)
    return project_rows(rows, columns, cut if most is None else coarser(cut, seen, most), objective)


def project_rows(rows: Rows, columns: Sequence[int], cut: tuple[Cells, ...], objective: Objective) -> Infimum:
    """Return the infimum projection of rows onto ``columns`` in the cells ``cut`` of each."""
    coordinates = rows.coordinates[:, columns]
    done = ~np.isnan(rows.loss)
    index = np.stack([c.locate(coordinates[:, j]) for j, c in enumerate(cut)], axis=1)
    shape = tuple(len(c) for c in cut)
    low = project(index, shape, rows.loss)
    failures = project(index[rows.failed], shape, np.zeros(int(rows.failed.sum()))).counts
    best = None
    if done.any():
        best = tuple(int(i) for i in index[int(np.nanargmin(rows.loss))])
    worst, top = color_limits(low.loss)
    return Infimum(
        cut,
        objective.value(low.loss),
        low.rows,
        np.append(rows.number, -1)[low.rows],
        low.counts,
        failures,
        best,
        (float(objective.value(worst)), float(objective.value(top))),
    )


def color_limits(loss: Floats) -> tuple[float, float]:
    """Return (worst, best) loss worth a colour of its own: worse than the upper Tukey fence is clipped."""
    finite = loss[~np.isnan(loss)]
    if not len(finite):
        return np.nan, np.nan
    low, middle, high = np.quantile(finite, [0.0, 0.5, 0.75]).tolist()
    fence = high + 1.5 * (high - min(middle, np.quantile(finite, 0.25)))
    worst = float(finite[finite <= fence].max())
    return (worst, low) if worst > low else (float(finite.max()), low)
