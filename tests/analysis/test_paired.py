import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import bootstrap, wilcoxon

from parfocal.analysis import paired
from parfocal.analysis.paired import mean_interval, signed_rank_p
from parfocal.errors import InvalidInput


@pytest.mark.parametrize("n", [1, 2, 5, 12, 40])
def test_without_ties_p_is_that_of_scipy(n: int) -> None:
    for seed in range(5):
        d = np.random.default_rng(seed).normal(0.3, 1, n)
        assert signed_rank_p(d) == pytest.approx(wilcoxon(d, method="exact").pvalue, rel=1e-9)


@given(st.lists(st.integers(-4, 4), min_size=1, max_size=9))
def test_with_ties_p_is_counted_over_all_signs(values: list[int]) -> None:
    d = np.array(values, dtype=float)
    moved = d[d != 0]
    if not len(moved):
        assert signed_rank_p(d) == 1
        return
    size = np.abs(moved)
    rank = np.array([(size < s).sum() + ((size == s).sum() + 1) / 2 for s in size])
    seen = rank[moved > 0].sum()
    sums = np.array([rank[np.array(sign)].sum() for sign in product([False, True], repeat=len(moved))])
    expected = min(1.0, 2 * min(np.mean(sums <= seen + 1e-9), np.mean(sums >= seen - 1e-9)))
    assert signed_rank_p(d) == pytest.approx(expected)


def test_many_differences_are_nearly_normal() -> None:
    d = np.round(np.random.default_rng(0).normal(0.1, 1, 400), 1)
    assert signed_rank_p(d) == pytest.approx(wilcoxon(d, correction=False, method="approx").pvalue, rel=1e-6)


def test_the_interval_is_that_of_the_percentile_bootstrap() -> None:
    d = np.random.default_rng(1).exponential(1, 60)
    reference = bootstrap((d,), np.mean, method="percentile", n_resamples=40_000, rng=np.random.default_rng(2))
    np.testing.assert_allclose(mean_interval(d), reference.confidence_interval, atol=0.02)


def test_gains_are_positive_where_the_second_is_better() -> None:
    before, after = np.array([0.5, 0.6, 0.7, np.nan]), np.array([0.7, 0.6, 0.6, 0.9])
    up = paired(before, after, maximize=True)
    np.testing.assert_allclose(up.gain, [0.2, 0, -0.1, np.nan])
    assert (up.better, up.equal, up.worse, len(up)) == (1, 1, 1, 3) and up.mean == pytest.approx(0.1 / 3)
    down = paired(before, after, maximize=False)
    np.testing.assert_allclose(down.gain, -up.gain)
    assert down.mean == -up.mean and down.p == up.p and up.low <= up.mean <= up.high


def test_degenerate_pairs() -> None:
    none = paired(np.empty(0), np.empty(0), maximize=True)
    assert math.isnan(none.mean) and math.isnan(none.low) and math.isnan(none.p) and len(none) == 0
    one = paired(np.array([1.0]), np.array([2.0]), maximize=True)
    assert one.mean == 1 and math.isnan(one.low) and one.p == 1
    same = paired(np.ones(5), np.ones(5), maximize=True)
    assert same.p == 1 and (same.low, same.high) == (0, 0) and same.equal == 5
    with pytest.raises(InvalidInput, match="before and after"):
        paired(np.ones(2), np.ones(3), maximize=True)
