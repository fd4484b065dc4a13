"""One space of every kind that an optimizer must cope with, and a loss on each: what the conformance suites run on."""

from collections.abc import Callable

import numpy as np

from parfocal.space import Boolean, Categorical, Constant, Float, Integer, Ordinal, Space
from parfocal.typing import Floats


def mixed() -> Space:
    """Return continuous, stepped, integer, ordinal, Boolean and categorical parameters side by side."""
    return Space(
        {
            "rate": Float(1e-5, 1e-1, prior="log-uniform"),
            "sigma": Float(0.5, 5.0),
            "threshold": Float(0.0, 1.0, levels=21),
            "size": Integer(1, 64),
            "kernel": Ordinal([3, 5, 7, 9]),
            "method": Categorical(["otsu", "li", "yen", "triangle"]),
            "invert": Boolean(),
            "version": Constant(2),
        }
    )


def conditional() -> Space:
    """Return a tree of conditions, four levels deep."""
    return Space(
        {
            "model": Categorical(["forest", "network", "threshold"]),
            "trees": Integer(5, 200, when="model == 'forest'"),
            "depth": Integer(1, 5, when="model == 'network'"),
            "dropout": Float(0.0, 0.5, when="model == 'network' and depth >= 2"),
            "schedule": Categorical(["none", "cosine", "step"], when="dropout > 0.1"),
            "gamma": Float(0.1, 0.9, when="schedule == 'step'"),
            "cut": Float(0.0, 1.0, when="model in ['threshold', 'forest']"),
        }
    )


def constrained() -> Space:
    """Return parameters bound to each other."""
    return Space(
        {
            "area_min": Float(1.0, 100.0),
            "area_max": Float(1.0, 100.0),
            "sigma": Float(0.1, 10.0, prior="log-uniform"),
            "patch": Integer(4, 64),
        },
        constraints=["area_min < area_max", "sigma * 3 < patch / 2"],
    )


def tiny() -> Space:
    """Return a discrete space of 16 configurations, with a condition and a constraint."""
    return Space(
        {
            "filter": Categorical(["none", "median", "gauss"]),
            "radius": Integer(1, 4, when="filter != 'none'"),
            "closing": Boolean(),
        },
        constraints=["radius < 4 or closing == False"],
    )


def wide() -> Space:
    """Return fifty continuous parameters."""
    return Space({f"x{index:02d}": Float(-1.0, 1.0) for index in range(50)})


def categorical() -> Space:
    """Return categories only: 240 configurations without any order."""
    return Space(
        {
            "a": Categorical(["p", "q", "r", "s", "t"]),
            "b": Categorical(["u", "v", "w", "x"]),
            "c": Categorical([1, 2, None]),
            "d": Categorical([True, "auto", 0.5, "off"]),
        }
    )


def single() -> Space:
    """Return a space of one configuration."""
    return Space({"on": Boolean(), "size": Integer(1, 2), "fixed": Constant(1)}, ["on == True", "size > 1"])


SPACES: dict[str, Callable[[], Space]] = {
    "mixed": mixed,
    "conditional": conditional,
    "constrained": constrained,
    "tiny": tiny,
    "wide": wide,
    "categorical": categorical,
    "single": single,
}
"""Every kind of space, by name."""


def loss(space: Space, X: Floats) -> Floats:
    """Return a smooth loss ``(n,)`` on any space: distance to a fixed point, with a fee for each inactive column.

    Categories are scattered by the golden ratio, so that their neighbourhood in the cube means nothing.
    """
    columns = np.arange(1, space.dimension + 1)
    codes = np.where(space.categorical, np.floor(X * np.maximum(space.levels, 1)) * 0.618 % 1.0, X)
    distance = (codes - (columns * 0.618) % 1.0) ** 2
    return np.asarray(np.where(np.isnan(X), 0.15, distance).sum(axis=1) / max(space.dimension, 1))
