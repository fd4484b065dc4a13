"""The SQL storage does the same as the one in memory, whatever is done to it in whatever order."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from parfocal.storage import MemoryStorage, load_history, sync
from parfocal.storage.sql import SqlStorage
from parfocal.testing.storage import Clock
from parfocal.trials import Fidelity, History, Outcome, Provenance, Reason, State

WORKERS = st.sampled_from(["a", "b", "c"])
BATCH = st.integers(1, 5)
OUTCOMES = st.one_of(
    st.builds(lambda loss: (Outcome.complete({"loss": loss}), loss), st.floats(-1e9, 1e9)),
    st.builds(lambda reason: (Outcome.failed(reason, "why"), math.nan), st.sampled_from(Reason)),
    st.sampled_from([(Outcome.pruned("stop"), math.nan), (Outcome.pruned("stop", metrics={"loss": 1.0}), 1.0)]),
)
ANY_NUMBERS = st.lists(st.integers(0, 12), max_size=6)


class Line:
    """A space of one parameter."""

    dimension = 1

    def encode(self, configurations):
        return np.array([[configuration["x"]] for configuration in configurations], dtype=float).reshape(-1, 1)


class Storages(RuleBasedStateMachine):
    """Does everything to both and compares."""

    place = None  # returns where a new database may be

    @initialize()
    def begin(self):
        self.clock = Clock()
        self.memory = MemoryStorage(clock=self.clock)
        self.sql = SqlStorage(self.place(), clock=self.clock)
        self.study = self.both("create_study", "a", {"x": 1}).id
        self.claims = []
        self.history = History(1)
        self.finished = {}

    def both(self, method, *values, **named):
        one, two = (getattr(storage, method)(*values, **named) for storage in (self.memory, self.sql))
        assert repr(one) == repr(two)
        return one

    @rule(n=BATCH, fidelity=st.sampled_from([1.0, 3.0, 9.0]))
    def add(self, n, fidelity):
        total = self.memory.counts(self.study).total
        provenances = [Provenance("random", "none", total, self.history.seen, row) for row in range(n)]
        configurations = [{"x": float(total + row)} for row in range(n)]
        self.both("add", self.study, configurations, range(n), Fidelity("e", fidelity, 1.0, 9.0), provenances)

    @rule(worker=WORKERS, n=BATCH, lease=st.sampled_from([5.0, 50.0]), most=st.integers(1, 3))
    def claim(self, worker, n, lease, most):
        for trial in self.both("claim", self.study, worker, n, lease, most):
            self.claims.append((worker, trial.number, trial.attempts))

    @precondition(lambda self: getattr(self, "claims", None))
    @rule(data=st.data(), outcomes=st.lists(OUTCOMES, min_size=1, max_size=4))
    def report(self, data, outcomes):
        chosen = [data.draw(st.sampled_from(self.claims)) for _ in outcomes]
        worker = chosen[0][0]
        results = [(number, attempt, *each) for (_, number, attempt), each in zip(chosen, outcomes, strict=True)]
        self.both("report", self.study, worker, results)

    @rule(worker=WORKERS, numbers=ANY_NUMBERS)
    def heartbeat(self, worker, numbers):
        self.both("heartbeat", self.study, worker, numbers)

    @rule(worker=WORKERS, numbers=st.none() | ANY_NUMBERS)
    def release(self, worker, numbers):
        self.both("release", self.study, worker, numbers)

    @rule(workers=st.lists(WORKERS, max_size=2), most=st.integers(1, 3))
    def reap(self, workers, most):
        self.both("reap", self.study, workers, most)

    @rule(numbers=ANY_NUMBERS)
    def withdraw(self, numbers):
        self.both("withdraw", self.study, numbers, "why")

    @rule(budget=st.none() | st.integers(0, 20))
    def set_budget(self, budget):
        self.both("set_budget", self.study, budget)

    @precondition(lambda self: hasattr(self, "study") and self.memory.counts(self.study).total)
    @rule(data=st.data(), word=st.sampled_from(["good", "bad"]), image=st.sampled_from(["", "a", "B", "ä"]))
    def tag(self, data, word, image):
        number = data.draw(st.integers(0, self.memory.counts(self.study).total - 1))
        self.both(data.draw(st.sampled_from(["tag", "tag", "untag"])), self.study, number, word, image)

    @rule(asker=WORKERS, lease=st.sampled_from([5.0, 50.0]))
    def lead(self, asker, lease):
        self.both("lead", self.study, asker, lease)

    @rule(asker=WORKERS)
    def resign(self, asker):
        self.both("resign", self.study, asker)

    @rule(seconds=st.sampled_from([1.0, 5.0, 49.0, 50.0]))
    def wait(self, seconds):
        self.clock.now += seconds

    @rule()
    def reopen(self):
        self.sql.close()

    @rule()
    def synchronize(self):
        sync(self.history, self.sql, self.study, Line())
        for storage in (self.memory, self.sql):
            whole = load_history(storage, self.study, Line())
            assert whole.seen == self.history.seen
            for column in ("X", "loss", "state", "reason", "fidelity", "runtime", "told", "ask", "revision"):
                np.testing.assert_array_equal(getattr(whole, column), getattr(self.history, column))

    @rule(since=st.integers(0, 40))
    def read_changes(self, since):
        self.both("changes", self.study, since)

    @invariant()
    def same_trials(self):
        if not hasattr(self, "study"):
            return
        trials = self.both("trials", self.study)
        counts = self.both("state", self.study).counts
        self.both("tags", self.study)
        self.both("times", self.study)
        assert self.both("running", self.study) == [t for t in trials if t.state == State.RUNNING]
        assert [counts[state] for state in State] == [sum(t.state == state for t in trials) for state in State]
        finished = {t.number: repr(t) for t in trials if t.state.finished}
        assert self.finished.items() <= finished.items(), "a finished trial changed"
        self.finished = finished
        revisions = [t.revision for t in trials]
        assert len(set(revisions)) == len(revisions)

    def teardown(self):
        if hasattr(self, "sql"):
            self.sql.close()


@pytest.mark.parametrize(("kind", "examples"), [("sqlite", 30), ("postgres", 15)])
def test_all_storages_do_the_same(tmp_path, kind, examples, request):
    if kind == "sqlite":
        names = itertools.count()
        Storages.place = lambda _: tmp_path / f"{next(names)}.db"
    else:
        server = request.getfixturevalue("postgres_server")
        Storages.place = lambda _: server.database()
    steps = settings(max_examples=examples, stateful_step_count=40, deadline=None)
    run_state_machine_as_test(Storages, settings=steps)
