"""Annealing: acceptance as Metropolis says, colder with each result, the same in each replay."""

import math

import numpy as np
import pytest
from scipy import stats
from tests.strategies.histories import good, told

from parfocal.errors import ParfocalError
from parfocal.strategies.annealing import Annealing, lottery


def _accepted(strategy, worse, runs, turns=1) -> float:
    """Return the share of runs in which a trial at a turn, ``worse`` than the current one, is accepted."""
    count = 0
    for run in range(runs):
        start = 1e-9 * run  # other losses, other luck
        founders = [start, 1.0 + start, 2.0 + start]  # their spread is 1
        count += good(strategy, told([*founders, *([np.nan] * (turns - 1)), start + worse])) != [0]
    return count / runs


@pytest.mark.parametrize("worse", [0.1, 0.5, 1.5])
@pytest.mark.parametrize("turns", [1, 4, 9])
def test_a_worse_trial_is_accepted_with_the_probability_of_metropolis(worse, turns):
    strategy, runs = Annealing(heat=0.8, halving=4, founders=3), 600
    expected = math.exp(-worse / (0.8 * 2.0 ** (-turns / 4)))
    assert stats.binomtest(round(_accepted(strategy, worse, runs, turns) * runs), runs, expected).pvalue > 1e-3


def test_what_is_not_worse_is_always_accepted():
    strategy = Annealing(heat=0.0, founders=3)
    assert _accepted(strategy, 0.0, 50) == _accepted(strategy, -0.1, 50) == 1
    assert _accepted(strategy, 1e-6, 50) == 0


def test_the_scale_of_the_losses_does_not_matter():
    losses = np.random.default_rng(0).random(60)
    luck = np.random.default_rng(1).random(60)
    for factor in (1.0, 2.0**-20, 2.0**20):
        strategy, current, founders = Annealing(founders=20), int(np.argmin(losses[:20])), losses[:20]
        spread = np.median(founders) - founders.min()
        for turn in range(1, 41):
            temperature = strategy.heat * spread * 2.0 ** (-turn / strategy.halving)
            rise = max(0.0, losses[19 + turn] - losses[current])
            accepted = strategy._acceptance(
                (losses[current] * factor, 1.0), (losses[19 + turn] * factor, 1.0), spread * factor, turn
            )
            assert accepted == pytest.approx(math.exp(-rise / temperature))
            current = 19 + turn if luck[turn] < accepted else current


def test_the_walk_is_the_same_in_one_pass_and_step_by_step():
    losses = np.random.default_rng(0).choice([0.1, 0.2, 0.5, 1.0, np.nan, np.inf], 120)
    strategy, history = Annealing(heat=2.0, halving=40, founders=5), told(losses)
    grown = told([])
    seen = set()
    for row in range(120):
        grown.append(history.X[row])
        grown.tell([row], history.state[row], history.loss[row])
        current = good(strategy, grown)
        assert current == good(strategy, history.at(row + 1, row + 1))
        seen.update(current)
    assert len(seen) > 10
    assert good(strategy, history) == good(strategy, grown)


def test_the_walk_starts_from_the_best_founder():
    strategy = Annealing(heat=0.0, founders=3)
    assert good(strategy, told([np.nan])) == []
    assert good(strategy, told([3.0, 1.0])) == [1]
    assert good(strategy, told([3.0, np.nan, 1.0, 2.0, 5.0])) == [2]


def test_a_higher_fidelity_always_replaces_a_lower_one():
    fidelity = [0.5, 0.5, 0.5, 1.0, 0.5]
    assert good(Annealing(heat=0.0, founders=3), told([1.0, 2.0, 3.0, 9.0, 0.0], fidelity=fidelity)) == [3]


def test_the_lottery_is_uniform_and_depends_on_loss_and_place():
    rng = np.random.default_rng(0)
    draws = lottery(rng.random(20_000), np.arange(20_000))
    assert stats.kstest(draws, "uniform").pvalue > 1e-3
    assert stats.kstest(lottery(np.zeros(20_000), np.arange(20_000)), "uniform").pvalue > 1e-3
    assert abs(np.corrcoef(draws[1:], draws[:-1])[0, 1]) < 0.03
    assert lottery(np.array([0.5]), np.array([7]))[0] != lottery(np.array([0.25]), np.array([7]))[0]


@pytest.mark.parametrize("options", [{"heat": -1.0}, {"heat": math.inf}, {"halving": 0}, {"founders": 0}])
def test_impossible_options_are_named(options):
    with pytest.raises(ParfocalError, match=next(iter(options))):
        Annealing(**options)
