"""Surrogates against what books say: the posterior of a regression, weights by hand, distances column by column."""

import numpy as np
import pytest

from parfocal.errors import MissingPackage, OptimizerError
from parfocal.space import Float, Space
from parfocal.surrogates.bayesian_linear import BayesianLinear, evidence
from parfocal.surrogates.distance import squared_distances
from parfocal.surrogates.extra_trees import ExtraTrees
from parfocal.surrogates.light_boosting import LightBoosting
from parfocal.surrogates.nearest_neighbours import NearestNeighbours
from parfocal.surrogates.neural_ensemble import NeuralEnsemble
from parfocal.surrogates.quantile_forest import QuantileForest
from parfocal.surrogates.stacked import Stacked, stacking_weights
from parfocal.testing.kinds import SPACES

CUBE = Space({name: Float(0, 1) for name in "abc"})


def _data(n=60, noise=0.1, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.random((n, 3))
    return X, (X[:, 0] - 0.3) ** 2 + X[:, 1] + noise * rng.normal(size=n)


@pytest.mark.parametrize("kind", SPACES)
def test_distances_are_sums_over_columns(kind):
    space = SPACES[kind]()
    X, Y = space.sample(25, np.random.default_rng(0)), space.sample(15, np.random.default_rng(1))
    expected = np.zeros((25, 15))
    for j in range(space.dimension):
        x, y = X[:, j, None], Y[None, :, j]
        apart = (x != y).astype(float) if space.categorical[j] else (x - y) ** 2
        one, none = np.isnan(x) ^ np.isnan(y), np.isnan(x) & np.isnan(y)
        expected += np.where(none, 0.0, np.where(one, 1.0, apart))
    np.testing.assert_allclose(squared_distances(space, X, Y), expected, atol=1e-12)
    assert (np.diag(squared_distances(space, X, X)) == 0).all()


def test_the_regression_has_the_textbook_posterior_at_the_maximum_of_its_evidence():
    X, target = _data()
    phi = np.concatenate([X, X**2], axis=1)
    phi, target = phi - phi.mean(axis=0), target - target.mean()
    n, p = phi.shape
    alpha, beta, mean, root = evidence(phi, target)
    inverse = alpha * np.eye(p) + beta * phi.T @ phi  # Bishop 3.54
    np.testing.assert_allclose(root @ root.T, np.linalg.inv(inverse), atol=1e-10)
    np.testing.assert_allclose(mean, beta * np.linalg.solve(inverse, phi.T @ target), atol=1e-10)  # 3.53

    def log_evidence(alpha, beta):  # 3.86
        A = alpha * np.eye(p) + beta * phi.T @ phi
        m = beta * np.linalg.solve(A, phi.T @ target)
        error = beta / 2 * ((target - phi @ m) ** 2).sum() + alpha / 2 * (m**2).sum()
        return (p * np.log(alpha) + n * np.log(beta) - np.linalg.slogdet(A)[1]) / 2 - error

    reached = log_evidence(alpha, beta)
    for factor in (0.3, 0.7, 1.4, 3.0):
        assert reached > log_evidence(alpha, factor * beta) and reached > log_evidence(factor * alpha, beta)
    assert 1 / beta == pytest.approx(0.01, rel=0.5)


def test_draws_of_the_regression_have_its_variance_and_its_kinship():
    X, target = _data(200)
    model = BayesianLinear().fit(CUBE, X, target, np.random.default_rng(0))
    fresh = np.random.default_rng(1).random((6, 3))
    found = model.predict(fresh)
    draws = np.array([found.draw(np.random.default_rng(seed)) for seed in range(4000)])
    np.testing.assert_allclose(draws.var(axis=0), found.variance - model.noise, rtol=0.1)
    alike = model.kinship(fresh)(fresh)
    gap = squared_distances(CUBE, fresh, fresh)
    total = np.abs(np.cov(draws.T, ddof=0) + model.noise * np.exp(-gap / (2 * 0.02 * 3)))
    np.testing.assert_allclose(alike, total / np.sqrt(np.outer(found.variance, found.variance)), atol=0.02)


def test_the_quantile_forest_weighs_the_leaves():
    X, target = _data(80)
    model = QuantileForest(trees=5, leaf=4).fit(CUBE, X, target, np.random.default_rng(0))
    fresh = np.random.default_rng(1).random((20, 3))
    found = model.predict(fresh)
    there, here = model.leaves(model.X), model.leaves(fresh)
    for i in range(20):
        weights = np.mean([(there[:, t] == here[i, t]) / (there[:, t] == here[i, t]).sum() for t in range(5)], axis=0)
        order = np.argsort(model.target)
        mean = weights @ model.target
        assert found.mean[i] == pytest.approx(mean)
        assert found.variance[i] == pytest.approx(weights @ (model.target - mean) ** 2)
        for level in (0.05, 0.31, 0.5, 0.9):
            reached = np.cumsum(weights[order]) >= level - 1e-12
            assert found.quantile(level)[i] == model.target[order][reached][0]


def test_neighbours_give_back_what_they_saw_and_are_unsure_far_from_it():
    X, target = _data(60, noise=0.0)
    X[:, 2] *= 0.5
    model = NearestNeighbours(k=5).fit(CUBE, X, target, np.random.default_rng(0))
    here = model.predict(X)
    np.testing.assert_allclose(here.mean, target, atol=1e-4)
    assert here.variance.max() < 1e-4
    centre = X.mean(axis=0, keepdims=True)
    near, weights, _ = model.near(centre)
    used = near[0][weights[0] > 1e-6]
    gaps = squared_distances(CUBE, centre, X)[0]
    np.testing.assert_array_equal(np.sort(used), np.sort(np.argsort(gaps)[:5]))
    far = model.predict(np.array([[0.5, 0.5, 1.0]])).variance
    assert far > 2 * model.predict(centre).variance
    draws = np.array([model.predict(centre).draw(np.random.default_rng(seed))[0] for seed in range(2000)])
    assert draws.var() == pytest.approx(model.predict(centre).variance[0], rel=0.15)


def test_extra_trees_know_what_they_saw():
    X, target = _data()
    found = ExtraTrees().fit(CUBE, X, target, np.random.default_rng(0)).predict(X)
    np.testing.assert_allclose(found.mean, target, atol=1e-12)
    assert found.variance.max() < 1e-12


def test_networks_differ_more_where_nothing_was_seen():
    X, target = _data(100, noise=0.0)
    X = 0.5 * X
    model = NeuralEnsemble().fit(CUBE, X, target, np.random.default_rng(0))
    seen, unseen = model.predict(X).variance.mean(), model.predict(0.6 + 0.8 * X).variance.mean()
    assert unseen > 5 * seen


def test_stacking_weights_are_the_best_mixture():
    rng = np.random.default_rng(0)
    target = rng.normal(size=200)
    guesses = target[:, None] + rng.normal(size=(200, 3)) * [0.5, 0.5, 9.0]
    weights = stacking_weights(guesses, target)
    assert weights.sum() == pytest.approx(1) and (weights >= 0).all()
    np.testing.assert_allclose(weights, [0.5, 0.5, 0.0], atol=0.1)
    np.testing.assert_allclose(stacking_weights(np.zeros((4, 2)), np.zeros(4)).sum(), 1.0)


def test_a_stack_believes_a_mixture_of_what_predicts_well():
    X, target = _data(200)
    tuned = Stacked(boosting=False).tuned(CUBE, X, target)
    assert tuned == Stacked(boosting=False).tuned(CUBE, X, target)
    linear = [weight for member, weight in zip(tuned.members, tuned.weights, strict=True) if "Linear" in repr(member)]
    assert linear[0] > 0.6, "the function is quadratic"
    model = tuned.fit(CUBE, X, target, np.random.default_rng(0))
    fresh = np.random.default_rng(1).random((30, 3))
    parts = [member.predict(fresh) for member in model.models]
    mean = sum(weight * part.mean for weight, part in zip(model.weights, parts, strict=True))
    square = sum(weight * (part.variance + part.mean**2) for weight, part in zip(model.weights, parts, strict=True))
    np.testing.assert_allclose(model.predict(fresh).mean, mean)
    np.testing.assert_allclose(model.predict(fresh).variance, square - mean**2)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: BayesianLinear(basis="cubic"), "basis must be one of quadratic, fourier"),
        (lambda: BayesianLinear(scale=0.0), "scale must be above 0"),
        (lambda: NeuralEnsemble(members=1), "members must be at least 2"),
        (lambda: NeuralEnsemble(rate=0.0), "rate must be above 0"),
        (lambda: Stacked(folds=1), "folds must be a whole number of at least 2"),
        (lambda: LightBoosting(leaves=1), "leaves must be at least 2"),
        (lambda: LightBoosting(rate=2.0), "rate must be above 0 and at most 1"),
        (lambda: ExtraTrees(share=0.0), "share must be above 0"),
        (lambda: QuantileForest(share=1.5), "share must be above 0"),
    ],
)
def test_impossible_options_are_named(make, message):
    with pytest.raises(OptimizerError, match=message):
        make()


def test_without_the_package_the_install_line_is_named(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "lightgbm", None)
    with pytest.raises(MissingPackage, match=r"pip install 'parfocal\[boost\]'"):
        LightBoosting()
