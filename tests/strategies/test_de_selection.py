"""Selection of differential evolution: slot by slot, a child replaces its parent unless it is worse."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.strategies.histories import good, told

from parfocal.errors import OptimizerError
from parfocal.strategies.de_selection import DESelection


@given(losses=st.lists(st.sampled_from([0.0, 1.0, 2.0, 3.0, np.nan, np.inf]), max_size=50), seed=st.integers(0, 9))
def test_members_are_those_of_the_competition_step_by_step(losses, seed):
    order = np.random.default_rng(seed).permutation(len(losses))
    slots: list[int | None] = [None] * 4
    results = [row for row in order.tolist() if not np.isinf(losses[row])]
    for turn, row in enumerate(results):
        held = slots[turn % 4]
        if not np.isnan(losses[row]) and (held is None or losses[row] <= losses[held]):
            slots[turn % 4] = row
    members = [row for row in slots if row is not None]
    history = told(losses, order)
    assert DESelection(4).members(history).tolist() == members
    assert good(DESelection(4), history) == sorted(members, key=lambda row: (losses[row], row))


def test_a_population_too_small_for_differences_is_named():
    with pytest.raises(OptimizerError, match="population must be at least 4"):
        DESelection(3)
