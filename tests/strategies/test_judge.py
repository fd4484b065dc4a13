"""The judge: losses on a robust scale, failures and pending trials respected, batches apart, thinned histories."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from parfocal.errors import MissingPackage, OptimizerError
from parfocal.space import Categorical, Float, Space
from parfocal.strategies import Candidates, judge
from parfocal.strategies.feasibility import feasibility
from parfocal.strategies.model_based import ModelBased
from parfocal.surrogates import Forest
from parfocal.surrogates.boosting import Boosting
from parfocal.trials import History, State

SPACE = Space({"x": Float(0, 1), "y": Float(0, 1), "k": Categorical(["p", "q", "r"])})
LEARNERS = [ModelBased(Forest(), random_share=0.0), ModelBased(Boosting(), random_share=0.0)]


def _loss(X):
    return np.abs(X[:, :2] - 0.3).sum(axis=1) + (X[:, 2] > 0.4)


def _history(n=80, *, forbidden=None) -> History:
    history = History(SPACE.dimension)
    X = SPACE.sample(n, np.random.default_rng(0))
    history.append(X)
    rows = np.arange(n)
    fails = np.zeros(n, dtype=np.bool_) if forbidden is None else forbidden(X)
    history.tell(rows, np.where(fails, State.FAILED, State.COMPLETE), np.where(fails, np.nan, _loss(X)))
    return history


@given(loss=hnp.arrays(np.float64, st.integers(1, 40), elements=st.floats(-1e6, 1e6)))
def test_scores_keep_the_order_of_losses(loss):
    scores = judge.normal_scores(loss)
    assert np.isfinite(scores).all()
    order = np.argsort(loss, kind="stable")
    assert (np.diff(scores[order]) >= 0).all()


def test_outliers_do_not_bend_the_scale_of_the_good_ones():
    loss = np.linspace(0, 1, 101)
    wild = loss.copy()
    wild[-10:] = 1e9
    np.testing.assert_allclose(judge.normal_scores(wild)[:50], judge.normal_scores(loss)[:50])
    assert judge.normal_scores(wild).max() < 30
    assert judge.normal_scores(loss).min() == -1


@pytest.mark.parametrize("strategy", LEARNERS, ids=lambda s: s.name)
def test_good_candidates_are_chosen(strategy):
    history, rng = _history(), np.random.default_rng(1)
    selection = strategy.select(SPACE, history, rng)
    X = SPACE.sample(500, rng)
    chosen = strategy.choose(SPACE, history, Candidates(X, selection), 10, rng)
    assert _loss(X[chosen]).mean() < np.quantile(_loss(X), 0.15)


@pytest.mark.parametrize("strategy", LEARNERS, ids=lambda s: s.name)
def test_batches_keep_apart(strategy):
    history, rng = _history(), np.random.default_rng(1)
    selection = strategy.select(SPACE, history, rng)
    X = np.repeat(SPACE.sample(100, rng), 5, axis=0)
    X[:, :2] = np.clip(X[:, :2] + rng.normal(scale=1e-9, size=(500, 2)), 0, 1)  # each candidate five times
    chosen = strategy.choose(SPACE, history, Candidates(X, selection), 8, rng)
    apart = len(np.unique(chosen // 5))
    assert selection.score is not None
    greedy = len(np.unique(np.argsort(-selection.score(X), kind="stable")[:8] // 5))
    assert greedy <= 2 < 4 <= apart


def test_a_pending_trial_takes_the_interest_from_its_place():
    rng = np.random.default_rng(1)
    strategy = ModelBased(Forest(), random_share=0.0)
    free, busy = _history(), _history()
    X = SPACE.sample(200, rng)
    selection = strategy.select(SPACE, free, np.random.default_rng(2))
    first = int(strategy.choose(SPACE, free, Candidates(X, selection), 1, np.random.default_rng(3))[0])
    busy.append(X[first])
    selection = strategy.select(SPACE, busy, np.random.default_rng(2))
    second = int(strategy.choose(SPACE, busy, Candidates(X, selection), 1, np.random.default_rng(3))[0])
    assert second != first


@pytest.mark.parametrize("acquisition", ["ei", "log-ei", "pi", "lcb", "thompson", "greedy"])
def test_candidates_that_will_fail_are_avoided(acquisition):
    history = _history(120, forbidden=lambda X: X[:, 0] < 0.4)  # the best place is forbidden
    strategy = ModelBased(Forest(), acquisition=acquisition, random_share=0.2)
    rng = np.random.default_rng(1)
    X = SPACE.sample(500, rng)
    chosen = strategy.choose(SPACE, history, Candidates(X, strategy.select(SPACE, history, rng)), 10, rng)
    assert (X[chosen, 0] < 0.4).mean() <= 0.1


def test_failures_are_a_probability_and_nothing_without_them():
    history = _history(120, forbidden=lambda X: X[:, 0] < 0.4)
    likely = feasibility(SPACE, history, np.random.default_rng(0))
    X = SPACE.sample(300, np.random.default_rng(1))
    assert likely is not None
    success = likely(X)
    assert ((success >= 0) & (success <= 1)).all()
    assert success[X[:, 0] < 0.3].mean() < 0.1 < 0.9 < success[X[:, 0] > 0.5].mean()
    assert feasibility(SPACE, _history(), np.random.default_rng(0)) is None


def test_a_long_history_is_thinned_and_keeps_its_best():
    seen = {}

    class Spy:
        most = 40

        def fit(self, space, X, target, rng):
            seen["rows"], seen["target"] = X, target
            return Forest(trees=2).fit(space, X, target, rng)

    history = _history(200)
    opinion = judge.fit(SPACE, history, Spy(), "ei", np.random.default_rng(0))
    assert opinion is not None
    assert len(seen["target"]) == 40
    expected = np.sort(judge.normal_scores(history.loss))[:20]
    np.testing.assert_allclose(np.sort(seen["target"])[:20], expected)
    assert opinion.best == expected[0]


def test_choose_judges_afresh_when_the_selection_carries_no_judge():
    history, strategy = _history(), ModelBased(Forest(), random_share=0.0)
    X = SPACE.sample(300, np.random.default_rng(1))
    chosen = strategy.choose(SPACE, history, Candidates(X), 5, np.random.default_rng(2))
    assert _loss(X[chosen]).mean() < np.quantile(_loss(X), 0.2)


def test_random_choices_have_their_share():
    history, strategy = _history(), ModelBased(Forest(), random_share=1.0)
    X = SPACE.sample(300, np.random.default_rng(1))
    candidates = Candidates(X, strategy.select(SPACE, history, np.random.default_rng(2)))
    chosen = strategy.choose(SPACE, history, candidates, 50, np.random.default_rng(3))
    assert _loss(X[chosen]).mean() == pytest.approx(_loss(X).mean(), rel=0.2)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ModelBased(Forest(), acquisition="ie"), "acquisition must be one of ei, log-ei"),
        (lambda: ModelBased(Forest(), pool=1), "pool must be at least 2"),
        (lambda: ModelBased(Forest(), neighbours=-1), "neighbours at least 0"),
        (lambda: ModelBased(Forest(), random_share=1.5), "random_share must be a share"),
        (lambda: Forest(share=0.0), "share must be above 0"),
        (lambda: Boosting(members=1), "members must be at least 2"),
        (lambda: Boosting(rate=0.0), "rate must be above 0"),
    ],
)
def test_impossible_options_are_named(make, message):
    with pytest.raises(OptimizerError, match=message):
        make()


class Scaled:
    """A surrogate whose own parameter is the number of results that it was learned on."""

    name, most, learned = "scaled", 600, []

    def tuned(self, space, X, target):
        self.learned.append(len(target))
        return Forest(trees=len(target))

    def fit(self, space, X, target, rng):
        raise AssertionError("the tuned one is fitted")


def test_dear_parameters_are_learned_at_marks_that_depend_on_the_number_of_results_alone():
    surrogate, history = Scaled(), History(SPACE.dimension)
    trees = []
    for row in SPACE.sample(60, np.random.default_rng(0)):
        rows = history.append(row)
        history.tell([rows.start], State.COMPLETE, _loss(row[None])[0])
        opinion = judge.fit(SPACE, history, surrogate, "ei", np.random.default_rng(0))
        trees.append(len(opinion.model.trees))
    assert surrogate.learned == sorted(set(trees)), "once at each mark"
    assert len(surrogate.learned) < 30
    assert all(mark <= count < 1.3 * mark + 1 for count, mark in enumerate(trees, 1))
    afresh = judge.fit(SPACE, history.at(60, 60), surrogate, "ei", np.random.default_rng(0))
    assert len(afresh.model.trees) == trees[-1]


def test_without_the_package_the_install_line_is_named(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "xgboost", None)
    with pytest.raises(MissingPackage, match=r"pip install 'parfocal\[boost\]'"):
        Boosting()
