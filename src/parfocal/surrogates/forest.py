"""A random forest that knows how unsure it is (Hutter, Hoos and Leyton-Brown, LION 2011; Hutter et al., AIJ 206, 2014).

The variance of a prediction is that of the mixture of its leaves (law of total variance): the mean of the variances
within leaves plus the variance of the leaf means between trees.
"""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from parfocal.checks import positive
from parfocal.errors import OptimizerError
from parfocal.space import Space
from parfocal.surrogates.base import Kinship, Prediction, of_members, shared_cells
from parfocal.surrogates.features import features
from parfocal.typing import Floats, Ints


@dataclass(frozen=True, eq=False)
class ForestModel:
    """Fitted trees: sklearn's arrays, without the checks of its Python layer."""

    space: Space
    trees: tuple[Any, ...]
    means: tuple[Floats, ...]
    variances: tuple[Floats, ...]

    def predict(self, X: Floats) -> Prediction:
        """Return mean and variance at rows ``(m, d)``; a draw is one tree's own mean."""
        leaves = self.leaves(X)
        members = np.stack([mean[leaf] for mean, leaf in zip(self.means, leaves.T, strict=True)])
        within = np.stack([variance[leaf] for variance, leaf in zip(self.variances, leaves.T, strict=True)])
        mean = members.mean(axis=0)
        return Prediction(mean, within.mean(axis=0) + members.var(axis=0), of_members(members))

    def kinship(self, X: Floats) -> Kinship:
        """Return the share of trees in which rows share a leaf."""
        return shared_cells(self.leaves, X)

    def leaves(self, X: Floats) -> Ints:
        """Return the leaf of each row in each tree ``(m, t)``."""
        table = features(self.space, X)
        return np.stack([tree.apply(table) for tree in self.trees], axis=1)


@dataclass(frozen=True)
class Forest:
    """A random forest, or extremely randomized trees over resamples; unsure where trees disagree.

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
    random_splits: bool = True
    name: ClassVar[str] = "random-forest"
    most: ClassVar[int] = 600

    def __post_init__(self) -> None:
        checked(self.trees, self.leaf, self.share)

    def fit(self, space: Space, X: Floats, target: Floats, rng: np.random.Generator) -> ForestModel:
        """Return the forest of ``target (n,)`` at rows ``X (n, d)``."""
        grown = trees(
            features(space, X),
            target,
            rng,
            count=self.trees,
            leaf=self.leaf,
            share=self.share,
            bootstrap=self.bootstrap,
            random_splits=self.random_splits,
        )
        return of_trees(space, grown)


def trees(
    table: NDArray[np.float32],
    target: Floats,
    rng: np.random.Generator,
    *,
    count: int,
    leaf: int,
    share: float,
    bootstrap: bool,
    random_splits: bool,
) -> tuple[Any, ...]:
    """Return ``count`` fitted trees of sklearn (their inner ``Tree``) of ``target (n,)`` at features ``(n, f)``."""
    from sklearn import config_context
    from sklearn.tree import DecisionTreeRegressor

    n = len(target)
    table, target = np.ascontiguousarray(table), np.ascontiguousarray(target)
    seeds = rng.integers(2**31, size=count)
    fitted = []
    with config_context(skip_parameter_validation=True, assume_finite=True):
        for seed in seeds.tolist():
            tree = DecisionTreeRegressor(
                min_samples_leaf=leaf,
                max_features=share,
                random_state=seed,
                splitter="random" if random_splits else "best",
            )
            weight = rng.multinomial(n, np.full(n, 1 / n)).astype(np.float64) if bootstrap else None
            fitted.append(tree.fit(table, target, sample_weight=weight, check_input=False).tree_)
    return tuple(fitted)


def of_trees(space: Space, grown: tuple[Any, ...]) -> ForestModel:
    """Return the model of fitted trees: their leaves hold means and variances."""
    return ForestModel(
        space,
        grown,
        tuple(np.array(tree.value[:, 0, 0]) for tree in grown),
        tuple(np.maximum(tree.impurity, 0.0) for tree in grown),
    )


def checked(count: int, leaf: int, share: float) -> None:
    """Raise :class:`OptimizerError` where the options of a forest are impossible."""
    positive(count, "trees")
    positive(leaf, "leaf")
    if not 0 < share <= 1:
        raise OptimizerError(f"share must be above 0 and at most 1; got {share!r}.")
