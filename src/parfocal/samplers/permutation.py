"""A random order of any number of things, one position at a time: nothing is stored, nothing is shuffled."""

import numpy as np
from numpy.typing import NDArray

from parfocal.typing import Ints

ROUNDS = 6
LARGEST = 1 << 60
"""Most things that can be put in order."""
_GOLDEN = 0x9E3779B97F4A7C15
_WORD = 0xFFFFFFFFFFFFFFFF


def permuted(positions: Ints, size: int, seed: int) -> Ints:
    """Return which thing stands at each of ``positions`` in the order that belongs to ``seed``.

    A balanced Feistel network (Luby and Rackoff, SIAM J. Comput. 17, 1988) over the next power of four, walked along
    its cycles until it falls below ``size`` (Black and Rogaway, CT-RSA 2002): a bijection of ``range(size)``.

    Parameters
    ----------
    positions : Ints (n,)
        From 0 to ``size - 1``.
    size : int
        At most :data:`LARGEST`.
    seed : int
    """
    half = np.uint64(max(1, ((size - 1).bit_length() + 1) // 2))
    things = np.array(positions, dtype=np.uint64)
    outside = np.arange(len(things))
    while len(outside):
        things[outside] = _network(things[outside], half, seed)
        outside = outside[things[outside] >= size]
    return things.astype(np.int64)


def _network(values: NDArray[np.uint64], half: np.uint64, seed: int) -> NDArray[np.uint64]:
    mask = np.uint64((1 << int(half)) - 1)
    left, right = values >> half, values & mask
    for turn in range(ROUNDS):
        z = right + np.uint64((seed * _GOLDEN + (turn + 1) * 0xD1B54A32D192ED03) & _WORD)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        left, right = right, left ^ ((z ^ (z >> np.uint64(31))) & mask)
    return (left << half) | right
