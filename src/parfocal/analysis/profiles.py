"""Profiles: the best that can be had at each value of one parameter, and how far the value may be moved for free."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from parfocal.analysis.axes import INACTIVE, Axis
from parfocal.analysis.cells import Cells, choose_cells
from parfocal.analysis.infimum import Infimum, project_rows
from parfocal.analysis.recut import recut
from parfocal.analysis.rows import Rows, rows_of
from parfocal.analysis.runs import Histories
from parfocal.errors import InvalidInput
from parfocal.space import Space
from parfocal.trials import Objective
from parfocal.typing import Bools, Floats

Of = Literal["best", "range"]
"""What a tolerance is a share of: the size of the best value, or the way from the best to the median value."""
CELLS, LEVELS = 24, 128
"""Cells of an axis that is cut: with more, luck decides which holds a good trial; and levels that keep a cell each."""
FEW = 4
"""A cell with fewer complete trials than this may well be better than it looks."""


@dataclass(frozen=True)
class Profile:
    """The infimum projection onto one parameter, and the values that lose less than a tolerance.

    Only values that were tried count: an interval begins and ends at a trial that loses less than the tolerance, and
    each cell between its ends holds such a trial. Where the true borders lie is not known better than to a cell;
    :attr:`reach` says so.
    """

    infimum: Infimum
    """Best value in each cell, 1-D."""
    tolerance: float
    """Share of :attr:`of` that may be lost."""
    of: Of
    """What the tolerance is a share of."""
    limit: float
    """The value at which the tolerance ends, in the user's own units; NaN when no trial is complete."""
    within: tuple[tuple[float, float], ...]
    """Lowest and highest coordinate tried of each interval of values that lose less; none for a category."""
    reach: tuple[tuple[float, float], ...]
    """The same intervals out to the borders of their cells: their ends lie between ``within`` and ``reach``."""
    support: tuple[int, ...]
    """Fewest complete trials in a cell of each interval: how well it is known."""
    choices: tuple[str, ...]
    """Choices of a category that lose less; ``inactive`` where that is one of them, for numbers too."""
    plateau: float
    """Share of the axis that loses less, in [0, 1]: the length of :attr:`within`, where a level reaches half way to its
    neighbours, or the share of the choices; a lower bound. NaN when nothing is known."""
    plateau_most: float
    """The same out to the borders of the cells."""
    best: float
    """Coordinate of the best trial; NaN where the parameter was inactive in it, or when no trial is complete."""
    trials: int
    """Complete trials that this rests on."""

    @property
    def name(self) -> str:
        """Name of the parameter."""
        return self.axis.name

    @property
    def axis(self) -> Axis:
        """The parameter's axis."""
        return self.cells.axis

    @property
    def cells(self) -> Cells:
        """Cells of the axis."""
        return self.infimum.cells[0]

    @property
    def known(self) -> bool:
        """Whether any trial is complete."""
        return self.infimum.best is not None

    @property
    def lost(self) -> Floats:
        """What the best in each cell loses against the best of all, (m,): never negative, NaN where no trial was."""
        if self.infimum.best is None:
            return np.full(len(self.cells), np.nan)
        return np.asarray(np.abs(self.infimum.value - self.infimum.value[self.infimum.best]), dtype=np.float64)

    def place(self, coordinates: Floats) -> Floats:
        """Return where coordinates lie between the ends of the axis, 0 to 1, a category's choices in equal parts."""
        scaled = self.axis.scale(self.cells.edges if self.axis.kind == "category" else self.bounds)
        span = scaled[-1] - scaled[0]
        return np.asarray((self.axis.scale(coordinates) - scaled[0]) / (span if span > 0 else 1.0), dtype=np.float64)

    @property
    def bounds(self) -> Floats:
        """Lowest and highest coordinate of the axis, (2,)."""
        return np.array([self.axis.low, self.axis.high])

    @property
    def bars(self) -> tuple[Floats, Floats]:
        """Begin and end, 0 to 1 as :meth:`place` has it, of what loses less, and of what was tried; (k, 2) each.

        What loses less are :attr:`within` or the choices; what was tried are stretches of visited cells.
        """
        numeric = len(self.cells) - (self.cells.inactive and self.axis.kind == "number")
        edges = self.cells.edges[: numeric + 1]
        if self.axis.kind == "number":
            edges = np.clip(edges, self.axis.low, self.axis.high)
            good = np.array(self.within, dtype=np.float64).reshape(-1, 2)
        else:
            index = [i for i, label in enumerate(self.cells.labels) if label in self.choices]
            good = np.stack([edges[index], edges[[i + 1 for i in index]]], axis=1)
        first, last = stretches(self.infimum.counts[:numeric] > 0)
        tried = np.stack([edges[first], edges[[i + 1 for i in last]]], axis=1)
        return self.place(good), self.place(tried)

    @property
    def few(self) -> Bools:
        """Whether a cell that was visited holds few complete trials, (m,)."""
        counts = self.infimum.counts
        return (counts > 0) & (counts < FEW)


def profiles(
    space: Space,
    histories: Histories | Rows,
    objective: Objective,
    names: Sequence[str] | None = None,
    *,
    tolerance: float = 0.01,
    of: Of | None = None,
    cells: int | None = None,
) -> tuple[Profile, ...]:
    """Return one profile for each parameter of ``names`` (all by default).

    Parameters
    ----------
    space
        The space.
    histories
        One or several runs, or the rows that :func:`rows_of` made of them.
    objective
        Gives direction and units.
    names
        Parameters in the order wanted.
    tolerance
        Share that may be lost, above 0.
    of
        ``best``: a share of the size of the best value, which is what people mean by "lose 1 %". ``range``: a share of
        the way from the best to the median value; for a metric that may be 0 or negative, of whose size a share says
        nothing. None: ``best`` where the best value is not 0 and no value has another sign, else ``range``.
    cells
        Number of cells along an axis that is cut; None: from the number of trials, at most 24.

    Raises
    ------
    InvalidInput
        When a name is unknown or given twice, or the tolerance no share.
    """
    if not (np.isfinite(tolerance) and tolerance > 0):
        raise InvalidInput(f"tolerance must be a share above 0, for example 0.01 for 1 %; got {tolerance}.")
    if of not in (None, "best", "range"):
        raise InvalidInput(f"A tolerance can be a share of 'best' or 'range'; got {of!r}.")
    rows = histories if isinstance(histories, Rows) else rows_of(space, histories)
    names = [axis.name for axis in rows.axes] if names is None else names
    done = rows.loss[~np.isnan(rows.loss)]
    basis: Of = of or _basis(done)
    low = float(done.min()) if len(done) else np.nan
    size = abs(low) if basis == "best" or not len(done) else float(np.median(done)) - low
    good = (rows.loss < low + tolerance * size) | (rows.loss == low)
    limit = float(objective.value(low + tolerance * size))
    return tuple(
        _profile(_projected(rows, column, objective, cells), rows, column, good, tolerance, basis, limit)
        for name, column in zip(names, rows.columns(names), strict=True)
    )


def _projected(rows: Rows, column: int, objective: Objective, cells: int | None) -> Infimum:
    at = rows.coordinates[~np.isnan(rows.loss) | rows.failed, column]
    count = int(np.clip(min(len(at) / 3, len(at) ** 0.5), 5, CELLS)) if cells is None else cells
    inactive = np.array([np.isnan(rows.coordinates[:, column]).any()])
    (cut,) = choose_cells((rows.axes[column],), at[:, None], inactive, count)
    return project_rows(rows, (column,), (recut(cut, at, count) if len(cut) > LEVELS else cut,), objective)


def _basis(loss: Floats) -> Of:
    """Return what a share is to be taken of; a loss has the size of its value, and all signs turn with it."""
    if not len(loss):
        return "best"
    low, high = float(loss.min()), float(loss.max())
    return "best" if low != 0 and (low > 0 or high <= 0) else "range"


def _profile(
    projection: Infimum, rows: Rows, column: int, good: Bools, tolerance: float, of: Of, limit: float
) -> Profile:
    cells, axis = projection.cells[0], projection.axes[0]
    numeric = len(cells) - cells.inactive
    at = rows.coordinates[good, column]
    cell = cells.locate(at)
    hit = np.bincount(cell, minlength=len(cells)) > 0
    lowest, highest = np.full(len(cells), np.inf), np.full(len(cells), -np.inf)
    active = ~np.isnan(at)
    np.minimum.at(lowest, cell[active], at[active])
    np.maximum.at(highest, cell[active], at[active])
    first, last = stretches(hit[:numeric])
    number = axis.kind == "number"
    ends = tuple(zip(lowest[first].tolist(), highest[last].tolist(), strict=True)) if number else ()
    edges = np.clip(cells.edges[: numeric + 1], axis.low, axis.high)
    outer = (lowest, highest) if cells.exact else (edges[:-1], edges[1:])
    reach = tuple(zip(outer[0][first].tolist(), outer[1][last].tolist(), strict=True)) if number else ()
    best = projection.best
    return Profile(
        projection,
        tolerance,
        of,
        limit,
        ends,
        reach,
        tuple(int(projection.counts[a : b + 1].min()) for a, b in zip(first, last, strict=True)) if number else (),
        _choices(cells, hit),
        _share(cells, hit, ends) if best is not None else np.nan,
        _share(cells, hit, reach) if best is not None else np.nan,
        np.nan if best is None else float(rows.coordinates[projection.rows[best], column]),
        int(projection.counts.sum()),
    )


def stretches(hit: Bools) -> tuple[list[int], list[int]]:
    """Return the first and the last cell of each stretch of neighbours."""
    step = np.diff(np.concatenate(([False], hit, [False])).astype(np.int8))
    return np.flatnonzero(step == 1).tolist(), (np.flatnonzero(step == -1) - 1).tolist()


def _choices(cells: Cells, hit: Bools) -> tuple[str, ...]:
    if cells.axis.kind == "category":
        return tuple(label for label, inside in zip(cells.labels, hit.tolist(), strict=True) if inside)
    return (INACTIVE,) if cells.inactive and hit[-1] else ()


def _share(cells: Cells, hit: Bools, intervals: Sequence[tuple[float, float]]) -> float:
    """Return the share of the axis that intervals cover, each level with its half of the way to the next ones."""
    axis, numeric = cells.axis, len(cells) - cells.inactive
    if axis.kind == "category" or numeric == 1:
        return float(hit[:numeric].mean()) if cells.exact else float(bool(intervals))
    ends = np.array(intervals, dtype=np.float64).reshape(-1, 2)
    borders = axis.scale(axis.levels if len(axis.levels) else np.array([axis.low, axis.high]))
    scaled = axis.scale(ends)
    if len(axis.levels):
        middle = (borders[:-1] + borders[1:]) / 2
        borders = np.concatenate(([2 * borders[0] - middle[0]], middle, [2 * borders[-1] - middle[-1]]))
        index = np.searchsorted(borders[1:-1], scaled)
        scaled = np.stack([borders[index[:, 0]], borders[index[:, 1] + 1]], axis=1)
    return float(np.clip((scaled[:, 1] - scaled[:, 0]).sum() / (borders[-1] - borders[0]), 0.0, 1.0))
