"""The classifier strategy: a probability to be good, with failures and pending trials as bad."""

import numpy as np
import pytest

from parfocal.errors import OptimizerError
from parfocal.space import Categorical, Float, Space
from parfocal.strategies import Candidates
from parfocal.strategies.classifier import Classifier
from parfocal.trials import History, State

SPACE = Space({"x": Float(0, 1), "y": Float(0, 1), "k": Categorical(["p", "q", "r"])})
MODELS = pytest.mark.parametrize("model", ["forest", "extra-trees", "xgboost", "network"])


def _loss(X):
    return np.abs(X[:, :2] - 0.3).sum(axis=1) + (X[:, 2] > 0.4)


def _history(n=120, forbidden=lambda X: np.zeros(len(X), dtype=bool)) -> History:
    history = History(SPACE.dimension)
    X = SPACE.sample(n, np.random.default_rng(0))
    history.append(X)
    fails = forbidden(X)
    state = np.where(fails, State.FAILED, State.COMPLETE)
    history.tell(np.arange(n), state, np.where(fails, np.nan, _loss(X)))
    return history


@MODELS
def test_the_score_is_the_probability_to_be_among_the_best(model):
    history, strategy = _history(300), Classifier(model=model, share=0.25, labels="class", optimism=0.0)
    score = strategy.select(SPACE, history, np.random.default_rng(1)).score
    X = SPACE.sample(1_000, np.random.default_rng(2))
    good = _loss(X) <= np.quantile(history.loss, 0.25)
    assert score(X).mean() == pytest.approx(good.mean(), abs=0.06)
    assert score(X)[good].mean() > 0.5 > 0.25 > score(X)[~good].mean()


def test_gains_make_the_score_the_expected_improvement_below_the_threshold():
    history, strategy = _history(300), Classifier(model="forest", share=0.25, labels="gain", optimism=0.0)
    score = strategy.select(SPACE, history, np.random.default_rng(1)).score
    X = SPACE.sample(1_000, np.random.default_rng(2))
    threshold, best = np.quantile(history.loss, 0.25), history.loss.min()
    gain = np.maximum(threshold - _loss(X), 0) / (threshold - best)
    assert np.corrcoef(score(X), gain)[0, 1] > 0.9
    assert score(X).mean() == pytest.approx(gain.mean(), rel=0.2)


@pytest.mark.parametrize("losses", [[1.0], [2.0, 2.0, 2.0], [1.0, 2.0], [3.0, 1.0, 2.0, 2.0, 5.0]])
def test_gains_of_few_and_equal_losses(losses):
    history, X = History(SPACE.dimension), SPACE.sample(len(losses), np.random.default_rng(0))
    history.append(X)
    history.tell(np.arange(len(losses)), State.COMPLETE, losses)
    score = Classifier(labels="gain").select(SPACE, history, np.random.default_rng(0)).score
    assert np.isfinite(score(X)).all()
    assert score(X).argmax() in np.flatnonzero(np.array(losses) == min(losses)) or np.ptp(score(X)) == 0


@MODELS
@pytest.mark.parametrize("labels", ["class", "gain"])
def test_good_candidates_are_chosen_apart(model, labels):
    history, rng = _history(), np.random.default_rng(1)
    strategy = Classifier(model=model, labels=labels, random_share=0.0)
    X = np.repeat(SPACE.sample(200, rng), 5, axis=0)
    candidates = Candidates(X, strategy.select(SPACE, history, rng))
    chosen = strategy.choose(SPACE, history, candidates, 6, rng)
    assert _loss(X[chosen]).mean() < np.quantile(_loss(X), 0.2)
    assert len(np.unique(chosen // 5)) >= 4
    afresh = strategy.choose(SPACE, history, Candidates(X), 6, rng)
    assert _loss(X[afresh]).mean() < np.quantile(_loss(X), 0.2)


def test_failures_and_pending_trials_are_bad():
    strategy = Classifier(random_share=0.0)
    failing = _history(forbidden=lambda X: X[:, 0] < 0.4)
    X = SPACE.sample(500, np.random.default_rng(1))
    rng = np.random.default_rng(2)
    chosen = strategy.choose(SPACE, failing, Candidates(X, strategy.select(SPACE, failing, rng)), 10, rng)
    assert (X[chosen, 0] < 0.4).mean() <= 0.1
    free, busy = _history(), _history()
    place = np.tile([0.3, 0.3, X[0, 2]], (30, 1))
    busy.append(place)
    scores = [strategy.select(SPACE, h, np.random.default_rng(3)).score(place[:1])[0] for h in (free, busy)]
    assert scores[1] < scores[0]


def test_nothing_complete_is_chosen_from_at_random():
    strategy, X = Classifier(), SPACE.sample(50, np.random.default_rng(0))
    history = _history(20, forbidden=lambda X: np.ones(len(X), dtype=bool))
    chosen = strategy.choose(SPACE, history, Candidates(X), 5, np.random.default_rng(1))
    assert len(set(chosen.tolist())) == 5


def test_a_long_history_is_cut_to_its_good_and_its_last_rows():
    strategy = Classifier(most=40)
    selection = strategy.select(SPACE, _history(200), np.random.default_rng(0))
    assert selection.good.sum() == 20
    assert selection.score is not None


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"model": "svm"}, "model must be one of forest, extra-trees, xgboost, network; got 'svm'"),
        ({"labels": "rank"}, "labels must be one of class, gain"),
        ({"optimism": -1.0}, "optimism must be at least 0"),
        ({"share": 1.0}, "share must be above 0 and below 1"),
        ({"pool": 1}, "most and pool must be at least 2"),
        ({"random_share": -0.1}, "random_share must be a share"),
    ],
)
def test_impossible_options_are_named(options, message):
    with pytest.raises(OptimizerError, match=message):
        Classifier(**options)
