"""LightGBM's boosted trees, grown leaf by leaf, as an ensemble over Bayesian bootstraps.

Ke et al., NIPS 2017 (LightGBM); Rubin, Ann. Statist. 9, 1981 (exponential weights instead of resamples).
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from parfocal.checks import positive
from parfocal.errors import OptimizerError
from parfocal.extras import require
from parfocal.space import Space
from parfocal.surrogates.boosting import BoostedModel, Table, bootstrap, checked
from parfocal.surrogates.features import features
from parfocal.typing import Floats, Ints


@dataclass(frozen=True)
class LightBoosting:
    """LightGBM over Bayesian bootstraps; unsure where the boosters disagree.

    Parameters
    ----------
    members : int
        Number of boosters, at least 2.
    rounds : int
        Trees of each booster.
    depth : int
        Deepest tree.
    leaves : int
        Leaves of a tree at most, at least 2: the best leaf is split next, wherever it is.
    rate : float
        Learning rate, in (0, 1].

    Raises
    ------
    MissingPackage
        If lightgbm is not installed.
    """

    members: int = 4
    rounds: int = 20
    depth: int = 6
    leaves: int = 15
    rate: float = 0.3
    name: ClassVar[str] = "lightgbm"
    most: ClassVar[int] = 600

    def __post_init__(self) -> None:
        checked(self.members, self.rounds, self.depth, self.rate)
        if positive(self.leaves, "leaves") < 2:
            raise OptimizerError("leaves must be at least 2: a tree with one leaf splits nothing.")
        require("lightgbm", "boost")

    def fit(self, space: Space, X: Floats, target: Floats, rng: np.random.Generator) -> BoostedModel:
        """Return the ensemble for ``target (n,)`` at rows ``X (n, d)``."""
        lightgbm = require("lightgbm", "boost")
        table = features(space, X)
        level = float(target.mean())
        options = {
            "objective": "regression",
            "boost_from_average": False,
            "learning_rate": self.rate,
            "num_leaves": self.leaves,
            "max_depth": self.depth,
            "max_bin": 32,
            "min_data_in_bin": 1,
            "min_data_in_leaf": 1,
            "min_sum_hessian_in_leaf": 1e-3,
            "lambda_l2": 0.1,
            "feature_pre_filter": False,
            "num_threads": 1,
            "deterministic": True,
            "force_col_wise": True,
            "verbosity": -1,
        }
        data = lightgbm.Dataset(table, target - level, params=options, free_raw_data=False).construct()
        boosters = []
        for seed in rng.integers(2**31, size=self.members).tolist():
            data.set_weight(bootstrap(seed, len(target)))
            boosters.append(lightgbm.train({**options, "seed": seed}, data, self.rounds))

        def members(table: Table) -> Floats:
            return np.stack([level + np.asarray(booster.predict(table, num_threads=1)) for booster in boosters])

        def leaves(table: Table) -> Ints:
            if not len(table):
                return np.empty((len(boosters), 0, 1), dtype=np.int64)
            found = [
                np.asarray(booster.predict(table, pred_leaf=True, num_threads=1), dtype=np.int64)
                for booster in boosters
            ]
            return np.stack([leaf.reshape(len(table), -1) for leaf in found])

        left = members(table).mean(axis=0) - target
        return BoostedModel(space, members, leaves, float(np.mean(left**2)))
