import numpy as np
import pytest
from scipy.stats import ttest_ind

from parfocal.analysis import repeated_gain
from parfocal.space import Float, Space
from parfocal.testing.studies import told
from parfocal.trials import Objective

SPACE = Space({"x": Float(0, 1)})


def gained(default, best, others=(), direction="minimize"):
    sign = 1.0 if direction == "minimize" else -1.0
    x = [0.0] * len(default) + [0.5] * len(best) + [0.75] * len(others)
    loss = sign * np.array([*default, *best, *others])
    return repeated_gain(SPACE, told(np.array(x)[:, None], loss), Objective("y", direction), {"x": 0.0})


def test_it_is_welch_s_interval():
    default, best = [1.0, 1.2, 0.9, 1.05], [0.5, 0.7, 0.45]
    table = gained(default, best, [0.8])
    low, high = ttest_ind(default, best, equal_var=False).confidence_interval(0.95)
    assert (table.gain, table.low, table.high) == pytest.approx((np.mean(default) - np.mean(best), low, high))
    assert sorted(table.default) == sorted(default) and sorted(table.best) == sorted(best)


def test_higher_is_better():
    table = gained([0.5, 0.6], [0.9, 0.8], direction="maximize")
    assert table.gain == pytest.approx(0.3) and sorted(table.best) == [0.8, 0.9]


def test_an_interval_covers_as_often_as_it_says():
    rng = np.random.default_rng(0)
    hits = [
        t.low <= 1.0 <= t.high
        for _ in range(400)
        if (t := gained(rng.normal(2.0, 0.1, 6), rng.normal(1.0, 0.3, 5))) is not None
    ]
    assert len(hits) == 400 and 0.92 < np.mean(hits) < 0.98


@pytest.mark.parametrize(
    ("default", "best"), [([1.0], [0.5, 0.6]), ([1.0, 1.1], [0.5]), ([1.0, 1.0], [0.5, 0.5]), ([0.1, 0.2], [0.5, 0.6])]
)
def test_without_repeats_without_noise_or_where_the_default_is_best_nothing_is_said(default, best):
    assert gained(default, best) is None


def test_without_any_trial():
    assert repeated_gain(SPACE, told(np.empty((0, 1)), []), Objective("y"), {"x": 0.0}) is None
    assert repeated_gain(SPACE, told([[0.5]], [np.nan]), Objective("y"), {"x": 0.0}) is None
