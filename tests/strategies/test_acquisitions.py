"""Acquisitions against their definitions, and where they underflow."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

from parfocal.strategies.acquisitions import ACQUISITIONS, drawn_minima
from parfocal.strategies.conformal import LEVELS
from parfocal.surrogates import Prediction
from parfocal.surrogates.base import of_members


def _prediction(mean, deviation, members=None) -> Prediction:
    mean = np.atleast_1d(np.asarray(mean, dtype=np.float64))
    deviation = np.broadcast_to(np.asarray(deviation, dtype=np.float64), mean.shape)
    return Prediction(mean, deviation**2, of_members(np.stack([mean, mean[::-1]]) if members is None else members))


def _score(name, prediction, best=0.0, seed=0):
    return ACQUISITIONS[name](prediction, best, np.random.default_rng(seed))


@pytest.mark.parametrize("mean", [-2.0, -0.1, 0.0, 0.7, 3.0])
@pytest.mark.parametrize("deviation", [0.2, 1.5])
def test_expected_improvement_is_the_integral_of_the_improvement(mean, deviation):
    density = stats.norm(mean, deviation).pdf
    low = min(mean - 10 * deviation, 0.3 - 1e-9)
    expected = integrate.quad(lambda y: (0.3 - y) * density(y), low, 0.3, points=[min(mean, 0.3)])[0]
    assert _score("ei", _prediction(mean, deviation), 0.3)[0] == pytest.approx(expected, abs=1e-9)
    if expected > 1e-9:
        assert _score("log-ei", _prediction(mean, deviation), 0.3)[0] == pytest.approx(np.log(expected), rel=1e-6)


def test_log_ei_orders_what_underflows():
    means = np.array([30.0, 60.0, 1e3, 1e5, 1e7])
    scores = _score("log-ei", _prediction(means, 1.0))
    assert np.isfinite(scores).all()
    assert (np.diff(scores) < 0).all()
    assert _score("ei", _prediction(means, 1.0))[-1] == 0


@given(z=st.floats(-1.01, -0.99))
def test_log_ei_is_continuous_where_its_formulas_meet(z):
    near = _score("log-ei", _prediction([-z, -z - 1e-7], 1.0))
    assert abs(np.diff(near)[0]) < 1e-6


@given(
    mean=st.floats(-5, 5),
    deviation=st.floats(0, 5),
    name=st.sampled_from(["ei", "log-ei", "pi", "lcb", "greedy"]),
    gain=st.floats(0.01, 5),
)
def test_a_lower_expected_loss_is_never_worse(mean, deviation, name, gain):
    better, worse = _score(name, _prediction([mean - gain, mean], deviation))
    assert better >= worse


def test_probability_bound_and_mean_are_what_they_say():
    prediction = _prediction([0.5, -0.5], [1.0, 2.0])
    np.testing.assert_allclose(_score("pi", prediction), np.log(stats.norm.cdf([-0.5, 0.25])))
    np.testing.assert_allclose(_score("lcb", prediction), [1.5, 4.5])
    np.testing.assert_allclose(_score("greedy", prediction), [-0.5, 0.5])


def test_thompson_follows_one_member():
    members = np.array([[1.0, 2.0, 3.0], [3.0, 1.0, 2.0]])
    prediction = _prediction([2.0, 1.5, 2.5], 1.0, members)
    drawn = {tuple(_score("thompson", prediction, seed=seed)) for seed in range(20)}
    assert drawn == {(-1.0, -2.0, -3.0), (-3.0, -1.0, -2.0)}


def test_drawn_minima_are_distributed_like_the_minimum_of_independent_normals():
    rng = np.random.default_rng(0)
    mean, deviation = rng.normal(size=200), rng.uniform(0.2, 1.0, size=200)
    reference = (mean + deviation * rng.normal(size=(20_000, 200))).min(axis=1)
    drawn = drawn_minima(_prediction(mean, deviation), 4_000, rng)
    spread = reference.std()
    for level in (0.05, 0.25, 0.5, 0.75, 0.95):
        assert np.quantile(drawn, level) == pytest.approx(np.quantile(reference, level), abs=0.25 * spread)


def test_max_value_entropy_is_the_information_about_the_minimum():
    rng = np.random.default_rng(0)
    mean, deviation = rng.normal(size=8), rng.uniform(0.2, 1.0, size=8)
    prediction, best = _prediction(mean, deviation), -0.8
    minima = np.minimum(drawn_minima(prediction, 10, np.random.default_rng(5)), best)
    for i in range(8):
        before = stats.norm(mean[i], deviation[i]).entropy()
        after = [stats.truncnorm((y - mean[i]) / deviation[i], 30, mean[i], deviation[i]).entropy() for y in minima]
        assert _score("max-value-entropy", prediction, best, seed=5)[i] == pytest.approx(
            before - np.mean(after), abs=1e-6
        )


def test_entropy_survives_what_is_certain_and_what_is_far():
    scores = _score("max-value-entropy", _prediction([0.0, 1.0, 1e3, 0.0], [0.0, 0.0, 1.0, 1.0]))
    assert np.isfinite(scores).all() and (scores >= 0).all()
    assert scores.argmax() == 3
    assert np.isfinite(_score("max-value-entropy", _prediction([0.3], [0.0]))).all()


def test_conformal_choices_follow_a_quantile_at_each_point():
    prediction = _prediction(np.zeros(5_000), 1.0)
    drawn = -_score("conformal-quantile", prediction)
    levels, counts = np.unique(np.round(stats.norm.cdf(drawn), 9), return_counts=True)
    np.testing.assert_allclose(levels, LEVELS)
    assert counts.min() > 450
