"""The default optimizer: who has a turn follows the space, what is in flight, the budget, and what was brought."""

import numpy as np
import pytest

from parfocal.errors import OptimizerError
from parfocal.optimizers import compose
from parfocal.optimizers.auto import BOX, DENSITY, FOREST, MEMBERS, NEAR, WIDE, Auto
from parfocal.space import Float, Space
from parfocal.testing.kinds import SPACES
from parfocal.trials import History, State

CUBE = Space({name: Float(0, 1) for name in "abc"})


def _told(space, n, members=-1, losses=None):
    history = History(space.dimension)
    history.append(space.sample(n, np.random.default_rng(0)), member=members)
    history.tell(np.arange(n), State.COMPLETE, np.linspace(1, 2, n) if losses is None else losses)
    return history


def _turns(space, history, policy=None, n=1000):
    turns = np.zeros(len(MEMBERS))
    for first in range(0, n, 10):  # ten at once: fewer than count as many in flight
        for turn in (policy or Auto()).plan(space, history, 10, first):
            turns[turn.member] += turn.count
    return turns / turns.sum()


def test_all_models_have_a_share_and_the_density_ratio_only_with_many_in_flight():
    shares = _turns(CUBE, _told(CUBE, 30))
    assert (shares[[NEAR, WIDE, BOX, FOREST]] > 0.1).all()
    assert shares[DENSITY] == 0
    busy = _told(CUBE, 30)
    busy.append(CUBE.sample(20, np.random.default_rng(1)))
    assert _turns(CUBE, busy)[DENSITY] > 0.1


def test_options_ask_for_more_forest_and_many_parameters_for_nearer_candidates():
    plain = _turns(CUBE, _told(CUBE, 30))
    options, wide = SPACES["categorical"](), SPACES["wide"]()
    assert _turns(options, _told(options, 30))[FOREST] > 1.3 * plain[FOREST]
    assert _turns(wide, _told(wide, 30))[[NEAR, BOX]].sum() > 1.1 * plain[[NEAR, BOX]].sum()


def test_the_last_part_of_a_known_budget_refines():
    early, late = _told(CUBE, 79), _told(CUBE, 80)
    policy = Auto(budget=100)
    np.testing.assert_array_equal(_turns(CUBE, early, policy), _turns(CUBE, early))
    assert _turns(CUBE, late, policy)[[NEAR, BOX]].sum() > 1.3 * _turns(CUBE, late)[[NEAR, BOX]].sum()
    assert "the budget ends" in policy.plan(CUBE, late, 1, 0)[0].why


def test_a_member_that_brings_more_gets_more_and_says_so():
    losses = 1 / np.arange(1, 101)
    losses[1::2] = 9.0
    history = _told(CUBE, 100, np.where(np.arange(100) % 2, WIDE, FOREST), losses)
    assert _turns(CUBE, history)[FOREST] > 1.3 * _turns(CUBE, _told(CUBE, 30))[FOREST]
    said = {turn.member: turn.why for turn in Auto().plan(CUBE, history, 15, 0)}
    assert "its trials brought more" in said[FOREST]
    assert "its trials brought less" in said[WIDE]


def test_the_budget_is_an_option_of_the_text():
    assert compose("auto(budget=200)").policy == Auto(200)
    assert str(compose("auto(budget=200)")) == "auto(budget=200)"
    with pytest.raises(OptimizerError, match="budget must be at least 0"):
        compose("auto(budget=-1)")
