"""Any order of asking, telling, losing and repeating: the budget finishes exactly, and each trial is told once."""

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.exchange.conftest import Clock, failed, make, outcome

from parfocal.exchange import ask, tell
from parfocal.storage import MemoryStorage
from parfocal.trials import State

WEEK = 7 * 86_400
BUDGET = 12

asks = st.tuples(st.just("ask"), st.integers(1, 8), st.sampled_from([None, None, "g1", "g2"]))
tells = st.tuples(st.just("tell"), st.lists(st.integers(0, 40), max_size=6), st.booleans())
waits = st.tuples(st.just("wait"), st.sampled_from([0.4, 0.7, 1.1]), st.none())


@settings(max_examples=150)
@given(st.lists(st.one_of(asks, asks, tells, tells, waits), max_size=25))
def test_any_order(steps):
    clock = Clock()
    storage = MemoryStorage(clock=clock)
    study = make(storage, stop_after_failures=0)
    handed, told = [], []

    def enter(trials, fails=False):
        entered = tell(storage, study.record, map(failed if fails else outcome, trials))
        assert entered.wrong == ()
        assert len(entered.told) + len(entered.known) + len(entered.stale) == len(trials)
        told.extend(number for number, _ in entered.told)

    def bounded():
        counts = study.counts
        assert counts.finished - counts.lost + counts.running <= BUDGET
        assert len(told) == len(set(told)) == counts.complete + counts.failed

    for kind, what, how in steps:
        if kind == "ask":
            batch = ask(study, what, budget=BUDGET, worker=how)
            assert batch.again or len(batch.trials) <= what
            handed += batch.trials
        elif kind == "tell":
            enter([handed[index] for index in what if index < len(handed)], how)
        else:
            clock.now += what * WEEK
        bounded()
    for _ in range(5):  # what is out comes back, or its lease ends
        while batch := ask(study, 5, budget=BUDGET).trials:
            enter(batch)
            bounded()
        clock.now += 1.1 * WEEK
    assert ask(study, 5, budget=BUDGET).spent
    states = [trial.state for trial in study.trials()]
    assert sum(state in (State.COMPLETE, State.FAILED) for state in states) == BUDGET
    assert all(state.finished for state in states)
    before = study.trials()
    enter(handed)
    assert study.trials() == before
