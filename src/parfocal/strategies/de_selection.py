"""The selection of differential evolution: each slot of the population keeps the better of parent and child.

Storn and Price, J. Global Optim. 11, 1997, section 2: a child that is as good as its parent takes its place.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from parfocal.errors import OptimizerError
from parfocal.samplers.selection import Selection
from parfocal.space import Space
from parfocal.strategies import lineage
from parfocal.trials import History
from parfocal.typing import Ints


@dataclass(frozen=True)
class DESelection(lineage.Evolution):
    """Let results compete slot by slot, by their place in the order told.

    The k-th result (from 0) belongs to slot ``k mod population``: the first ones found the slots, and each later one
    replaces what its slot holds unless it is worse. A failed trial uses up its turn and replaces nothing. Competition
    is thus local, and the population keeps its variety where a truncation to the best would lose it.

    Parameters
    ----------
    population : int
        Slots, at least 4: a difference vector needs a base and two others.
    """

    population: int = 10
    name: ClassVar[str] = "de-selection"

    def __post_init__(self) -> None:
        if self.population < 4:
            raise OptimizerError(
                f"population must be at least 4, for differences between members; got {self.population!r}."
            )

    def select(self, space: Space, history: History, rng: np.random.Generator) -> Selection:
        """Return the latest trials, the members of the slots good."""
        return lineage.around(history, self.members(history))

    def members(self, history: History) -> Ints:
        """Return the rows that the slots hold ``(k,)``, by slot; a slot without any complete trial has none.

        What is kept over many turns is the last one of the best of the slot: one pass without a loop.
        """
        told = lineage.results(history)
        turns = -(-len(told) // self.population)
        key = np.full(turns * self.population, np.inf)
        key[: len(told)] = lineage.standing(history, told)
        latest_first = key.reshape(turns, self.population)[::-1]
        if not turns:
            return told
        turn = turns - 1 - latest_first.argmin(axis=0)
        slots = np.flatnonzero(np.isfinite(latest_first.min(axis=0)))
        members: Ints = told[turn[slots] * self.population + slots]
        return members
