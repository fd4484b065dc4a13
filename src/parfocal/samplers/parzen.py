"""The Parzen estimator: draws from a smoothed picture of the good trials (Bergstra et al., NeurIPS 2011)."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from parfocal.errors import OptimizerError
from parfocal.samplers.kernels import Mixture, mixture
from parfocal.samplers.selection import Selection
from parfocal.space import Space
from parfocal.trials import History
from parfocal.typing import Floats


@dataclass(frozen=True)
class Parzen:
    """Draw from kernels at the good trials and, with a small weight, from the prior.

    Parameters
    ----------
    multivariate : bool
        One kernel over all columns for each trial, which keeps what goes together (Falkner et al. 2018); otherwise
        an independent estimator for each column.
    scale : float
        Factor on the bandwidths of the normal reference rule, above 0.
    prior_weight : float
        Weight of the prior in trials, above 0.
    ranked : bool
        Whether better trials among the best ones weigh more (logarithmic weights, as in CMA-ES).
    """

    multivariate: bool = True
    scale: float = 0.8
    prior_weight: float = 1.0
    ranked: bool = True
    name: ClassVar[str] = "parzen"
    learns: ClassVar[bool] = True

    def __post_init__(self) -> None:
        for option in ("scale", "prior_weight"):
            if not getattr(self, option) > 0:
                raise OptimizerError(f"{option} must be above 0; got {getattr(self, option)!r}.")

    def sample(self, space: Space, history: History, selection: Selection, n: int, rng: np.random.Generator) -> Floats:
        """Return ``n`` draws ``(n, d)`` from the density of the good rows."""
        return self._density(space, history, selection).draw(space, n, rng)

    def log_density(self, space: Space, history: History, selection: Selection, X: Floats) -> Floats:
        """Return the log density ``(k,)`` of the good rows at X ``(k, d)``, with respect to the prior."""
        return self._density(space, history, selection).log_density(X)

    def _density(self, space: Space, history: History, selection: Selection) -> Mixture:
        """Return the mixture over the good rows; only where these are the best ones are they weighted by rank."""
        rows = selection.good_rows
        count = len(rows)
        weights = np.ones(count)
        if self.ranked and count and bool(selection.good[:count].all()):
            weights = np.log(count + 1.0) - np.log(np.arange(1.0, count + 1.0))
        return mixture(
            space,
            history.X[rows],
            weights,
            prior_weight=self.prior_weight,
            scale=self.scale,
            joint=self.multivariate,
        )
