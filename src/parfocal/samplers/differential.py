"""Differential evolution: donors from differences between trials, crossed with a target."""

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from parfocal.errors import OptimizerError
from parfocal.samplers.selection import Selection
from parfocal.samplers.variation import dithered, filled, numbers, other_options, share, sometimes, varied
from parfocal.space import Space
from parfocal.trials import History
from parfocal.typing import Floats, Ints

DONORS = ("current-to-pbest", "best", "rand")
ELITE = 0.2
"""Share of the population among which the p-best is drawn (SHADE: up to 0.2)."""


@dataclass(frozen=True)
class Differential:
    """Add the difference of two trials to a third one, and exchange columns with a target.

    Storn and Price, J. Glob. Optim. 11, 1997 (rand/1/bin, best/1/bin); Zhang and Sanderson, IEEE Trans. Evol. Comput.
    13, 2009 (JADE: current-to-pbest/1 with an archive, equation 7; jittered F and CR, equations 3 to 6; repair half
    way to the bound). The population is the good rows, or the ``members`` best ones where fewer are good; the archive
    is as many rows that come behind them.

    Options do not subtract: the donor takes each one from one of the rows that it is made of.

    Parameters
    ----------
    donor : {"current-to-pbest", "best", "rand"}
        What the difference is added to.
    members : int
        Smallest population, at least 4.
    weight : float
        Location of F, in (0, 1]: Cauchy with scale 0.1, cut at 1, drawn again at 0 and below.
    crossing : float
        Mean of CR, in [0, 1], normal with standard deviation 0.1: the share of columns that come from the donor.
    restarts : float
        Share of draws from the priors, in [0, 1].
    """

    donor: Literal["current-to-pbest", "best", "rand"] = "current-to-pbest"
    members: int = 10
    weight: float = 0.5
    crossing: float = 0.9
    restarts: float = 0.05
    name: ClassVar[str] = "differential"
    learns: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if self.donor not in DONORS:
            raise OptimizerError(f"donor must be one of {', '.join(DONORS)}; got {self.donor!r}.")
        if self.members < 4:
            raise OptimizerError(f"members must be at least 4; got {self.members!r}.")
        if not 0 < self.weight <= 1:
            raise OptimizerError(f"weight must be above 0 and at most 1; got {self.weight!r}.")
        share(self.crossing, "crossing")
        share(self.restarts, "restarts")

    def sample(self, space: Space, history: History, selection: Selection, n: int, rng: np.random.Generator) -> Floats:
        """Return rows ``(n, d)``: trial vectors, and restarts; all from the prior while less than 4 rows are known."""
        complete = selection.rows[history.complete[selection.rows]]
        size = min(max(int(selection.good.sum()), self.members), len(complete))
        if size < 4:
            return space.sample(n, rng)
        ordered = complete
        if selection.good.sum() >= self.members:  # the strategy's own population, whatever else is as good
            ordered = np.concatenate([selection.good_rows, complete[~np.isin(complete, selection.good_rows)]])
        X = history.X[ordered[: 2 * size]]

        def build(which: Ints) -> Floats:
            return self._trials(space, X, size, len(which), rng)

        return varied(space, history, selection, n, rng, self.restarts, build)

    def _trials(self, space: Space, X: Floats, size: int, n: int, rng: np.random.Generator) -> Floats:
        """Return ``n`` full trial vectors from a population of the first ``size`` rows of X, and an archive behind."""
        target, first, second = distinct(n, size, len(X), rng)
        best = rng.integers(max(2, round(ELITE * size)), size=n)
        start = {"current-to-pbest": target, "best": np.zeros_like(target), "rand": best}[self.donor]
        if self.donor == "rand":
            target, start = distinct(n, size, size, rng)[:2]
        factor = scale_factors(n, self.weight, rng)[:, None]
        base = filled(X[start], rng)
        known = {"t": X[target], "p": X[best], "a": X[first], "b": X[second]}
        current, top, one, two = (np.where(np.isnan(rows), base, rows) for rows in known.values())
        donor = base + factor * (one - two)
        if self.donor == "current-to-pbest":
            donor += factor * (top - base)
        donor = halfway(donor, base)
        picked = rng.integers(3, size=donor.shape)
        donor = np.where(numbers(space), donor, np.choose(picked, [base, top if self.donor != "rand" else one, one]))
        rate = np.clip(rng.normal(self.crossing, 0.1, size=(n, 1)), 0.0, 1.0)
        crossed = rng.random(donor.shape) < rate
        crossed[np.arange(n), rng.integers(space.dimension, size=n)] = True  # one column in any case
        Y = np.where(crossed, dithered(space, donor, rng), current)
        return other_options(space, np.clip(Y, 0.0, 1.0), sometimes(space, n, rng), rng)


def distinct(n: int, size: int, total: int, rng: np.random.Generator) -> tuple[Ints, Ints, Ints]:
    """Return three different rows for each of ``n``: two below ``size`` (at least 3), the third below ``total``."""
    one = rng.integers(size, size=n)
    two = (one + rng.integers(1, size, size=n)) % size
    low, high = np.minimum(one, two), np.maximum(one, two)
    three = rng.integers(total - 2, size=n)
    three += three >= low
    three += three >= high
    return one, two, three


def scale_factors(n: int, location: float, rng: np.random.Generator) -> Floats:
    """Return ``n`` factors F in (0, 1]: Cauchy around ``location``, given that they are positive (JADE, equation 5)."""
    below = 0.5 + np.arctan(-location / 0.1) / np.pi
    u = below + (1 - below) * (1e-12 + (1 - 1e-12) * rng.random(n))
    return np.asarray(np.clip(location + 0.1 * np.tan(np.pi * (u - 0.5)), 1e-6, 1.0))


def halfway(donor: Floats, base: Floats) -> Floats:
    """Return donors inside the cube: what left it stands halfway between the base and the bound (JADE)."""
    donor = np.where(donor < 0, base / 2, donor)
    return np.where(donor > 1, (1 + base) / 2, donor)
