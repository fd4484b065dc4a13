"""The (mu + lambda) selection: parents compete with their offspring, so that nothing good is lost.

Schwefel, Evolution and Optimum Seeking, 1995; Beyer and Schwefel, Natural Computing 1, 2002, section 3.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from parfocal.checks import positive
from parfocal.samplers.selection import Selection
from parfocal.space import Space
from parfocal.strategies import lineage
from parfocal.trials import History


@dataclass(frozen=True)
class Plus(lineage.Evolution):
    """Build on the best results of all complete generations.

    Since survivors compete again in each generation, the survivors of all of them are the best ones so far.

    Parameters
    ----------
    parents : int
        mu, at least 1.
    offspring : int
        lambda, results of one generation; 1 is the steady state: each result counts at once.
    founders : int
        Results of generation 0 (the warm-up), at least 1.
    """

    parents: int = 5
    offspring: int = 5
    founders: int = 20
    name: ClassVar[str] = "plus"

    def __post_init__(self) -> None:
        for option in ("parents", "offspring", "founders"):
            positive(getattr(self, option), option)

    def select(self, space: Space, history: History, rng: np.random.Generator) -> Selection:
        """Return the latest trials, the parents of the open generation good; none are before generation 0 is over."""
        told = lineage.results(history)
        stop = len(told) - (len(told) - self.founders) % self.offspring
        return lineage.around(
            history, lineage.best(history, told[: stop if stop >= self.founders else 0], self.parents)
        )
