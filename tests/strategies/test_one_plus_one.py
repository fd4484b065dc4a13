"""(1 + 1): the incumbent, which an equally good newer trial replaces."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from tests.strategies.histories import good, told

from parfocal.strategies.one_plus_one import OnePlusOne


@given(losses=st.lists(st.sampled_from([0.0, 1.0, 2.0, np.nan, np.inf]), max_size=30), seed=st.integers(0, 9))
def test_the_incumbent_is_that_of_the_rule_step_by_step(losses, seed):
    order = np.random.default_rng(seed).permutation(len(losses))
    incumbent: list[int] = []
    for row in order.tolist():
        if np.isfinite(losses[row]) and (not incumbent or losses[row] <= losses[incumbent[0]]):
            incumbent = [row]
    assert good(OnePlusOne(), told(losses, order)) == incumbent


def test_a_higher_fidelity_replaces_a_better_loss_of_a_lower_one():
    assert good(OnePlusOne(), told([0.0, 5.0, 5.0, 0.0], fidelity=[0.5, 1, 1, 0.5])) == [2]
