"""The strategy of TPE: take the candidates that are likely among good trials and unlikely among bad ones.

Bergstra et al., NeurIPS 2011: the expected improvement is monotone in the ratio l(x) / g(x) of the two densities.
"""

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from parfocal.checks import positive
from parfocal.errors import OptimizerError
from parfocal.samplers.kernels import kernel
from parfocal.samplers.parzen import Parzen
from parfocal.samplers.selection import Selection, of_best
from parfocal.space import Space
from parfocal.strategies.base import Candidates
from parfocal.trials import History
from parfocal.typing import Floats, Ints

BAD = 1_000
"""Bad trials that are looked at, at most; beyond, a random part of them."""
_ALIKE = Parzen(ranked=False)


@dataclass(frozen=True)
class DensityRatio:
    """Split the trials at a quantile and choose by the ratio of the densities of both parts.

    Failed and pending trials count as bad, so that neither failures nor evaluations under way are proposed again.

    Parameters
    ----------
    share : float
        Share of the complete trials that are good, in (0, 1).
    most : int
        Most good trials, at least 1.
    pool : int
        Candidates for each one chosen, at least 2.
    """

    share: float = 0.15
    most: int = 100
    pool: int = 24
    name: ClassVar[str] = "density-ratio"
    learns: ClassVar[bool] = True
    neighbours: ClassVar[int] = 0

    def __post_init__(self) -> None:
        if not 0 < self.share < 1:
            raise OptimizerError(f"share must be above 0 and below 1; got {self.share!r}.")
        positive(self.most, "most")
        if self.pool < 2:
            raise OptimizerError(f"pool must be at least 2, or there is nothing to choose from; got {self.pool!r}.")

    def select(self, space: Space, history: History, rng: np.random.Generator) -> Selection:
        """Return the complete trials best first, the best share of them good, then failed and pending ones."""
        complete = int(np.count_nonzero(history.complete))
        selection = of_best(history, min(math.ceil(self.share * complete), self.most), failed=True, pending=True)
        good = int(selection.good.sum())
        if len(selection) - good <= BAD:
            return selection
        kept = np.sort(rng.choice(np.arange(good, len(selection)), BAD, replace=False))
        kept = np.concatenate([np.arange(good), kept])
        return Selection(selection.rows[kept], selection.good[kept], selection.generations[kept])

    def choose(self, space: Space, history: History, candidates: Candidates, n: int, rng: np.random.Generator) -> Ints:
        """Return the ``n`` candidates of the highest density ratio; each one chosen counts as bad for the next ones."""
        n, selection = min(n, len(candidates)), candidates.selection
        if not selection.good.any() and not history.failed.any() and not history.pending.any():
            return rng.permutation(len(candidates))[:n]
        density = candidates.log_density
        if density is None:
            good = Parzen().log_density(space, history, selection, candidates.X)
            bad = _ALIKE.log_density(space, history, selection.swapped(), candidates.X)
        else:
            good = density(selection, candidates.X)
            bad = density(selection.swapped(), candidates.X)
        return _apart(space, candidates.X, good, bad, int(np.count_nonzero(~selection.good)), n)


def _apart(space: Space, X: Floats, good: Floats, bad: Floats, count: int, n: int) -> Ints:
    """Return indices ``(n,)``, greedily: a kernel at each choice joins the ``count`` ones of the bad density."""
    chosen: list[int] = []
    score = good - bad
    for turn in range(n):
        index = int(np.argmax(score))
        chosen.append(index)
        if turn + 1 < n:
            alike = kernel(space, X[[index]], X, count)
            total = count + turn + 1
            bad = np.logaddexp(bad + math.log(total / (total + 1)), alike - math.log(total + 1))
            score = good - bad
            score[chosen] = -np.inf
    return np.array(chosen, dtype=np.int64)
