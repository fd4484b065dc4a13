"""Sequential model-based optimization: any surrogate times any acquisition chooses among candidates.

Jones, Schonlau and Welch, J. Global Optim. 13, 1998 (Gaussian process); Hutter, Hoos and Leyton-Brown, LION 2011
(random forest, local search on the acquisition, interleaved random configurations).
"""

from dataclasses import dataclass
from typing import get_args

import numpy as np

from parfocal.errors import OptimizerError
from parfocal.samplers.selection import Selection, best_first
from parfocal.space import Space
from parfocal.strategies import judge
from parfocal.strategies.acquisitions import ACQUISITIONS, Name
from parfocal.strategies.base import Candidates
from parfocal.strategies.batches import Batch, pick
from parfocal.surrogates import Surrogate
from parfocal.trials import History
from parfocal.typing import Ints

GOOD = 10
"""Best trials that a sampler is drawn to."""


@dataclass(frozen=True)
class ModelBased:
    """Fit a surrogate to all results and take the candidates with the best acquisition.

    In the text form the strategy has the name of its surrogate, and takes the surrogate's options beside its own:
    ``random + random-forest(trees=20, acquisition=lcb)``.

    Parameters
    ----------
    surrogate : Surrogate
    acquisition : str
        ``ei``, ``log-ei``, ``pi``, ``lcb``, ``thompson``, ``greedy``, ``max-value-entropy``, ``conformal-quantile`` or
        ``ei-per-second``.
    pool, neighbours : int
        Candidates from the sampler, and one-exchange neighbours of the best trials, for each one chosen.
    random_share : float
        Share of choices made at random, in [0, 1].
    batch : str
        What keeps a batch, and what is pending, apart: ``believer`` or ``penalty``.
    """

    surrogate: Surrogate
    acquisition: Name = "ei"
    pool: int = 500
    neighbours: int = 500
    random_share: float = 0.1
    batch: Batch = "believer"

    def __post_init__(self) -> None:
        if self.acquisition not in ACQUISITIONS:
            raise OptimizerError(f"acquisition must be one of {', '.join(ACQUISITIONS)}; got {self.acquisition!r}.")
        if self.batch not in get_args(Batch):
            raise OptimizerError(f"batch must be one of {', '.join(get_args(Batch))}; got {self.batch!r}.")
        if self.pool < 2 or self.neighbours < 0:
            raise OptimizerError(
                f"pool must be at least 2 and neighbours at least 0; got {self.pool} and {self.neighbours}."
            )
        if not 0 <= self.random_share <= 1:
            raise OptimizerError(f"random_share must be a share from 0 to 1; got {self.random_share!r}.")

    @property
    def name(self) -> str:
        """The surrogate's name."""
        return self.surrogate.name

    @property
    def learns(self) -> bool:
        """Return True: results change what is chosen."""
        return True

    def select(self, space: Space, history: History, rng: np.random.Generator) -> Selection:
        """Return the complete trials best first, the best :data:`GOOD` good, with the fitted judge as their score."""
        rows = best_first(history, np.flatnonzero(history.complete))
        opinion = judge.fit(space, history, self.surrogate, self.acquisition, rng)
        return Selection(rows, np.arange(len(rows)) < GOOD, np.full(len(rows), -1, dtype=np.int64), opinion)

    def choose(self, space: Space, history: History, candidates: Candidates, n: int, rng: np.random.Generator) -> Ints:
        """Return the ``n`` candidates with the best acquisition, diverse; random ones while nothing is complete."""
        opinion = candidates.selection.score
        if not isinstance(opinion, judge.Judge):
            opinion = judge.fit(space, history, self.surrogate, self.acquisition, rng)
        if opinion is None:
            return rng.permutation(len(candidates))[:n]
        return pick(opinion, candidates.X, n, self.random_share, self.batch, rng)
