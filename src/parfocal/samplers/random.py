"""Random search: independent draws from the priors (Bergstra and Bengio, JMLR 13, 2012)."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from parfocal.samplers.selection import Selection
from parfocal.space import Space
from parfocal.trials import History
from parfocal.typing import Floats


@dataclass(frozen=True)
class Random:
    """Draw from the priors of the space, conditions and constraints honoured."""

    name: ClassVar[str] = "random"
    learns: ClassVar[bool] = False

    def sample(self, space: Space, history: History, selection: Selection, n: int, rng: np.random.Generator) -> Floats:
        """Return ``n`` draws ``(n, d)``; neither history nor selection is read."""
        return space.sample(n, rng)
