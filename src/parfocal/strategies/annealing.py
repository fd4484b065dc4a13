"""Simulated annealing: a worse trial is accepted now and then, less and less often as the temperature falls.

Metropolis et al., J. Chem. Phys. 21, 1953 (acceptance); Kirkpatrick, Gelatt and Vecchi, Science 220, 1983 (cooling).
"""

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from parfocal.checks import positive
from parfocal.errors import OptimizerError
from parfocal.samplers.memo import notebook
from parfocal.samplers.selection import Selection
from parfocal.space import Space
from parfocal.strategies import lineage
from parfocal.trials import History
from parfocal.typing import Floats, Ints


@dataclass(frozen=True)
class Annealing(lineage.Evolution):
    """Build on one current trial, which each result replaces with the probability of Metropolis.

    The temperature is ``heat * spread * 2 ** (-k / halving)`` at the k-th result after the founders; the spread is how
    far the best of the founders lies below their median, so that a loss needs no scale of its own.

    Parameters
    ----------
    heat : float
        First temperature, in spreads; at least 0 (0 accepts nothing that is worse).
    halving : int
        Results after which the temperature is half, at least 1.
    founders : int
        Complete results that come first; the walk starts from the best of them. At least 1.
    """

    heat: float = 0.1
    halving: int = 10
    founders: int = 20
    name: ClassVar[str] = "annealing"

    def __post_init__(self) -> None:
        if not (math.isfinite(self.heat) and self.heat >= 0):
            raise OptimizerError(f"heat must be a finite number of at least 0; got {self.heat!r}.")
        positive(self.halving, "halving")
        positive(self.founders, "founders")

    def select(self, space: Space, history: History, rng: np.random.Generator) -> Selection:
        """Return the latest trials, the current one alone good (while founders come in, the best of them)."""
        return lineage.around(history, self.current(history))

    def current(self, history: History) -> Ints:
        """Return the row ``(1,)`` that the walk has come to, or none ``(0,)`` while nothing is complete.

        The walk is kept in the notebook of the history and continued by the results that are new.
        """
        told = history.finished_order
        founders = np.flatnonzero(history.complete[told])[: self.founders]
        row = lineage.best(history, told[founders], 1)
        if len(founders) < self.founders:
            return row
        loss = history.loss[told[founders]]
        spread = float(np.median(loss) - loss.min())
        notes, owner = notebook(history), (self.name, self)
        place, turn, current = notes.get(owner, (int(founders[-1]) + 1, 0, int(row[0])))
        # a failed trial is a rejected move: it cools, and stays where it is; a LOST one was never made
        rows, luck = told[place:], lottery(history.loss[told[place:]], np.arange(place, len(told)))
        counts, moves = (history.complete | history.failed)[rows], history.complete[rows]
        at = float(history.loss[current]), float(history.fidelity[current])
        columns = (rows, luck, counts, moves, history.loss[rows], history.fidelity[rows])
        for trial, chance, count, move, value, fidelity in zip(*(column.tolist() for column in columns), strict=True):
            turn += count
            if move and chance < self._acceptance(at, (value, fidelity), spread, turn):
                current, at = trial, (value, fidelity)
        notes[owner] = len(told), turn, current
        return np.array([current], dtype=np.int64)

    def _acceptance(self, old: tuple[float, float], new: tuple[float, float], spread: float, turn: int) -> float:
        """Return the probability that ``new`` (loss, fidelity) replaces ``old``; a higher fidelity always does."""
        if new[1] != old[1]:
            return float(new[1] > old[1])
        if new[0] <= old[0]:
            return 1.0
        temperature = self.heat * spread * 2.0 ** (-turn / self.halving)
        return math.exp((old[0] - new[0]) / temperature) if temperature > 0 else 0.0


def lottery(loss: Floats, place: Ints) -> Floats:
    """Return numbers ``(k,)``, uniform in [0, 1), that follow from losses and places in the order told alone.

    A replay draws the same ones, and two studies different ones (finalizer of SplitMix64, Steele, Lea and Flood 2014).
    """
    state = np.ascontiguousarray(loss).view(np.uint64) + place.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray((state ^ (state >> np.uint64(31))) >> np.uint64(11), dtype=np.float64) / 2.0**53
