"""A trust region: draws from a box around the incumbent that grows with success, shrinks with failure, and moves on."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from parfocal.checks import positive
from parfocal.errors import OptimizerError
from parfocal.samplers.region import Region, Rules, region
from parfocal.samplers.selection import Selection
from parfocal.samplers.variation import filled, numbers, options, other_options, varied, widths
from parfocal.space import Space
from parfocal.trials import History
from parfocal.typing import Floats, Ints

MOVED = 20
"""Columns that a draw moves on average (TuRBO): in high dimension the box is searched along random subsets."""


@dataclass(frozen=True)
class TrustRegion:
    """Draw from a box around the best trial; the history says how long its sides are.

    Eriksson et al., NeurIPS 2019 (TuRBO-1): ``successes`` improvements in a row double the side, ``patience`` failures
    in a row halve it; a box that has shrunk below ``shortest`` is given up, and another one starts at the best of
    ``initial`` random trials. Options change the more rarely the smaller the box is, which stands for the Hamming
    ball of Casmopolitan (Wan et al., ICML 2021).

    Parameters
    ----------
    side : float
        Side of the box at its start, as a share of the unit cube, in (0, 1].
    shortest : float
        Side at which it is given up, below ``side``.
    successes : int
        At least 1.
    patience : int
        At least 1; 0 takes the number of columns, at least 4.
    initial : int
        Random trials before each box; 0 takes twice the number of columns, at most 20.
    """

    side: float = 0.8
    shortest: float = 2.0**-7
    successes: int = 2
    patience: int = 0
    initial: int = 0
    name: ClassVar[str] = "trust-region"
    learns: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if not 0 < self.shortest < self.side <= 1:
            raise OptimizerError(
                f"0 < shortest < side <= 1 must hold; got shortest {self.shortest!r} and side {self.side!r}."
            )
        positive(self.successes, "successes")
        for option in ("patience", "initial"):
            if getattr(self, option):
                positive(getattr(self, option), option)

    def sample(self, space: Space, history: History, selection: Selection, n: int, rng: np.random.Generator) -> Floats:
        """Return draws ``(n, d)`` from the box; from the prior while a new box looks for its place."""
        if not len(selection.good_rows):
            return space.sample(n, rng)
        here = self.region(space, history)
        searching = here.centre < 0 or here.seen < self.rules(space).initial

        def build(which: Ints) -> Floats:
            if searching:
                return np.full((len(which), space.dimension), np.nan)
            return boxed(space, np.repeat(history.X[[here.centre]], len(which), axis=0), here.side, rng)

        return varied(space, history, selection, n, rng, 0.0, build)

    def rules(self, space: Space) -> Rules:
        """Return the rules with the defaults of a space filled in."""
        return Rules(
            self.side,
            self.shortest,
            self.successes,
            self.patience or max(4, space.dimension),
            self.initial or min(20, 2 * space.dimension),
        )

    def region(self, space: Space, history: History) -> Region:
        """Return the box to which the results of a history have led."""
        return region(space, history, self.rules(space), ("trust-region", self))


def boxed(space: Space, X: Floats, side: float, rng: np.random.Generator) -> Floats:
    """Return full points ``(n, d)``: canonical centres X, each moved within the box in a random subset of columns.

    A discrete number may always move by a level; an option changes with the probability ``side / 2``, but at the rate
    1/d at least.
    """
    n, dimension = X.shape
    moved = rng.random((n, dimension)) < min(1.0, MOVED / dimension)
    none = np.flatnonzero(~moved.any(axis=1))
    moved[none, rng.integers(dimension, size=len(none))] = True
    full = filled(X, rng)
    half = np.maximum(side / 2, 1.5 * widths(space))
    low, high = np.maximum(full - half, 0.0), np.minimum(full + half, 1.0)
    Y = np.where(moved & numbers(space), low + rng.random((n, dimension)) * (high - low), full)
    rate = max(min(0.5, side / 2), 1.0 / dimension)
    return other_options(space, Y, options(space) & (rng.random((n, dimension)) < rate), rng)
