"""The lattice: every parameter cut into cells of known probability, also where it is active only now and then.

It is what importance integrates over: the space under its prior, not the trials that an optimizer happened to choose.
Configurations in which the same parameters are active form a *pattern*; within one, parameters are taken as
independent of each other. Constraints count by what they do to each parameter alone.
"""

from dataclasses import dataclass

import numpy as np
from scipy.stats import qmc

from parfocal.analysis.coordinates import axes_of, coordinates_of, tied_of
from parfocal.space import Space
from parfocal.typing import Bools, Floats

CELLS = 64
"""Cells of a continuous parameter, and most levels that keep a cell each."""
INACTIVE = -0.5
"""The code of a parameter that is not active."""
_SAMPLES = 4096
_PATTERNS = 256  # of more a random choice is looked at, a frequent one more often


@dataclass(frozen=True)
class Pattern:
    """Configurations in which the same parameters are active."""

    share: float
    """Of the space, by its prior."""
    active: Bools
    """(d,)"""
    masses: tuple[Floats, ...]
    """Probability of each cell of each parameter, (cells + 1,) each: the last cell is that of an inactive one."""


@dataclass(frozen=True)
class Lattice:
    """The cells of a space, and what is where."""

    space: Space
    counts: tuple[int, ...]
    """Cells of each parameter, that of inactive ones left out."""
    orders: tuple[Floats | None, ...]
    """New place of each choice of a category, None for numbers: choices with like losses lie side by side."""
    patterns: tuple[Pattern, ...]
    samples: Floats
    """Codes of configurations that fill the space evenly by its prior, (m, d)."""

    def codes(self, X: Floats) -> Floats:
        """Return codes (n, d) of points (n, d): a place in [0, 1] whose cell is known, or :data:`INACTIVE`."""
        return _codes(self.space, X, self.counts, self.orders)


def lattice(space: Space, X: Floats, loss: Floats) -> Lattice:
    """Return the lattice of a space; ``X`` (n, d) and ``loss`` (n,) are complete trials, by which choices are sorted.

    With choices in the order of their mean loss a tree finds the best split into two sets (Fisher 1958).
    """
    axes = axes_of(space)
    counts = tuple(axis.count if 0 < axis.count <= CELLS else CELLS for axis in axes)
    coordinates = coordinates_of(space, X)
    orders = tuple(
        _order(coordinates[:, j], loss, len(axis.labels)) if axis.kind == "category" and axis.count <= CELLS else None
        for j, axis in enumerate(axes)
    )
    drawn = space.from_unit(qmc.Sobol(space.dimension, seed=0).random(_SAMPLES)) if axes else np.empty((1, 0))
    valid = space.feasible(drawn)
    drawn = drawn[valid] if valid.any() else drawn
    samples = _codes(space, drawn, counts, orders)
    listed = np.array([0 < axis.count <= CELLS for axis in axes], dtype=bool)
    return Lattice(space, counts, orders, _patterns(samples, counts, listed, tied_of(space)), samples)


def _order(index: Floats, loss: Floats, choices: int) -> Floats:
    means = np.full(choices, np.inf)
    for choice in range(choices):
        chosen = loss[index == choice]
        means[choice] = chosen.mean() if len(chosen) else np.inf
    return np.argsort(np.argsort(means, kind="stable"), kind="stable").astype(np.float64)


def _codes(space: Space, X: Floats, counts: tuple[int, ...], orders: tuple[Floats | None, ...]) -> Floats:
    codes = np.array(X, dtype=np.float64)
    indices = space.indices(X)
    for j, (axis, count, order) in enumerate(zip(axes_of(space), counts, orders, strict=True)):
        if axis.count == count:  # one cell a level: its middle
            place = indices[:, j] if order is None else order[np.clip(indices[:, j], 0, None)]
            codes[:, j] = np.where(np.isnan(X[:, j]), np.nan, (place + 0.5) / count)
    return np.nan_to_num(codes, nan=INACTIVE)


def _patterns(samples: Floats, counts: tuple[int, ...], listed: Bools, tied: Bools) -> tuple[Pattern, ...]:
    active = samples >= 0
    kinds, which, often = np.unique(active, axis=0, return_inverse=True, return_counts=True)
    which = which.ravel()
    kept = np.arange(len(kinds))
    if len(kinds) > _PATTERNS:
        drawn = np.random.default_rng(0).choice(which, _PATTERNS, replace=False)
        kept, often[:] = np.unique(drawn), np.bincount(drawn, minlength=len(kinds))
    found = []
    for kind in kept.tolist():
        rows = samples[which == kind]
        masses = []
        for j, count in enumerate(counts):
            mass = np.zeros(count + 1)
            if not kinds[kind, j]:
                mass[-1] = 1.0
            elif not listed[j] and (not tied[j] or _even(rows[:, j])):
                mass[:-1] = 1 / count
            else:  # what no condition or constraint names is spread alike wherever it is active
                place = rows[:, j] if tied[j] else samples[active[:, j], j]
                cell = np.minimum((place * count).astype(np.int64), count - 1)
                mass[:-1] = np.bincount(cell, minlength=count) / len(place)
            masses.append(mass)
        found.append(Pattern(often[kind] / often[kept].sum(), kinds[kind], tuple(masses)))
    return tuple(found)


def _even(codes: Floats) -> bool:
    """Return whether codes fill [0, 1] as evenly as chance would; a constraint or a condition may keep them away."""
    n = len(codes)
    gap = np.abs(np.sort(codes) - (np.arange(n) + 0.5) / n).max()
    return bool(gap < 1.63 / np.sqrt(n))  # Kolmogorov-Smirnov at 1 %
