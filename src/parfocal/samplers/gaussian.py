"""Gaussian mutation of elites, as in evolution strategies: all columns move at once."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from parfocal.samplers.selection import Selection
from parfocal.samplers.variation import (
    by_rank,
    dithered,
    filled,
    log_uniform,
    numbers,
    other_options,
    reflected,
    share,
    sometimes,
    stride,
    varied,
)
from parfocal.space import Space
from parfocal.trials import History
from parfocal.typing import Floats, Ints

RATIO = 64.0
"""Largest over smallest step size."""


@dataclass(frozen=True)
class Gaussian:
    """Move a good configuration by a normal step in all of its numbers; change options rarely.

    Rechenberg 1973 and Schwefel 1981 (evolution strategies); the step size is not adapted but log-uniform over the
    scales (Rowe and Hidovic, GECCO 2004), so that results may come late, out of order, and from other samplers.

    Parameters
    ----------
    scale : float
        Largest root-mean-square length of a step over the square root of 4 columns, as a share of the unit cube, in
        (0, 1]: with more columns each one moves less.
    restarts : float
        Share of draws from the priors, in [0, 1].
    """

    scale: float = 0.3
    restarts: float = 0.05
    name: ClassVar[str] = "gaussian"
    learns: ClassVar[bool] = True

    def __post_init__(self) -> None:
        stride(self.scale, "scale")
        share(self.restarts, "restarts")

    def sample(self, space: Space, history: History, selection: Selection, n: int, rng: np.random.Generator) -> Floats:
        """Return rows ``(n, d)``: moved good rows (better ones more often), and restarts."""
        good = history.X[selection.good_rows]

        def build(which: Ints) -> Floats:
            X = good[by_rank(len(good), len(which), rng)]
            return moved(space, X, rng.standard_normal(X.shape), self.scale, rng)

        return varied(space, history, selection, n, rng, self.restarts, build)


def moved(space: Space, X: Floats, noise: Floats, scale: float, rng: np.random.Generator) -> Floats:
    """Return full points: parents ``X (n, d)`` with all numbers moved by noise times a step size of the row.

    Parameters
    ----------
    space, X
        Parents are canonical.
    noise : Floats (n, d)
        Of unit scale.
    scale : float
        Largest step size in a column of 4 or fewer.
    rng : Generator
    """
    size = log_uniform(len(X), scale, RATIO, rng)[:, None] / np.sqrt(max(1.0, space.dimension / 4))
    Y = filled(X, rng)
    Y = reflected(dithered(space, Y + np.where(numbers(space), size * noise, 0.0), rng))
    return other_options(space, Y, sometimes(space, len(Y), rng), rng)
