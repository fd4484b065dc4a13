"""Rows of X as points of a Euclidean space: where a stationary kernel over mixed and conditional columns lives.

A number is its warped code, an option a corner of a simplex. An inactive number stands in the middle, moved along an
axis of its own, an inactive option stands at the foot of its simplex. Every row is a point, so that any kernel that is
positive definite in a Euclidean space is one over configurations (compare Hutter and Osborne, arXiv:1310.5738, whose
arc does the same for one conditional number). Warping by the Kumaraswamy distribution: Snoek et al., ICML 2014.
"""

from dataclasses import dataclass

import numpy as np

from parfocal.space import Space
from parfocal.typing import Bools, Floats, Ints

EDGE = 1e-6
"""Codes keep that distance from 0 and 1, where the warping has no slope."""


@dataclass(frozen=True, eq=False)
class Embedding:
    """Which coordinates a space has.

    Attributes
    ----------
    space : Space
    group : Ints (p,)
        Which length scale belongs to each coordinate: one a column, one more for activity where it varies.
    warped : Bools (p,)
        Coordinates that are numbers and may be warped: the first ones.
    scales, warps : int
        How many length scales and how many warped coordinates there are.
    """

    space: Space
    group: Ints
    warped: Bools
    scales: int

    @property
    def warps(self) -> int:
        """Number of warped coordinates."""
        return int(self.warped.sum())

    @classmethod
    def of(cls, space: Space) -> "Embedding":
        """Return the embedding of a space."""
        numbers = np.flatnonzero(~space.categorical)
        options = np.flatnonzero(space.categorical)
        asleep = np.flatnonzero(~space.categorical & space.conditional)
        spread = np.repeat(options, space.levels[options])
        group = np.concatenate([numbers, spread, np.full(len(asleep), space.dimension)]).astype(np.int64)
        used, group = np.unique(group, return_inverse=True)
        return cls(space, group, np.arange(len(group)) < len(numbers), len(used))

    def points(self, X: Floats) -> Floats:
        """Return the coordinates ``(n, p)`` of canonical rows ``(n, d)``, without warping and length scales."""
        space = self.space
        numbers = X[:, ~space.categorical]
        inactive = np.isnan(X[:, ~space.categorical & space.conditional])
        parts = [np.clip(np.where(np.isnan(numbers), 0.5, numbers), EDGE, 1 - EDGE)]
        options = np.flatnonzero(space.categorical)
        if len(options):
            index = space.indices(X)[:, options]
            corners = [index[:, [k]] == np.arange(count) for k, count in enumerate(space.levels[options].tolist())]
            parts.append(np.concatenate(corners, axis=1) * np.sqrt(0.5))
        return np.concatenate([*parts, inactive], axis=1, dtype=np.float64)

    def warp(self, points: Floats, a: Floats, b: Floats) -> Floats:
        """Return points ``(n, p)`` with their numbers moved to ``1 - (1 - x^a)^b``; a and b have a value a number."""
        if not len(a):
            return points
        moved = points.copy()
        moved[:, self.warped] = -np.expm1(b * np.log1p(-(points[:, self.warped] ** a)))
        return moved

    def slopes(self, points: Floats, a: Floats, b: Floats) -> tuple[Floats, Floats]:
        """Return the derivatives of warped numbers ``(n, k)`` by ``log a`` and by ``log b``."""
        x = points[:, self.warped]
        power = x**a
        rest = np.log1p(-power)
        by_a = b * np.exp((b - 1) * rest) * power * np.log(x) * a
        by_b = -np.exp(b * rest) * rest * b
        return by_a, by_b
