"""Acquisition functions: how promising a candidate is, given what a surrogate expects there. Higher is better.

``expected improvement`` and ``probability of improvement``: Jones, Schonlau and Welch, J. Global Optim. 13, 1998;
``log-ei``: Ament et al., NeurIPS 2023 (its logarithm, without underflow); ``lcb``: Srinivas et al., ICML 2010;
``max-value-entropy``: Wang and Jegelka, ICML 2017; ``conformal-quantile``: Salinas et al., ICML 2023;
``ei-per-second``: Snoek, Larochelle and Adams, NIPS 2012.
"""

from collections.abc import Callable
from typing import Literal, TypeAlias

import numpy as np
from scipy.special import erfcx, log_ndtr, ndtr

from parfocal.strategies.conformal import LEVELS
from parfocal.surrogates.base import Prediction
from parfocal.typing import Floats

Name: TypeAlias = Literal[
    "ei",
    "log-ei",
    "pi",
    "lcb",
    "thompson",
    "greedy",
    "max-value-entropy",
    "conformal-quantile",
    "ei-per-second",
]
MINIMA = 10
"""Minima that are drawn for the entropy."""
_SMALL = 1e-12


def _standardized(prediction: Prediction, best: float) -> tuple[Floats, Floats]:
    deviation = np.maximum(prediction.deviation, _SMALL)
    return (best - prediction.mean) / deviation, deviation


def expected_improvement(prediction: Prediction, best: float, rng: np.random.Generator) -> Floats:
    """Return the expectation of how far the loss falls below ``best``."""
    z, deviation = _standardized(prediction, best)
    return np.asarray(deviation * (z * ndtr(z) + np.exp(-0.5 * z * z) / np.sqrt(2 * np.pi)))


def log_expected_improvement(prediction: Prediction, best: float, rng: np.random.Generator) -> Floats:
    """Return the logarithm of the expected improvement, which still orders candidates where it underflows."""
    z, deviation = _standardized(prediction, best)
    low = np.minimum(z, -1.0)
    # phi(z) + z Phi(z) = phi(z) (1 + z sqrt(pi / 2) erfcx(-z / sqrt 2)) for z < 0; its tail behaves as 1 / z^2
    inner = 1 + low * np.sqrt(np.pi / 2) * erfcx(-low / np.sqrt(2))
    tail = (
        -0.5 * low * low - 0.5 * np.log(2 * np.pi) + np.log(np.where(low < -1e4, low**-2.0, np.maximum(inner, 1e-30)))
    )
    high = np.maximum(z, -1.0)
    near = np.log(high * ndtr(high) + np.exp(-0.5 * high * high) / np.sqrt(2 * np.pi))
    return np.asarray(np.where(z < -1, tail, near) + np.log(deviation))


def probability_of_improvement(prediction: Prediction, best: float, rng: np.random.Generator) -> Floats:
    """Return the logarithm of the probability that the loss is below ``best``."""
    return np.asarray(log_ndtr(_standardized(prediction, best)[0]))


def lower_confidence_bound(prediction: Prediction, best: float, rng: np.random.Generator) -> Floats:
    """Return the negative of mean minus two standard deviations."""
    return np.asarray(2 * prediction.deviation - prediction.mean)


def thompson(prediction: Prediction, best: float, rng: np.random.Generator) -> Floats:
    """Return the negative of one function drawn from the model's belief."""
    return -prediction.draw(rng)


def greedy(prediction: Prediction, best: float, rng: np.random.Generator) -> Floats:
    """Return the negative of the mean: exploitation alone."""
    return -prediction.mean


def max_value_entropy(prediction: Prediction, best: float, rng: np.random.Generator) -> Floats:
    """Return the expected information, in nats, of an evaluation about the value of the minimum (equation 6)."""
    minima = np.minimum(drawn_minima(prediction, MINIMA, rng), best)
    deviation = np.maximum(prediction.deviation, _SMALL)
    gamma = (prediction.mean - minima[:, None]) / deviation
    log_above = log_ndtr(gamma)
    ratio = np.exp(-0.5 * gamma * gamma - 0.5 * np.log(2 * np.pi) - log_above)
    return np.asarray(np.maximum(gamma * ratio / 2 - log_above, 0.0).mean(axis=0))


def drawn_minima(prediction: Prediction, count: int, rng: np.random.Generator) -> Floats:
    """Return ``count`` possible values of the smallest loss among the points, one in each ``1 / count`` of them.

    A Gumbel distribution through the quartiles of the minimum of independent normal variables (section 3.1).
    """
    mean, deviation = prediction.mean, np.maximum(prediction.deviation, _SMALL)
    reachable = mean - 6 * deviation <= (mean + deviation).min()  # the others are never the smallest
    mean, deviation = mean[reachable, None], deviation[reachable, None]
    survival = np.array([0.75, 0.5, 0.25])
    low, high = np.full(3, (mean - 8 * deviation).min()), np.full(3, (mean + 8 * deviation).min())
    for _ in range(40):
        middle = (low + high) / 2
        above = log_ndtr((mean - middle) / deviation).sum(axis=0) > np.log(survival)
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    first, median, third = (low + high) / 2
    heights = np.log(-np.log(survival))
    spread = max((third - first) / (heights[2] - heights[0]), _SMALL)
    u = (np.arange(count) + rng.random(count)) / count
    return np.asarray(median + spread * (np.log(-np.log(np.clip(u, 1e-12, 1 - 1e-12))) - heights[1]))


def conformal_quantile(prediction: Prediction, best: float, rng: np.random.Generator) -> Floats:
    """Return the negative of a quantile of random level at each point: independent Thompson sampling (algorithm 1)."""
    return -prediction.quantile(rng.choice(LEVELS, len(prediction.mean)))


ACQUISITIONS: dict[str, Callable[[Prediction, float, np.random.Generator], Floats]] = {
    "ei": expected_improvement,
    "log-ei": log_expected_improvement,
    "pi": probability_of_improvement,
    "lcb": lower_confidence_bound,
    "thompson": thompson,
    "greedy": greedy,
    "max-value-entropy": max_value_entropy,
    "conformal-quantile": conformal_quantile,
    "ei-per-second": expected_improvement,
}
"""Functions ``(prediction, best loss, rng) -> scores (m,)`` by name. The judge divides the last one by seconds."""
GAINS = frozenset({"ei", "ei-per-second", "max-value-entropy"})
"""Acquisitions that are amounts of gain, at least 0, to be multiplied by probabilities and divided by costs."""
FOLLOWERS = frozenset({"thompson", "conformal-quantile", "greedy"})
"""Acquisitions that follow one function: they stay high where it is low, however well the loss is known there."""
