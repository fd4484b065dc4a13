"""Mutation of a few parameters of a tournament's winner, the number of them from a power law."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from parfocal.checks import positive
from parfocal.errors import OptimizerError
from parfocal.samplers.selection import Selection
from parfocal.samplers.variation import (
    by_tournament,
    filled,
    log_uniform,
    numbers,
    other_options,
    share,
    stepped,
    stride,
    varied,
)
from parfocal.space import Space
from parfocal.trials import History
from parfocal.typing import Bools, Floats, Ints


@dataclass(frozen=True)
class Mutation:
    """Change one to a few parameters of a good configuration; how many is drawn from a power law.

    The fast (1+1) evolutionary algorithm (Doerr et al., GECCO 2017): mostly one change, often enough several, so that
    no rate has to be chosen. With an ageing selection: the mutation of regularized evolution (Real et al., AAAI 2019).
    An option changes to another one, a number by a normal step of log-uniform size and by one level at least.

    Parameters
    ----------
    tournament : int
        Good rows that are drawn for each parent, at least 1; the best of them is it.
    exponent : float
        Of the power law (beta in Doerr et al.), above 1.
    scale : float
        Largest standard deviation of a step, as a share of the unit interval, in (0, 1].
    restarts : float
        Share of draws from the priors, in [0, 1].
    """

    tournament: int = 3
    exponent: float = 1.5
    scale: float = 0.3
    restarts: float = 0.05
    name: ClassVar[str] = "mutation"
    learns: ClassVar[bool] = True

    def __post_init__(self) -> None:
        positive(self.tournament, "tournament")
        if not self.exponent > 1:
            raise OptimizerError(f"exponent must be above 1; got {self.exponent!r}.")
        stride(self.scale, "scale")
        share(self.restarts, "restarts")

    def sample(self, space: Space, history: History, selection: Selection, n: int, rng: np.random.Generator) -> Floats:
        """Return rows ``(n, d)``: mutated winners, and restarts."""
        good = history.X[selection.good_rows]

        def build(which: Ints) -> Floats:
            X = good[by_tournament(len(good), len(which), self.tournament, rng)]
            chosen = few(~np.isnan(X) & (numbers(space) | space.categorical), self.exponent, rng)
            size = log_uniform(len(X), self.scale, 16.0, rng)[:, None]
            steps = np.where(chosen & numbers(space), size * rng.standard_normal(X.shape), 0.0)
            Y = stepped(space, filled(X, rng), steps)
            return other_options(space, Y, chosen, rng)

        return varied(space, history, selection, n, rng, self.restarts, build)


def few(open_: Bools, exponent: float, rng: np.random.Generator) -> Bools:
    """Return which of the open columns ``(n, d)`` mutate: k random ones a row, k from a power law on 1 to d / 2."""
    n, dimension = open_.shape
    most = max(1, dimension // 2)
    weights = np.arange(1, most + 1) ** -exponent
    count = rng.choice(most, size=n, p=weights / weights.sum()) + 1
    keys = np.where(open_, rng.random((n, dimension)), 2.0)
    places = keys.argsort(axis=1).argsort(axis=1)
    return np.asarray((places < count[:, None]) & open_)
