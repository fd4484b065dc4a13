"""The R-sequence: additive recurrence with the generalized golden ratio (Roberts 2018).

Roberts, "The unreasonable effectiveness of quasirandom sequences", extremelearning.com.au, 2018: ``x_i = shift + i *
(g^-1, ..., g^-d) mod 1`` with g the positive root of ``x^(d+1) = x + 1``. The random shift is that of Cranley and
Patterson, SIAM J. Numer. Anal. 13, 1976.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from parfocal.samplers.selection import Selection
from parfocal.samplers.sequence import to_rows
from parfocal.seeds import generator
from parfocal.space import Space
from parfocal.trials import History
from parfocal.typing import Floats, Ints


@dataclass(frozen=True)
class RSequence:
    """Walk along one shifted R-sequence: trial ``i`` takes point ``i``, whatever came before.

    Parameters
    ----------
    shift : int
        Which random shift; enters beside the seed of the study, so that a search can be started again elsewhere.
    """

    shift: int = 0
    name: ClassVar[str] = "r-sequence"
    learns: ClassVar[bool] = False

    def at(self, space: Space, seed: int, start: int, n: int) -> Floats:
        """Return points ``start`` to ``start + n`` ``(n, d)`` of the endless sequence."""
        seed = seed + 7919 * self.shift
        positions = np.arange(start, start + n, dtype=np.int64)
        return to_rows(space, points(space.dimension, seed, positions), seed, positions)

    def length(self, space: Space) -> int | None:
        """Return None: the sequence is endless."""
        return None

    def sample(self, space: Space, history: History, selection: Selection, n: int, rng: np.random.Generator) -> Floats:
        """Return the points from position ``len(history)`` on, ``(n, d)``."""
        return self.at(space, 0, len(history), n)


def points(dimension: int, seed: int, positions: Ints) -> Floats:
    """Return the points at ``positions (n,)`` in the cube, ``(n, dimension)``.

    In whole numbers modulo 2^64, so that the millionth point is as exact as the first.
    """
    steps, start = _recurrence(dimension, seed)
    z = start + positions.astype(np.uint64)[:, None] * steps
    return np.asarray(z >> np.uint64(11), dtype=np.float64) * 2.0**-53


@lru_cache(maxsize=16)
def _recurrence(dimension: int, seed: int) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Return step and start ``(dimension,)`` in units of 2^-64."""
    ratio = golden(dimension) ** -np.arange(1.0, dimension + 1.0)
    rng = generator(seed, "r-sequence")
    start = rng.integers(2**64, size=dimension, dtype=np.uint64)
    return np.ldexp(ratio, 64).astype(np.uint64), start


def golden(dimension: int) -> float:
    """Return the positive root of ``x^(dimension + 1) = x + 1``: 1.618... for 1, the plastic number for 2."""
    x = 2.0
    for _ in range(64):
        x = (1.0 + x) ** (1.0 / (dimension + 1))
    return float(x)
