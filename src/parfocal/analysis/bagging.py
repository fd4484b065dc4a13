"""Bags of trees: a forest whose parts each saw another resample of the trials; their spread says how sure it is."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from parfocal.typing import Bools, Floats

BAGS, TREES = 16, 4
"""Bags, and trees in each; a bag is one bootstrap resample of the trials."""
LEAF = 3
"""Trials in a leaf, at least."""
_SHARE = 5 / 6  # of the parameters that a split looks at


@dataclass(frozen=True)
class Bags:
    """The forest of one target."""

    trees: tuple[tuple[Any, ...], ...]
    """sklearn's inner trees, by bag."""
    outside: Bools
    """(bags, n) whether a bag has not seen a trial."""
    table: NDArray[np.float32]
    """(n, d) codes."""
    target: Floats
    """(n,)"""

    def predict(self, table: NDArray[np.float32]) -> Floats:
        """Return what each bag says of rows (m, d): (bags, m)."""
        return np.stack([np.mean([_values(tree, table) for tree in bag], axis=0) for bag in self.trees])

    def outside_mean(self, table: NDArray[np.float32]) -> Floats:
        """Return for each trial the mean of the bags that have not seen it, (n,); NaN where all have.

        ``table`` may differ from the trials' own, row by row.
        """
        total, count = np.zeros(len(table)), self.outside.sum(axis=0)
        for bag, outside in zip(self.trees, self.outside, strict=True):
            rows = np.ascontiguousarray(table[outside])
            if len(rows):
                total[outside] += np.mean([_values(tree, rows) for tree in bag], axis=0)
        with np.errstate(invalid="ignore"):
            return np.asarray(np.where(count > 0, total / np.maximum(count, 1), np.nan))

    @property
    def gains(self) -> Floats:
        """What splits by each column take off the squared error, (d,), interactions included."""
        trees = [tree for bag in self.trees for tree in bag]
        return np.asarray(np.mean([tree.compute_feature_importances(normalize=False) for tree in trees], axis=0))

    @property
    def quality(self) -> float:
        """R2 of what the bags say of trials that they have not seen; 1 is perfect, 0 no better than the mean."""
        said = self.outside_mean(self.table)
        known = ~np.isnan(said)
        spread = float(np.sum((self.target[known] - self.target[known].mean()) ** 2)) if known.any() else 0.0
        if spread <= 0:
            return float("nan")
        return 1.0 - float(np.sum((self.target[known] - said[known]) ** 2)) / spread


def grow(codes: Floats, target: Floats, rng: np.random.Generator, leaf: int = LEAF) -> Bags:
    """Return the forest of ``target`` (n,) at codes (n, d), with at least ``leaf`` trials in a leaf."""
    from sklearn import config_context
    from sklearn.tree import DecisionTreeRegressor

    table = np.ascontiguousarray(codes, dtype=np.float32)
    n = len(target)
    grown, outside = [], np.empty((BAGS, n), dtype=bool)
    with config_context(skip_parameter_validation=True, assume_finite=True):
        for b in range(BAGS):
            weight = rng.multinomial(n, np.full(n, 1 / n)).astype(np.float64)
            outside[b] = weight == 0
            seen = ~outside[b]
            rows, goal = np.ascontiguousarray(table[seen]), np.ascontiguousarray(target[seen])
            trees = []
            for seed in rng.integers(2**31, size=TREES).tolist():
                tree = DecisionTreeRegressor(
                    min_samples_leaf=min(leaf, max(1, n // 20)), max_features=_SHARE, random_state=seed
                )
                trees.append(tree.fit(rows, goal, sample_weight=weight[seen], check_input=False).tree_)
            grown.append(tuple(trees))
    return Bags(tuple(grown), outside, table, np.asarray(target, dtype=np.float64))


def _values(tree: Any, table: NDArray[np.float32]) -> Floats:
    return np.asarray(tree.value[:, 0, 0][tree.apply(table)])
