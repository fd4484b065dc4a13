"""A user's belief where the optimum lies: draws around the defaults, trusted less with each result."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy.special import ndtr

from parfocal.errors import OptimizerError
from parfocal.samplers.kernels import Column, Mixture, Numeric, Options, Widths
from parfocal.samplers.selection import Selection
from parfocal.samplers.variation import stride
from parfocal.space import Space
from parfocal.trials import History
from parfocal.typing import Floats


@dataclass(frozen=True)
class Belief:
    """Draw around the defaults of the space, and more and more from the prior as results come in.

    Hvarfner et al., ICLR 2022 (piBO): the belief multiplies the acquisition with the power ``beta / n``, so that a
    wrong one is forgotten. Here it is the share ``beta / (beta + n)`` of the draws, n complete trials. Parameters
    without a default are believed to lie at the median of their prior, options at their likeliest.

    Nothing is read from results but their number, so that belief works from the first trial on, without a warm-up.

    Parameters
    ----------
    beta : float
        How many results the belief is worth, above 0: after as many its share is one half.
    width : float
        Standard deviation around the default of a number, as a share of the unit cube, and the probability that an
        option is not its default but drawn from the prior; in (0, 1].
    """

    beta: float = 10.0
    width: float = 0.15
    name: ClassVar[str] = "belief"
    learns: ClassVar[bool] = False

    def __post_init__(self) -> None:
        if not self.beta > 0:
            raise OptimizerError(f"beta must be above 0; got {self.beta!r}.")
        stride(self.width, "width")

    def sample(self, space: Space, history: History, selection: Selection, n: int, rng: np.random.Generator) -> Floats:
        """Return ``n`` draws ``(n, d)`` from the mixture of belief and prior."""
        return self._density(space, history).draw(space, n, rng)

    def log_density(self, space: Space, history: History, selection: Selection, X: Floats) -> Floats:
        """Return the log density ``(k,)`` of that mixture at X ``(k, d)``; the same for each selection."""
        return self._density(space, history).log_density(X)

    def share(self, history: History) -> float:
        """Return the share of draws that follow the belief."""
        return self.beta / (self.beta + int(np.count_nonzero(history.complete)))

    def _density(self, space: Space, history: History) -> Mixture:
        share = self.share(history)
        centre = space.canonical(np.full((1, space.dimension), np.nan))
        columns = tuple(self._column(space, j, centre[:, j]) for j in range(space.dimension))
        return Mixture(np.array([share, 1 - share]), columns, joint=True)

    def _column(self, space: Space, j: int, centre: Floats) -> Column:
        """Return the kernel of one column at its default ``(1,)``, the prior where that is inactive."""
        if space.categorical[j]:
            return Options(centre, self.width, Widths(space, j))
        width = np.array([self.width])
        widths = Widths(space, j) if space.levels[j] else None
        return Numeric(centre, width, ndtr(-centre / width), ndtr((1 - centre) / width), widths)
