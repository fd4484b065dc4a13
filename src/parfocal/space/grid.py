"""The grid of a space: every configuration once, in a fixed order, made only when it is asked for."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from parfocal.errors import SpaceError
from parfocal.space.columns import Axis
from parfocal.space.enumeration import TooMany, enumerate_block
from parfocal.space.layout import Block, Layout, blocks
from parfocal.typing import Floats, Ints

MAX_ROWS = 2_000_000
"""The most rows that are held for columns tied together by conditions and constraints."""


@dataclass(frozen=True, eq=False)
class Part:
    """Columns of X that are independent of the others, and the ``count`` rows that they take."""

    columns: Ints
    count: int
    take: Callable[[Ints], Floats]


@dataclass(frozen=True, eq=False)
class Grid:
    """Canonical, feasible, distinct rows: the product of independent parts, the last part fastest.

    Columns that no condition or constraint ties to others are parts of their own; so without conditions and
    constraints the last parameter runs fastest.

    Attributes
    ----------
    dimension
        Columns of X.
    parts
        The independent parts in the order of their first columns.
    """

    dimension: int
    parts: tuple[Part, ...]

    @property
    def size(self) -> int:
        """Number of rows; exact, however large (``len`` ends at ``sys.maxsize``)."""
        return math.prod(part.count for part in self.parts)

    def __len__(self) -> int:
        return self.size

    def rows(self, start: int = 0, stop: int | None = None) -> Floats:
        """Return the rows ``start`` to ``stop`` (excluded), ``(stop - start, d)``."""
        stop = self.size if stop is None else min(stop, self.size)
        if start < 0 or stop < 0:
            raise SpaceError(f"Rows of a grid are counted from 0; got start={start} and stop={stop}.")
        X = np.empty((max(stop - start, 0), self.dimension))
        if not len(X):
            return X
        offset = np.arange(len(X))
        for part in reversed(self.parts):
            start, digit = divmod(start, part.count)  # whole numbers of Python: a grid may be larger than 2**63
            offset, index = np.divmod(offset + digit, part.count)
            X[:, part.columns] = part.take(index)
        return X

    def chunks(self, rows: int = 65_536) -> Iterator[Floats]:
        """Yield all rows in order, some at a time."""
        for start in range(0, self.size, rows):
            yield self.rows(start, start + rows)


def grid(layout: Layout, target: int | None = None) -> Grid:
    """Return the full grid, or a coarse one of at most ``target`` rows.

    A coarse grid gives each column the same number of levels (fewer where it has fewer, one more for the first columns
    where that fits), evenly spread over the prior: the k-th of m lies at the quantile ``(k + 1/2) / m``.

    Raises
    ------
    SpaceError
        If a parameter is continuous and there is no target, or too many rows are tied together.
    """
    if target is not None:
        if isinstance(target, bool) or not isinstance(target, int | np.integer) or target < 1:
            raise SpaceError(f"The target size of a grid must be a whole number of at least 1; got {target!r}.")
        return _coarse(layout, int(target))
    for name in layout.columns:
        if not layout.axes[name].levels:
            raise SpaceError(
                f"'{name}' is continuous, so its grid has no end: give it 'levels' or 'step', "
                "or ask for a coarse grid with a target size."
            )
    try:
        return _build(layout, {name: layout.axes[name].levels for name in layout.columns})
    except TooMany:
        raise SpaceError(
            f"Conditions and constraints tie more than {MAX_ROWS} rows of the grid together: "
            "use fewer levels, or ask for a coarse grid with a target size."
        ) from None


def size(layout: Layout) -> int | float:
    """Return the number of configurations; an upper bound where more than MAX_ROWS are tied together; or infinity."""
    if not all(axis.levels for axis in layout.axes.values()):
        return math.inf
    count = 1
    for block in blocks(layout, conditions=True):
        levels = {name: layout.axes[name].levels for name in block.columns}
        try:
            count *= _part(layout, block, levels).count
        except TooMany:
            count *= math.prod(levels.values())
    return count


def _build(layout: Layout, levels: Mapping[str, int]) -> Grid:
    parts = tuple(_part(layout, block, levels) for block in blocks(layout, conditions=True))
    return Grid(len(layout.columns), parts)


def _part(layout: Layout, block: Block, levels: Mapping[str, int]) -> Part:
    columns = np.array([layout.position[name] for name in block.columns])
    if len(columns) == 1 and not block.constraints and block.columns[0] not in layout.rules:
        name = block.columns[0]
        axis, count = layout.axes[name], levels[name]
        return Part(columns, count, lambda index: _codes(axis, count, index)[:, None])
    if any(levels[name] > MAX_ROWS for name in block.columns):
        raise TooMany
    codes = {name: _codes(layout.axes[name], levels[name], np.arange(levels[name])) for name in block.columns}
    rows = enumerate_block(layout, block, codes, MAX_ROWS)
    return Part(columns, len(rows), lambda index: rows[index])


def _codes(axis: Axis, count: int, index: Ints) -> Floats:
    """Return the codes of the ``index``-th of ``count`` levels evenly spread over a column."""
    if axis.codes is None:
        return np.asarray((index + 0.5) / count, dtype=np.float64)
    return axis.codes.code(index if count == axis.levels else (2 * index + 1) * axis.levels // (2 * count))


def _coarse(layout: Layout, target: int) -> Grid:
    most = max(axis.levels or target for axis in layout.axes.values())

    def spread(budget: int) -> dict[str, int]:
        return {name: min(axis.levels or budget, budget) for name, axis in layout.axes.items()}

    def fits(levels: Mapping[str, int]) -> Grid | None:
        try:
            found = _build(layout, levels)
        except TooMany:
            return None
        return found if found.size <= target else None

    best, levels, low, high = fits(spread(1)), spread(1), 1, most + 1
    while high - low > 1:
        middle = (low + high) // 2
        found = fits(spread(middle))
        low, high = (low, middle) if found is None else (middle, high)
        best, levels = (best, levels) if found is None else (found, spread(middle))
    for name, axis in layout.axes.items():
        if not axis.levels or levels[name] < axis.levels:
            found = fits(levels | {name: levels[name] + 1})
            best, levels = (best, levels) if found is None else (found, levels | {name: levels[name] + 1})
    if best is None or not best.size:
        raise SpaceError(
            f"No coarse grid of at most {target} rows satisfies the conditions and constraints: raise the target."
        )
    return best
