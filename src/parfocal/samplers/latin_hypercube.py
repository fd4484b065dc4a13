"""Latin hypercube: a block meets each stratum of each parameter once (McKay et al., Technometrics 21, 1979)."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from parfocal.checks import positive
from parfocal.samplers.selection import Selection
from parfocal.samplers.sequence import to_rows
from parfocal.seeds import generator
from parfocal.space import Space
from parfocal.trials import History
from parfocal.typing import Floats


@dataclass(frozen=True)
class LatinHypercube:
    """Take block after block of Latin hypercubes: trial ``i`` takes row ``i % block`` of cube ``i // block``.

    Parameters
    ----------
    block : int
        Points of one cube, at least 1; best the number of trials that will be evaluated, or a divisor of it.
    """

    block: int = 20
    name: ClassVar[str] = "latin-hypercube"
    learns: ClassVar[bool] = False

    def __post_init__(self) -> None:
        positive(self.block, "block")

    def at(self, space: Space, seed: int, start: int, n: int) -> Floats:
        """Return points ``start`` to ``start + n`` ``(n, d)`` of the endless sequence of blocks."""
        first, last = start // self.block, (start + n - 1) // self.block
        cubes = [self._cube(space.dimension, seed, block) for block in range(first, last + 1)]
        U = np.concatenate(cubes)[start - first * self.block :][:n] if cubes else np.empty((0, space.dimension))
        return to_rows(space, U, seed, np.arange(start, start + n, dtype=np.int64))

    def _cube(self, dimension: int, seed: int, block: int) -> Floats:
        """Return one Latin hypercube ``(block, dimension)``, jittered within its strata."""
        rng = generator(seed, "latin-hypercube", self.block, block)
        strata = np.broadcast_to(np.arange(self.block, dtype=np.float64)[:, None], (self.block, dimension))
        return np.asarray((rng.permuted(strata, axis=0) + rng.random((self.block, dimension))) / self.block)

    def length(self, space: Space) -> int | None:
        """Return None: block follows block without end."""
        return None

    def sample(self, space: Space, history: History, selection: Selection, n: int, rng: np.random.Generator) -> Floats:
        """Return the points from position ``len(history)`` on, ``(n, d)``."""
        return self.at(space, 0, len(history), n)
