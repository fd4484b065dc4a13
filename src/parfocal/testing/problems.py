"""Small problems of known character for paired comparisons: a space and a vectorized loss on its rows."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from parfocal.space import Categorical, Float, Integer, Space
from parfocal.testing import kinds
from parfocal.typing import Floats


@dataclass(frozen=True)
class Problem:
    """A space and a loss ``(n, d) -> (n,)`` on its unit cube."""

    name: str
    space: Space
    loss: Callable[[Floats], Floats]


def _cube(dimension: int) -> Space:
    return Space({f"x{index}": Float(0.0, 1.0) for index in range(dimension)})


def _sphere(X: Floats) -> Floats:
    return np.asarray(((X - [0.7, 0.2, 0.4, 0.85]) ** 2).sum(axis=1))


def _ellipsoid(X: Floats) -> Floats:
    turn, _ = np.linalg.qr(np.random.default_rng(7).normal(size=(5, 5)))
    return np.asarray((((X - 0.4) @ turn) ** 2 * 10.0 ** np.linspace(0, 2, 5)).sum(axis=1))


def _branin(X: Floats) -> Floats:
    """Return Branin's function (Dixon and Szegö 1978): three equal optima."""
    x, y = 15 * X[:, 0] - 5, 15 * X[:, 1]
    return np.asarray(
        (y - 5.1 / (4 * np.pi**2) * x**2 + 5 / np.pi * x - 6) ** 2 + 10 * (1 - 1 / (8 * np.pi)) * np.cos(x) + 10
    )


def _ridge(X: Floats) -> Floats:
    """Return one minus an F1-like surface: a narrow bent ridge on a flat floor, as spot detection gives."""
    ridge = np.exp(-(((X[:, 1] - 0.25 - 0.5 * X[:, 0] ** 2) / 0.12) ** 2) - ((X[:, 0] - 0.35) / 0.25) ** 2)
    return np.asarray(1.0 - 0.87 * ridge)


def _valley(X: Floats) -> Floats:
    """Return Rosenbrock's valley in four dimensions, on a logarithmic scale."""
    Z = 4 * X - 2
    terms = 100 * (Z[:, 1:] - Z[:, :-1] ** 2) ** 2 + (1 - Z[:, :-1]) ** 2
    return np.asarray(np.log1p(terms.sum(axis=1)))


def problems() -> tuple[Problem, ...]:
    """Return the fixed set: smooth, rotated, multimodal, ridged, valley, stepped, mixed, conditional, categorical."""
    steps = Space({f"k{index}": Integer(0, 20) for index in range(5)})
    mixed, tree = kinds.mixed(), kinds.conditional()
    letters = Space({f"c{index}": Categorical(list("abcde")) for index in range(6)})
    return (
        Problem("sphere", _cube(4), _sphere),
        Problem("ellipsoid", _cube(5), _ellipsoid),
        Problem("branin", _cube(2), _branin),
        Problem("ridge", _cube(2), _ridge),
        Problem("valley", _cube(4), _valley),
        Problem("steps", steps, lambda X: kinds.loss(steps, X)),
        Problem("mixed", mixed, lambda X: kinds.loss(mixed, X)),
        Problem("conditional", tree, lambda X: kinds.loss(tree, X)),
        Problem("letters", letters, lambda X: kinds.loss(letters, X)),
    )
