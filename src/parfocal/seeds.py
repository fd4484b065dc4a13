"""Random streams as a pure function of (seed, names and indices): no global state, the same after a restart."""

import hashlib

import numpy as np

from parfocal.typing import Ints

_MASK64 = (1 << 64) - 1


def _word(part: int | str) -> int:
    """Return a 32-bit word for one part of a stream's name; strings by digest, since ``hash`` is salted per process."""
    if isinstance(part, str):
        return int.from_bytes(hashlib.blake2b(part.encode(), digest_size=4).digest(), "little")
    return int(part) & 0xFFFFFFFF


def generator(seed: int, *stream: int | str) -> np.random.Generator:
    """Return the generator of one named stream, for example ``generator(seed, "ask", 17)``.

    Streams with different names are independent (:class:`numpy.random.SeedSequence` spawn keys); the same name
    gives the same numbers on every platform and after every restart.
    """
    sequence = np.random.SeedSequence(seed & _MASK64, spawn_key=tuple(_word(part) for part in stream))
    return np.random.Generator(np.random.PCG64(sequence))


def trial_seeds(seed: int, numbers: Ints) -> Ints:
    """Return one seed in [0, 2**31) for each trial number, by the splitmix64 finalizer (Steele et al. 2014)."""
    z = np.asarray(numbers, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    z = z + np.uint64((seed * 0xD1B54A32D192ED03 + 0x9E3779B97F4A7C15) & _MASK64)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z = z ^ (z >> np.uint64(31))
    return np.asarray(z >> np.uint64(33), dtype=np.int64)
