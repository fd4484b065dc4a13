"""Bayesian linear regression whose two precisions are learned by evidence (Bishop 2006, sections 3.3 to 3.5).

Weights have the prior N(0, 1 / alpha), the target has noise of precision beta around a polynomial of degree two (or
around random Fourier features: Rahimi and Recht, NIPS 2007). What the features leave unexplained is a misfit with a
place, not noise: it is believed to be the same for rows that are near to each other.
"""

from dataclasses import dataclass
from typing import ClassVar, Literal, TypeAlias, get_args

import numpy as np

from parfocal.checks import positive
from parfocal.errors import OptimizerError
from parfocal.space import Space
from parfocal.surrogates.base import Kinship, Prediction
from parfocal.surrogates.distance import squared_distances
from parfocal.surrogates.features import coordinates
from parfocal.typing import Floats

Basis: TypeAlias = Literal["quadratic", "fourier"]
_ROUNDS = 30
"""Fixed-point steps on the two precisions; they settle to a percent within ten."""
_WEAK = 0.03
"""Observations that the priors of the precisions are worth."""
_PLACE = 0.02
"""Squared distance, times the number of columns, within which the misfit is much the same."""


@dataclass(frozen=True, eq=False)
class Features:
    """From coordinates ``(n, f)`` to the features ``(n, p)`` of the regression, centred at ``middle (p,)``."""

    frequencies: Floats | None
    phases: Floats
    pairs: bool
    middle: Floats

    def __call__(self, Z: Floats) -> Floats:
        """Return centred features ``(n, p)``."""
        return self.raw(Z) - self.middle

    def raw(self, Z: Floats) -> Floats:
        """Return features as they are: coordinates and their products, or coordinates and waves."""
        if self.frequencies is not None:
            waves = np.sqrt(2 / len(self.phases)) * np.cos(Z @ self.frequencies + self.phases)
            return np.concatenate([Z, waves], axis=1)
        if not self.pairs:
            return np.concatenate([Z, Z**2], axis=1)
        first, second = np.triu_indices(Z.shape[1])
        return np.concatenate([Z, Z[:, first] * Z[:, second]], axis=1)


@dataclass(frozen=True, eq=False)
class BayesianLinearModel:
    """The posterior of the weights: mean ``(p,)`` and a root of the covariance ``R (p, r)``, ``S = R R^T``."""

    space: Space
    features: Features
    level: float
    weights: Floats
    root: Floats
    noise: float

    def predict(self, X: Floats) -> Prediction:
        """Return mean and variance (equations 3.58 and 3.59) at rows ``(m, d)``; a draw is one regression function."""
        phi = self.features(coordinates(self.space, X))
        mean, spread = self.level + phi @ self.weights, phi @ self.root

        def draw(rng: np.random.Generator) -> Floats:
            return np.asarray(mean + spread @ rng.standard_normal(spread.shape[1]))

        return Prediction(mean, (spread**2).sum(axis=1) + self.noise, draw)

    def kinship(self, X: Floats) -> Kinship:
        """Return the posterior correlation of the losses of rows, regression and misfit together."""
        here = self._spread(X)
        own = np.sqrt((here**2).sum(axis=1) + self.noise)

        def alike(Y: Floats) -> Floats:
            there = self._spread(Y)
            gap = squared_distances(self.space, X, Y)
            shared = here @ there.T + self.noise * np.exp(-gap / (2 * _PLACE * self.space.dimension))
            other = np.sqrt((there**2).sum(axis=1) + self.noise)
            ratio = np.abs(shared) / np.maximum(own[:, None] * other, 1e-300)
            return np.where(gap == 0, 1.0, np.minimum(ratio, 1.0))

        return alike

    def _spread(self, X: Floats) -> Floats:
        return np.asarray(self.features(coordinates(self.space, X)) @ self.root)


@dataclass(frozen=True)
class BayesianLinear:
    """Bayesian linear regression on a polynomial of degree two, or on random waves.

    Parameters
    ----------
    basis : str
        ``quadratic``: linear terms, squares and all products of two while there are at most ``most_features`` of them
        (no products beyond); ``fourier``: linear terms and ``most_features`` random waves.
    most_features : int
        Features at most: the cost of a fit grows with the square of their number.
    scale : float
        Length scale of the waves, in widths of the unit cube; above 0.
    """

    basis: Basis = "quadratic"
    most_features: int = 130
    scale: float = 0.3
    name: ClassVar[str] = "bayesian-linear"
    most: ClassVar[int] = 600

    def __post_init__(self) -> None:
        if self.basis not in get_args(Basis):
            raise OptimizerError(f"basis must be one of {', '.join(get_args(Basis))}; got {self.basis!r}.")
        positive(self.most_features, "most_features")
        if not self.scale > 0:
            raise OptimizerError(f"scale must be above 0; got {self.scale!r}.")

    def fit(self, space: Space, X: Floats, target: Floats, rng: np.random.Generator) -> BayesianLinearModel:
        """Return the posterior given ``target (n,)`` at rows ``X (n, d)``."""
        Z = coordinates(space, X)
        basis = self._features(Z.shape[1], space.dimension, rng)
        raw = basis.raw(Z)
        basis = Features(basis.frequencies, basis.phases, basis.pairs, raw.mean(axis=0))
        phi, level = raw - basis.middle, float(target.mean())
        _, beta, weights, root = evidence(phi, target - level)
        return BayesianLinearModel(space, basis, level, weights, root, 1 / beta)

    def _features(self, count: int, dimension: int, rng: np.random.Generator) -> Features:
        empty = np.empty(0)
        if self.basis == "quadratic":
            return Features(None, empty, count + count * (count + 1) // 2 <= self.most_features, empty)
        width = 2 * self.scale * np.sqrt(dimension)  # coordinates run from -1 to 1, and gaps grow with the dimension
        frequencies = rng.standard_normal((count, self.most_features)) / width
        return Features(frequencies, rng.uniform(0, 2 * np.pi, self.most_features), False, empty)


def evidence(phi: Floats, target: Floats) -> tuple[float, float, Floats, Floats]:
    """Return precisions alpha and beta, the mean ``(p,)`` of the weights, and a root ``(p, p)`` of their covariance.

    Parameters
    ----------
    phi, target
        Features ``(n, p)`` and targets ``(n,)``, both centred.

    Notes
    -----
    MacKay's fixed point (Bishop 3.91 to 3.95), in the basis in which all is diagonal. Both precisions have a weak Gamma
    prior (a part of an observation, of a thousandth of the target's variance), so that no data, constant targets and
    perfect fits end at finite values.
    """
    n = len(phi)
    values, vectors = np.linalg.eigh(phi.T @ phi)
    values = np.maximum(values, 0.0)
    projected = vectors.T @ (phi.T @ target)
    power = float(target @ target)
    tiny = 1e-3 * power / max(n, 1) + 1e-12
    alpha, beta = 1.0, 1.0 / (power / max(n, 1) + 1e-12)
    for _ in range(_ROUNDS):
        mean = beta * projected / (alpha + beta * values)
        explained = float((beta * values / (alpha + beta * values)).sum())
        left = max(power - 2 * float(mean @ projected) + float(values @ mean**2), 0.0)
        alpha = (explained + _WEAK) / (float(mean @ mean) + _WEAK * tiny)
        beta = (max(n - 1 - explained, 0.0) + _WEAK) / (left + _WEAK * tiny)
    scale = 1 / (alpha + beta * values)
    return alpha, beta, vectors @ (beta * projected * scale), vectors * np.sqrt(scale)
