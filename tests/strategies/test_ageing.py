"""Ageing: the oldest die, tournaments choose among the living."""

import numpy as np
import pytest
from tests.strategies.histories import good, told

from parfocal.errors import ParfocalError
from parfocal.strategies.ageing import Ageing


def test_the_old_are_forgotten_however_good_they_were():
    history = told([0.0, *range(10, 0, -1)])
    strategy = Ageing(population=10, tournament=10, parents=1)
    assert good(strategy, history) == [10]
    assert {row for seed in range(50) for row in good(Ageing(10, 1, 5), history, seed)} == set(range(1, 11))


def test_age_is_the_order_told_and_failed_trials_do_not_live():
    assert good(Ageing(2, 2, 1), told([0.0, 3.0, 2.0, np.nan, 4.0], order=[1, 4, 2, 0, 3])) == [0]
    assert good(Ageing(2, 2, 1), told([0.0, 3.0, 2.0, np.nan, 4.0], order=[0, 1, 4, 3])) == [1]
    assert good(Ageing(2, 2, 1), told([np.nan])) == []


@pytest.mark.parametrize("tournament", [1, 3, 8])
def test_a_parent_wins_as_often_as_a_tournament_without_replacement_says(tournament):
    """The best of P wins S / P of the tournaments; the one of rank r (from 0) C(P - 1 - r, S - 1) / C(P, S)."""
    from math import comb

    history, rounds = told(range(10)), 4000
    counts = np.zeros(10)
    for seed in range(rounds):
        counts[good(Ageing(10, tournament, 1), history, seed)] += 1
    expected = np.array([comb(9 - rank, tournament - 1) / comb(10, tournament) for rank in range(10)])
    sigma = np.sqrt(expected * (1 - expected) / rounds)
    assert (np.abs(counts / rounds - expected) <= 4 * sigma + 1e-12).all()


@pytest.mark.parametrize("options", [{"population": 0}, {"tournament": 0}, {"parents": 0}])
def test_impossible_options_are_named(options):
    with pytest.raises(ParfocalError, match=next(iter(options))):
        Ageing(**options)
