"""Cells: the bins of an axis, exact where trials fill the levels, adaptive where they are scattered."""

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from parfocal.analysis.axes import INACTIVE, Axis
from parfocal.typing import Bools, Floats, Ints

_JITTER = 0.6180339887498949  # golden ratio: consecutive trial numbers fall far apart (Weyl sequence)


@dataclass(frozen=True)
class Cells:
    """The cells (bins) of one axis: contiguous, and one more for inactive trials where there can be any."""

    axis: Axis
    edges: Floats
    """Borders in coordinates of the axis, ascending, (m + 1,); with ``inactive`` the last cell is not a range."""
    labels: tuple[str, ...]
    """Text of each cell, (m,): the level, the choice, or the range."""
    exact: bool
    """Whether each cell is exactly one level or choice."""
    inactive: bool

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def centres(self) -> Floats:
        """Middle of each cell as it looks on the axis, (m,)."""
        scaled = self.axis.scale(self.edges)
        return self.axis.unscale((scaled[:-1] + scaled[1:]) / 2)

    @property
    def ticks(self) -> tuple[Floats, tuple[str, ...]] | None:
        """Where to write what along the axis, or None where a plain linear axis does it well by itself."""
        if self.axis.kind == "category":
            return np.arange(len(self), dtype=np.float64), self.labels
        if not (self.inactive or self.axis.log):
            return None
        marks = nice_ticks(self.axis)
        texts = tuple(self.axis.text(mark) for mark in marks.tolist())
        if not self.inactive:
            return marks, texts
        low, border, high = self.axis.scale(self.edges[[0, -2, -1]]).tolist()
        apart = self.axis.scale(marks) < (border + high) / 2 - 0.12 * (high - low)  # no number below "inactive"
        kept = tuple(text for text, keep in zip(texts, apart.tolist(), strict=True) if keep)
        return np.append(marks[apart], self.centres[-1]), (*kept, INACTIVE)

    def locate(self, coordinates: Floats) -> Ints:
        """Return the cell of each coordinate, (n,); NaN goes to the inactive cell."""
        numeric = len(self) - self.inactive
        index = np.searchsorted(self.edges[: numeric + 1], coordinates, side="right").astype(np.int64) - 1
        np.clip(index, 0, numeric - 1, out=index)
        if self.inactive:
            index[np.isnan(coordinates)] = numeric
        return index

    def place(self, coordinates: Floats, numbers: Ints) -> Floats:
        """Return where to draw points, (n,): inactive ones in their cell, categories spread a little within theirs.

        The spread depends on the trial number alone, so that a trial sits at the same place in every figure.
        """
        if self.axis.kind == "number" and not self.inactive:
            return np.asarray(coordinates, dtype=np.float64)
        index = self.locate(coordinates)
        scaled = self.axis.scale(self.edges)
        spread = (np.asarray(numbers, dtype=np.float64) * _JITTER) % 1.0 * 0.6 + 0.2
        middle = self.axis.unscale(scaled[index] + spread * (scaled[index + 1] - scaled[index]))
        return np.where(np.isnan(coordinates) | (self.axis.kind == "category"), middle, coordinates)


def level_cells(axis: Axis, inactive: bool) -> Cells:
    """Return one cell a level: the exact cells of a discrete axis."""
    levels = axis.levels if axis.kind == "number" else np.arange(len(axis.labels), dtype=np.float64)
    scaled = axis.scale(levels)
    if len(levels) == 1:
        half = 0.5 if not axis.log else 0.1
        edges = np.array([scaled[0] - half, scaled[0] + half])
    else:
        middle = (scaled[:-1] + scaled[1:]) / 2
        edges = np.concatenate(([2 * scaled[0] - middle[0]], middle, [2 * scaled[-1] - middle[-1]]))
    labels = axis.labels if axis.kind == "category" else tuple(axis.text(level) for level in levels.tolist())
    return _with_inactive(axis, edges, labels, inactive, exact=True)


def adaptive_cells(axis: Axis, coordinates: Floats, cells: int, inactive: bool) -> Cells:
    """Return at most ``cells`` cells that are narrow where many trials lie.

    Borders are quantiles of an even mixture of the uniform distribution over the axis and of the trials; those closer
    than a third of an even cell are left out. So no cell is wider than three even ones.
    """
    low, high = axis.scale(np.array([axis.low, axis.high])).tolist()
    span = high - low
    if span <= 0:
        return _with_inactive(axis, np.array([low - 0.5, low + 0.5]), (axis.text(axis.low),), inactive, exact=True)
    position = (axis.scale(coordinates[~np.isnan(coordinates)]) - low) / span
    even = np.linspace(0.0, 1.0, 513)
    crowd = np.searchsorted(np.sort(position), even, side="right") / max(len(position), 1) if len(position) else even
    mixture = 0.5 * even + 0.5 * crowd
    mixture -= mixture[0]
    inner = np.interp(np.linspace(0, 1, cells + 1)[1:-1], mixture / mixture[-1], even)
    inner = low + span * inner
    if len(axis.levels):  # a border between two levels, never on one
        scaled = axis.scale(axis.levels)
        middle = (scaled[:-1] + scaled[1:]) / 2
        inner = middle[np.clip(np.searchsorted(middle, inner), 0, len(middle) - 1)]
    edges = _apart(np.concatenate(([low], np.unique(inner), [high])), span / (3 * cells))
    values = axis.unscale(edges).tolist()
    labels = tuple(f"{axis.text(a)} to {axis.text(b)}" for a, b in pairwise(values))
    return _with_inactive(axis, edges, labels, inactive, exact=False)


def _with_inactive(axis: Axis, scaled_edges: Floats, labels: tuple[str, ...], inactive: bool, exact: bool) -> Cells:
    if inactive:
        span = scaled_edges[-1] - scaled_edges[0]
        width = 1.0 if axis.kind == "category" else max(0.08 * span, span / len(labels) if len(labels) < 12 else 0.0)
        scaled_edges = np.append(scaled_edges, scaled_edges[-1] + width)
        labels = (*labels, INACTIVE)
    return Cells(axis, axis.unscale(scaled_edges), labels, exact, inactive)


def _apart(edges: Floats, least: float) -> Floats:
    """Return ascending edges without those nearer than ``least`` to the one before; the ends are kept."""
    kept = [float(edges[0])]
    for edge in edges[1:-1].tolist():
        if edge - kept[-1] >= least and edges[-1] - edge >= least:
            kept.append(edge)
    return np.array([*kept, float(edges[-1])])


def choose_cells(
    axes: tuple[Axis, ...], coordinates: Floats, inactive: Bools | None = None, cells: int | None = None
) -> tuple[Cells, ...]:
    """Choose the cells of each axis for projecting trials: exact where they are a grid, adaptive where scattered.

    Parameters
    ----------
    axes
        The k axes.
    coordinates
        ``(n, k)`` coordinates of the evaluated trials; NaN = inactive.
    inactive
        ``(k,)`` whether an axis needs a cell for inactive trials; None: where one is inactive.
    cells
        Number of cells of an axis that has no levels or too many of them; None: from the number of trials, so that a
        cell holds 3 trials on average and one axis has at most the root of n, between 5 and 64.
    """
    n, k = coordinates.shape
    needed: Bools = np.asarray(np.isnan(coordinates).any(axis=0) if inactive is None else inactive)
    exact = tuple(
        level_cells(a, bool(i)) if _levels(a) and _levels(a) <= 512 else None for a, i in zip(axes, needed, strict=True)
    )
    full = tuple(c for c in exact if c is not None)
    if len(full) == k and is_grid(full, coordinates):
        return full
    if cells is None:
        choices = math.prod(len(a.labels) for a in axes if a.kind == "category")
        numbers = max(sum(a.kind == "number" for a in axes), 1)
        cells = int(np.clip(min((n / 3 / choices) ** (1 / numbers), n**0.5), 5, 64))
    return tuple(
        e
        if e is not None and (_levels(a) <= cells or a.kind == "category")
        else adaptive_cells(a, coordinates[:, j], cells, bool(needed[j]))
        for j, (a, e) in enumerate(zip(axes, exact, strict=True))
    )


def _levels(axis: Axis) -> int:
    return len(axis.labels) if axis.kind == "category" else len(axis.levels)


def is_grid(cells: tuple[Cells, ...], coordinates: Floats) -> bool:
    """Return whether trials fill the levels as a grid does: most cells that can be reached, and all equally often.

    Which cells can be reached is judged by the trials themselves: a number counts with all its levels for each
    combination of choices (and of what is active) that occurs. Four trials in almost every cell will do as well.
    """
    shape = tuple(len(c) for c in cells)
    size = math.prod(shape)
    if size > 4_000_000 or 4 * len(coordinates) < min(shape, default=0):
        return False
    index = tuple(c.locate(coordinates[:, j]) for j, c in enumerate(cells))
    counts = np.bincount(np.ravel_multi_index(index, shape), minlength=size)
    visited = counts[counts > 0]
    number = np.array([c.axis.kind == "number" for c in cells])
    last = np.array([len(c) - 1 if c.inactive else -1 for c in cells])
    place = np.stack(np.unravel_index(np.flatnonzero(counts), shape))
    place = np.where(number[:, None], place == last[:, None], place)
    kinds = tuple(2 if numeric else extent for numeric, extent in zip(number.tolist(), shape, strict=True))
    group = np.stack(np.unravel_index(np.unique(np.ravel_multi_index(tuple(place), kinds)), kinds), axis=1)
    within = [
        math.prod(c.axis.count for j, c in enumerate(cells) if number[j] and not row[j]) for row in group.tolist()
    ]
    even = bool(len(visited)) and np.quantile(visited, 0.95) <= 1.05 * np.quantile(visited, 0.25)
    dense = bool(len(visited)) and np.quantile(visited, 0.1) >= 4
    return bool((even or dense) and len(visited) >= 0.3 * sum(within))


def nice_ticks(axis: Axis, most: int = 6) -> Floats:
    """Return round numbers within the range of a number axis: multiples of 1, 2 or 5, or powers of ten."""
    if axis.log:
        low, high = np.log10(axis.low), np.log10(axis.high)
        decades = np.arange(np.ceil(low - 1e-9), np.floor(high + 1e-9) + 1)
        if len(decades) >= 3:
            return np.asarray(np.power(10.0, decades[:: -(-len(decades) // most)]))
        mantissas = np.power(10.0, np.arange(np.floor(low), np.ceil(high) + 1))[:, None] * np.array([1.0, 2.0, 5.0])
        inside = mantissas[(mantissas >= axis.low * (1 - 1e-9)) & (mantissas <= axis.high * (1 + 1e-9))]
        return np.asarray(inside if len(inside) else [axis.low, axis.high], dtype=np.float64)
    span = axis.high - axis.low
    if span <= 0:
        return np.array([axis.low])
    rough = span / most
    power = 10.0 ** np.floor(np.log10(rough))
    step = next(power * m for m in (1, 2, 5, 10) if power * m >= rough * (1 - 1e-9))
    if axis.integer:
        step = max(step, 1.0)
    slack = 1e-9 * span  # of the axis, not of a step: that of whole numbers may be larger than the axis
    ticks = np.arange(np.ceil((axis.low - slack) / step), np.floor((axis.high + slack) / step) + 1) * step
    return np.asarray(ticks + 0.0)  # no "-0"
