"""No strategy: every draw of the sampler is evaluated."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from parfocal.checks import positive
from parfocal.samplers.selection import Selection, of_best
from parfocal.space import Space
from parfocal.strategies.base import Candidates
from parfocal.trials import History
from parfocal.typing import Ints


@dataclass(frozen=True)
class AcceptAll:
    """Take the sampler's draws in their order; a sampler that learns is drawn to the best trials.

    Parameters
    ----------
    elites : int
        How many of the best trials are good for a sampler that learns (at least 1).
    """

    elites: int = 5
    name: ClassVar[str] = "accept-all"
    learns: ClassVar[bool] = False
    pool: ClassVar[int] = 1
    neighbours: ClassVar[int] = 0

    def __post_init__(self) -> None:
        positive(self.elites, "elites")

    def select(self, space: Space, history: History, rng: np.random.Generator) -> Selection:
        """Return the complete trials with the ``elites`` best of them good, then the failed ones."""
        return of_best(history, self.elites, failed=True)

    def choose(self, space: Space, history: History, candidates: Candidates, n: int, rng: np.random.Generator) -> Ints:
        """Return the first ``n`` candidates."""
        return np.arange(min(n, len(candidates)), dtype=np.int64)
