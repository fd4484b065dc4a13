"""Mixtures of product kernels over rows of X: the arithmetic behind the Parzen estimator.

A kernel sits at each observation: a Gaussian truncated to the unit interval in a numeric column (over a discrete one
its mass in each level), smoothed probabilities in a column of options, and the prior wherever the observation is
inactive. One more component is the prior itself, which is uniform in the unit cube. All densities are with respect to
the prior, so that the prior has the density 1 and columns of all kinds can be multiplied (for a discrete column:
probability of the level divided by its prior probability).

Sources: Bergstra et al., NeurIPS 2011 (tree of Parzen estimators, prior as a component, limits of the bandwidth);
Falkner et al., ICML 2018 (one multivariate kernel an observation); Watanabe, arXiv:2304.11127 (bandwidths, weights and
smoothing compared).
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy.special import ndtr, ndtri

from parfocal.space import Space
from parfocal.typing import Floats, Ints

_WIDE = 1.5
"""Bandwidth in widths of the widest level from which density times width stands for its mass (1 % off)."""
_TINY = 1e-300
_UNIFORM = 12**-0.5
"""Standard deviation of the prior in the unit cube."""


class Column(Protocol):
    """The kernels of all K observations in one column."""

    def log_kernel(self, x: Floats) -> Floats:
        """Return log densities ``(K, m)`` at codes ``x (m,)``, 0 where either is inactive."""
        ...

    def draw(self, components: Ints, u: Floats) -> Floats:
        """Return codes ``(n,)`` drawn from the kernels ``components (n,)`` by uniform numbers ``u (n,)``."""
        ...


@dataclass(frozen=True, eq=False)
class Numeric:
    """Truncated Gaussians: ``centre``, ``bandwidth``, and their CDF at 0 (``low``) and at 1 (``high``), each ``(K,)``.

    ``widths`` are given where the column is discrete and a kernel may be as narrow as a level.
    """

    centre: Floats
    bandwidth: Floats
    low: Floats
    high: Floats
    widths: "Widths | None"

    def log_kernel(self, x: Floats) -> Floats:
        """Return log densities ``(K, m)``."""
        centre, scale = self.centre[:, None], self.bandwidth[:, None]
        if self.widths is None:
            z = (x - centre) / scale
            z *= z
            z *= -0.5
            z -= np.log(self.bandwidth * (self.high - self.low) * np.sqrt(2 * np.pi))[:, None]
            return _known(z, self.centre, x)
        levels, back = np.unique(x, return_inverse=True)
        half = self.widths(levels) / 2
        mass = ndtr((levels + half - centre) / scale) - ndtr((levels - half - centre) / scale)
        mass /= 2 * half * (self.high - self.low)[:, None]
        with np.errstate(invalid="ignore"):
            return _known(np.log(np.maximum(mass, _TINY))[:, back], self.centre, x)

    def draw(self, components: Ints, u: Floats) -> Floats:
        """Return codes ``(n,)`` by the inverse CDF (to be snapped to levels)."""
        low, high = self.low[components], self.high[components]
        drawn = self.centre[components] + self.bandwidth[components] * ndtri(low + u * (high - low))
        return np.where(np.isnan(drawn), u, np.clip(drawn, 0.0, 1.0))


@dataclass(frozen=True, eq=False)
class Options:
    """Smoothed options: with probability ``1 - smoothing`` that of the observation, else one from the prior."""

    centre: Floats
    smoothing: float
    widths: "Widths"

    def log_kernel(self, x: Floats) -> Floats:
        """Return log densities ``(K, m)``."""
        same = self.centre[:, None] == x
        with np.errstate(invalid="ignore"):
            hit = np.log(self.smoothing + (1 - self.smoothing) / self.widths(x))
        return _known(np.where(same, hit, np.log(self.smoothing)), self.centre, x)

    def draw(self, components: Ints, u: Floats) -> Floats:
        """Return codes ``(n,)``."""
        own = self.centre[components]
        fresh = np.isnan(own) | (u < self.smoothing)
        return np.where(fresh, u / np.where(np.isnan(own), 1.0, self.smoothing), own)


class Widths:
    """The prior probability of the level that each code of a discrete column stands for."""

    def __init__(self, space: Space, position: int) -> None:
        codes = space.layout.axes[space.columns[position]].codes
        if codes is None:
            raise ValueError("A continuous column has no levels.")
        self._codes = codes
        self.count = codes.count

    def __call__(self, x: Floats) -> Floats:
        """Return widths of the shape of ``x``."""
        return self._codes.probability(self._codes.index(np.where(np.isnan(x), 0.5, x)))


@dataclass(frozen=True, eq=False)
class Mixture:
    """Weighted kernels over rows; the last of the ``K + 1`` weights is that of the prior.

    ``joint``: one component draws the whole row. Otherwise each column has its own mixture (univariate).
    """

    weights: Floats
    columns: tuple[Column, ...]
    joint: bool

    def log_density(self, X: Floats) -> Floats:
        """Return log densities ``(m,)`` at canonical rows ``(m, d)``, with respect to the prior."""
        size = len(self.weights)
        with np.errstate(divide="ignore"):
            start = np.repeat(np.log(self.weights)[:, None], len(X), axis=1)
        if size == 1:
            return np.zeros(len(X))
        if self.joint:
            for column, x in zip(self.columns, X.T, strict=True):
                start[:-1] += column.log_kernel(x)
            return _log_sum(start)
        total = np.zeros(len(X))
        for column, x in zip(self.columns, X.T, strict=True):
            terms = start.copy()
            terms[:-1] += column.log_kernel(x)
            total += _log_sum(terms)
        return total

    def draw(self, space: Space, n: int, rng: np.random.Generator) -> Floats:
        """Return ``n`` canonical, feasible rows."""
        U = rng.random((n, space.dimension))
        prior = len(self.weights) - 1
        chosen = rng.choice(prior + 1, size=n, p=self.weights)
        for j, column in enumerate(self.columns):
            if not self.joint and j:
                chosen = rng.choice(prior + 1, size=n, p=self.weights)
            own = np.flatnonzero(chosen < prior)
            U[own, j] = column.draw(chosen[own], U[own, j])
        return space.repair(U, rng)


def mixture(
    space: Space,
    X: Floats,
    weights: Floats,
    *,
    prior_weight: float,
    scale: float,
    joint: bool,
) -> Mixture:
    """Return the mixture of kernels at rows ``X (K, d)`` with relative ``weights (K,)`` (mean 1 is taken).

    Parameters
    ----------
    space, X, weights
        Rows are canonical; K may be 0, which leaves the prior alone.
    prior_weight
        Weight of the prior component, in observations.
    scale
        Factor on the bandwidths of the normal rule.
    joint
        One multivariate kernel an observation, or one mixture a column.
    """
    count = len(X)
    total = float(weights.sum())
    shares = np.append(weights * (count / total) if count else weights, prior_weight if count else 1.0)
    if not count:
        return Mixture(shares, (), joint)
    dimension = space.dimension if joint else 1
    columns = []
    for j in range(space.dimension):
        known = X[:, j][~np.isnan(X[:, j])]
        spread = float(known.std()) if len(known) > 1 else _UNIFORM
        columns.append(
            _column(space, j, X[:, j], _bandwidth(spread, len(known), scale, dimension), prior_weight, count)
        )
    return Mixture(shares / shares.sum(), tuple(columns), joint)


def kernel(space: Space, centre: Floats, X: Floats, count: int) -> Floats:
    """Return the log density ``(m,)`` at X of one narrow kernel at ``centre (1, d)`` among ``count`` observations.

    A third as wide as the normal rule makes it for even observations: it stands for the very place of an evaluation.
    """
    width = _bandwidth(_UNIFORM, count, 1 / 3, space.dimension)
    total = np.zeros(len(X))
    for j, x in enumerate(X.T):
        total += _column(space, j, centre[:, j], width, 1.0, max(count, 1)).log_kernel(x)[0]
    return total


def _column(space: Space, j: int, centre: Floats, bandwidth: float, prior_weight: float, count: int) -> Column:
    """Return the kernels of one column among ``count`` observations."""
    if space.categorical[j]:
        levels = Widths(space, j)
        pull = prior_weight * levels.count / count
        return Options(centre, pull / (1 + pull), levels)
    spread = np.full(len(centre), bandwidth)
    low, high = ndtr(-centre / spread), ndtr((1 - centre) / spread)
    widths = Widths(space, j) if space.levels[j] else None
    if widths is not None:
        here = centre[~np.isnan(centre)]
        if not len(here) or bandwidth > _WIDE * float(widths(here).max()):
            widths = None
    return Numeric(centre, spread, low, high, widths)


def _bandwidth(spread: float, known: int, scale: float, dimension: int) -> float:
    """Return the normal reference rule (Scott 1992, 6.4) in [1 / min(100, known + 1), 1], after Bergstra's limits."""
    count = max(known, 1)
    return float(min(max(scale * 1.059 * spread * count ** (-1 / (dimension + 4)), 1 / min(100, count + 1)), 1.0))


def _known(terms: Floats, centre: Floats, x: Floats) -> Floats:
    """Set to 0, the log density of the prior, what has an inactive observation or candidate; in place."""
    asleep, absent = np.isnan(centre), np.isnan(x)
    if asleep.any():
        terms[asleep] = 0.0
    if absent.any():
        terms[:, absent] = 0.0
    return terms


def _log_sum(terms: Floats) -> Floats:
    """Return the log of the sum of exponentials over the first axis."""
    top = terms.max(axis=0)
    return np.asarray(top + np.log(np.exp(terms - top).sum(axis=0)))
