"""Surrogates: what they see, what they predict, how unsure they are, and that they repeat themselves."""

import numpy as np
import pytest

from parfocal.optimizers import catalogue, parts
from parfocal.optimizers.text import Part
from parfocal.space import Boolean, Categorical, Float, Integer, Space
from parfocal.surrogates import Forest, features
from parfocal.surrogates.bayesian_linear import BayesianLinear
from parfocal.surrogates.boosting import BoostedModel
from parfocal.testing.kinds import SPACES

SPACE = Space(
    {
        "x": Float(0, 1),
        "k": Categorical(["p", "q", "r"]),
        "n": Integer(1, 9, when="k == 'q'"),
        "b": Boolean(),
        "many": Categorical([f"c{i}" for i in range(20)]),
        "deep": Categorical(["u", "v", "w"], when="b"),
    }
)
SURROGATES = [parts.strategy(Part(name)).surrogate for name in catalogue.SURROGATES] + [
    Forest(random_splits=False, bootstrap=False),
    BayesianLinear(basis="fourier"),
]
EVERY = pytest.mark.parametrize("surrogate", SURROGATES, ids=repr)


CUBE = Space({name: Float(0, 1) for name in "abc"})


def _data(n=200, seed=0):
    X = np.random.default_rng(seed).random((n, 3))
    return X, (X[:, 0] - 0.3) ** 2 + 0.3 * (X[:, 1] > 0.5)


def test_features_spread_options_and_mark_what_is_inactive():
    rows = SPACE.encode(
        [
            {"x": 0.25, "k": "q", "n": 9, "b": True, "many": "c3", "deep": "w"},
            {"x": 0.75, "k": "r", "b": False, "many": "c19"},
        ]
    )
    table = features(SPACE, rows)
    assert table.dtype == np.float32
    assert table.shape == (2, 4 + 3 + 3)
    np.testing.assert_allclose(table[:, 0], [0.25, 0.75])
    assert table[0, 1] > 0.9
    assert table[1, 1] == -1
    np.testing.assert_array_equal(table[:, 4:7], [[0, 1, 0], [0, 0, 1]])
    np.testing.assert_array_equal(table[:, 7:], [[0, 0, 1], [0, 0, 0]])
    assert np.isfinite(table).all()


@EVERY
def test_predictions_follow_the_function_and_repeat(surrogate):
    table, target = _data(400)
    fresh, truth = _data(300, seed=1)
    found = surrogate.fit(CUBE, table, target, np.random.default_rng(3)).predict(fresh)
    again = surrogate.fit(CUBE, table, target, np.random.default_rng(3)).predict(fresh)
    np.testing.assert_array_equal(found.mean, again.mean)
    np.testing.assert_array_equal(found.variance, again.variance)
    assert np.corrcoef(found.mean, truth)[0, 1] > 0.92  # the best that a quadratic can do with a step is 0.93
    assert (found.variance >= 0).all()
    draws = np.array([found.draw(np.random.default_rng(seed)) for seed in range(200)])
    error = 6 * np.sqrt(found.variance.mean() / 200) + 1e-6
    assert np.abs(draws.mean(axis=0) - found.mean).mean() < error
    np.testing.assert_allclose(found.deviation**2, found.variance)


@EVERY
@pytest.mark.parametrize("n", [1, 2, 5])
def test_a_few_observations_are_enough(surrogate, n):
    table, target = _data(n)
    found = surrogate.fit(CUBE, table, target, np.random.default_rng(0)).predict(table)
    assert np.isfinite(found.mean).all()
    assert found.mean.min() >= target.min() - 0.1
    assert found.mean.max() <= target.max() + 0.1


def test_a_forest_has_the_total_variance_of_its_leaves():
    table, target = _data(60)
    target = target + np.random.default_rng(1).normal(scale=0.1, size=60)
    model = Forest(trees=5, leaf=6, share=1.0, bootstrap=False, random_splits=True).fit(
        CUBE, table, target, np.random.default_rng(2)
    )
    leaves = model.leaves(table)
    point = 17
    inside = [target[leaves[:, tree] == leaves[point, tree]] for tree in range(5)]
    means, variances = np.array([y.mean() for y in inside]), np.array([y.var() for y in inside])
    found = model.predict(table[[point]])
    np.testing.assert_allclose(found.mean, means.mean())
    np.testing.assert_allclose(found.variance, variances.mean() + means.var())


def test_trees_that_see_all_know_what_they_saw():
    table, target = _data(50)
    found = Forest(bootstrap=False).fit(CUBE, table, target, np.random.default_rng(0)).predict(table)
    np.testing.assert_allclose(found.mean, target, atol=1e-12)
    assert found.variance.max() < 1e-12


@EVERY
def test_points_of_one_place_are_alike(surrogate):
    table, target = _data()
    model = surrogate.fit(CUBE, table, target, np.random.default_rng(0))
    points = np.array([[0.2, 0.2, 0.5], [0.2, 0.2, 0.5], [0.9, 0.9, 0.5]])
    alike = model.kinship(points)(points)
    assert alike.shape == (3, 3)
    assert (alike >= 0).all() and (alike <= 1).all()
    assert alike[0, 1] == 1
    assert alike[0, 2] < 0.5
    np.testing.assert_allclose(alike, alike.T)
    assert model.kinship(points)(points[:0]).shape == (3, 0)


@EVERY
def test_the_training_data_is_left_alone(surrogate):
    table, target = _data()
    table.flags.writeable = target.flags.writeable = False
    surrogate.fit(CUBE, table, target, np.random.default_rng(0))


@EVERY
@pytest.mark.parametrize("kind", SPACES)
@pytest.mark.parametrize("n", [1, 30])
def test_any_space_and_constant_targets(surrogate, kind, n):
    space = SPACES[kind]()
    rng = np.random.default_rng(1)
    X, fresh = space.sample(n, rng), space.sample(40, rng)
    for target in (np.zeros(n), np.full(n, -0.7), rng.normal(size=n)):
        model = surrogate.fit(space, X, target, np.random.default_rng(0))
        found = model.predict(fresh)
        for values in (found.mean, found.variance, found.draw(rng), found.quantile(0.3)):
            assert values.shape == (40,) and values.dtype == np.float64
            assert np.isfinite(values).all()
        assert (found.variance >= 0).all()
        if np.ptp(target) == 0:
            np.testing.assert_allclose(found.mean, target[0], atol=0.2)
        alike = model.kinship(fresh)(fresh)
        assert (alike >= 0).all() and (alike <= 1).all()
        assert (np.diag(alike) == 1).all()
        np.testing.assert_allclose(alike, alike.T, atol=1e-6)


@EVERY
def test_quantiles_rise_around_the_mean(surrogate):
    table, target = _data(300)
    fresh, _ = _data(100, seed=1)
    found = surrogate.fit(CUBE, table, target, np.random.default_rng(3)).predict(fresh)
    low, middle, high = (found.quantile(level) for level in (0.1, 0.5, 0.9))
    assert (low <= middle).all() and (middle <= high).all()
    own = found.quantile(np.linspace(0.01, 0.99, 100))
    assert own[0] == found.quantile(0.01)[0] and own[-1] == found.quantile(0.99)[-1]
    np.testing.assert_allclose(found.narrowed(np.full(100, 0.25)).quantile(0.9) - found.mean, (high - found.mean) / 2)


def test_cells_of_deep_boosters_are_told_apart():
    leaves = np.array([[[4096, 0, 0, 0, 0], [0, 1, 0, 0, 0], [0, 70_000, 0, 0, 0], [70_000, 0, 0, 0, 9]]])
    model = BoostedModel(CUBE, lambda table: np.zeros((1, len(table))), lambda table: leaves[:, : len(table)], 0.0)
    X = np.zeros((4, 3))
    assert len(np.unique(model.cells(X))) == 4
    assert np.array_equal(model.cells(X[:2]), model.cells(X)[:2])  # comparable from call to call
