"""The marginal likelihood of a Gaussian process and its gradient: how its parameters are learned.

Rasmussen and Williams, Gaussian Processes for Machine Learning, 2006, equations 5.8 and 5.9; constant mean and signal
variance are maximized in closed form (their 2.4 and Jones et al. 1998). Priors keep few observations from extremes:
length scales are log-normal and grow with the square root of the dimension (Hvarfner, Hellsten and Nardi, ICML 2024).
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.linalg import cho_solve, lapack
from scipy.optimize import minimize

from parfocal.surrogates.embedding import Embedding
from parfocal.typing import Floats

ROOT5 = np.sqrt(5.0)
LIMITS = {"scale": (np.log(0.02), np.log(50.0)), "warp": (np.log(0.3), np.log(3.0)), "noise": (np.log(1e-6), 0.0)}
"""Bounds of the logarithms of the parameters; the noise is measured in signal variances."""
STEPS = 30
"""Steps of L-BFGS at most, from each start."""


@dataclass(frozen=True, eq=False)
class Parameters:
    """What a Gaussian process learns.

    Attributes
    ----------
    scales : Floats (g,)
        Length scales in the unit cube.
    a, b : Floats (k,)
        Of the warping of each number; empty for none.
    noise : float
        Variance of the noise in signal variances.
    """

    scales: Floats
    a: Floats
    b: Floats
    noise: float

    def vector(self) -> Floats:
        """Return the logarithms of all."""
        return np.asarray(np.log(np.concatenate([self.scales, self.a, self.b, [self.noise]])))

    @classmethod
    def of(cls, vector: Floats, scales: int, warps: int) -> "Parameters":
        """Return the parameters whose logarithms :meth:`vector` gave."""
        values = np.exp(vector)
        return cls(values[:scales], values[scales : scales + warps], values[scales + warps : -1], float(values[-1]))


def start(embedding: Embedding, warped: bool) -> Parameters:
    """Return the mode of the priors."""
    warps = embedding.warps if warped else 0
    scale = 0.5 * np.sqrt(max(embedding.space.dimension, 1) / 2)
    return Parameters(np.full(embedding.scales, scale), np.ones(warps), np.ones(warps), 1e-3)


def matern(squares: Floats) -> Floats:
    """Return the Matern 5/2 correlation of squared distances."""
    r = ROOT5 * np.sqrt(np.maximum(squares, 0.0))
    return np.asarray((1 + r + r * r / 3) * np.exp(-r))


def distances(A: Floats, B: Floats) -> Floats:
    """Return squared distances ``(n, m)`` of points ``(n, p)`` and ``(m, p)``; exactly 0 for the same point."""
    lengths = (A * A).sum(axis=1)[:, None] + (B * B).sum(axis=1)
    squares = lengths - 2 * (A @ B.T)
    return np.where(squares > 1e-13 * lengths, squares, 0.0)


class Factor(NamedTuple):
    """Cholesky factor (lower) of correlation plus noise, mean, weights ``C^-1 (y - mean)``, and signal variance."""

    L: Floats
    mean: float
    weights: Floats
    signal: float


def factor(C: Floats, target: Floats) -> Factor | None:
    """Return the factorization of ``C (n, n)`` for ``target (n,)``; None where C is not positive definite."""
    L, failed = lapack.dpotrf(C, lower=1)
    if failed:
        return None
    both = cho_solve((L, True), np.stack([target, np.ones(len(target))], axis=1), check_finite=False)
    mean = float(both[:, 0].sum() / both[:, 1].sum())
    weights = both[:, 0] - mean * both[:, 1]
    # an inverse-gamma prior of two observations of variance 1 keeps the signal away from 0 where all are equal
    signal = float(((target - mean) @ weights + 2.0) / (len(target) + 2.0))
    return Factor(L, mean, weights, signal)


def learn(embedding: Embedding, points: Floats, target: Floats, warped: bool) -> Parameters:
    """Return the parameters of the largest posterior density, by gradient from two starts.

    Parameters
    ----------
    embedding : Embedding
    points : Floats (n, p)
        Of the observations, neither warped nor scaled.
    target : Floats (n,)
    warped : bool
        Whether numbers are warped.
    """
    first = start(embedding, warped)
    short = Parameters(first.scales / 4, first.a, first.b, 1e-2)
    limits = [LIMITS["scale"]] * embedding.scales + [LIMITS["warp"]] * (2 * len(first.a)) + [LIMITS["noise"]]
    best: tuple[float, Floats] = (np.inf, first.vector())
    for begin in (first, short):
        found = minimize(
            posterior,
            begin.vector(),
            args=(embedding, points, target, first.vector()),
            jac=True,
            method="L-BFGS-B",
            bounds=limits,
            options={"maxiter": STEPS},
        )
        if found.fun < best[0]:
            best = float(found.fun), found.x
    return Parameters.of(best[1], embedding.scales, len(first.a))


def posterior(
    vector: Floats, embedding: Embedding, points: Floats, target: Floats, centre: Floats
) -> tuple[float, Floats]:
    """Return the negative logarithm of the posterior density at log parameters, and its gradient."""
    warps = (len(vector) - 1 - embedding.scales) // 2
    p = Parameters.of(vector, embedding.scales, warps)
    moved = embedding.warp(points, p.a, p.b)
    Z = moved / p.scales[embedding.group]
    squares = distances(Z, Z)
    r = ROOT5 * np.sqrt(squares)
    fall = np.exp(-r)
    R = (1 + r + r * r / 3) * fall
    n = len(target)
    C = R.copy()
    C[np.diag_indices(n)] += p.noise + 1e-8
    found = factor(C, target)
    if found is None:
        return 1e10, np.zeros_like(vector)
    inverse = lapack.dpotri(found.L, lower=1)[0]
    inverse = np.tril(inverse) + np.tril(inverse, -1).T
    value = 0.5 * (n + 2) * np.log(found.signal) + np.log(np.diag(found.L)).sum()
    # d value / d C = (C^-1 - w w' / signal) / 2; d R / d squares = -5 / 6 (1 + r) exp(-r)
    G = 0.5 * (inverse - np.outer(found.weights, found.weights) / found.signal)
    M = G * (-5 / 6) * (1 + r) * fall
    pull = 2 * (M.sum(axis=1)[:, None] * Z - M @ Z)  # d value / d Z is twice that, each pair being counted twice
    gradient = np.zeros_like(vector)
    np.add.at(gradient, embedding.group, -2 * (pull * Z).sum(axis=0))
    if warps:
        slope = 2 * pull[:, embedding.warped] / p.scales[embedding.group[embedding.warped]]
        by_a, by_b = embedding.slopes(points, p.a, p.b)
        gradient[embedding.scales : embedding.scales + warps] = (slope * by_a).sum(axis=0)
        gradient[embedding.scales + warps : -1] = (slope * by_b).sum(axis=0)
    gradient[-1] = np.trace(G) * p.noise
    width = np.concatenate([np.full(embedding.scales, 1.2), np.full(2 * warps, 0.5), [3.0]])
    away = (vector - centre) / width
    return float(value + 0.5 * away @ away), gradient + away / width
