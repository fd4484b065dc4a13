"""The density ratio: what is good and bad, the best ratio first, batches apart."""

import math

import numpy as np
import pytest

from parfocal.errors import OptimizerError
from parfocal.samplers.parzen import Parzen
from parfocal.space import Float, Space
from parfocal.strategies import Candidates
from parfocal.strategies.density_ratio import BAD, DensityRatio
from parfocal.trials import History, State

SPACE = Space({"x": Float(0, 1), "y": Float(0, 1)})


def _history(n=60, seed=0) -> History:
    history = History(SPACE.dimension)
    X = SPACE.sample(n, np.random.default_rng(seed))
    history.append(X)
    history.tell(np.arange(n), State.COMPLETE, np.abs(X - 0.3).sum(axis=1))
    return history


@pytest.mark.parametrize(("complete", "good"), [(1, 1), (10, 2), (60, 9), (400, 60), (900, 100)])
def test_a_share_of_the_best_is_good(complete, good):
    history = _history(complete)
    selection = DensityRatio().select(SPACE, history, np.random.default_rng(0))
    assert selection.good.sum() == good == min(math.ceil(0.15 * complete), 100)
    worst = history.loss[selection.good_rows].max()
    assert worst <= history.loss[selection.rows[~selection.good]].min(initial=math.inf)


def test_failed_and_pending_trials_are_bad_and_lost_ones_nothing():
    history = _history(20)
    history.append(SPACE.sample(4, np.random.default_rng(1)))
    history.tell([20, 21], [State.FAILED, State.LOST], np.nan)
    selection = DensityRatio().select(SPACE, history, np.random.default_rng(0))
    assert set(selection.rows.tolist()) == set(range(24)) - {21}
    assert not {20, 22, 23} & set(selection.good_rows.tolist())


def test_a_long_history_is_thinned_among_the_bad_only():
    history = _history(BAD + 400)
    selection = DensityRatio().select(SPACE, history, np.random.default_rng(0))
    assert (~selection.good).sum() == BAD
    best = np.argsort(history.loss, kind="stable")[:100]
    np.testing.assert_array_equal(selection.good_rows, best)


def test_the_first_choice_has_the_highest_ratio_and_the_others_keep_away_from_it():
    history, rng = _history(), np.random.default_rng(0)
    strategy, sampler = DensityRatio(), Parzen()
    selection = strategy.select(SPACE, history, rng)
    X = sampler.sample(SPACE, history, selection, 200, rng)
    X = np.concatenate([X, X + 1e-7])  # each candidate has a twin
    density = lambda told, Y: sampler.log_density(SPACE, history, told, Y)  # noqa: E731
    chosen = strategy.choose(SPACE, history, Candidates(X, selection, density), 8, rng)
    ratio = density(selection, X) - density(selection.swapped(), X)
    assert ratio[chosen[0]] == ratio.max()
    assert ratio[chosen].min() > np.median(ratio)
    gaps = np.linalg.norm(X[chosen][:, None] - X[chosen], axis=2) + np.eye(8)
    greedy = np.linalg.norm(X[np.argsort(-ratio)[:8]][:, None] - X[np.argsort(-ratio)[:8]], axis=2) + np.eye(8)
    assert gaps.min() > 1e-3 > greedy.min()


def test_candidates_of_any_sampler_are_judged():
    history, rng = _history(), np.random.default_rng(0)
    strategy = DensityRatio()
    X = SPACE.sample(300, rng)
    chosen = strategy.choose(SPACE, history, Candidates(X, strategy.select(SPACE, history, rng)), 10, rng)
    assert np.abs(X[chosen] - 0.3).sum(axis=1).mean() < 0.5 * np.abs(X - 0.3).sum(axis=1).mean()


@pytest.mark.parametrize("options", [{"share": 0.0}, {"share": 1.0}, {"most": 0}, {"pool": 1}])
def test_impossible_options_are_named(options):
    with pytest.raises((OptimizerError, ValueError), match=next(iter(options))):
        DensityRatio(**options)
