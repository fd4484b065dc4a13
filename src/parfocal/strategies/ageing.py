"""Regularized evolution: parents win tournaments among the latest trials; the oldest die, however good they are.

Real, Aggarwal, Huang and Le, AAAI 2019, algorithm 1: what survives must prove itself again as a descendant, so that a
trial that was lucky in a noisy evaluation does not rule for ever.
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
class Ageing(lineage.Evolution):
    """Draw parents by tournaments among the latest complete trials.

    Parameters
    ----------
    population : int
        P, latest complete trials that live, at least 1.
    tournament : int
        S, trials drawn for each tournament, at least 1; the best of them is a parent. At most all that live.
    parents : int
        Tournaments in an ask, at least 1: a sampler that crosses parents needs 2 or more.
    """

    population: int = 40
    tournament: int = 12
    parents: int = 2
    name: ClassVar[str] = "ageing"

    def __post_init__(self) -> None:
        for option in ("population", "tournament", "parents"):
            positive(getattr(self, option), option)

    def select(self, space: Space, history: History, rng: np.random.Generator) -> Selection:
        """Return the latest trials, the winners of the tournaments good."""
        told = history.finished_order
        alive = told[history.complete[told]][-self.population :]
        if not len(alive):
            return lineage.around(history, alive)
        drawn = rng.permuted(np.tile(np.arange(len(alive)), (self.parents, 1)), axis=1)[:, : self.tournament]
        winners = drawn[np.arange(self.parents), lineage.standing(history, alive)[drawn].argmin(axis=1)]
        return lineage.around(history, alive[np.unique(winners)])
