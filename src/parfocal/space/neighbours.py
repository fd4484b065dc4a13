"""One-exchange neighbours: one active parameter of a configuration is moved, the rest follows by the conditions."""

import numpy as np

from parfocal.space.columns import Axis
from parfocal.space.draws import refill
from parfocal.space.layout import Layout
from parfocal.space.parameters import Boolean, Categorical
from parfocal.typing import Floats, Ints

_ROUNDS = 20


def neighbours(layout: Layout, row: Floats, n: int, rng: np.random.Generator, scale: float) -> Floats:
    """Return up to ``n`` neighbours of one canonical row, ``(m, d)``; fewer where constraints leave hardly any.

    An option moves to any other one with equal probability; a number moves by a normal step with standard deviation
    ``scale`` in the unit cube, truncated to it, and by one level at least. Parameters that wake up are drawn from
    their prior.
    """
    active = np.flatnonzero(~np.isnan(row))
    found: list[Floats] = []
    missing = n
    for _ in range(_ROUNDS):
        if missing <= 0 or not active.size:
            break
        Y = refill(np.repeat(row[None, :], missing, axis=0), rng)
        moved = rng.choice(active, missing)
        for position in np.unique(moved):
            rows = np.flatnonzero(moved == position)
            axis = layout.axes[layout.columns[position]]
            Y[rows, position] = _step(axis, float(row[position]), rows.size, rng, scale)
        Y = layout.canonical(Y)
        Y = Y[layout.feasible(Y)]
        found.append(Y)
        missing -= len(Y)
    return np.concatenate(found) if found else np.empty((0, row.size))


def _step(axis: Axis, code: float, n: int, rng: np.random.Generator, scale: float) -> Floats:
    """Return ``n`` other codes near one."""
    if axis.codes is not None and isinstance(axis.parameter, Categorical | Boolean):
        here = int(axis.index(np.array([code]))[0])
        other = rng.integers(axis.levels - 1, size=n)
        return axis.codes.code(other + (other >= here))
    moved = _truncated_normal(code, scale, n, rng)
    if axis.codes is None:
        return moved
    here, there = int(axis.index(np.array([code]))[0]), axis.index(moved)
    return axis.codes.code(_push(there, here, axis.levels, moved - code, rng))


def _push(there: Ints, here: int, levels: int, direction: Floats, rng: np.random.Generator) -> Ints:
    """Return ``there``, or one level away from ``here`` in the direction of the step where they are equal."""
    sign = np.where(direction < 0, -1, 1)
    sign = np.where(here + sign < 0, 1, np.where(here + sign >= levels, -1, sign))
    return np.where(there == here, here + sign, there)


def _truncated_normal(mean: float, scale: float, n: int, rng: np.random.Generator) -> Floats:
    from scipy.special import ndtr, ndtri

    low, high = ndtr(-mean / scale), ndtr((1.0 - mean) / scale)
    return np.asarray(np.clip(mean + scale * ndtri(low + rng.random(n) * (high - low)), 0.0, 1.0))
