"""Particle swarm without a swarm in memory: positions, velocities and personal bests are read from the history."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from parfocal.errors import OptimizerError
from parfocal.samplers.selection import Selection
from parfocal.samplers.variation import dithered, filled, numbers, other_options, share, sometimes, stride, varied
from parfocal.space import Space
from parfocal.trials import History
from parfocal.typing import Bools, Floats, Ints

CONSTRICTION = 0.7298437881283576
"""chi of Clerc and Kennedy 2002, equation 5, for phi = 4.1 and kappa = 1."""
PULL = 2.05
"""phi_1 = phi_2 = phi / 2."""
STILL = 2e-3
"""Largest step of a particle that is at rest: it starts again at a random point."""


@dataclass(frozen=True, eq=False)
class Swarm:
    """All that the particles know, NaN where a column is inactive.

    Attributes
    ----------
    position, velocity, best : Floats (size, d)
        Last position, the way from the one before to it (0 where there was none), and best position; position is all
        NaN of a particle without a trial, best where none of its trials is complete.
    leader : Floats (d,)
        Best position of all.
    lost : Bools (size,)
        Whose last trial failed: it goes on from its best position, at rest.
    """

    position: Floats
    velocity: Floats
    best: Floats
    leader: Floats
    lost: Bools


@dataclass(frozen=True)
class Particle:
    """Let particles fly between their own best position and that of the swarm.

    Kennedy and Eberhart, ICNN 1995; Clerc and Kennedy, IEEE Trans. Evol. Comput. 6, 2002 (constriction coefficients):
    ``v <- chi (v + phi_1 U (p - x) + phi_2 U (g - x))``, ``x <- x + v``. Trial ``i`` belongs to particle ``i`` modulo
    the size of the swarm. Its velocity is the way between its last two trials, so that a bound, a rounding or a
    repair enters the velocity as it did the position. Options are copied from position, own best or leader by chance.

    Where a strategy knows generations the swarm is as large as one of them, and moves only when one is complete.

    Parameters
    ----------
    swarm : int
        Particles where the strategy knows no generations, at least 2.
    fastest : float
        Largest velocity that is carried over, in each column, as a share of the unit cube, in (0, 1]. The first
        trials of a particle are drawn anywhere: the way between them is no direction worth keeping.
    restarts : float
        Share of draws from the priors, in [0, 1].
    """

    swarm: int = 8
    fastest: float = 0.15
    restarts: float = 0.05
    name: ClassVar[str] = "particle"
    learns: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if self.swarm < 2:
            raise OptimizerError(f"swarm must be at least 2; got {self.swarm!r}.")
        stride(self.fastest, "fastest")
        share(self.restarts, "restarts")

    def sample(self, space: Space, history: History, selection: Selection, n: int, rng: np.random.Generator) -> Floats:
        """Return the next positions ``(n, d)`` of the particles whose turn it is, and restarts."""
        if not len(selection.good_rows):
            return space.sample(n, rng)
        size = int(np.count_nonzero(selection.generations == 1)) or self.swarm
        swarm = replayed(history, selection, size)

        carried = [self.fastest, 0.0]  # who would fly into a failure is drawn again, from rest: towards good positions

        def build(which: Ints) -> Floats:
            fastest = carried.pop(0) if len(carried) > 1 else carried[0]
            return flown(space, swarm, (len(history) + which) % size, fastest, rng)

        return varied(space, history, selection, n, rng, self.restarts, build)


def replayed(history: History, selection: Selection, size: int) -> Swarm:
    """Return the swarm of ``size`` particles as the finished rows of a selection leave it."""
    rows = selection.rows[(history.complete | history.failed)[selection.rows]]
    if (selection.generations >= 0).any():
        rows = selection.rows[selection.generations >= 0]
    order = rows[np.lexsort((history.told[rows], rows % size))]
    particle = order % size
    last = np.flatnonzero(np.append(particle[1:] != particle[:-1], True)) if len(order) else np.empty(0, np.int64)
    shape = (size, history.dimension)
    position, velocity, best = np.full(shape, np.nan), np.zeros(shape), np.full(shape, np.nan)
    position[particle[last]] = history.X[order[last]]
    moved = last[(last > 0) & (particle[last - 1] == particle[last])]
    velocity[particle[moved]] = np.nan_to_num(history.X[order[moved]] - history.X[order[moved - 1]])
    lost = np.zeros(size, dtype=np.bool_)
    lost[particle[last]] = history.failed[order[last]]
    velocity[lost] = 0.0
    complete = rows[history.complete[rows]]  # best first, so that the first row of a particle is its best
    own, first = np.unique(complete % size, return_index=True)
    best[own] = history.X[complete[first]]
    return Swarm(position, velocity, best, history.X[selection.good_rows[0]], lost)


def flown(space: Space, swarm: Swarm, which: Ints, fastest: float, rng: np.random.Generator) -> Floats:
    """Return the next full positions ``(n, d)`` of particles ``which (n,)``; NaN rows start again at random."""
    velocity = np.clip(swarm.velocity[which], -fastest, fastest)
    x, own = swarm.position[which], swarm.best[which]
    absent = np.isnan(x).all(axis=1)
    x = np.where(swarm.lost[which, None], own, x)
    leader = np.broadcast_to(swarm.leader, x.shape)
    own = np.where(np.isnan(own).all(axis=1, keepdims=True), leader, own)
    here = filled(np.where(np.isnan(x), np.where(np.isnan(own), leader, own), x), rng)
    own, leader = np.where(np.isnan(own), here, own), np.where(np.isnan(leader), here, leader)
    pulls = PULL * rng.random((2, *here.shape))
    step = CONSTRICTION * (velocity + pulls[0] * (own - here) + pulls[1] * (leader - here))
    option = np.choose(rng.integers(3, size=here.shape), [here, own, leader])
    Y = np.where(numbers(space), np.clip(dithered(space, here + step, rng), 0.0, 1.0), option)
    Y = other_options(space, Y, sometimes(space, len(Y), rng), rng)
    still = numbers(space).any() & (np.abs(step[:, numbers(space)]).max(axis=1, initial=0.0) < STILL)
    Y[absent | still] = np.nan
    return np.asarray(Y)
