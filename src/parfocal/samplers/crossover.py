"""Crossover and mutation of good trials: a real-coded genetic algorithm over mixed columns."""

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from parfocal.checks import positive
from parfocal.errors import OptimizerError
from parfocal.samplers.selection import Selection
from parfocal.samplers.variation import (
    by_tournament,
    dithered,
    filled,
    numbers,
    other_options,
    reflected,
    share,
    stepped,
    varied,
)
from parfocal.space import Space
from parfocal.trials import History
from parfocal.typing import Floats, Ints

BLENDS = ("sbx", "blx")
ALPHA = 0.5
"""How far BLX reaches beyond the parents, in their distances (Eshelman and Schaffer 1993)."""


@dataclass(frozen=True)
class Crossover:
    """Join two good configurations, then mutate the child.

    Options come from either parent (uniform crossover, Syswerda 1989). Numbers are blended: by simulated binary
    crossover (Deb and Agrawal, Complex Systems 9, 1995), or by BLX-0.5 (Eshelman and Schaffer, FOGA 1993). Where a
    parameter is inactive in one parent it comes from the other one. The mutation is polynomial for numbers (Deb and
    Goyal, Comput. Sci. Inform. 26, 1996), another option for options, each column at the rate 1/d.

    Parameters
    ----------
    blend : {"blx", "sbx"}
        SBX keeps nearer to the parents, for large populations; BLX searches more with few trials.
    tournament : int
        Good rows that are drawn for each parent, at least 1; the best of them is it.
    crossing : float
        Share of children with two parents, in [0, 1]; the others are mutants of one.
    spread : float
        Distribution index of SBX, above 0: the larger it is, the nearer are children to parents.
    mutation : float
        Distribution index of the polynomial mutation, above 0: steps are some ``1 / mutation`` long.
    restarts : float
        Share of draws from the priors, in [0, 1].
    """

    blend: Literal["blx", "sbx"] = "blx"
    tournament: int = 2
    crossing: float = 0.9
    spread: float = 2.0
    mutation: float = 10.0
    restarts: float = 0.02
    name: ClassVar[str] = "crossover"
    learns: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if self.blend not in BLENDS:
            raise OptimizerError(f"blend must be 'sbx' or 'blx'; got {self.blend!r}.")
        positive(self.tournament, "tournament")
        for option in ("spread", "mutation"):
            if not getattr(self, option) > 0:
                raise OptimizerError(f"{option} must be above 0; got {getattr(self, option)!r}.")
        share(self.crossing, "crossing")
        share(self.restarts, "restarts")

    def sample(self, space: Space, history: History, selection: Selection, n: int, rng: np.random.Generator) -> Floats:
        """Return rows ``(n, d)``: children of good rows, and restarts."""
        good = history.X[selection.good_rows]

        def build(which: Ints) -> Floats:
            first, second = (good[by_tournament(len(good), len(which), self.tournament, rng)] for _ in range(2))
            first, second = np.where(np.isnan(first), second, first), np.where(np.isnan(second), first, second)
            first = filled(first, rng)
            second = np.where(np.isnan(second), first, second)  # where both are inactive: one value, of the filled one
            alone = rng.random(len(which)) >= self.crossing
            second[alone] = first[alone]
            return self._mutated(space, self._joined(space, first, second, rng), rng)

        return varied(space, history, selection, n, rng, self.restarts, build)

    def _joined(self, space: Space, first: Floats, second: Floats, rng: np.random.Generator) -> Floats:
        """Return one full child ``(n, d)`` of each pair of full parents."""
        mixed = np.where(rng.random(first.shape) < 0.5, first, second)
        u = rng.random(first.shape)
        child = sbx(first, second, u, self.spread, rng) if self.blend == "sbx" else blx(first, second, u)
        crossed = numbers(space) & (rng.random(first.shape) < 0.5 if self.blend == "sbx" else True)
        return np.where(crossed, reflected(dithered(space, child, rng)), mixed)

    def _mutated(self, space: Space, X: Floats, rng: np.random.Generator) -> Floats:
        """Return full children with each column mutated at the rate 1/d, and one of them in any case."""
        chosen = rng.random(X.shape) < 1.0 / space.dimension
        none = np.flatnonzero(~chosen.any(axis=1))
        chosen[none, rng.integers(space.dimension, size=len(none))] = True
        steps = np.where(chosen & numbers(space), polynomial(rng.random(X.shape), self.mutation), 0.0)
        return other_options(space, stepped(space, X, steps), chosen, rng)


def sbx(first: Floats, second: Floats, u: Floats, index: float, rng: np.random.Generator) -> Floats:
    """Return one of the two children of simulated binary crossover, by chance in each column.

    Their mean is that of the parents, their distance ``spread`` times that of the parents (Deb and Agrawal 1995,
    equations 9 to 11), ``u`` is uniform.
    """
    with np.errstate(divide="ignore"):
        spread = np.where(u <= 0.5, 2 * u, 1 / (2 * (1 - u))) ** (1 / (index + 1))
    side = np.where(rng.random(first.shape) < 0.5, 0.5, -0.5)
    return np.asarray((first + second) / 2 + side * spread * (second - first))


def blx(first: Floats, second: Floats, u: Floats) -> Floats:
    """Return children uniform between the parents and half of their distance beyond; ``u`` is uniform."""
    return np.asarray(first + (second - first) * ((1 + 2 * ALPHA) * u - ALPHA))


def polynomial(u: Floats, index: float) -> Floats:
    """Return steps in (-1, 1) of the polynomial mutation for uniform ``u`` (Deb and Goyal 1996)."""
    power = 1 / (index + 1)
    return np.where(u < 0.5, (2 * u) ** power - 1, 1 - (2 * (1 - u)) ** power)
