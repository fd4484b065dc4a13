"""A quantile regression forest (Meinshausen, JMLR 7, 2006): the whole distribution of the loss, not mean and variance.

At a point x, observation i has the weight ``w_i(x) = mean over trees of [i in the leaf of x] / size of that leaf``
(equation 4); the weighted distribution of the targets (equation 5) gives mean, variance and quantiles.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from scipy import sparse

from parfocal.space import Space
from parfocal.surrogates.base import Kinship, Prediction, shared_cells
from parfocal.surrogates.features import features
from parfocal.surrogates.forest import checked, trees
from parfocal.typing import Floats, Ints

_ROUNDING = 1e-9
"""What sums of weights may be short of a level: they are sums of many fractions."""


@dataclass(frozen=True, eq=False)
class QuantileForestModel:
    """Fitted trees and the targets ``(n,)`` in ascending order, at rows ``X (n, d)`` in the same order."""

    space: Space
    trees: tuple[Any, ...]
    X: Floats
    target: Floats

    def predict(self, X: Floats) -> Prediction:
        """Return mean, variance and quantiles at rows ``(m, d)``; a draw is the quantile of one random level."""
        weights = self.weights(X)
        mean = np.asarray(weights @ self.target)
        variance = np.maximum(np.asarray(weights @ self.target**2) - mean**2, 0.0)
        quantiles = _Quantiles(weights, self.target)
        return Prediction(
            mean, variance, lambda rng: quantiles(np.full(len(mean), rng.uniform(1e-9, 1 - 1e-9))), quantiles
        )

    def kinship(self, X: Floats) -> Kinship:
        """Return the share of trees in which rows share a leaf."""
        return shared_cells(self.leaves, X)

    def leaves(self, X: Floats) -> Ints:
        """Return the leaf of each row in each tree ``(m, t)``."""
        table = features(self.space, X)
        return np.stack([tree.apply(table) for tree in self.trees], axis=1)

    def weights(self, X: Floats) -> sparse.csr_array:
        """Return the weights ``(m, n)`` of the observations, in the order of the targets; rows sum to 1."""
        here, there = self._cells(self.leaves(X)), self._seen
        sizes = np.asarray(there.sum(axis=0))
        return sparse.csr_array(here.multiply(1.0 / (len(self.trees) * np.maximum(sizes, 1.0))[None, :]) @ there.T)

    @cached_property
    def _seen(self) -> sparse.csr_array:
        return self._cells(self.leaves(self.X))

    def _cells(self, leaves: Ints) -> sparse.csr_array:
        """Return which of all leaves of all trees each row is in: 0 or 1, ``(m, leaves)``."""
        counts = np.array([tree.node_count for tree in self.trees])
        columns = leaves + (np.cumsum(counts) - counts)
        m, t = columns.shape
        return sparse.csr_array(
            (np.ones(m * t), columns.ravel(), np.arange(0, m * t + 1, t)), shape=(m, int(counts.sum()))
        )


@dataclass(frozen=True, eq=False)
class _Quantiles:
    """Quantiles of weighted targets, which are in ascending order."""

    weights: sparse.csr_array
    target: Floats

    def __call__(self, levels: Floats) -> Floats:
        """Return the smallest target whose cumulated weight is at least the level, at each point.

        The weights of all points, one point after the other, are cumulated at once: one search finds all quantiles.
        """
        first, last = self.weights.indptr[:-1], self.weights.indptr[1:] - 1
        reached = np.searchsorted(self._cumulated, np.arange(len(levels)) + levels - _ROUNDING)
        return np.asarray(self.target[self.weights.indices[np.clip(reached, first, last)]])

    @cached_property
    def _cumulated(self) -> Floats:
        self.weights.sort_indices()
        return np.asarray(np.cumsum(self.weights.data))


@dataclass(frozen=True)
class QuantileForest:
    """A quantile regression forest: the whole distribution of the loss at each place.

    Parameters
    ----------
    trees : int
        Number of trees.
    leaf : int
        Fewest observations in a leaf: the more, the smoother the distributions.
    share : float
        Share of the features that a split may look at, in (0, 1].
    """

    trees: int = 16
    leaf: int = 3
    share: float = 5 / 6
    name: ClassVar[str] = "quantile-forest"
    most: ClassVar[int] = 600

    def __post_init__(self) -> None:
        checked(self.trees, self.leaf, self.share)

    def fit(self, space: Space, X: Floats, target: Floats, rng: np.random.Generator) -> QuantileForestModel:
        """Return the forest of ``target (n,)`` at rows ``X (n, d)``."""
        grown = trees(
            features(space, X),
            target,
            rng,
            count=self.trees,
            leaf=self.leaf,
            share=self.share,
            bootstrap=True,
            random_splits=True,
        )
        order = np.argsort(target, kind="stable")
        return QuantileForestModel(space, grown, X[order], target[order])
