"""Comma: generations in the order told, whose parents are forgotten."""

import numpy as np
import pytest
from tests.strategies.histories import good, told

from parfocal.errors import ParfocalError
from parfocal.strategies import lineage
from parfocal.strategies.comma import Comma

COMMA = Comma(parents=2, offspring=4, founders=3)


def test_nothing_is_good_before_generation_0_is_over():
    assert good(COMMA, told([1.0, 2.0])) == []
    assert good(COMMA, told([3.0, 1.0, 2.0])) == [1, 2]


def test_parents_are_forgotten_however_good_they_were():
    losses = [0.0, 0.1, 0.2, 9.0, 7.0, 8.0, 6.0]
    assert good(COMMA, told(losses[:6])) == [0, 1], "the generation is still open"
    assert good(COMMA, told(losses)) == [6, 4]


def test_generations_follow_the_order_told():
    assert good(COMMA, told([5.0, 4.0, 3.0, 2.0, 1.0, 0.0, 9.0], order=[4, 5, 6, 0, 1, 2, 3])) == [3, 2]


def test_failed_trials_count_and_are_no_parents():
    assert good(COMMA, told([1.0, 2.0, 3.0, np.nan, np.nan, 5.0, np.nan])) == [5]


def test_a_generation_that_failed_leaves_the_parents():
    assert good(COMMA, told([1.0, 2.0, 3.0] + 8 * [np.nan])) == [0, 1]
    assert good(COMMA, told(3 * [np.nan] + [5.0, 4.0, 6.0, 7.0] + 4 * [np.nan])) == [4, 3]
    assert good(COMMA, told(11 * [np.nan])) == []


def test_lost_trials_are_left_out():
    assert good(COMMA, told([1.0, np.inf, 2.0, 3.0])) == [0, 2]


@pytest.mark.parametrize("options", [{"parents": 0}, {"offspring": 0}, {"founders": 0}, {"parents": 4, "offspring": 4}])
def test_impossible_options_are_named(options):
    with pytest.raises(ParfocalError, match=next(iter(options))):
        Comma(**options)


def test_the_last_generation_with_a_complete_trial_is_the_one_of_a_walk_backwards():
    rng = np.random.default_rng(0)
    for _ in range(300):
        history = told(np.where(rng.random(size := int(rng.integers(1, 40))) < rng.random(), np.nan, rng.random(size)))
        order = history.finished_order
        stop = size - (size - COMMA.founders) % COMMA.offspring
        expected: list[int] = []
        while stop >= COMMA.founders and not expected:
            start = stop - COMMA.offspring if stop > COMMA.founders else 0
            expected, stop = lineage.best(history, order[start:stop], COMMA.parents).tolist(), start
        assert good(COMMA, history) == expected
