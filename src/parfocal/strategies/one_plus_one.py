"""The (1 + 1) selection for discrete spaces: one incumbent, which an equally good trial replaces.

Droste, Jansen and Wegener, Theor. Comput. Sci. 276, 2002. On a plateau, such as the equal F1 of many thresholds,
accepting equals lets the search drift across it, where a strict rule would stay (Jansen and Wegener, IEEE TEC 5, 2001).
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from parfocal.samplers.selection import Selection
from parfocal.space import Space
from parfocal.strategies import lineage
from parfocal.strategies.base import Candidates
from parfocal.strategies.feasibility import likely_first
from parfocal.trials import History
from parfocal.typing import Ints


@dataclass(frozen=True)
class OnePlusOne:
    """Build on the best trial; of equal ones on that which was told last."""

    name: ClassVar[str] = "one-plus-one"
    learns: ClassVar[bool] = True
    pool: ClassVar[int] = 16
    neighbours: ClassVar[int] = 0

    def select(self, space: Space, history: History, rng: np.random.Generator) -> Selection:
        """Return the latest trials, the incumbent alone good."""
        told = history.finished_order
        told = told[history.complete[told]]
        key = lineage.standing(history, told)
        return lineage.around(history, told[np.flatnonzero(key == key.min(initial=np.inf))[-1:]])

    def choose(self, space: Space, history: History, candidates: Candidates, n: int, rng: np.random.Generator) -> Ints:
        """Return the first ``n`` candidates, those that are likely to succeed before others."""
        return likely_first(space, history, candidates.X, rng)[:n]
