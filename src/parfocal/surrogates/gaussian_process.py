"""A Gaussian process over mixed, conditional configurations: Matern 5/2, learned length scales, warping and noise.

Rasmussen and Williams 2006; Matern 5/2 with a length scale a column: Snoek, Larochelle and Adams, NeurIPS 2012; draws
of the function by pathwise conditioning: Wilson et al., ICML 2020.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from scipy.linalg import solve_triangular

from parfocal.space import Space
from parfocal.surrogates.base import Draw, Kinship, Prediction
from parfocal.surrogates.embedding import Embedding
from parfocal.surrogates.evidence import Factor, Parameters, distances, factor, learn, matern
from parfocal.typing import Floats

LEARNED = 160
"""Observations that parameters are learned from, at most."""
WAVES = 256
"""Random features of a draw's prior part."""


@dataclass(frozen=True, eq=False)
class GaussianModel:
    """A process conditioned on observations: their embedded points ``Z (n, p)``, and the factorization."""

    embedding: Embedding
    parameters: Parameters
    Z: Floats
    found: Factor
    target: Floats

    def _embedded(self, X: Floats) -> Floats:
        p = self.parameters
        return self.embedding.warp(self.embedding.points(X), p.a, p.b) / p.scales[self.embedding.group]

    def predict(self, X: Floats) -> Prediction:
        """Return mean and variance of the function itself, without noise, at rows ``(m, d)``."""
        points = self._embedded(X)
        K = matern(distances(self.Z, points))
        mean = self.found.mean + self.found.weights @ K
        V = solve_triangular(self.found.L, K, lower=True, check_finite=False)
        left = np.maximum(1.0 - np.einsum("ij,ij->j", V, V), 1e-10)
        return Prediction(mean, self.found.signal * left, self._draw(points, K))

    def _draw(self, points: Floats, K: Floats) -> Draw:
        """Return draws at embedded ``points (m, p)``: a draw of the prior, moved by what it misses at the data."""

        def draw(rng: np.random.Generator) -> Floats:
            size = self.Z.shape[1]
            # the spectrum of Matern 5/2 is a multivariate t with five degrees of freedom
            frequency = rng.standard_normal((size, WAVES)) * np.sqrt(5.0 / rng.chisquare(5.0, WAVES))
            phase = rng.uniform(0, 2 * np.pi, WAVES)
            weight = rng.standard_normal(WAVES) * np.sqrt(2.0 * self.found.signal / WAVES)
            here, there = (np.cos(Y @ frequency + phase) @ weight for Y in (self.Z, points))
            noise = rng.standard_normal(len(here)) * np.sqrt(self.parameters.noise * self.found.signal)
            missed = self.target - self.found.mean - here - noise
            back = solve_triangular(self.found.L, missed, lower=True, check_finite=False)
            back = solve_triangular(self.found.L, back, lower=True, trans="T", check_finite=False)
            return np.asarray(self.found.mean + there + back @ K)

        return draw

    def paths(self, count: int, rng: np.random.Generator) -> Callable[[Floats], Floats]:
        """Return ``X (m, d) -> (count, m)``: functions drawn from the belief, the same ones at each call.

        They share their random frequencies, which makes many of them cheap; each alone is a draw.
        """
        signal, size = self.found.signal, self.Z.shape[1]
        frequency = rng.standard_normal((size, 2 * WAVES)) * np.sqrt(5.0 / rng.chisquare(5.0, 2 * WAVES))
        phase = rng.uniform(0, 2 * np.pi, 2 * WAVES)
        weight = rng.standard_normal((2 * WAVES, count)) * np.sqrt(signal / WAVES)
        noise = rng.standard_normal((len(self.Z), count)) * np.sqrt(self.parameters.noise * signal)
        missed = (self.target - self.found.mean)[:, None] - np.cos(self.Z @ frequency + phase) @ weight - noise
        back = solve_triangular(self.found.L, missed, lower=True, check_finite=False)
        back = solve_triangular(self.found.L, back, lower=True, trans="T", check_finite=False)

        def follow(X: Floats) -> Floats:
            points = self._embedded(X)
            prior = np.cos(points @ frequency + phase) @ weight
            return np.asarray((self.found.mean + prior + matern(distances(self.Z, points)).T @ back).T)

        return follow

    def kinship(self, X: Floats) -> Kinship:
        """Return the posterior correlation with other rows, as its absolute value."""
        points = self._embedded(X)
        V = solve_triangular(self.found.L, matern(distances(self.Z, points)), lower=True, check_finite=False)
        own = np.sqrt(np.maximum(1.0 - np.einsum("ij,ij->j", V, V), 1e-10))

        def alike(Y: Floats) -> Floats:
            others = self._embedded(Y)
            W = solve_triangular(self.found.L, matern(distances(self.Z, others)), lower=True, check_finite=False)
            left = np.sqrt(np.maximum(1.0 - np.einsum("ij,ij->j", W, W), 1e-10))
            squares = distances(points, others)
            shared = matern(squares) - V.T @ W
            found = np.clip(np.abs(shared) / (own[:, None] * left), 0.0, 1.0)
            return np.where(squares == 0, 1.0, found)

        return alike


@dataclass(frozen=True)
class GaussianProcess:
    """A Gaussian process with a Matern 5/2 kernel over numbers, options and conditions; parameters by evidence.

    Parameters
    ----------
    warping : bool
        Whether the scale of each number is learned too.
    """

    warping: bool = True
    name: ClassVar[str] = "gaussian-process"
    most: ClassVar[int] = 256

    def tuned(self, space: Space, X: Floats, target: Floats) -> "Learned":
        """Return the process with parameters learned from ``target (n,)`` at rows ``X (n, d)``."""
        if len(target) > LEARNED:  # the better half, and others in even steps: the cost grows with the cube
            order = np.argsort(target, kind="stable")
            rest = order[LEARNED // 2 :]
            even = rest[np.linspace(0, len(rest) - 1, LEARNED - LEARNED // 2).astype(np.int64)]
            kept = np.sort(np.concatenate([order[: LEARNED // 2], even]))
            X, target = X[kept], target[kept]
        embedding = Embedding.of(space)
        return Learned(embedding, learn(embedding, embedding.points(X), target, self.warping and len(target) > 15))

    def fit(self, space: Space, X: Floats, target: Floats, rng: np.random.Generator) -> GaussianModel:
        """Return the process with parameters learned from ``target (n,)`` at ``X (n, d)``, and conditioned on it."""
        return self.tuned(space, X, target).fit(space, X, target, rng)


@dataclass(frozen=True, eq=False)
class Learned:
    """A process whose parameters are known."""

    embedding: Embedding
    parameters: Parameters
    name: ClassVar[str] = GaussianProcess.name
    most: ClassVar[int] = GaussianProcess.most

    def fit(self, space: Space, X: Floats, target: Floats, rng: np.random.Generator) -> GaussianModel:
        """Return the process conditioned on ``target (n,)`` at rows ``X (n, d)``."""
        p = self.parameters
        Z = self.embedding.warp(self.embedding.points(X), p.a, p.b) / p.scales[self.embedding.group]
        R = matern(distances(Z, Z))
        while True:
            C = R.copy()
            C[np.diag_indices(len(Z))] += p.noise + 1e-8
            found = factor(C, target)
            if found is not None:
                return GaussianModel(self.embedding, p, Z, found, target)
            p = replace(p, noise=10 * p.noise)  # too many rows at one place for the precision of floats
