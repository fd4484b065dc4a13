"""Thompson pools: rows drawn with a probability that grows with how well they are judged."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from parfocal.checks import positive
from parfocal.errors import OptimizerError
from parfocal.samplers.distance import promise
from parfocal.samplers.failures import next_to_failures
from parfocal.samplers.local import Local
from parfocal.samplers.selection import Selection
from parfocal.samplers.variation import share
from parfocal.space import Space
from parfocal.trials import History
from parfocal.typing import Floats


@dataclass(frozen=True)
class Thompson:
    """Draw without replacement from a large pool, by the softmax of the judgement of each row.

    Thompson (Biometrika 25, 1933) plays each arm as often as it is likely to be the best. Where a judge gives no whole
    functions to draw from, the Gumbel noise on each score stands for one: its largest sum is a draw from the softmax,
    the n largest are n draws without replacement (Kool et al., ICML 2019). So candidates are many and good but never
    all at one peak. The judgement is the strategy's score or, without one, nearness to good rather than to bad trials.

    Parameters
    ----------
    pool : int
        Rows drawn for each one wanted, up to ``most``; at least 1.
    most : int
        Largest pool, at least 1.
    temperature : float
        Scale of the noise in standard deviations of the judgement over the pool, above 0.
    near : float
        Share of the pool that surrounds good trials, in [0, 1]; the rest is drawn from the priors.
    """

    pool: int = 100
    most: int = 1000
    temperature: float = 0.1
    near: float = 0.7
    name: ClassVar[str] = "thompson"
    learns: ClassVar[bool] = True

    def __post_init__(self) -> None:
        positive(self.pool, "pool")
        positive(self.most, "most")
        if not self.temperature > 0:
            raise OptimizerError(f"temperature must be above 0; got {self.temperature!r}.")
        share(self.near, "near")

    def sample(self, space: Space, history: History, selection: Selection, n: int, rng: np.random.Generator) -> Floats:
        """Return ``n`` different rows of the pool ``(n, d)`` in the order in which they were drawn."""
        if not len(selection.good_rows):
            return space.sample(n, rng)
        count = max(n, min(self.pool * n, self.most))
        close = round(self.near * count)
        around = Local(restarts=0.0).sample(space, history, selection, close, rng)
        X = np.concatenate([around, space.sample(count - close, rng)])
        score = promise(space, history, selection, X)
        spread = float(score.std())
        keys = score / (self.temperature * spread) if spread > 0 else np.zeros(count)
        keys = keys + rng.gumbel(size=count)
        keys[next_to_failures(space, history, selection, X)] -= 1e6  # last, but there where all else is taken
        return X[np.argsort(-keys, kind="stable")[:n]]
