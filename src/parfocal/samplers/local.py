"""Local search: one-exchange neighbours of good trials, with a share of fresh starts (Hoos and Stützle, 2004)."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from parfocal.errors import OptimizerError
from parfocal.samplers.failures import away_from_failures
from parfocal.samplers.selection import Selection
from parfocal.space import Space
from parfocal.trials import History
from parfocal.typing import Floats


@dataclass(frozen=True)
class Local:
    """Change a good configuration in one parameter; now and then draw afresh from the priors.

    Parameters
    ----------
    scale : float
        Largest standard deviation of a step in a numeric column, as a share of its unit interval, in (0, 1]. Each
        draw takes its own from ``scale / 16`` to ``scale`` (log-uniform), so that far and near neighbours are both
        tried.
    restarts : float
        Share of draws from the priors, in [0, 1].
    """

    scale: float = 0.3
    restarts: float = 0.1
    name: ClassVar[str] = "local"
    learns: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if not 0 < self.scale <= 1:
            raise OptimizerError(f"scale must be above 0 and at most 1; got {self.scale!r}.")
        if not 0 <= self.restarts <= 1:
            raise OptimizerError(f"restarts must be a share from 0 to 1; got {self.restarts!r}.")

    def sample(self, space: Space, history: History, selection: Selection, n: int, rng: np.random.Generator) -> Floats:
        """Return rows ``(n, d)`` in random order: neighbours of good rows (better ones more often), and restarts.

        Rows nearer to a failed trial than to a complete one are drawn again, up to five times.
        """
        return away_from_failures(
            space, history, selection, n, lambda which: self._draws(space, history, selection, len(which), rng)
        )

    def _draws(self, space: Space, history: History, selection: Selection, n: int, rng: np.random.Generator) -> Floats:
        parents = selection.good_rows
        fresh = n if not len(parents) or not space.dimension else int(rng.binomial(n, self.restarts))
        if fresh == n:
            return space.sample(n, rng)
        weights = 1.0 / np.arange(1, len(parents) + 1)  # Zipf over the ranks
        counts = rng.multinomial(n - fresh, weights / weights.sum())
        parts = [space.sample(fresh, rng)]
        for parent, count in zip(parents, counts, strict=True):
            if count:
                scale = self.scale * 16.0 ** -rng.random()
                parts.append(space.neighbours(history.X[parent], int(count), rng, scale=scale))
        X = np.concatenate(parts)
        if len(X) < n:  # constraints leave hardly any neighbour
            X = np.concatenate([X, space.sample(n - len(X), rng)])
        return np.asarray(rng.permutation(X))
