import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
from trial_support import HERE, fault, gone, pids_in, posix, wait_until

from parfocal.errors import StorageUnavailable
from parfocal.evaluation import PythonEvaluator, Runner, Stop
from parfocal.storage import MemoryStorage, SqlStorage
from parfocal.trials import Objective, Reason, State
from parfocal.workers import Worked, Worker, work

LOSS = Objective("loss")


@pytest.fixture(params=["memory", "sqlite"])
def storage(request, tmp_path):
    opened = MemoryStorage() if request.param == "memory" else SqlStorage(tmp_path / "study.db")
    yield opened
    opened.close()


def study(storage, *values, name="x"):
    """Return a study with one waiting trial for each value of x."""
    record = storage.create_study("study", {"budget": 1})
    storage.add(record.id, [{name: value} for value in values], range(len(values)))
    return record


class Watched:
    """A storage that counts, and may fail or lie, on its way to a real one."""

    def __init__(self, storage):
        self._storage = storage
        self.claimed = []
        self.reports = []
        self.errors = 0
        self.owned = None

    def __getattr__(self, name):
        return getattr(self._storage, name)

    def claim(self, *arguments):
        if self.errors:
            self.errors -= 1
            raise StorageUnavailable("away")
        trials = self._storage.claim(*arguments)
        self.claimed.append(len(trials))
        return trials

    def report(self, study, worker, results):
        self.reports.append(len(results))
        return self._storage.report(study, worker, results)

    def heartbeat(self, *arguments):
        return self._storage.heartbeat(*arguments) if self.owned is None else self.owned


def test_every_waiting_trial_is_evaluated_once(storage):
    record = study(storage, *[float(n) for n in range(300)])
    worked = work(storage, record, fault("square"), LOSS, isolation="none", drain=True)
    assert worked == Worked(complete=300)
    trials = storage.trials(record.id)
    assert [trial.loss for trial in trials] == [float(n * n) for n in range(300)]
    assert {(trial.state, trial.attempts) for trial in trials} == {(State.COMPLETE, 1)}
    assert {trial.outcome.metrics["loss"] for trial in trials} == {trial.loss for trial in trials}
    assert storage.workers() == []


def test_the_process_too(storage):
    record = study(storage, 1.0, -1.0, 2.0)
    assert work(storage, record, fault("dies_if_negative"), LOSS, drain=True) == Worked(complete=2, failed=1)
    trial = storage.trial(record.id, 1)
    assert (trial.state, trial.outcome.reason) == (State.FAILED, Reason.ERROR)
    assert trial.loss != trial.loss


def test_seed_and_attempt_reach_the_evaluation(storage, tmp_path):
    record = study(storage, 5.0, 6.0)
    work(storage, record, fault("extras"), LOSS, isolation="none", drain=True, folder=tmp_path / "work")
    assert [trial.outcome.metrics["seed"] for trial in storage.trials(record.id)] == [0, 1]
    assert sorted(os.listdir(tmp_path / "work")) == ["000000", "000001"]


def test_cheap_trials_are_claimed_in_growing_batches():
    storage = Watched(MemoryStorage())
    record = study(storage, *map(float, range(2000)))
    work(storage, record, fault("square"), LOSS, isolation="none", drain=True)
    assert storage.claimed[:4] == [1, 2, 4, 8]
    assert max(storage.claimed) == 256
    assert sum(storage.claimed) == 2000 == sum(storage.reports)


def test_dear_trials_are_claimed_and_reported_one_by_one():
    storage = Watched(MemoryStorage())
    record = study(storage, 0.3, 0.3)
    work(storage, record, fault("slow"), LOSS, isolation="none", drain=True)
    assert (storage.claimed, storage.reports) == ([1, 1, 0], [1, 1])


def test_results_of_a_fixed_batch_do_not_wait_for_its_end():
    storage = Watched(MemoryStorage())
    record = study(storage, 0.3, 0.3)
    work(storage, record, fault("slow"), LOSS, isolation="none", drain=True, batch=5)
    assert (storage.claimed, storage.reports) == ([2, 0], [1, 1])


def test_it_ends_when_told(storage):
    record = study(storage, *map(float, range(5)))
    asked = []
    until = lambda: len(asked) >= 2 or asked.append(1)  # noqa: E731
    assert work(storage, record, fault("square"), LOSS, isolation="none", batch=1, until=until) == Worked(complete=2)


def test_it_waits_for_more_until_someone_asks_to_stop(storage):
    record = study(storage)
    stop = Stop()

    def feed():
        storage.add(record.id, [{"x": 2.0}], [0])
        wait_until(lambda: storage.counts(record.id).complete == 1)
        stop.set()

    thread = threading.Thread(target=feed)
    thread.start()
    assert work(storage, record, fault("square"), LOSS, isolation="none", stop=stop) == Worked(complete=1)
    thread.join()


def test_a_storage_that_is_away_for_a_moment(monkeypatch):
    storage = Watched(MemoryStorage())
    record = study(storage, 1.0)
    storage.errors = 2
    assert work(storage, record, fault("square"), LOSS, isolation="none", drain=True) == Worked(complete=1)
    storage.errors = 99
    monkeypatch.setattr("parfocal.workers.outage.PATIENCE", 0.5)
    with pytest.raises(StorageUnavailable, match="away"):
        work(storage, record, fault("square"), LOSS, isolation="none", drain=True)
    assert storage.workers() == []


def test_the_lease_holds_while_a_trial_runs(storage):
    record = study(storage, 1.2)
    thread = threading.Thread(
        target=work,
        args=(storage, record, fault("slow"), LOSS),
        kwargs={"isolation": "none", "drain": True, "lease": 0.4},
    )
    thread.start()
    assert wait_until(lambda: storage.counts(record.id).running == 1)
    stolen = []
    while thread.is_alive():
        stolen += storage.claim(record.id, "thief", 1, 0.4)
        time.sleep(0.05)
    assert stolen == []
    assert storage.trial(record.id, 0).attempts == 1


def test_a_trial_that_was_taken_away_is_ended_and_not_reported():
    storage = Watched(MemoryStorage())
    record = study(storage, 30.0)
    storage.owned = []
    with Runner(fault("slow"), LOSS) as runner, Worker(storage, record, runner, lease=0.3) as worker:
        begin = time.monotonic()
        assert worker.step() == Worked()
        assert time.monotonic() - begin < 25
    assert storage.reports == []


def test_a_late_result_is_refused(storage):
    record = study(storage, 1.0)

    def slowly(x):
        storage.reap(record.id, [worker.record.id])
        storage.claim(record.id, "other", 1)
        return x

    with Runner(PythonEvaluator(slowly), LOSS, isolation="none") as runner, Worker(storage, record, runner) as worker:
        assert worker.step() == Worked(refused=1)
    assert storage.trial(record.id, 0).worker == "other"


def test_what_user_code_raises_does_not_stop_the_worker(storage):
    record = study(storage, *["interrupts", "exits", "raises", "square"], name="name")
    evaluator = PythonEvaluator("faults:dispatch", path=HERE)
    evaluator.load()
    wrapped = PythonEvaluator(lambda name: evaluator._plan[0](name, x=1.0))
    assert work(storage, record, wrapped, LOSS, isolation="none", drain=True) == Worked(complete=1, failed=3)
    assert storage.trial(record.id, 0).outcome.reason == Reason.INTERRUPTED


@posix
@pytest.mark.parametrize("asked", [True, False])
def test_a_signal_that_reaches_the_trial_before_the_worker_is_no_failure_of_the_trial(storage, tmp_path, asked):
    record = study(storage, 1.0)
    stop = Stop()

    def end_all():
        (pid,) = pids_in(tmp_path / "work" / "000000")
        os.kill(pid, signal.SIGTERM)
        time.sleep(0.1)
        if asked:
            stop.set()

    thread = threading.Thread(target=end_all)
    thread.start()
    worked = work(storage, record, fault("hangs"), LOSS, drain=True, stop=stop, folder=tmp_path / "work")
    thread.join()
    assert worked == (Worked(released=1) if asked else Worked(failed=1))
    assert storage.counts(record.id).waiting == int(asked)


def test_it_lingers_for_another_trial(storage):
    record = study(storage, 1.0)
    timer = threading.Timer(0.3, lambda: storage.add(record.id, [{"x": 2.0}], [0]))
    timer.start()
    begin = time.monotonic()
    options = {"isolation": "none", "drain": True, "linger": 0.6}
    assert work(storage, record, fault("square"), LOSS, **options) == Worked(complete=2)
    assert 0.9 <= time.monotonic() - begin < 5
    timer.join()


SCRIPT = """
import sys
sys.path.insert(0, {here!r})
from trial_support import fault
from parfocal.storage import SqlStorage
from parfocal.trials import Objective
from parfocal.workers import work
storage = SqlStorage({path!r})
record = storage.open_study("study")
evaluator = fault({fault!r}, post="faults:note_after")
worked = work(storage, record, evaluator, Objective("loss"), isolation={isolation!r}, folder={folder!r}, batch=3)
print(worked.finished, worked.released)
"""


@posix
@pytest.mark.parametrize(
    ("isolation", "name", "number"),
    [
        ("process", "forks_and_hangs", signal.SIGTERM),
        ("none", "hangs", signal.SIGINT),
        pytest.param("process", "forks_and_hangs", signal.SIGINT, marks=pytest.mark.slow),
        pytest.param("none", "hangs", signal.SIGTERM, marks=pytest.mark.slow),
    ],
)
def test_signals_end_the_trial_and_give_claims_back(tmp_path, isolation, name, number):
    storage = SqlStorage(tmp_path / "study.db")
    record = study(storage, 1.0, 2.0, 3.0)
    folder = tmp_path / "work"
    code = SCRIPT.format(
        here=HERE, path=str(tmp_path / "study.db"), fault=name, isolation=isolation, folder=str(folder)
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as process:
        pids = pids_in(folder / "000000")
        process.send_signal(number)
        printed = process.communicate(timeout=30)[0]
    assert printed == "0 3\n"
    assert process.returncode == 0
    assert (folder / "000000" / "after.txt").exists()
    counts = storage.counts(record.id)
    assert (counts.waiting, counts.total) == (3, 3)
    assert storage.workers() == []
    storage.close()
    assert gone(pids, 0.5)


def test_a_batch_that_turns_out_dear_is_shared(storage, monkeypatch):
    record = study(storage, *[0.0] * 30, *[2.5] * 8)
    monkeypatch.setattr("parfocal.workers.batch.LONG", 0.5)
    seen = []

    def slow(x):
        time.sleep(x or 0.004)
        if x:
            seen.append(storage.counts(record.id))
        return x

    with Runner(PythonEvaluator(slow), LOSS, isolation="none") as runner, Worker(storage, record, runner) as worker:
        while not seen:
            worker.step()
        assert seen[0].running == 1, "what was not begun waits again while the first one runs"
        assert seen[0].waiting == 7
        assert worker._batch == 1
    trials = storage.trials(record.id)[31:]
    assert {trial.state for trial in trials} == {State.WAITING}
    for _ in range(3):  # giving back is no attempt: only the third claim that is lost ends a trial
        storage.claim(record.id, "w", 9)
        storage.reap(record.id, ["w"])
    assert storage.counts(record.id).lost == 7


def test_a_batch_that_was_asked_for_is_kept(monkeypatch):
    monkeypatch.setattr("parfocal.workers.batch.LONG", 0.1)
    storage = Watched(MemoryStorage())
    record = study(storage, 0.3, 0.3)
    work(storage, record, fault("slow"), LOSS, isolation="none", drain=True, batch=2)
    assert storage.claimed == [2, 0]


def test_a_result_that_was_stored_before_an_outage_counts(storage):
    class Deaf(Watched):
        """Stores a report, and does not hear the answer; the second time it is refused."""

        def report(self, study, worker, results):
            super().report(study, worker, results)
            if len(self.reports) == 1:
                raise StorageUnavailable("away")
            return np.zeros(len(results), dtype=bool)

    deaf = Deaf(storage)
    record = study(deaf, 1.0, 2.0)
    assert work(deaf, record, fault("square"), LOSS, isolation="none", drain=True) == Worked(complete=2)
