"""Weighted nearest neighbours in the mixed cube, unsure where neighbours disagree and where they are far.

Weights are those of Franke and Nielson, Int. J. Numer. Meth. Engng. 15, 1980 (Shepard's method made local):
``((R - d) / (R d))^2`` at distance d, with R the distance of the first neighbour that does not count. The average
passes through each observation.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from parfocal.checks import positive
from parfocal.space import Space
from parfocal.surrogates.base import Kinship, Prediction
from parfocal.surrogates.distance import squared_distances
from parfocal.typing import Floats, Ints

_FLOOR = 0.1
"""Share of the targets' variance that is believed where all neighbours agree."""
_NEAREST = 1e-12
"""Squared distance that stands for 0 in the weights."""


@dataclass(frozen=True, eq=False)
class NearestNeighboursModel:
    """Observations ``X (n, d)``, ``target (n,)``, and how errors grow with the distance d of the nearest one.

    The variance is ``growth d (variance among the neighbours + floor)``, linear in d as in Brownian motion.
    """

    space: Space
    X: Floats
    target: Floats
    count: int
    growth: float
    floor: float

    def predict(self, X: Floats) -> Prediction:
        """Return mean and variance at rows ``(m, d)``; draws are alike where points share their neighbours."""
        near, weights, gap = self.near(X)
        targets = self.target[near]
        mean = (weights * targets).sum(axis=1)
        apart = (weights * (targets - mean[:, None]) ** 2).sum(axis=1)
        variance = self.growth * np.sqrt(gap) * (apart + self.floor)
        unit = weights / np.sqrt((weights**2).sum(axis=1))[:, None]

        def draw(rng: np.random.Generator) -> Floats:
            noise = rng.standard_normal(len(self.X))
            return np.asarray(mean + np.sqrt(variance) * (unit * noise[near]).sum(axis=1))

        return Prediction(mean, variance, draw)

    def kinship(self, X: Floats) -> Kinship:
        """Return the cosine of the weights that two rows give to the observations: the correlation of their draws."""
        here = self._unit(X)

        def alike(Y: Floats) -> Floats:
            cosine = np.minimum(here @ self._unit(Y).T, 1.0)
            return np.where(squared_distances(self.space, X, Y) == 0, 1.0, cosine)

        return alike

    def near(self, X: Floats) -> tuple[Ints, Floats, Floats]:
        """Return the neighbours ``(m, k)``, their weights, which sum to 1, and the squared distance of the nearest."""
        return nearest(squared_distances(self.space, X, self.X), self.count)

    def _unit(self, X: Floats) -> Floats:
        near, weights, _ = self.near(X)
        table = np.zeros((len(X), len(self.X)))
        np.put_along_axis(table, near, weights, axis=1)
        return np.asarray(table / np.sqrt((weights**2).sum(axis=1))[:, None])


@dataclass(frozen=True)
class NearestNeighbours:
    """Neighbours weighted by their distance in the mixed cube, unsure far from them.

    Parameters
    ----------
    k : int
        Neighbours that are averaged.
    """

    k: int = 8
    name: ClassVar[str] = "k-nearest-neighbours"
    most: ClassVar[int] = 600

    def __post_init__(self) -> None:
        positive(self.k, "k")

    def fit(self, space: Space, X: Floats, target: Floats, rng: np.random.Generator) -> NearestNeighboursModel:
        """Return the observations, with the growth that leaving out each one shows on average."""
        n, floor = len(target), _FLOOR * float(target.var()) + 1e-12
        if n < 3:
            return NearestNeighboursModel(space, X, target, self.k, 1.0, floor)
        gaps = squared_distances(space, X, X)
        np.fill_diagonal(gaps, np.inf)
        near, weights, gap = nearest(gaps, min(self.k, n - 1))
        targets = target[near]
        guess = (weights * targets).sum(axis=1)
        apart = (weights * (targets - guess[:, None]) ** 2).sum(axis=1)
        shown, told = np.mean((guess - target) ** 2), np.mean(np.sqrt(gap) * (apart + floor))
        return NearestNeighboursModel(space, X, target, self.k, float(shown / max(float(told), 1e-15)), floor)


def nearest(gaps: Floats, count: int) -> tuple[Ints, Floats, Floats]:
    """Return the ``count`` nearest of each row of squared distances ``(m, n)``, their weights, and the smallest gap."""
    n = gaps.shape[1]
    k = min(count, n)
    near = np.argpartition(gaps, min(k, n - 1), axis=1)[:, : k + 1]
    found = np.take_along_axis(gaps, near, axis=1)
    real = np.isfinite(found)  # an observation does not count for itself when it is left out: its gap is infinite
    furthest = np.sqrt(np.where(real, found, 0.0).max(axis=1, keepdims=True))
    radius = np.maximum(np.where(real.all(axis=1, keepdims=True) & (k < n), furthest, 2 * furthest), 1e-3)
    distance = np.sqrt(np.maximum(np.where(real, found, 0.0), _NEAREST))
    weights = np.where(real, np.maximum(radius - distance, 1e-6 * radius) / (radius * distance), 0.0) ** 2
    return near, weights / weights.sum(axis=1, keepdims=True), found.min(axis=1)
