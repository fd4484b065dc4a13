"""Plus: truncation over parents and offspring, generation by generation, is the best of all."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.strategies.histories import good, told

from parfocal.errors import ParfocalError
from parfocal.strategies.plus import Plus

PLUS = Plus(parents=2, offspring=4, founders=3)


def test_nothing_good_is_lost():
    assert good(PLUS, told([0.0, 0.1, 0.2, 9.0, 7.0, 8.0, 6.0])) == [0, 1]
    assert good(PLUS, told([0.0, 0.5, 0.7, 9.0, 7.0, 0.2, 6.0])) == [0, 5]


def test_an_open_generation_does_not_count():
    assert good(PLUS, told([1.0, 2.0])) == []
    assert good(PLUS, told([1.0, 2.0, 3.0, 0.0, 0.0, 0.0])) == [0, 1]


def test_the_steady_state_counts_each_result():
    assert good(Plus(parents=2, offspring=1, founders=3), told([1.0, 2.0, 3.0, 0.0])) == [3, 0]


@given(losses=st.lists(st.sampled_from([0.0, 1.0, 2.0, 3.0, np.nan, np.inf]), max_size=40), seed=st.integers(0, 9))
def test_survivors_are_those_of_the_selection_step_by_step(losses, seed):
    order = np.random.default_rng(seed).permutation(len(losses))
    results = [int(row) for row in order if not np.isinf(losses[row])]
    parents: list[int] = []
    if len(results) >= 3:
        cuts = [0, 3, *range(7, len(results) + 1, 4)]
        for start, stop in pairwise(cuts):
            pool = parents + [row for row in results[start:stop] if not np.isnan(losses[row])]
            parents = sorted(pool, key=lambda row: (losses[row], row))[:2]
    assert good(PLUS, told(losses, order)) == parents


@pytest.mark.parametrize("options", [{"parents": 0}, {"offspring": 0}, {"founders": 0}])
def test_impossible_options_are_named(options):
    with pytest.raises(ParfocalError, match=next(iter(options))):
        Plus(**options)
