"""Loss surface over two parameters: the projected grid, the trials on it, and the starred optimum."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from parfocal.analysis.infimum import Infimum, infimum
from parfocal.analysis.rows import Rows, rows_of
from parfocal.analysis.runs import Histories
from parfocal.errors import InvalidInput
from parfocal.space import Space
from parfocal.trials import Objective
from parfocal.typing import Floats, Ints

CELLS = 30_000
"""Cells of a surface at most: more are not seen on a screen, and weigh megabytes."""


@dataclass(frozen=True)
class Points:
    """Trials as points of a plane."""

    x: Floats
    y: Floats
    value: Floats
    """In the user's own units; NaN for failures."""
    number: Ints
    """Trial number within its run."""
    run: Ints

    def __len__(self) -> int:
        return len(self.x)


@dataclass(frozen=True)
class Surface:
    """The loss over two parameters; with more than two it is the infimum over the others."""

    projection: Infimum
    """Axis 0 is x, axis 1 is y."""
    points: Points
    """Complete trials: all, or the best and an even choice of the others."""
    failed: Points
    star: Points
    """The best trial; empty when there is none."""
    others: tuple[str, ...]
    """Parameters that were minimized over."""


def surface(
    space: Space,
    histories: Histories | Rows,
    objective: Objective,
    x: str,
    y: str,
    *,
    cells: int | None = None,
    points: int = 1500,
) -> Surface:
    """Return the loss surface over the parameters ``x`` and ``y``.

    A full grid of a two-parameter space gives the surface itself; scattered trials give the best in each cell, and
    with more parameters it is the infimum projection onto the two.

    Raises
    ------
    InvalidInput
        When ``x`` and ``y`` are the same or unknown.
    """
    if x == y:
        raise InvalidInput(f"A surface needs two different parameters; got '{x}' twice.")
    rows = histories if isinstance(histories, Rows) else rows_of(space, histories)
    projection = infimum(space, rows, objective, (x, y), cells=cells, most=CELLS)
    done, failed = np.flatnonzero(~np.isnan(rows.loss)), np.flatnonzero(rows.failed)
    star = done[[int(np.argmin(rows.loss[done]))]] if len(done) else done
    return Surface(
        projection,
        _points(rows, projection, objective, subset(rows.loss, done, points)),
        _points(rows, projection, objective, even(failed, points // 5)),
        _points(rows, projection, objective, star),
        tuple(axis.name for axis in rows.axes if axis.name not in (x, y)),
    )


def _points(rows: Rows, projection: Infimum, objective: Objective, chosen: Ints) -> Points:
    columns = rows.columns(projection.names)
    x, y = (
        cells.place(rows.coordinates[chosen, column], rows.number[chosen])
        for cells, column in zip(projection.cells, columns, strict=True)
    )
    return Points(x, y, objective.value(rows.loss[chosen]), rows.number[chosen], rows.run[chosen])


def subset(loss: Floats, rows: Ints, limit: int) -> Ints:
    """Return at most ``limit`` of ``rows``, ascending: the best quarter of the limit and an even choice of the rest."""
    if len(rows) <= limit:
        return rows
    chosen = np.zeros(len(rows), dtype=bool)
    values, count = loss[rows], limit // 4
    if count:
        cut = np.partition(values, count - 1)[count - 1]  # twenty times as fast as sorting, for many trials
        chosen[values < cut] = True
        chosen[np.flatnonzero(values == cut)[: count - int(chosen.sum())]] = True
    rest = np.flatnonzero(~chosen)
    chosen[even(rest, limit - count)] = True
    return rows[chosen]


def even(rows: Ints, limit: int) -> Ints:
    """Return at most ``limit`` of ``rows``, evenly spaced."""
    if len(rows) <= limit:
        return rows
    return rows[np.linspace(0, len(rows) - 1, limit).astype(np.int64)]


def pairs(names: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Return all pairs of names, in the order of the names."""
    return tuple((a, b) for i, a in enumerate(names) for b in names[i + 1 :])
