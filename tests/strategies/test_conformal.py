"""Conformal corrections: intervals hold what they promise, though the surrogate is wrong about its uncertainty."""

from dataclasses import replace

import numpy as np
import pytest

from parfocal.space import Float, Space
from parfocal.strategies.conformal import LEVELS, corrected, offsets, split_offsets
from parfocal.surrogates import Forest
from parfocal.surrogates.quantile_forest import QuantileForest

SPACE = Space({"x": Float(0, 1), "y": Float(0, 1)})


class Wrong:
    """A forest whose deviations are a tenth, or ten times, of what they should be."""

    def __init__(self, factor):
        self.factor = factor

    def fit(self, space, X, target, rng):
        model = Forest(leaf=5).fit(space, X, target, rng)

        class Model:
            def predict(inner, X):
                found = model.predict(X)
                return replace(found, variance=found.variance * self.factor**2)

        return Model()


def _data(n, rng):
    X = rng.random((n, 2))
    return X, X[:, 0] + (0.1 + X[:, 1]) * rng.normal(size=n)


@pytest.mark.parametrize("surrogate", [Wrong(0.1), Wrong(10), QuantileForest()], ids=["sure", "unsure", "quantiles"])
def test_coverage_is_as_promised(surrogate):
    covered = np.zeros(4)
    for seed in range(30):
        rng = np.random.default_rng(seed)
        X, target = _data(160, rng)
        model = surrogate.fit(SPACE, X[:80], target[:80], rng)
        moved = offsets(model, X[80:], target[80:])
        fresh, truth = _data(300, rng)
        prediction = corrected(model.predict(fresh), moved)
        for pair in range(4):
            low, high = prediction.quantile(LEVELS[pair]), prediction.quantile(LEVELS[-1 - pair])
            covered[pair] += np.mean((low <= truth) & (truth <= high)) / 30
    np.testing.assert_allclose(covered, [0.8, 0.6, 0.4, 0.2], atol=0.04)


def test_few_observations_correct_nothing_and_the_median_stays():
    rng = np.random.default_rng(0)
    X, target = _data(20, rng)
    assert not split_offsets(SPACE, X, target, Forest(), rng).any()
    X, target = _data(200, rng)
    moved = split_offsets(SPACE, X, target, Wrong(0.1), rng)
    assert moved[4] == 0
    assert (moved[:4] < 0).all() and (moved[5:] > 0).all()
    np.testing.assert_allclose(moved, -moved[::-1])
