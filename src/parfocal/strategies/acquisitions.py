"""Acquisition functions: how promising a candidate is, given what a surrogate expects there. Higher is better.

``expected improvement`` and ``probability of improvement``: Jones, Schonlau and Welch, J. Global Optim. 13, 1998;
``log-ei``: Ament et al., NeurIPS 2023 (its logarithm, without underflow); ``lcb``: Srinivas et al., ICML 2010.
"""

from collections.abc import Callable
from typing import Literal, TypeAlias

import numpy as np
from scipy.special import erfcx, log_ndtr, ndtr

from parfocal.surrogates.base import Prediction
from parfocal.typing import Floats

Name: TypeAlias = Literal["ei", "log-ei", "pi", "lcb", "thompson", "greedy"]
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


ACQUISITIONS: dict[str, Callable[[Prediction, float, np.random.Generator], Floats]] = {
    "ei": expected_improvement,
    "log-ei": log_expected_improvement,
    "pi": probability_of_improvement,
    "lcb": lower_confidence_bound,
    "thompson": thompson,
    "greedy": greedy,
}
"""Functions ``(prediction, best loss, rng) -> scores (m,)`` by name."""
