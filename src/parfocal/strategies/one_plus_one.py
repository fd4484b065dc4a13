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
from parfocal.trials import History


@dataclass(frozen=True)
class OnePlusOne(lineage.Evolution):
    """Build on the best trial; of equal ones on that which was told last."""

    name: ClassVar[str] = "one-plus-one"

    def select(self, space: Space, history: History, rng: np.random.Generator) -> Selection:
        """Return the latest trials, the incumbent alone good."""
        told = history.finished_order
        told = told[history.complete[told]]
        key = lineage.standing(history, told)
        return lineage.around(history, told[np.flatnonzero(key == key.min(initial=np.inf))[-1:]])
