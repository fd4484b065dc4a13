"""Scrambled Halton points: even cover in which any row can be had without those before it.

Halton, Numerische Mathematik 2, 1960 (radical inverses in prime bases); Owen, arXiv:1706.02808, 2017 (each digit of
each base has a random permutation of its own, which removes the stripes that the plain sequence shows in large bases).
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from parfocal.errors import OptimizerError
from parfocal.samplers.selection import Selection
from parfocal.samplers.sequence import to_rows
from parfocal.seeds import generator
from parfocal.space import Space
from parfocal.trials import History
from parfocal.typing import Floats, Ints

COLUMNS = 1000
"""Largest dimension: the permutations then fill some 40 MB."""
_BITS = 53
"""Digits are drawn until they are finer than the mantissa of a float."""


@dataclass(frozen=True)
class Halton:
    """Walk along one scrambled Halton sequence: trial ``i`` takes point ``i``, whatever came before.

    Parameters
    ----------
    scramble : int
        Which scrambling; enters beside the seed of the study, so that a search can be started again elsewhere.
    """

    scramble: int = 0
    name: ClassVar[str] = "halton"
    learns: ClassVar[bool] = False

    def at(self, space: Space, seed: int, start: int, n: int) -> Floats:
        """Return points ``start`` to ``start + n`` ``(n, d)`` of the endless sequence."""
        seed = seed + 7919 * self.scramble
        positions = np.arange(start, start + n, dtype=np.int64)
        return to_rows(space, points(space.dimension, seed, positions), seed, positions)

    def length(self, space: Space) -> int | None:
        """Return None: the sequence is endless."""
        return None

    def sample(self, space: Space, history: History, selection: Selection, n: int, rng: np.random.Generator) -> Floats:
        """Return the points from position ``len(history)`` on, ``(n, d)``."""
        return self.at(space, 0, len(history), n)


def points(dimension: int, seed: int, positions: Ints) -> Floats:
    """Return the points of the scrambled sequence at ``positions (n,)`` in the cube, ``(n, dimension)``."""
    if dimension > COLUMNS:
        raise OptimizerError(
            f"Halton points exist for at most {COLUMNS} parameters; this space has {dimension}: use random."
        )
    bases, digits, offsets, permutations = _tables(dimension, seed)
    U = np.zeros((len(positions), dimension))
    rest = np.repeat(positions[:, None], dimension, axis=1)
    weight = np.ones(dimension)
    for k in range(int(digits.max(initial=0))):
        columns = np.flatnonzero(digits > k)
        base = bases[columns]
        weight[columns] /= base
        rest[:, columns], digit = np.divmod(rest[:, columns], base)
        U[:, columns] += permutations[offsets[columns] + k * base + digit] * weight[columns]
    return np.minimum(U, 1 - 2.0**-_BITS)


@lru_cache(maxsize=4)
def _tables(dimension: int, seed: int) -> tuple[Ints, Ints, Ints, NDArray[np.uint16]]:
    """Return base, number of digits and offset of each column, and all permutations, one behind the other."""
    bases = primes(dimension)
    digits = np.ceil(_BITS / np.log2(bases)).astype(np.int64)
    offsets = np.concatenate([[0], np.cumsum(bases * digits)[:-1]]).astype(np.int64)
    rng = generator(seed, "halton")
    parts = [
        rng.permuted(np.tile(np.arange(base, dtype=np.uint16), (count, 1)), axis=1).ravel()
        for base, count in zip(bases.tolist(), digits.tolist(), strict=True)
    ]
    return bases, digits, offsets, np.concatenate(parts)


def primes(count: int) -> Ints:
    """Return the first ``count`` primes, by the sieve of Eratosthenes."""
    bound = int(count * (np.log(count + 1) + np.log(np.log(count + 1) + 1) + 1)) + 10
    open_ = np.ones(bound, dtype=np.bool_)
    open_[:2] = False
    for number in range(2, int(bound**0.5) + 1):
        if open_[number]:
            open_[number * number :: number] = False
    return np.flatnonzero(open_)[:count]
