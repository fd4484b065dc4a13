"""Random search: independent draws from the priors (Bergstra and Bengio, JMLR 13, 2012)."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from parfocal.samplers.selection import Selection
from parfocal.samplers.sequence import to_rows, uniforms
from parfocal.space import Space
from parfocal.trials import History
from parfocal.typing import Floats


@dataclass(frozen=True)
class Random:
    """Draw from the priors of the space, conditions and constraints honoured.

    As a sequence: trial ``i`` has its own draw, whether trials are asked for one by one or by the hundred, so that a
    search with the same seed proposes the same however its asks fall in time.
    """

    name: ClassVar[str] = "random"
    learns: ClassVar[bool] = False

    def sample(self, space: Space, history: History, selection: Selection, n: int, rng: np.random.Generator) -> Floats:
        """Return ``n`` draws ``(n, d)``; neither history nor selection is read."""
        return space.sample(n, rng)

    def at(self, space: Space, seed: int, start: int, n: int) -> Floats:
        """Return the draws ``start`` to ``start + n`` ``(n, d)`` of a study's stream."""
        positions = np.arange(start, start + n)
        return to_rows(space, uniforms(seed, positions, space.dimension, 0), seed, positions)

    def length(self, space: Space) -> int | None:
        """Return None: the stream has no end."""
        return None
