"""The protocol of a surrogate: a regression from features to losses that knows how unsure it is."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from parfocal.typing import Floats, Ints


@dataclass(frozen=True, eq=False)
class Prediction:
    """What a model expects at m points.

    Attributes
    ----------
    mean, variance : Floats (m,)
    members : Floats (b, m)
        Expectation of each member of the ensemble: draws of the function for Thompson sampling.
    """

    mean: Floats
    variance: Floats
    members: Floats

    @property
    def deviation(self) -> Floats:
        """Return the standard deviation (m,)."""
        return np.sqrt(self.variance)


class Model(Protocol):
    """A fitted surrogate."""

    def predict(self, features: NDArray[np.float32]) -> Prediction:
        """Return the expectation at ``features (m, f)``."""
        ...

    def leaves(self, features: NDArray[np.float32]) -> Ints:
        """Return the leaf of each point in each tree ``(m, t)``: points that share leaves are alike to the model."""
        ...


class Surrogate(Protocol):
    """Options of a surrogate: a frozen dataclass."""

    def fit(self, features: NDArray[np.float32], target: Floats, rng: np.random.Generator) -> Model:
        """Return the model of ``target (n,)``, n >= 1; pure, its seeds come from ``rng``."""
        ...
