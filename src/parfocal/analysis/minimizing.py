"""Minimizing a model over the parameters that are not fixed: candidates for all cells at once, then refined."""

from typing import NamedTuple

import numpy as np

from parfocal.space import Space
from parfocal.surrogates import Model
from parfocal.typing import Floats

_ROWS = 20_000
"""Rows that are predicted at once: a process keeps a number for each of them and each trial."""
_KEPT = 2
"""Candidates kept of each cell by each of middle, lower and upper border."""
_MOVES = 6
"""Candidates made of each one that is kept, in each round."""
_ROUNDS = (0.15, 0.06, 0.02)
"""How far they are moved, as a share of the cube."""


class Minimum(NamedTuple):
    """The smallest values of a model in each of c cells; NaN where no configuration is possible."""

    middle: Floats
    """Of the mean, (c,)."""
    low: Floats
    """Of the lower border."""
    high: Floats
    """Of the upper border."""
    places: Floats
    """Rows that have them, (c, 3, d)."""


def minimized(
    space: Space, model: Model, X: Floats, columns: list[int], fixed: Floats, width: float, rng: np.random.Generator
) -> Minimum:
    """Return the minima of ``mean``, ``mean - width * deviation`` and ``mean + width * deviation``.

    Parameters
    ----------
    space, model
        The model of losses.
    X
        Rows of trials ``(n, d)``: what worked elsewhere is tried in each cell, together with random configurations.
    columns
        The k columns that are fixed.
    fixed
        ``(c, k)`` their entries in each cell, NaN = inactive.
    width
        Deviations from the mean to the border of a band.
    rng
        Draws the candidates.
    """
    count, d = len(fixed), X.shape[1]
    many = int(np.clip(100_000 // count, 96, 512))
    pool = rng.random((many, d))
    known = X[rng.permutation(len(X))[: many // 2]]
    pool[: len(known)] = np.where(np.isnan(known), pool[: len(known)], known)
    span = max(1, _ROWS // many)
    parts = [
        _of_cells(space, model, pool, columns, fixed[start : start + span], width, rng)
        for start in range(0, count, span)
    ]
    return Minimum(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _of_cells(
    space: Space, model: Model, pool: Floats, columns: list[int], fixed: Floats, width: float, rng: np.random.Generator
) -> Minimum:
    count, d = len(fixed), pool.shape[1]
    spread = np.broadcast_to(pool, (count, *pool.shape))
    points, borders = _judged(space, model, spread, columns, fixed, width)
    for size in (*_ROUNDS, None):
        order = np.argsort(borders, axis=1, kind="stable")[:, : _KEPT if size is not None else 1]  # (c, kept, 3)
        index = order.reshape(count, -1)
        points = np.take_along_axis(points, index[:, :, None], axis=1)
        borders = np.take_along_axis(borders, index[:, :, None], axis=1)
        if size is None:
            break
        moved = np.repeat(points, _MOVES, axis=1)
        moved = moved + size * rng.standard_normal(moved.shape) * (rng.random(moved.shape) < max(0.5, 2 / d))
        fresh = rng.random(moved.shape)
        moved = np.where(np.isnan(moved) | ((rng.random(moved.shape) < 0.1) & space.categorical), fresh, moved)
        new_points, new_borders = _judged(space, model, np.clip(moved, 0.0, 1.0), columns, fixed, width)
        points = np.concatenate([points, new_points], axis=1)
        borders = np.concatenate([borders, new_borders], axis=1)
    best = borders[:, np.arange(3), np.arange(3)]
    possible = np.isfinite(best)
    places = np.where(possible[:, :, None], points, np.nan)
    middle, low, high = np.where(possible, best, np.nan).T
    return Minimum(middle, low, high, places)


def _judged(
    space: Space, model: Model, points: Floats, columns: list[int], fixed: Floats, width: float
) -> tuple[Floats, Floats]:
    """Return canonical rows ``(c, p, d)`` and their mean and borders ``(c, p, 3)``; inf where impossible."""
    count, many, d = points.shape
    rows = np.array(points)
    rows[:, :, columns] = np.where(np.isnan(fixed), 0.5, fixed)[:, None, :]
    flat = space.canonical(rows.reshape(-1, d))
    wanted = np.repeat(np.isnan(fixed), many, axis=0)
    possible = (np.isnan(flat[:, columns]) == wanted).all(axis=1) & space.feasible(flat)
    borders = np.full((len(flat), 3), np.inf)
    if possible.any():
        prediction = model.predict(flat[possible])
        half = width * prediction.deviation
        borders[possible] = np.stack([prediction.mean, prediction.mean - half, prediction.mean + half], axis=1)
    return flat.reshape(count, many, d), borders.reshape(count, many, 3)
