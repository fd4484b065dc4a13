"""Scrambled Sobol points: even cover of the space at any number of trials (Owen, J. Complexity 14, 1998)."""

from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from typing import Any, ClassVar

import numpy as np

from parfocal.errors import OptimizerError
from parfocal.samplers.selection import Selection
from parfocal.samplers.sequence import to_rows
from parfocal.seeds import generator
from parfocal.space import Space
from parfocal.trials import History
from parfocal.typing import Floats

LARGEST = 1 << 30
"""Points in the sequence; it starts again behind them."""
COLUMNS = 21201
"""Largest dimension for which direction numbers are known (Joe and Kuo, SIAM J. Sci. Comput. 30, 2008)."""

_LOCK = Lock()


@dataclass(frozen=True)
class Sobol:
    """Walk along one scrambled Sobol sequence: trial ``i`` takes point ``i``, whatever came before.

    Parameters
    ----------
    scramble : int
        Which scrambling; enters beside the seed of the study.
    """

    scramble: int = 0
    name: ClassVar[str] = "sobol"
    learns: ClassVar[bool] = False

    def at(self, space: Space, seed: int, start: int, n: int) -> Floats:
        """Return points ``start`` to ``start + n`` ``(n, d)`` of the endless sequence."""
        seed = seed + 7919 * self.scramble
        positions = np.arange(start, start + n, dtype=np.int64)
        if not space.dimension:
            return np.empty((n, 0))
        return to_rows(space, _points(space.dimension, seed, start % LARGEST, n), seed, positions)

    def length(self, space: Space) -> int | None:
        """Return None: the sequence is endless."""
        return None

    def sample(self, space: Space, history: History, selection: Selection, n: int, rng: np.random.Generator) -> Floats:
        """Return the points from position ``len(history)`` on, ``(n, d)``."""
        return self.at(space, 0, len(history), n)


@lru_cache(maxsize=4)
def _engine(dimension: int, seed: int) -> Any:
    """Return the engine of one sequence; its position is a cache, see :func:`_points`."""
    from scipy.stats import qmc  # slow to import

    if dimension > COLUMNS:
        raise OptimizerError(
            f"Sobol points exist for at most {COLUMNS} parameters; this space has {dimension}: use random."
        )
    return qmc.Sobol(dimension, scramble=True, seed=generator(seed, "sobol"))


def _points(dimension: int, seed: int, start: int, n: int) -> Floats:
    """Return points ``start`` to ``start + n`` of the scrambled sequence in the cube, ``(n, dimension)``."""
    with _LOCK:
        engine = _engine(dimension, seed)
        if start < engine.num_generated:
            engine.reset()
        if start > engine.num_generated:
            engine.fast_forward(start - engine.num_generated)
        if n > 1 and engine.num_generated == 0:  # scipy warns of a first draw that is no power of two
            return np.concatenate([engine.random(1), engine.random(n - 1)])
        return np.asarray(engine.random(n), dtype=np.float64)
