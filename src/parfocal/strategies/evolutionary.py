"""The strategy of an evolution: results form generations in the order told, and only ranks within them count."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from parfocal.errors import OptimizerError
from parfocal.samplers.latent import population
from parfocal.samplers.selection import Selection, of_best
from parfocal.space import Space
from parfocal.strategies.lineage import Evolution
from parfocal.trials import History


@dataclass(frozen=True)
class Evolutionary(Evolution):
    """Cut the results into generations; every draw of the sampler is evaluated.

    Generation 0 is larger: the first ``founders`` results (the warm-up), from which a population sampler takes its
    start. A failed trial ranks behind all others of its generation. With several workers a late result belongs to the
    generation that is open when it comes.

    Parameters
    ----------
    population : int
        Results of one generation, at least 4; 0 takes ``4 + floor(3 ln d)`` (Hansen 2016), at least 10.
    founders : int
        Results of generation 0, at least 2.
    """

    population: int = 0
    founders: int = 20
    name: ClassVar[str] = "evolutionary"

    def __post_init__(self) -> None:
        if self.population and self.population < 4:
            raise OptimizerError(f"population must be at least 4, or 0 for the default; got {self.population!r}.")
        if self.founders < 2:
            raise OptimizerError(f"founders must be at least 2; got {self.founders!r}.")

    def select(self, space: Space, history: History, rng: np.random.Generator) -> Selection:
        """Return the finished trials best first, with their generations.

        As many are good as half a generation has, but none before generation 0 is complete: until then a sampler
        draws from the prior.
        """
        size = self.population or population(space.dimension)
        counts = history.complete | history.failed
        told = history.finished_order
        told = told[counts[told]]
        founded = len(told) >= self.founders
        ranked = of_best(history, size // 2 if founded else 0, failed=True)
        position = np.full(len(history), -1, dtype=np.int64)
        position[told] = np.arange(len(told))
        generation = np.maximum((position[ranked.rows] - self.founders) // size + 1, 0)
        complete = (len(told) - self.founders) // size
        generation[generation > complete] = -1
        return Selection(ranked.rows, ranked.good, generation)
