"""SMAC's strategy: a random forest and an acquisition choose among candidates (Hutter, Hoos and Leyton-Brown 2011)."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from parfocal.checks import positive
from parfocal.errors import OptimizerError
from parfocal.samplers.selection import Selection
from parfocal.space import Space
from parfocal.strategies import judge
from parfocal.strategies.acquisitions import Name
from parfocal.strategies.base import Candidates
from parfocal.surrogates.forest import Forest
from parfocal.trials import History
from parfocal.typing import Ints


@dataclass(frozen=True)
class RandomForest:
    """Fit a random forest to all results and take the candidates with the best acquisition.

    Parameters
    ----------
    acquisition : str
        ``ei``, ``log-ei``, ``pi``, ``lcb``, ``thompson`` or ``greedy``.
    trees : int
        Number of trees.
    leaf : int
        Fewest trials in a leaf.
    share : float
        Share of the features that a split may look at, in (0, 1].
    bootstrap : bool
        Whether each tree sees a resample of the trials.
    random_splits : bool
        Extremely randomized trees.
    pool, neighbours : int
        Candidates from the sampler, and one-exchange neighbours of the best trials, for each one chosen.
    random_share : float
        Share of choices made at random, in [0, 1] (SMAC's interleaved random configurations).
    """

    acquisition: Name = "ei"
    trees: int = 10
    leaf: int = 1
    share: float = 5 / 6
    bootstrap: bool = True
    random_splits: bool = True
    pool: int = 500
    neighbours: int = 500
    random_share: float = 0.1
    name: ClassVar[str] = "random-forest"
    learns: ClassVar[bool] = True

    def __post_init__(self) -> None:
        judge.check(self.acquisition, self.pool, self.neighbours, self.random_share)
        positive(self.trees, "trees")
        positive(self.leaf, "leaf")
        if not 0 < self.share <= 1:
            raise OptimizerError(f"share must be above 0 and at most 1; got {self.share!r}.")

    def select(self, space: Space, history: History, rng: np.random.Generator) -> Selection:
        """Return the complete trials best first, the best 10 good, with the fitted model as their score."""
        surrogate = Forest(self.trees, self.leaf, self.share, self.bootstrap, self.random_splits)
        return judge.selection(history, 10, judge.fit(space, history, surrogate, self.acquisition, rng))

    def choose(self, space: Space, history: History, candidates: Candidates, n: int, rng: np.random.Generator) -> Ints:
        """Return the ``n`` candidates with the best acquisition, diverse; random ones while nothing is complete."""
        return judge.choose(self, space, history, candidates, n, rng)
