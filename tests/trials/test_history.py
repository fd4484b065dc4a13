"""The history: columns, order of results, read-only views, the past, and memory."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from parfocal.errors import InvalidInput
from parfocal.trials import History, Reason, State

COLUMNS = ("X", "loss", "state", "reason", "fidelity", "runtime", "told", "ask", "revision")


def filled(n=5, d=2):
    history = History(d, 2)
    history.append(np.arange(n * d, dtype=float).reshape(n, d))
    return history


def assert_same(one, two):
    for column in (*COLUMNS, "finished_order"):
        np.testing.assert_array_equal(getattr(one, column), getattr(two, column), err_msg=column)


def test_a_new_trial_waits():
    history = filled(3)
    assert len(history) == 3
    assert history.dimension == 2
    assert history.pending.all() and not (history.complete | history.failed | history.lost).any()
    assert np.isnan(history.loss).all() and np.isnan(history.runtime).all()
    assert history.told.tolist() == history.reason.tolist() == history.revision.tolist() == [-1] * 3
    assert history.fidelity.tolist() == [1.0] * 3
    assert history.ask.tolist() == [0, 0, 0]
    assert history.append(np.zeros(2)) == slice(3, 4)
    assert history.ask[3] == 3
    assert history.append(np.zeros((2, 2)), fidelity=[0.5, 0.25], ask=[1, 2], number=4) == slice(4, 6)
    assert history.fidelity[4:].tolist() == [0.5, 0.25] and history.ask[4:].tolist() == [1, 2]


def test_results_come_in_their_own_order():
    history = filled()
    history.start([3, 1, 0])
    assert history.state.tolist() == [1, 1, 0, 1, 0]
    history.release(0)
    history.tell([3, 1], [State.COMPLETE, State.FAILED], [0.5, np.nan], reason=[-1, Reason.MEMORY.code], runtime=[1, 2])
    history.tell(0, State.COMPLETE, 0.25)
    history.tell(4, State.LOST, np.nan)
    history.tell(2, State.PRUNED, 0.125)
    assert history.finished_order.tolist() == [3, 1, 0, 4, 2]
    assert history.told.tolist() == [2, 1, 4, 0, 3]
    np.testing.assert_array_equal(history.loss, [0.25, np.nan, 0.125, 0.5, np.nan])
    assert history.reason.tolist() == [-1, Reason.MEMORY.code, -1, -1, -1]
    assert history.complete.tolist() == [True, False, False, True, False]
    assert np.flatnonzero(history.failed).tolist() == [1]
    assert np.flatnonzero(history.lost).tolist() == [4]
    assert history.best == 0


def test_what_a_server_failed_says_nothing_about_its_configuration():
    history = filled(3)
    history.tell([0, 1], State.FAILED, np.nan, reason=[Reason.SERVER.code, Reason.ERROR.code])
    assert history.state.tolist() == [State.FAILED, State.FAILED, State.WAITING]
    assert history.failed.tolist() == [False, True, False]
    assert not (history.complete | history.lost)[0] and not history.pending[0]


def test_the_codes_of_reasons_never_change():
    names = ("error", "timeout", "memory", "invalid", "not-finite", "missing", "interrupted", "server")
    assert [str(Reason.from_code(code)) for code in range(len(names))] == list(names)
    assert len(Reason) == len(names)


def test_the_best_is_complete_and_of_the_highest_fidelity():
    history = History(1)
    assert history.best is None
    history.append(np.zeros((5, 1)), fidelity=[0.5, 1.0, 1.0, 1.0, 1.0])
    history.tell([0], State.COMPLETE, [0.1])
    assert history.best == 0
    history.tell([3, 2, 1], State.COMPLETE, [0.5, 0.5, 0.75])
    history.tell([4], State.PRUNED, [0.0])
    assert history.best == 2


def test_views_are_read_only_and_free():
    history = filled(300)
    for column in (*COLUMNS, "finished_order"):
        view = getattr(history, column)
        assert not view.flags.writeable, column
        assert np.shares_memory(view, getattr(history, column)) or not len(view), column
    with pytest.raises(ValueError, match="read-only"):
        history.X[0] = 0


def test_the_callers_array_is_copied():
    X = np.zeros((2, 2))
    history = History(2)
    history.append(X)
    X[:] = 1
    assert (history.X == 0).all()


def test_the_version_grows_with_every_change():
    history = History(1)
    versions = [history.version]
    for change in (
        lambda: history.append([[0.5]]),
        lambda: history.start(0),
        lambda: history.release(slice(0, 1)),
        lambda: history.tell(0, State.COMPLETE, 1.0),
    ):
        change()
        versions.append(history.version)
    assert versions == sorted(set(versions))


@pytest.mark.parametrize(
    ("values", "text"),
    [
        (([0], State.COMPLETE, [0.5]), "told only once"),
        (([1, 1], State.COMPLETE, [0.5, 0.5]), "twice"),
        (([1], State.RUNNING, [0.5]), "must be COMPLETE"),
        (([1], 6, [0.5]), "must be COMPLETE"),
        (([1], State.COMPLETE, [np.nan]), "finite for a COMPLETE.*nan for the COMPLETE trial 1"),
        (([1, 2], State.FAILED, [np.nan, 1e9]), "1000000000.0 for the FAILED trial 2"),
        (([1], State.LOST, [0.5]), "LOST trial 1"),
        (([1], State.PRUNED, [np.inf]), "PRUNED"),
        (([5], State.COMPLETE, [0.5]), "from 0 to 4; got .5."),
        (([-1], State.COMPLETE, [0.5]), "from 0 to 4"),
    ],
)
def test_wrong_results_are_refused_and_change_nothing(values, text):
    history = filled()
    history.tell(0, State.COMPLETE, 0.5)
    before = history.at(5, 1)
    version = history.version
    with pytest.raises(InvalidInput, match=text):
        history.tell(*values)
    assert_same(history, before)
    assert history.version == version


def test_wrong_rows_are_refused():
    history = filled()
    history.tell(0, State.COMPLETE, 0.5)
    with pytest.raises(InvalidInput, match="never changes"):
        history.start([0])
    with pytest.raises(InvalidInput, match=r"shape \(n, 2\)"):
        history.append(np.zeros((1, 3)))
    with pytest.raises(InvalidInput, match="the next one is 5; got 7"):
        history.append(np.zeros((1, 2)), number=7)
    with pytest.raises(InvalidInput, match="at least 0"):
        History(-1)


def test_an_empty_space_and_empty_batches():
    history = History(0)
    history.append(np.empty((3, 0)))
    assert len(history) == 3
    history.append(np.empty((0, 0)))
    history.tell([], State.COMPLETE, [])
    assert len(history) == 3 and history.X.shape == (3, 0)


@st.composite
def lives(draw):
    """A random life of a history: how many are appended, then which are told, again and again."""
    steps, size, told = [], 0, set()
    for _ in range(draw(st.integers(1, 12))):
        n = draw(st.integers(0, 4))
        size += n
        open_ = [row for row in range(size) if row not in told]
        rows = draw(st.lists(st.sampled_from(open_), unique=True, max_size=4)) if open_ else []
        states = draw(hnp.arrays(np.int8, len(rows), elements=st.integers(State.COMPLETE, State.LOST)))
        told.update(rows)
        steps.append((n, rows, states))
    return steps


@given(lives())
def test_the_past_is_as_it_was(steps):
    """``at`` gives back, at every moment, the history that was there at that moment."""
    history, moments, revision = History(1, 1), [], 0
    for n, rows, states in steps:
        history.append(np.arange(n, dtype=float)[:, None], fidelity=np.linspace(0.5, 1, n))
        losses = np.where(states == State.COMPLETE, states + 0.5, np.nan)
        history.tell(rows, states, losses, revision=revision + np.arange(len(rows)), runtime=np.ones(len(rows)))
        revision += len(rows) + 3
        now = History(1)
        now.append(history.X, fidelity=history.fidelity, ask=history.ask)
        order = history.finished_order
        columns = {name: getattr(history, name)[order] for name in ("runtime", "reason", "revision")}
        now.tell(order, history.state[order], history.loss[order], **columns)
        assert_same(now, history)
        moments.append((len(history), len(order), revision - 3, now))
    for created, told, seen, then in moments:
        past = history.at(created, told)
        assert_same(past, then)
        assert past.best == then.best
        assert history.told_by(seen) == told
        past.append([[9.0]])
        past.tell(created, State.COMPLETE, 0.0)
    assert_same(history, moments[-1][3])


def test_a_past_that_never_was_is_refused():
    history = filled()
    history.tell(4, State.COMPLETE, 0.5)
    with pytest.raises(InvalidInput, match="at most 5 trials and 1 results"):
        history.at(6, 0)
    with pytest.raises(InvalidInput, match="later than the first 4"):
        history.at(4, 1)


def test_a_million_trials_fit_in_a_gibibyte():
    """Ten parameters, appended and told in batches; the peak counts the moment of growing too."""
    batch, n = 5_000, 1_000_000
    X, losses = np.full((batch, 10), 0.5), np.zeros(batch)
    tracemalloc.start()
    try:
        history = History(10)
        for _ in range(n // batch):
            rows = history.append(X)
            history.tell(rows, State.COMPLETE, losses)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(history) == n and history.complete.all() and history.best == 0
    assert peak < 2**30 / 2


def test_growing_copies_each_row_a_bounded_number_of_times():
    history, buffers = History(1, 1), 0
    address = None
    for _ in range(5_000):
        history.append([[0.5]])
        now = history.X.__array_interface__["data"][0]
        buffers += now != address
        address = now
    assert buffers <= 16


@pytest.mark.parametrize("member", [-2, 32_768, [0, 70_000]])
def test_members_beyond_their_range_are_refused(member):
    history = filled(1)
    with pytest.raises(InvalidInput, match="0 to 32767"):
        history.append(np.zeros((2, 2)), member=member)
    assert len(history) == 1
    assert history.append(np.zeros((2, 2)), member=[-1, 32_767]) == slice(1, 3)
