"""Points of fixed sequences made canonical and feasible, as a pure function of their position."""

import numpy as np
from numpy.typing import NDArray

from parfocal.seeds import generator
from parfocal.space import Space
from parfocal.typing import Floats, Ints

ROUNDS = 30
"""Independent draws that replace an infeasible point before the space repairs it."""


def uniforms(seed: int, positions: Ints, dimension: int, turn: int) -> Floats:
    """Return numbers in [0, 1) ``(n, dimension)``, each a pure function of (seed, position, column, turn).

    Counter-based: the splitmix64 finalizer (Steele et al., OOPSLA 2014) over a counter, so that row ``i`` of a sequence
    needs none of the rows before it.
    """
    key = np.uint64((seed * 0x9E3779B97F4A7C15 + turn * 0xD1B54A32D192ED03) & 0xFFFFFFFFFFFFFFFF)
    columns = np.arange(1, dimension + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    counter = np.asarray(positions, dtype=np.uint64)[:, None] * np.uint64(0xBF58476D1CE4E5B9)
    z = _mixed(_mixed(counter + key) + columns)
    return np.asarray(z >> np.uint64(11), dtype=np.float64) * 2.0**-53


def _mixed(z: NDArray[np.uint64]) -> NDArray[np.uint64]:
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def to_rows(space: Space, U: Floats, seed: int, positions: Ints) -> Floats:
    """Return the canonical, feasible rows ``(n, d)`` that belong to full points ``U (n, d)`` of the cube.

    A point that violates a constraint is replaced by the first feasible one of its own stream of independent draws;
    after ``ROUNDS`` of them the space repairs it. Each row depends on its own position only, never on its batch.
    """
    X = space.from_unit(U)
    if not space.constraints:
        return X
    wrong = np.flatnonzero(~space.feasible(X))
    for turn in range(1, ROUNDS + 1):
        if not len(wrong):
            return X
        X[wrong] = space.from_unit(uniforms(seed, positions[wrong], U.shape[1], turn))
        wrong = wrong[~space.feasible(X[wrong])]
    for row in wrong:
        X[row] = space.repair(X[row : row + 1], generator(seed, "repair", int(positions[row])))[0]
    return X
