"""CMA-ES as a sampler: each ask replays the run from the generations that the history shows, and goes on drawing.

The run is a pure function of the results: its k-th draw in a generation follows from a seed made of the results so
far, so that a drawn row is known again (with the unrounded point behind it) when its result is in the history. On a
discrete space rows that were evaluated before are not drawn for evaluation again; they take part in their generation
with the result that is known.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from parfocal.errors import OptimizerError
from parfocal.samplers.latent import Cloud, Latent, population
from parfocal.samplers.memo import notebook
from parfocal.samplers.replay import Run
from parfocal.samplers.selection import Selection
from parfocal.space import Space
from parfocal.trials import History
from parfocal.typing import Floats


@dataclass(frozen=True)
class MultivariateNormal:
    """Draw from a normal distribution that CMA-ES adapts generation by generation (with margin; options by shares).

    Needs a strategy that knows generations (``evolutionary``). With any other one it draws from a normal distribution
    fitted to the good trials.

    Parameters
    ----------
    sigma : float
        Standard deviation at the start, as a share of the unit cube, in (0, 1].
    restarts : bool
        Whether a run that has converged starts again around a random point, with twice the population (Auger and
        Hansen, CEC 2005).
    """

    sigma: float = 0.2
    restarts: bool = True
    name: ClassVar[str] = "multivariate-normal"
    learns: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if not 0 < self.sigma <= 1:
            raise OptimizerError(f"sigma must be above 0 and at most 1; got {self.sigma!r}.")

    def sample(self, space: Space, history: History, selection: Selection, n: int, rng: np.random.Generator) -> Floats:
        """Return ``n`` draws ``(n, d)``: the next ones of the open generation that are no trial yet, where it can."""
        latent = Latent.of(space)
        if not len(selection.good_rows) or not latent.size:
            return space.sample(n, rng)
        if (selection.generations < 0).all():
            return space.repair(Cloud.of(latent, history.X[selection.good_rows]).draw(latent, n, rng), rng)
        X = self._replayed(space, latent, history, selection).fresh(history, n)
        if len(X) < n:
            X = np.concatenate([X, space.sample(n - len(X), rng)])
        return X

    def _replayed(self, space: Space, latent: Latent, history: History, selection: Selection) -> Run:
        """Return the run up to the last complete generation; kept in the notebook between asks."""
        notes, owner = notebook(history), (self.name, self)
        done = int(selection.generations.max())
        first = int(np.count_nonzero(selection.generations == 1))
        size = first or population(space.dimension)
        run: Run | None = notes.get(owner)
        if run is None or run.latent.space is not space or run.size != size or not run.leads_to(selection):
            founders = selection.rows[selection.generations == 0]
            run = notes[owner] = Run(latent, self.sigma, self.restarts, size, history, founders)
        for generation in range(run.generation + 1, done + 1):
            run.tell(history, selection.rows[selection.generations == generation])
        return run
