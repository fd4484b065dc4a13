"""The default: a portfolio that picks by the space, by what is in flight, and by what it has seen."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from parfocal.optimizers.portfolio import Plan, Turn, credits, spread
from parfocal.space import Space
from parfocal.trials import History
from parfocal.typing import Floats

MEMBERS = (
    "random + gaussian-process(acquisition=log-ei, random_share=0.0)",
    "random + random-forest",
    "parzen + density-ratio",
)
GP, FOREST, TPE = range(3)
PRIOR = 10.0
"""Trials that each member is believed to have had, with the success of the average one."""


@dataclass(frozen=True)
class Auto:
    """Mix a Gaussian process, a random forest and a Parzen estimator."""

    name: ClassVar[str] = "auto"
    learns: ClassVar[bool] = True

    @property
    def texts(self) -> tuple[str, ...]:
        """The members, one text each."""
        return MEMBERS

    def plan(self, space: Space, history: History, n: int, seed: int) -> Plan:
        """Return the turns of the next ``n`` trials."""
        shares, why = self._shares(space, history, n)
        turns = spread(shares, len(history), n, seed)
        return tuple(Turn(int(k), int(turns[k]), why) for k in np.flatnonzero(turns))

    def _shares(self, space: Space, history: History, n: int) -> tuple[Floats, str]:
        base = np.array([0.65, 0.25, 0.1])
        gain, count = credits(history, len(MEMBERS))
        average = (gain.sum() + 0.1) / (count.sum() + 1.0)
        worth = (gain + PRIOR * average) / (count + PRIOR) / average
        shares = base * np.clip(worth, 0.5, 2.0)
        shares /= shares.sum()
        return shares, ""
