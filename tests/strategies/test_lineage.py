"""What evolutions share: what counts, how results stand to each other, and a selection of flat size."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from tests.strategies.histories import told

from parfocal.samplers.failures import MEMORY
from parfocal.samplers.selection import best_first
from parfocal.space import Float, Space
from parfocal.strategies import lineage
from parfocal.strategies.feasibility import likely_first
from parfocal.trials import History, State

LOSSES = st.lists(st.sampled_from([0.0, 1.0, 2.0, 3.0, np.nan, np.inf]), max_size=40)


def test_lost_and_pending_trials_are_no_results():
    history = told([3.0, np.nan, np.inf, 1.0], order=[3, 2, 1])
    assert lineage.results(history).tolist() == [3, 1]


@given(losses=LOSSES, count=st.integers(1, 12), low=st.lists(st.booleans(), min_size=40, max_size=40))
def test_the_best_of_some_rows_are_those_of_a_sort(losses, count, low):
    history = told(losses, fidelity=np.where(low[: len(losses)], 0.5, 1.0))
    rows = lineage.results(history)
    expected = best_first(history, rows[history.complete[rows]])[:count]
    assert lineage.best(history, rows, count).tolist() == expected.tolist()


def test_a_higher_fidelity_stands_before_a_lower_one_and_equals_tie():
    history = told([5.0, 0.0, 5.0, np.nan, 4.0], fidelity=[1, 0.5, 1, 1, 1])
    key = lineage.standing(history, np.arange(5))
    assert key[4] < key[0] == key[2] < key[1] < key[3] == np.inf


def test_the_selection_is_sorted_and_does_not_grow_with_the_history():
    rng = np.random.default_rng(0)
    losses = np.where(rng.random(4000) < 0.3, np.nan, rng.random(4000))
    history = told(losses)
    parents = np.flatnonzero(history.complete)[:3]
    selection = lineage.around(history, parents)
    assert len(selection) == 2 * MEMORY + 3
    assert set(selection.good_rows.tolist()) == set(parents.tolist())
    complete = history.complete[selection.rows]
    assert (np.diff(complete.astype(int)) <= 0).all()
    assert (np.diff(history.loss[selection.rows[complete]]) >= 0).all()


def test_candidates_that_will_rather_fail_come_last_and_keep_their_order():
    space, rng = Space({"x": Float(0, 1)}), np.random.default_rng(0)
    history = History(1)
    X = space.sample(200, rng)
    history.append(X)
    fails = X[:, 0] < 0.5
    history.tell(np.arange(200), np.where(fails, State.FAILED, State.COMPLETE), np.where(fails, np.nan, 1.0))
    order = likely_first(space, history, np.array([[0.1], [0.9], [0.2], [0.8]]), rng)
    assert order.tolist() == [1, 3, 0, 2]
