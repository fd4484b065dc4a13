"""A random forest that knows how unsure it is (Hutter, Hoos and Leyton-Brown, LION 2011; Hutter et al., AIJ 206, 2014).

The variance of a prediction is that of the mixture of its leaves (law of total variance): the mean of the variances
within leaves plus the variance of the leaf means between trees.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from parfocal.surrogates.base import Prediction
from parfocal.typing import Floats, Ints


@dataclass(frozen=True, eq=False)
class ForestModel:
    """Fitted trees: sklearn's arrays, without the checks of its Python layer."""

    trees: tuple[Any, ...]
    means: tuple[Floats, ...]
    variances: tuple[Floats, ...]

    def predict(self, features: NDArray[np.float32]) -> Prediction:
        """Return mean, variance and each tree's own mean at ``features (m, f)``."""
        leaves = self.leaves(features)
        members = np.stack([mean[leaf] for mean, leaf in zip(self.means, leaves.T, strict=True)])
        within = np.stack([variance[leaf] for variance, leaf in zip(self.variances, leaves.T, strict=True)])
        mean = members.mean(axis=0)
        return Prediction(mean, within.mean(axis=0) + members.var(axis=0), members)

    def leaves(self, features: NDArray[np.float32]) -> Ints:
        """Return the leaf of each point in each tree ``(m, t)``."""
        return np.stack([tree.apply(features) for tree in self.trees], axis=1)


@dataclass(frozen=True)
class Forest:
    """Options of the forest.

    Parameters
    ----------
    trees : int
        Number of trees.
    leaf : int
        Fewest observations in a leaf.
    share : float
        Share of the features that a split may look at, in (0, 1].
    bootstrap : bool
        Whether each tree sees a resample of the observations.
    random_splits : bool
        Whether thresholds are drawn at random (extremely randomized trees, Geurts et al. 2006): faster, smoother.
    """

    trees: int = 10
    leaf: int = 1
    share: float = 5 / 6
    bootstrap: bool = True
    random_splits: bool = False

    def fit(self, features: NDArray[np.float32], target: Floats, rng: np.random.Generator) -> ForestModel:
        """Return the forest of ``target (n,)``."""
        from sklearn import config_context
        from sklearn.tree import DecisionTreeRegressor

        n = len(target)
        features = np.ascontiguousarray(features)
        target = np.ascontiguousarray(target)
        seeds = rng.integers(2**31, size=self.trees)
        fitted = []
        with config_context(skip_parameter_validation=True, assume_finite=True):
            for seed in seeds.tolist():
                tree = DecisionTreeRegressor(
                    min_samples_leaf=self.leaf,
                    max_features=self.share,
                    random_state=seed,
                    splitter="random" if self.random_splits else "best",
                )
                weight = rng.multinomial(n, np.full(n, 1 / n)).astype(np.float64) if self.bootstrap else None
                fitted.append(tree.fit(features, target, sample_weight=weight, check_input=False).tree_)
        return ForestModel(
            tuple(fitted),
            tuple(np.array(tree.value[:, 0, 0]) for tree in fitted),
            tuple(np.maximum(tree.impurity, 0.0) for tree in fitted),
        )
