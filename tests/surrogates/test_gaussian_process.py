"""The Gaussian process: its kernel over any space, its evidence and gradient, its posterior, draws and kinship."""

import numpy as np
import pytest
from scipy.linalg import eigvalsh
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import Matern

from parfocal.space import Categorical, Float, Space
from parfocal.surrogates import evidence
from parfocal.surrogates.embedding import Embedding
from parfocal.surrogates.gaussian_process import GaussianProcess, Learned
from parfocal.testing.kinds import SPACES, loss

CUBE = Space({name: Float(0, 1) for name in "abc"})
PLAIN = evidence.Parameters(np.array([0.3, 0.5, 1.2]), np.empty(0), np.empty(0), 1e-4)


def _seen(space, n=40, seed=0):
    X = space.sample(n, np.random.default_rng(seed))
    y = loss(space, X)
    return X, (y - y.mean()) / (y.std() or 1.0)


@pytest.mark.parametrize("kind", SPACES)
def test_the_kernel_is_positive_definite_on_every_kind_of_space(kind):
    space = SPACES[kind]()
    X = np.unique(space.sample(80, np.random.default_rng(0)), axis=0)
    embedding = Embedding.of(space)
    Z = embedding.points(X) / evidence.start(embedding, False).scales[embedding.group]
    assert np.isfinite(Z).all()
    assert eigvalsh(evidence.matern(evidence.distances(Z, Z))).min() > -1e-9


def test_options_are_equally_far_from_each_other_and_inactive_rows_from_active_ones():
    space = Space({"k": Categorical(["p", "q", "r"]), "x": Float(0, 1, when="k == 'p'")})
    rows = space.encode([{"k": "p", "x": 0.1}, {"k": "p", "x": 0.9}, {"k": "q"}, {"k": "r"}])
    squares = evidence.distances(*[Embedding.of(space).points(rows)] * 2)
    np.testing.assert_allclose(squares[2, 3], 1.0)
    np.testing.assert_allclose(squares[0, 1], 0.64)
    np.testing.assert_allclose(squares[0, 2], squares[1, 3])
    assert squares[0, 2] == pytest.approx(1 + 1 + 0.16)


@pytest.mark.parametrize("kind", ["mixed", "conditional", "categorical", "wide"])
@pytest.mark.parametrize("warped", [False, True])
def test_the_gradient_of_the_evidence_is_its_slope(kind, warped):
    space = SPACES[kind]()
    X, y = _seen(space)
    embedding = Embedding.of(space)
    points, centre = embedding.points(X), evidence.start(embedding, warped).vector()
    vector = centre + np.random.default_rng(1).normal(scale=0.2, size=len(centre))
    slope = evidence.posterior(vector, embedding, points, y, centre)[1]
    step = 1e-5
    numeric = [
        (
            evidence.posterior(vector + step * unit, embedding, points, y, centre)[0]
            - evidence.posterior(vector - step * unit, embedding, points, y, centre)[0]
        )
        / (2 * step)
        for unit in np.eye(len(vector))
    ]
    np.testing.assert_allclose(slope, numeric, atol=1e-4)


def test_the_posterior_is_that_of_scikit_learn():
    X, y = _seen(CUBE)
    Y = CUBE.sample(30, np.random.default_rng(5))
    model = Learned(Embedding.of(CUBE), PLAIN).fit(CUBE, X, y, np.random.default_rng(0))
    found = model.predict(Y)
    reference = GaussianProcessRegressor(Matern(PLAIN.scales, nu=2.5), alpha=PLAIN.noise + 1e-8, optimizer=None)
    mean, deviation = reference.fit(X, y - model.found.mean).predict(Y, return_std=True)
    np.testing.assert_allclose(found.mean, mean + model.found.mean, atol=1e-6)
    np.testing.assert_allclose(found.deviation, deviation * np.sqrt(model.found.signal), rtol=1e-4)


def test_draws_have_the_posterior_mean_and_variance():
    X, y = _seen(CUBE, 15)
    Y = CUBE.sample(12, np.random.default_rng(5))
    found = Learned(Embedding.of(CUBE), PLAIN).fit(CUBE, X, y, np.random.default_rng(0)).predict(Y)
    draws = np.array([found.draw(np.random.default_rng(seed)) for seed in range(1500)])
    error = 4 * found.deviation / np.sqrt(1500)  # 12 comparisons at 4 deviations: wrong once in a thousand seeds
    assert (np.abs(draws.mean(axis=0) - found.mean) < error + 0.01).all()
    np.testing.assert_allclose(draws.std(axis=0), found.deviation, rtol=0.15, atol=0.01)


def test_kinship_is_the_share_of_variance_that_one_more_observation_takes():
    X, y = _seen(CUBE)
    Y, new = CUBE.sample(10, np.random.default_rng(5)), CUBE.sample(1, np.random.default_rng(6))
    quiet = evidence.Parameters(PLAIN.scales, PLAIN.a, PLAIN.b, 1e-9)
    process = Learned(Embedding.of(CUBE), quiet)
    before = process.fit(CUBE, X, y, np.random.default_rng(0))
    after = process.fit(CUBE, np.concatenate([X, new]), np.append(y, 0.0), np.random.default_rng(0))
    left = (after.predict(Y).variance / after.found.signal) / (before.predict(Y).variance / before.found.signal)
    np.testing.assert_allclose(1 - before.kinship(Y)(new)[:, 0] ** 2, left, atol=1e-4)


def test_length_scales_find_the_columns_that_matter():
    X = CUBE.sample(60, np.random.default_rng(0))
    learned = GaussianProcess(warping=False).tuned(CUBE, X, np.sin(9 * X[:, 1])).parameters
    assert learned.scales[1] < 0.3 * min(learned.scales[[0, 2]])
    assert learned.noise < 1e-3


def test_noise_is_told_from_structure():
    rng = np.random.default_rng(0)
    X = CUBE.sample(150, rng)
    y = 3 * X[:, 0] + rng.normal(scale=0.5, size=150)
    process = GaussianProcess().tuned(CUBE, X, y)
    model = process.fit(CUBE, X, y, rng)
    deviation = np.sqrt(model.parameters.noise * model.found.signal)
    assert deviation == pytest.approx(0.5, rel=0.3)


@pytest.mark.parametrize("y", [np.zeros(5), np.full(5, 7.0), np.array([1.0, 1.0, 1.0, 1.0, 2.0])])
def test_equal_losses_and_repeated_rows_are_survived(y):
    X = np.repeat(CUBE.sample(1, np.random.default_rng(0)), 5, axis=0)
    found = GaussianProcess().fit(CUBE, X, y, np.random.default_rng(0)).predict(X)
    assert np.isfinite(found.mean).all()
    assert np.isfinite(found.deviation).all()
    np.testing.assert_allclose(found.mean, y.mean(), atol=0.3)
