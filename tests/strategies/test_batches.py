"""Batches keep apart, by belief and by penalty; the cheaper of two equal candidates; random choices are safe ones."""

import numpy as np
import pytest

from parfocal.errors import OptimizerError
from parfocal.space import Categorical, Float, Space
from parfocal.strategies import Candidates, judge
from parfocal.strategies.batches import greedily, pick, steepness
from parfocal.strategies.model_based import ModelBased
from parfocal.surrogates import Forest
from parfocal.surrogates.bayesian_linear import BayesianLinear
from parfocal.surrogates.neural_ensemble import NeuralEnsemble
from parfocal.trials import History, State

SPACE = Space({"x": Float(0, 1), "y": Float(0, 1), "k": Categorical(["p", "q", "r"])})
BATCHES = pytest.mark.parametrize("batch", ["believer", "penalty"])


def _loss(X):
    return np.abs(X[:, :2] - 0.3).sum(axis=1) + (X[:, 2] > 0.4)


def _history(n=80, runtime=None) -> History:
    history = History(SPACE.dimension)
    X = SPACE.sample(n, np.random.default_rng(0))
    history.append(X)
    seconds = None if runtime is None else runtime(X)
    history.tell(np.arange(n), State.COMPLETE, _loss(X), runtime=seconds)
    return history


@BATCHES
@pytest.mark.parametrize("acquisition", ["ei", "log-ei", "lcb", "thompson", "max-value-entropy", "conformal-quantile"])
@pytest.mark.parametrize("surrogate", [Forest(), BayesianLinear(), NeuralEnsemble()], ids=lambda s: s.name)
def test_batches_are_diverse(batch, acquisition, surrogate):
    history, rng = _history(), np.random.default_rng(1)
    strategy = ModelBased(surrogate, acquisition=acquisition, random_share=0.0, batch=batch)
    X = np.repeat(SPACE.sample(100, rng), 5, axis=0)
    X[:, :2] = np.clip(X[:, :2] + rng.normal(scale=1e-9, size=(500, 2)), 0, 1)  # each candidate five times
    chosen = strategy.choose(SPACE, history, Candidates(X, strategy.select(SPACE, history, rng)), 6, rng)
    assert len(np.unique(chosen)) == 6
    assert len(np.unique(chosen // 5)) >= 4
    assert _loss(X[chosen]).mean() < np.quantile(_loss(X), 0.4)


@BATCHES
def test_what_is_pending_is_left_alone(batch):
    history, rng = _history(), np.random.default_rng(1)
    X = SPACE.sample(300, rng)
    opinion = judge.fit(SPACE, history, Forest(), "ei", np.random.default_rng(0))
    first = pick(opinion, X, 1, 0.0, batch, np.random.default_rng(2))[0]
    history.append(X[first])
    opinion = judge.fit(SPACE, history, Forest(), "ei", np.random.default_rng(0))
    assert pick(opinion, X, 1, 0.0, batch, np.random.default_rng(2))[0] != first


def test_the_slope_of_a_known_function_is_found():
    history = _history()
    opinion = judge.fit(SPACE, history, Forest(), "ei", np.random.default_rng(0))
    X = SPACE.sample(500, np.random.default_rng(1))
    X[:, 2] = X[0, 2]
    slope = steepness(opinion, X, 3 * X[:, 0] + 4 * X[:, 1], np.random.default_rng(2))
    assert 4.5 < slope <= 5 + 1e-9
    assert steepness(opinion, X[:1], np.zeros(1), np.random.default_rng(2)) > 0


def _seconds(X):
    return np.where(X[:, 1] < 0.5, 1.0, 100.0)


def test_the_cheaper_of_two_equal_candidates_is_chosen():
    space = Space({"x": Float(0, 1), "y": Float(0, 1)})
    history, rng = History(2), np.random.default_rng(0)
    X = space.sample(80, rng)
    history.append(X)
    history.tell(np.arange(80), State.COMPLETE, (X[:, 0] - 0.3) ** 2, runtime=_seconds(X))
    twins = np.array([[0.3, 0.9], [0.3, 0.1]])
    opinion = judge.fit(space, history, BayesianLinear(), "ei-per-second", np.random.default_rng(0))
    dear, cheap = opinion(twins)
    assert cheap > 3 * dear
    assert opinion.outlook(twins).seconds[0] > 10 * opinion.outlook(twins).seconds[1]


def test_seconds_count_from_five_known_ones_on():
    for known, counted in ((4, False), (5, True)):
        history = _history(runtime=lambda X, known=known: np.where(np.arange(len(X)) < known, _seconds(X), np.nan))
        opinion = judge.fit(SPACE, history, Forest(), "ei-per-second", np.random.default_rng(0))
        plain = judge.fit(SPACE, history, Forest(), "ei", np.random.default_rng(0))
        X = SPACE.sample(50, np.random.default_rng(1))
        assert (opinion.clock is not None) is counted
        assert np.array_equal(opinion(X), plain(X)) is not counted


def test_random_choices_are_likely_to_succeed():
    success = np.where(np.arange(100) < 30, 0.9, 0.1)
    chosen = greedily(lambda _: np.arange(100.0), 20, success, 1.0, np.random.default_rng(0))
    assert len(set(chosen.tolist())) == 20
    assert (chosen < 30).all()


def test_impossible_batches_are_named():
    with pytest.raises(OptimizerError, match="batch must be one of believer, penalty; got 'hope'"):
        ModelBased(Forest(), batch="hope")
