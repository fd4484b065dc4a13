"""An ensemble of small networks, all trained at once as stacks of matrices.

Deep ensembles (Lakshminarayanan, Pritzel and Blundell, NIPS 2017) with randomized priors (Osband, Aslanides and
Cassirer, NeurIPS 2018): each member is a trained network plus a fixed random one, so that members agree where there
are results and differ elsewhere. Adam (Kingma and Ba, ICLR 2015) shapes the hidden layer on small batches; the output
layer is then solved exactly, towards random weights and perturbed targets (sample, then optimize: Osband, equation 3).
"""

import math
from dataclasses import dataclass
from typing import ClassVar, TypeAlias

import numpy as np
from numpy.typing import NDArray

from parfocal.checks import positive
from parfocal.errors import OptimizerError
from parfocal.space import Space
from parfocal.surrogates.base import Kinship, Prediction, of_members
from parfocal.surrogates.distance import squared_distances
from parfocal.surrogates.features import coordinates
from parfocal.typing import Floats

Single: TypeAlias = NDArray[np.float32]
_BATCH = 32
_RIDGE = 1e-2
"""Precision of the prior of output weights, in noise precisions."""
_PLACE = 0.05
"""Squared distance, times the number of columns, beyond which rows are not alike whatever the members say."""


@dataclass(frozen=True, eq=False)
class Hidden:
    """Two hidden layers of b networks: weights ``(b, f, h)`` and ``(b, h, h)``, biases ``(b, 1, h)``."""

    layers: tuple[Single, ...]

    def __call__(self, Z: Single) -> Single:
        """Return the activations ``(b, n, h)`` of the last hidden layer at ``Z (n, f)``."""
        first, bias, second, shift = self.layers
        return np.asarray(np.tanh(np.tanh(Z @ first + bias) @ second + shift))


@dataclass(frozen=True, eq=False)
class NeuralEnsembleModel:
    """Fitted networks: hidden layers, output weights ``(b, h + 1, 1)``, and the same of the fixed prior networks."""

    space: Space
    hidden: Hidden
    output: Floats
    prior: Hidden
    prior_output: Floats
    level: float
    scale: float
    noise: float

    def predict(self, X: Floats) -> Prediction:
        """Return mean and variance at rows ``(m, d)``; a draw is one member's prediction."""
        members = self._members(X)
        return Prediction(members.mean(axis=0), members.var(axis=0) + self.noise, of_members(members))

    def kinship(self, X: Floats) -> Kinship:
        """Return the correlation of the members at two rows, faded with their distance: few members err by chance."""
        here = _standardized(self._members(X))

        def alike(Y: Floats) -> Floats:
            gap = squared_distances(self.space, X, Y)
            ratio = np.clip(here.T @ _standardized(self._members(Y)), 0.0, 1.0)
            return np.where(gap == 0, 1.0, ratio * np.exp(-gap / (2 * _PLACE * self.space.dimension)))

        return alike

    def _members(self, X: Floats) -> Floats:
        Z = coordinates(self.space, X).astype(np.float32)
        own = _outputs(self.hidden(Z), self.output) + _outputs(self.prior(Z), self.prior_output)
        return np.asarray(self.level + self.scale * own)


@dataclass(frozen=True)
class NeuralEnsemble:
    """Small neural networks with fixed random priors; unsure where they disagree.

    Parameters
    ----------
    members : int
        Number of networks, at least 2.
    hidden : int
        Units of each of the two hidden layers.
    steps : int
        Steps of Adam on the hidden layers.
    rate : float
        Learning rate, above 0.
    prior_scale : float
        Size of the fixed random networks, in standard deviations of the targets; at least 0.
    """

    members: int = 8
    hidden: int = 24
    steps: int = 100
    rate: float = 0.01
    prior_scale: float = 0.5
    name: ClassVar[str] = "neural-ensemble"
    most: ClassVar[int] = 600

    def __post_init__(self) -> None:
        positive(self.hidden, "hidden")
        positive(self.steps, "steps")
        if positive(self.members, "members") < 2:
            raise OptimizerError("members must be at least 2: the uncertainty is how far they disagree.")
        if not self.rate > 0 or self.prior_scale < 0:
            raise OptimizerError(
                f"rate must be above 0 and prior_scale at least 0; got {self.rate!r} and {self.prior_scale!r}."
            )

    def fit(self, space: Space, X: Floats, target: Floats, rng: np.random.Generator) -> NeuralEnsembleModel:
        """Return the networks trained on ``target (n,)`` at rows ``X (n, d)``."""
        Z = coordinates(space, X).astype(np.float32)
        level, scale = float(target.mean()), float(target.std()) or 1.0
        y = (target - level) / scale
        prior, start = (self._random(Z.shape[1], rng) for _ in range(2))
        prior_output = self.prior_scale * _mirrored(self.members, (self.hidden + 1, 1), rng)
        wanted = y - _outputs(prior(Z), prior_output)
        hidden = _trained(start, Z, wanted.astype(np.float32), self.steps, self.rate, rng)
        output = _solved(hidden(Z), wanted, rng)
        fitted = _outputs(hidden(Z), output) + y - wanted
        noise = float(np.mean((fitted.mean(axis=0) - y) ** 2)) * scale**2
        return NeuralEnsembleModel(space, hidden, output, prior, prior_output, level, scale, noise)

    def _random(self, width: int, rng: np.random.Generator) -> Hidden:
        """Return hidden layers with unit-sized sums at each unit; two members each have the same ones."""
        b, h = math.ceil(self.members / 2), self.hidden
        shapes = (((b, width, h), (3 / width) ** 0.5), ((b, 1, h), 0.5), ((b, h, h), h**-0.5), ((b, 1, h), 0.1))
        drawn = [(size * rng.standard_normal(shape)).astype(np.float32) for shape, size in shapes]
        return Hidden(tuple(np.concatenate([layer, layer])[: self.members] for layer in drawn))


def _trained(start: Hidden, Z: Single, wanted: Single, steps: int, rate: float, rng: np.random.Generator) -> Hidden:
    """Return hidden layers after ``steps`` of Adam on the squared error to ``wanted (b, n)``, on its own batches."""
    b, n, h = len(wanted), len(Z), start.layers[3].shape[2]
    shapes = [*(layer.shape[1:] for layer in start.layers), (h, 1)]
    flat = np.zeros((b, sum(int(np.prod(shape)) for shape in shapes)), dtype=np.float32)
    weights = _views(flat, shapes)
    for weight, layer in zip(weights, start.layers, strict=False):
        weight[...] = layer
    weights[-1][...] = rng.standard_normal((b, h, 1)) / h**0.5
    W, bias, V, shift, out = weights
    gradient, first, second = (np.zeros_like(flat) for _ in range(3))
    slopes = _views(gradient, shapes)
    for step, batch in enumerate(rng.integers(n, size=(steps, min(_BATCH, n))), 1):
        z = Z[batch]
        one = np.tanh(z @ W + bias)
        two = np.tanh(one @ V + shift)
        error = (two @ out - wanted[:, batch, None]) * np.float32(2 / len(batch))
        back_two = (error @ out.transpose(0, 2, 1)) * (1 - two * two)
        back_one = (back_two @ V.transpose(0, 2, 1)) * (1 - one * one)
        slopes[0][...] = z.T @ back_one
        slopes[1][...] = back_one.sum(axis=1, keepdims=True)
        slopes[2][...] = one.transpose(0, 2, 1) @ back_two
        slopes[3][...] = back_two.sum(axis=1, keepdims=True)
        slopes[4][...] = two.transpose(0, 2, 1) @ error
        first += np.float32(0.1) * (gradient - first)
        second += np.float32(0.01) * (gradient * gradient - second)
        pace = rate * (1 - (step / (steps + 1)) ** 2) / (1 - 0.9**step)
        flat -= np.float32(pace) * first / (np.sqrt(second / np.float32(1 - 0.99**step)) + np.float32(1e-6))
    return Hidden(tuple(weights[:-1]))


def _views(flat: Single, shapes: list[tuple[int, ...]]) -> list[Single]:
    """Return the parts of ``flat (b, p)`` as arrays ``(b, *shape)`` that share its memory."""
    cuts = np.cumsum([0, *(int(np.prod(shape)) for shape in shapes)]).tolist()
    return [
        flat[:, first:last].reshape(len(flat), *shape)
        for first, last, shape in zip(cuts, cuts[1:], shapes, strict=False)
    ]


def _solved(activations: Single, wanted: Floats, rng: np.random.Generator) -> Floats:
    """Return output weights ``(b, h + 1, 1)``: ridge towards random weights, on targets with noise of its size."""
    b, n, h = activations.shape
    phi = np.concatenate([activations.astype(np.float64), np.ones((b, n, 1))], axis=2)
    anchor = _mirrored(b, (h + 1, 1), rng)
    noisy = wanted[:, :, None] + _RIDGE**0.5 * rng.standard_normal((b, n, 1)) / h**0.5
    across = phi.transpose(0, 2, 1)
    left = across @ phi + _RIDGE * np.eye(h + 1)
    return np.asarray(np.linalg.solve(left, across @ noisy + _RIDGE * anchor))


def _mirrored(members: int, shape: tuple[int, int], rng: np.random.Generator) -> Floats:
    """Return random output weights ``(b, h + 1, 1)`` in pairs of opposite sign: priors that cancel in the mean."""
    half = rng.standard_normal((math.ceil(members / 2), *shape)) / (shape[0] - 1) ** 0.5
    return np.concatenate([half, -half])[:members]


def _outputs(activations: Single, output: Floats) -> Floats:
    """Return ``(b, n)``."""
    return np.asarray((activations @ output[:, :-1] + output[:, -1:])[:, :, 0], dtype=np.float64)


def _standardized(members: Floats) -> Floats:
    """Return members ``(b, m)`` whose products over b are correlations."""
    centred = members - members.mean(axis=0)
    return np.asarray(centred / np.maximum(np.sqrt((centred**2).sum(axis=0)), 1e-12))
