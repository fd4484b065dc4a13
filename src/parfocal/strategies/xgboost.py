"""Gradient-boosted trees and an acquisition choose among candidates (HyperHyper's SMAC-XGBoost)."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from parfocal.checks import positive
from parfocal.errors import OptimizerError
from parfocal.extras import require
from parfocal.samplers.selection import Selection
from parfocal.space import Space
from parfocal.strategies import judge
from parfocal.strategies.acquisitions import Name
from parfocal.strategies.base import Candidates
from parfocal.surrogates.boosting import Boosting
from parfocal.trials import History
from parfocal.typing import Ints


@dataclass(frozen=True)
class XGBoost:
    """Fit an ensemble of XGBoost models to all results and take the candidates with the best acquisition.

    Parameters
    ----------
    acquisition : str
        ``ei``, ``log-ei``, ``pi``, ``lcb``, ``thompson`` or ``greedy``.
    members : int
        Number of models, each with its own Bayesian bootstrap of the trials; at least 2.
    rounds : int
        Trees of each model.
    depth : int
        Deepest tree.
    rate : float
        Learning rate, in (0, 1].
    pool, neighbours : int
        Candidates from the sampler, and one-exchange neighbours of the best trials, for each one chosen.
    random_share : float
        Share of choices made at random, in [0, 1].

    Raises
    ------
    MissingPackage
        If xgboost is not installed.
    """

    acquisition: Name = "ei"
    members: int = 4
    rounds: int = 15
    depth: int = 4
    rate: float = 0.4
    pool: int = 500
    neighbours: int = 500
    random_share: float = 0.1
    name: ClassVar[str] = "xgboost"
    learns: ClassVar[bool] = True

    def __post_init__(self) -> None:
        judge.check(self.acquisition, self.pool, self.neighbours, self.random_share)
        for option in ("rounds", "depth"):
            positive(getattr(self, option), option)
        if positive(self.members, "members") < 2:
            raise OptimizerError("members must be at least 2: the uncertainty is how far they disagree.")
        if not 0 < self.rate <= 1:
            raise OptimizerError(f"rate must be above 0 and at most 1; got {self.rate!r}.")
        require("xgboost", "boost")

    def select(self, space: Space, history: History, rng: np.random.Generator) -> Selection:
        """Return the complete trials best first, the best 10 good, with the fitted models as their score."""
        surrogate = Boosting(self.members, self.rounds, self.depth, self.rate)
        return judge.selection(history, 10, judge.fit(space, history, surrogate, self.acquisition, rng))

    def choose(self, space: Space, history: History, candidates: Candidates, n: int, rng: np.random.Generator) -> Ints:
        """Return the ``n`` candidates with the best acquisition, diverse; random ones while nothing is complete."""
        return judge.choose(self, space, history, candidates, n, rng)
