"""The (mu, lambda) selection: parents live for one generation, so that a search can leave a region again.

Schwefel, Evolution and Optimum Seeking, 1995; Beyer and Schwefel, Natural Computing 1, 2002, section 3.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from parfocal.checks import positive
from parfocal.errors import OptimizerError
from parfocal.samplers.selection import Selection
from parfocal.space import Space
from parfocal.strategies import lineage
from parfocal.trials import History


@dataclass(frozen=True)
class Comma(lineage.Evolution):
    """Build on the best of the last complete generation alone, however good earlier ones were.

    Generations are results in the order told; failed trials count, and are no parents. A generation without any
    complete trial leaves the parents as they were.

    Parameters
    ----------
    parents : int
        mu, at least 1 and less than ``offspring``: equal numbers would select nothing.
    offspring : int
        lambda, results of one generation.
    founders : int
        Results of generation 0 (the warm-up), at least 1.
    """

    parents: int = 3
    offspring: int = 12
    founders: int = 20
    name: ClassVar[str] = "comma"

    def __post_init__(self) -> None:
        for option in ("parents", "offspring", "founders"):
            positive(getattr(self, option), option)
        if self.parents >= self.offspring:
            raise OptimizerError(
                f"parents must be fewer than offspring, or nothing is selected; got {self.parents} and "
                f"{self.offspring}: the usual ratio is 1 to 4 up to 1 to 7."
            )

    def select(self, space: Space, history: History, rng: np.random.Generator) -> Selection:
        """Return the latest trials, the parents of the open generation good; none are before generation 0 is over."""
        told = lineage.results(history)
        stop = len(told) - (len(told) - self.founders) % self.offspring
        complete = np.flatnonzero(history.complete[told[: stop if stop >= self.founders else 0]])
        if not len(complete):
            return lineage.around(history, told[:0])
        latest = int(complete[-1]) - self.founders  # its generation is the last one with a complete trial
        start = self.founders + latest // self.offspring * self.offspring if latest >= 0 else 0
        stop = start + self.offspring if start else self.founders
        return lineage.around(history, lineage.best(history, told[start:stop], self.parents))
