"""Replay of a CMA-ES run from a history: a pure function of the results in the order told.

The draws of a generation follow from a seed made of all results before it. So a row of the history is known again as
the draw that it was, with the unrounded point behind a discrete level, and a resumed run goes on as if it had never
stopped.
"""

import copy
import hashlib
import math
from typing import Any

import numpy as np

from parfocal.samplers.latent import Latent, foreign, start
from parfocal.samplers.selection import Selection
from parfocal.samplers.settled import settled
from parfocal.seeds import generator
from parfocal.trials import History
from parfocal.typing import Floats, Ints

KNOWN = 64
"""Draws of each generation among which its results are looked for."""
MOST = 400
"""Draws of one generation among which new rows are looked for."""
LARGEST = 8
"""Population of a restarted run at most, in populations of the first one."""


class Run:
    """The open generation of a run, its draws, and what was told before.

    Parameters
    ----------
    latent : Latent
    sigma : float
        Standard deviation at the start.
    restarts : bool
        Whether to start again after convergence.
    size : int
        Results in a generation.
    history : History
    founders : Ints (k,)
        Rows of generation 0, best first.
    """

    def __init__(
        self, latent: Latent, sigma: float, restarts: bool, size: int, history: History, founders: Ints
    ) -> None:
        self.latent, self.sigma, self.restarts, self.size = latent, sigma, restarts, size
        self.generation = 0
        self._founders = self._latest = founders
        self._digest = hashlib.blake2b(digest_size=8)
        self._results: dict[int, float] = {}
        self._asked: set[int] = set()
        self._seen = 0
        self._buffer: list[tuple[float, Any]] = []
        self._best, self._stale = math.inf, 0
        self._learn(history, founders)
        elite = founders[: max(1, min(len(founders) // 4, size // 2))]
        self._begin(history.X[elite], size)

    def fork(self) -> "Run":
        """Return an independent copy, for a history that goes another way from here."""
        return copy.deepcopy(self, {id(self.latent): self.latent})

    def leads_to(self, selection: Selection) -> bool:
        """Whether the generations told so far are the first ones of a selection: the same strategy has made them.

        Generations follow each other in the order told, so the first and the last one that are alike, and their size,
        leave no room for others in between.
        """
        told = zip((0, self.generation), (self._founders, self._latest), strict=True)
        return all(np.array_equal(selection.rows[selection.generations == number], rows) for number, rows in told)

    def fresh(self, history: History, n: int) -> Floats:
        """Return the next ``n`` draws of the open generation that are no trial yet; fewer where there are no more."""
        keys = self.latent.space.keys
        if len(history) > self._seen:
            self._asked.update(keys(history.X[self._seen :]).tolist())
            self._seen = len(history)
        found: list[int] = []
        taken: set[int] = set()
        position, most = 0, max(MOST, 4 * n)
        while len(found) < n and position < most:
            if position == len(self._drawn):
                self._draw(max(8, n - len(found)))
            for key in self._keys[position:]:
                if key is not None and key not in self._asked and key not in taken and len(found) < n:
                    taken.add(key)
                    found.append(position)
                position += 1
        return self._rows[found]

    def tell(self, history: History, rows: Ints) -> None:
        """Take in the next complete generation: its rows, best first."""
        if len(self._drawn) < KNOWN:
            self._draw(KNOWN - len(self._drawn))
        place = {key: index for index, key in reversed(list(enumerate(self._keys[:KNOWN])))}
        own = [place.get(key) for key in self.latent.space.keys(history.X[rows]).tolist()]
        last = KNOWN if None in own else max(index for index in own if index is not None)
        loss = np.where(history.complete[rows], history.loss[rows], math.inf)
        members = [
            (
                float(value),
                foreign(self.latent, self._drawn[:KNOWN], history.X[row]) if index is None else self._drawn[index],
            )
            for value, row, index in zip(loss, rows, own, strict=True)
        ]
        again = [index for index in range(last) if self._keys[index] in self._results]
        members += [(self._results[self._keys[index] or 0], self._drawn[index]) for index in again]
        best = min(self._results.values(), default=math.inf)
        self._stale = 0 if loss.min() < min(best, self._best) else self._stale + 1
        self._best = min(self._best, float(loss.min()))
        self._learn(history, rows)
        self.generation += 1
        self._latest = rows
        self._buffer += members
        if len(self._buffer) >= self._population:
            self._update()
        if self.restarts and self._converged():
            rng = generator(int.from_bytes(self._digest.digest(), "little"), "restart")
            self._begin(self.latent.space.sample(1, rng), min(2 * self._population, LARGEST * self.size))
        self._open()

    def _begin(self, X: Floats, population: int) -> None:
        """Start a run around rows ``X``."""
        self._population = population
        self._run = start(self.latent, X, population, self.sigma)
        self._best, self._stale, self._buffer = math.inf, 0, []
        self._open()

    def _open(self) -> None:
        """Open a generation: forget the draws of the last one, and take a seed from all results so far."""
        self._drawn: list[Any] = []
        self._keys: list[int | None] = []
        self._rows = np.empty((0, self.latent.space.dimension))
        self._run.reseed_rng(int.from_bytes(self._digest.digest()[:4], "little"))

    def _draw(self, count: int) -> None:
        """Draw ``count`` more solutions; the key of an infeasible one is None."""
        space = self.latent.space
        with np.errstate(all="ignore"):
            drawn = [self._run.ask() for _ in range(count)]
        X = settled(space, self.latent.drawn(drawn))  # as they will stand in the history
        feasible = space.feasible(X)
        self._drawn += drawn
        self._rows = np.concatenate([self._rows, X])
        self._keys += [key if fine else None for key, fine in zip(space.keys(X).tolist(), feasible, strict=True)]

    def _learn(self, history: History, rows: Ints) -> None:
        """Remember results by key, and let them into the seed."""
        X = history.X[rows]
        loss = np.where(history.complete[rows], history.loss[rows], math.inf)
        self._results.update(zip(self.latent.space.keys(X).tolist(), loss.tolist(), strict=True))
        self._digest.update(np.ascontiguousarray(X).tobytes() + loss.tobytes())

    def _update(self) -> None:
        """Tell `cmaes` one population: evenly spaced ranks of all that is there, so that repetitions do not bias it."""
        members = sorted(self._buffer, key=lambda member: member[0])
        places = np.linspace(0, len(members) - 1, self._population).round().astype(np.int64)
        with np.errstate(all="ignore"):
            self._run.tell([(members[place][1], float(rank)) for rank, place in enumerate(places.tolist())])
        self._buffer = []

    def _converged(self) -> bool:
        """Whether the run has nothing new to draw, has shrunk to a point, or has not improved for long."""
        dimension = self.latent.size
        if self._stale > 10 + math.ceil(30 * dimension / self._population) * (self._population / self.size):
            return True
        self._open()
        self._draw(32)
        if all(key is None or key in self._results for key in self._keys):
            return True
        numbers = len(self.latent.x) + len(self.latent.z)
        if not numbers or len(self.latent.c):
            return False
        return bool(np.stack([solution._v_raw for solution in self._drawn]).std(axis=0).max() < 1e-4)
