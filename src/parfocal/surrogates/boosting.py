"""Gradient-boosted trees that know how unsure they are: an ensemble over Bayesian bootstraps.

Chen and Guestrin, KDD 2016 (XGBoost); Rubin, Ann. Statist. 9, 1981 (exponential weights instead of resamples).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, TypeAlias

import numpy as np
from numpy.typing import NDArray

from parfocal.checks import positive
from parfocal.errors import OptimizerError
from parfocal.extras import require
from parfocal.space import Space
from parfocal.surrogates.base import Kinship, Prediction, of_members, shared_cells
from parfocal.surrogates.features import features
from parfocal.typing import Floats, Ints

Table: TypeAlias = NDArray[np.float32]
_GROUP = 5
"""Successive trees whose leaves together make the cells of :meth:`BoostedModel.cells`."""
_WEIGHTS = np.array([pow(0x9E3779B97F4A7C15, power, 1 << 64) for power in range(_GROUP)], np.uint64).view(np.int64)
"""Turn the leaves of a group into one number, modulo 2^64; the same for all calls, however many leaves there are."""


@dataclass(frozen=True, eq=False)
class BoostedModel:
    """Fitted boosters, and the variance of what they leave unexplained.

    Attributes
    ----------
    space : Space
    members : callable ``features (m, f) -> (b, m)``
        What each booster predicts.
    leaves : callable ``features (m, f) -> (b, m, r)``
        The leaf of each point in each tree of each booster.
    noise : float
    """

    space: Space
    members: Callable[[Table], Floats]
    leaves: Callable[[Table], Ints]
    noise: float

    def predict(self, X: Floats) -> Prediction:
        """Return mean and variance at rows ``(m, d)``; a draw is one booster's own prediction."""
        members = self.members(features(self.space, X))
        return Prediction(members.mean(axis=0), members.var(axis=0) + self.noise, of_members(members))

    def kinship(self, X: Floats) -> Kinship:
        """Return the share of cells that rows share."""
        return shared_cells(self.cells, X)

    def cells(self, X: Floats) -> Ints:
        """Return cells ``(m, t)``: points are in the same cell where ``_GROUP`` successive trees do not part them.

        One boosted tree is shallow, its leaves are wide; a few of them together cut as finely as a grown tree.
        """
        cells = []
        for leaves in self.leaves(features(self.space, X)):
            for first in range(0, leaves.shape[1], _GROUP):
                group = leaves[:, first : first + _GROUP]
                cells.append(group @ _WEIGHTS[: group.shape[1]])
        return np.stack(cells, axis=1)


@dataclass(frozen=True)
class Boosting:
    """XGBoost over Bayesian bootstraps; unsure where the boosters disagree.

    Parameters
    ----------
    members : int
        Number of boosters, at least 2.
    rounds : int
        Trees of each booster.
    depth : int
        Deepest tree.
    rate : float
        Learning rate, in (0, 1].

    Raises
    ------
    MissingPackage
        If xgboost is not installed.
    """

    members: int = 4
    rounds: int = 15
    depth: int = 4
    rate: float = 0.4
    name: ClassVar[str] = "xgboost"
    most: ClassVar[int] = 600

    def __post_init__(self) -> None:
        checked(self.members, self.rounds, self.depth, self.rate)
        require("xgboost", "boost")

    def fit(self, space: Space, X: Floats, target: Floats, rng: np.random.Generator) -> BoostedModel:
        """Return the ensemble for ``target (n,)`` at rows ``X (n, d)``."""
        xgboost = require("xgboost", "boost")
        table = features(space, X)
        options = {
            "objective": "reg:squarederror",
            "tree_method": "hist",
            "max_bin": 32,
            "max_depth": self.depth,
            "eta": self.rate,
            "min_child_weight": 0.0,
            "lambda": 0.1,
            "base_score": float(target.mean()),
            "nthread": 1,
            "verbosity": 0,
        }
        data = xgboost.QuantileDMatrix(table, target, max_bin=32, nthread=1)
        boosters = []
        for seed in rng.integers(2**31, size=self.members).tolist():
            data.set_weight(bootstrap(seed, len(target)))
            boosters.append(xgboost.train({**options, "seed": seed}, data, self.rounds))

        def members(table: Table) -> Floats:
            return np.stack([np.asarray(booster.inplace_predict(table), dtype=np.float64) for booster in boosters])

        def leaves(table: Table) -> Ints:
            rows = xgboost.DMatrix(table, nthread=1)
            found = [np.asarray(booster.predict(rows, pred_leaf=True), dtype=np.int64) for booster in boosters]
            return np.stack([leaf.reshape(len(table), -1) for leaf in found])

        left = members(table).mean(axis=0) - target
        return BoostedModel(space, members, leaves, float(np.mean(left**2)))


def bootstrap(seed: int, n: int) -> Floats:
    """Return the weights ``(n,)`` of one Bayesian bootstrap."""
    return np.maximum(np.random.default_rng(seed).standard_exponential(n), 1e-3)


def checked(members: int, rounds: int, depth: int, rate: float) -> None:
    """Raise where the options of an ensemble are impossible."""
    positive(rounds, "rounds")
    positive(depth, "depth")
    if positive(members, "members") < 2:
        raise OptimizerError("members must be at least 2: the uncertainty is how far they disagree.")
    if not 0 < rate <= 1:
        raise OptimizerError(f"rate must be above 0 and at most 1; got {rate!r}.")
