"""The protocol of a surrogate: a regression from configurations to losses that knows how unsure it is."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Protocol, TypeAlias, runtime_checkable

import numpy as np
from scipy.special import ndtri

from parfocal.space import Space
from parfocal.typing import Floats, Ints

Draw: TypeAlias = Callable[[np.random.Generator], Floats]
"""``rng -> (m,)``: one function that the model thinks possible, at the points of a prediction."""
Quantiles: TypeAlias = Callable[[Floats], Floats]
"""``levels (m,) in (0, 1) -> (m,)``: the quantile of its own level at each point of a prediction."""
Kinship: TypeAlias = Callable[[Floats], Floats]
"""``Y (k, d) -> (m, k)`` in [0, 1]: how alike m points and k others are to the model; 1 = the same to it."""


@dataclass(frozen=True, eq=False)
class Prediction:
    """What a model expects at m points.

    Attributes
    ----------
    mean, variance : Floats (m,)
    draw : callable ``rng -> (m,)``
        One function drawn from the model's belief: what Thompson sampling follows.
    quantiles : callable ``levels (m,) -> (m,)``, or None
        Quantiles, where the model knows more than mean and variance; None = those of the normal distribution.
    """

    mean: Floats
    variance: Floats
    draw: Draw
    quantiles: Quantiles | None = None

    @property
    def deviation(self) -> Floats:
        """Return the standard deviation (m,)."""
        return np.sqrt(self.variance)

    def quantile(self, level: Floats | float) -> Floats:
        """Return the quantile ``(m,)`` of one level in (0, 1), or of one level a point ``(m,)``."""
        levels = np.broadcast_to(np.asarray(level, dtype=np.float64), self.mean.shape)
        if self.quantiles is None:
            return np.asarray(self.mean + self.deviation * ndtri(levels))
        return self.quantiles(levels)

    def narrowed(self, left: Floats) -> "Prediction":
        """Return the prediction with the share ``left (m,)`` of its variance: the same mean, all else drawn to it."""
        mean, scale = self.mean, np.sqrt(left)

        def closer(values: Floats) -> Floats:
            return np.asarray(mean + (values - mean) * scale)

        own = self.quantiles
        return Prediction(
            mean,
            self.variance * left,
            lambda rng: closer(self.draw(rng)),
            None if own is None else lambda levels: closer(own(levels)),
        )


class Model(Protocol):
    """A fitted surrogate. Rows are canonical: codes in the unit cube, inactive = NaN."""

    def predict(self, X: Floats) -> Prediction:
        """Return the expectation at rows ``(m, d)``."""
        ...

    def kinship(self, X: Floats) -> Kinship:
        """Return how alike rows ``X (m, d)`` are to any others.

        Its square is the share of the variance at X that an evaluation of the other would take away: the posterior
        correlation of a Gaussian process, the share of common leaves of a forest. What does not depend on the others is
        computed once.
        """
        ...


class Surrogate(Protocol):
    """Options of a surrogate: a frozen dataclass."""

    name: ClassVar[str]
    """The name in the text form, such as ``"random-forest"``."""
    most: ClassVar[int]
    """Observations that a model is fitted to at most."""

    def fit(self, space: Space, X: Floats, target: Floats, rng: np.random.Generator) -> Model:
        """Return the model of ``target (n,)`` at rows ``X (n, d)``, n >= 1; pure, its seeds come from ``rng``."""
        ...


@runtime_checkable
class Tunable(Surrogate, Protocol):
    """A surrogate with parameters of its own that are dear to learn and change slowly."""

    def tuned(self, space: Space, X: Floats, target: Floats) -> Surrogate:
        """Return this surrogate with parameters learned from ``target (n,)`` at rows ``X (n, d)``; pure."""
        ...


def of_members(members: Floats) -> Draw:
    """Return draws among the members ``(b, m)`` of an ensemble."""
    return lambda rng: members[int(rng.integers(len(members)))]


def shared_cells(cells: Callable[[Floats], Ints], X: Floats) -> Kinship:
    """Return the kinship of an ensemble of trees: the share of its cells ``X (m, d) -> (m, t)`` that two rows share."""
    here = cells(X)

    def alike(Y: Floats) -> Floats:
        return (
            np.stack([(here == there).mean(axis=1) for there in cells(Y)], axis=1) if len(Y) else np.empty((len(X), 0))
        )

    return alike
