"""Cauchy mutation of elites: mostly small steps, now and then a leap (Yao, Liu and Lin, IEEE TEC 3, 1999)."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from parfocal.samplers.gaussian import moved
from parfocal.samplers.selection import Selection
from parfocal.samplers.variation import by_rank, share, stride, varied
from parfocal.space import Space
from parfocal.trials import History
from parfocal.typing import Floats, Ints


@dataclass(frozen=True)
class Cauchy:
    """Move a good configuration by a Cauchy step in all of its numbers: fast evolutionary programming.

    Each column draws its own step (Yao et al. 1999, equation 6). Its heavy tails make most draws small moves with a
    leap in one or two columns, which leaves local optima sooner than a normal step does.

    Parameters
    ----------
    scale : float
        Largest half width at half maximum of a step in one of up to 4 columns, as a share of the unit cube, in (0, 1];
        with more columns each one moves less.
    restarts : float
        Share of draws from the priors, in [0, 1].
    """

    scale: float = 0.2
    restarts: float = 0.05
    name: ClassVar[str] = "cauchy"
    learns: ClassVar[bool] = True

    def __post_init__(self) -> None:
        stride(self.scale, "scale")
        share(self.restarts, "restarts")

    def sample(self, space: Space, history: History, selection: Selection, n: int, rng: np.random.Generator) -> Floats:
        """Return rows ``(n, d)``: moved good rows (better ones more often), and restarts."""
        good = history.X[selection.good_rows]

        def build(which: Ints) -> Floats:
            X = good[by_rank(len(good), len(which), rng)]
            return moved(space, X, rng.standard_cauchy(X.shape), self.scale, rng)

        return varied(space, history, selection, n, rng, self.restarts, build)
