import os
import signal
import subprocess
import sys
import time

import psutil
import pytest
from trial_support import HERE, alive, fault, gone, pids_in, posix, wait_until

from parfocal.engines import LocalEngine, WorkerPlan
from parfocal.errors import InvalidInput, StudyStopped
from parfocal.evaluation import CommandEvaluator, PythonEvaluator
from parfocal.storage import MemoryStorage, SqlStorage
from parfocal.trials import Objective

LOSS = Objective("loss")


@pytest.fixture
def storage(tmp_path):
    opened = SqlStorage(tmp_path / "study.db")
    yield opened
    opened.close()


def study(storage, *values, evaluator=None):
    evaluation = None if evaluator is None else evaluator.to_dict()
    record = storage.create_study("study", {"evaluation": evaluation, "objective": LOSS.to_dict()})
    storage.add(record.id, [{"x": value} for value in values], range(len(values)))
    return record


def start(engine, storage, evaluator=None, objective=None, **options):
    folder = options.pop("folder", None)
    plan = WorkerPlan(storage.url, "study", evaluator, objective, folder=folder and str(folder), **options)
    return engine.start(storage, plan)


def finished(storage, record, count):
    return wait_until(lambda: storage.counts(record.id).finished == count, 60)


def family(pid):
    """Return the ids of a process and of all that descend from it."""
    return [pid, *(child.pid for child in psutil.Process(pid).children(recursive=True))]


def test_workers_share_the_trials_and_end(storage):
    record = study(storage, *[0.05] * 20)
    with start(LocalEngine(2), storage, fault("slow"), LOSS) as engine:
        assert finished(storage, record, 20)
        processes = [pid for worker in engine.pids for pid in family(worker)]
        assert engine.tend() == 2
        assert len(storage.workers()) == 2
    assert gone(processes, 0.5)
    assert storage.workers() == []
    trials = storage.trials(record.id)
    assert {trial.loss for trial in trials} == {0.05}
    assert {trial.attempts for trial in trials} == {1}
    assert len({trial.worker for trial in trials}) == 2


def test_workers_rebuild_the_evaluator_from_the_definition(storage):
    record = study(storage, 2.0, 3.0, evaluator=fault("square"))
    with start(LocalEngine(1), storage, isolation="none"):
        assert finished(storage, record, 2)
    assert [trial.loss for trial in storage.trials(record.id)] == [4.0, 9.0]


@pytest.mark.slow
def test_a_definition_without_an_evaluator_stops_the_engine_with_its_last_words(storage):
    study(storage, 2.0)
    with start(LocalEngine(1, patience=2), storage) as engine, pytest.raises(StudyStopped) as caught:
        wait_until(lambda: engine.tend() < 0, 60)
    assert "2 workers in a row died" in str(caught.value)
    assert "The study 'study' has no 'evaluation' in its definition" in str(caught.value)


@posix
def test_a_worker_that_is_killed_is_replaced_and_its_trial_is_not_lost(storage, tmp_path):
    record = study(storage, 1.0)
    evaluator = fault("hangs_at_first")
    with start(LocalEngine(1), storage, evaluator, LOSS, folder=tmp_path / "work") as engine:
        (worker,) = engine.pids
        trial = pids_in(tmp_path / "work" / "000000")
        os.kill(worker, signal.SIGKILL)
        assert wait_until(lambda: engine.pids == ())
        assert engine.tend() == 1
        assert engine.pids != (worker,)
        assert finished(storage, record, 1)
        assert gone(trial)
    trial = storage.trial(record.id, 0)
    assert (trial.attempts, trial.loss) == (2, 1.0)


@posix
@pytest.mark.slow
def test_workers_that_all_die_stop_the_engine(storage):
    study(storage, *[1.0] * 30)
    begin = time.monotonic()
    engine = start(LocalEngine(1, patience=2), storage, fault("dies"), LOSS, isolation="none")
    with engine, pytest.raises(StudyStopped, match=r"2 workers in a row died without finishing a trial"):
        wait_until(lambda: engine.tend() < 0, 120)
    assert time.monotonic() - begin < 110


@pytest.mark.slow
def test_a_trial_that_kills_its_worker_is_lost_in_the_end_and_the_others_are_finished(storage):
    record = study(storage, 1.0, -1.0, 2.0)
    with start(LocalEngine(1), storage, fault("dies_if_negative"), LOSS, isolation="none") as engine:
        assert wait_until(lambda: engine.tend() > 0 and storage.counts(record.id).finished == 3, 90)
    counts = storage.counts(record.id)
    assert (counts.complete, counts.lost) == (2, 1)


def test_what_cannot_travel_is_refused_before_anything_starts(storage):
    study(storage, 1.0)
    engine = LocalEngine(1)
    with pytest.raises(InvalidInput, match="define it with 'def'"):
        start(engine, storage, PythonEvaluator(lambda x: x), LOSS)
    assert engine.pids == ()
    with pytest.raises(InvalidInput, match="A study in memory cannot have workers in other processes"):
        start(engine, MemoryStorage(), fault("square"), LOSS)
    with pytest.raises(InvalidInput, match="workers must be a whole number"):
        LocalEngine(0)


def test_stop_ends_a_trial_in_the_midst_of_it(storage, tmp_path):
    record = study(storage, 1.0, 2.0)
    engine = start(LocalEngine(1), storage, fault("forks_and_hangs"), LOSS, folder=tmp_path / "work")
    processes = [*pids_in(tmp_path / "work" / "000000"), *family(engine.pids[0])]
    engine.stop()
    assert gone(processes, 0.5)
    assert engine.pids == ()
    assert storage.counts(record.id).waiting == 2


def test_stop_breaks_off_an_infinite_loop_without_isolation(storage, tmp_path):
    record = study(storage, 1.0)
    engine = start(LocalEngine(1), storage, fault("hangs"), LOSS, isolation="none", folder=tmp_path / "work")
    pids = pids_in(tmp_path / "work" / "000000")
    assert pids == list(engine.pids)
    engine.stop()
    assert gone(pids, 0.5)
    assert storage.counts(record.id).waiting == 1


PARENT = """
import sys, time
sys.path.insert(0, {here!r})
from trial_support import fault
from parfocal.engines import LocalEngine, WorkerPlan
from parfocal.evaluation import CommandEvaluator
from parfocal.storage import open_storage
from parfocal.trials import Objective
evaluator = {evaluator}
try:
    options = {{"isolation": {isolation!r}, "folder": {folder!r}}}
    plan = WorkerPlan({url!r}, "study", evaluator, Objective("loss"), **options)
    with LocalEngine(2).start(open_storage({url!r}), plan):
        while True:
            time.sleep(0.1)
except KeyboardInterrupt:
    print("stopped")
"""
SLEEPER = (
    "import os, subprocess, sys, time; "
    "c = subprocess.Popen([sys.executable, '-S', '-c', 'import time; time.sleep(60)']); "
    "open('pids.tmp', 'w').write(f'{{os.getpid()}} {{c.pid}}'); os.replace('pids.tmp', 'pids.txt'); time.sleep(60)"
)
COMMAND = CommandEvaluator(["{python}", "-S", "-c", SLEEPER])
EVALUATORS = [
    pytest.param("fault('forks_and_hangs')", "process", marks=pytest.mark.slow),
    pytest.param("fault('hangs')", "none", marks=pytest.mark.slow),
    (f"CommandEvaluator({list(COMMAND.command)!r})", "process"),
]


@pytest.fixture
def parent(storage, tmp_path):
    """Return a function that starts a process with an engine, and returns it with all processes under it."""
    started = []

    def start(evaluator, isolation):
        study(storage, 1.0, 2.0)
        folder = tmp_path / "work"
        code = PARENT.format(here=HERE, evaluator=evaluator, url=storage.url, isolation=isolation, folder=str(folder))
        process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
        started.append(process)
        noted = [pid for number in range(2) for pid in pids_in(folder / f"{number:06d}")]
        processes = {*noted, *family(process.pid)} - {process.pid}
        assert len(processes) >= 2 and all(map(alive, processes))
        return process, processes

    yield start
    for process in started:
        process.kill()
        process.stdout.close()
        process.wait()


@pytest.mark.parametrize(("evaluator", "isolation"), EVALUATORS, ids=["function", "in-worker", "command"])
def test_when_the_parent_is_killed_no_process_is_left_after_ten_seconds(parent, storage, evaluator, isolation):
    process, processes = parent(evaluator, isolation)
    process.kill()
    assert gone(processes, 10)
    record = storage.open_study("study")
    assert storage.counts(record.id).waiting == 2  # given back in good order


@posix
def test_ctrl_c_stops_the_workers_in_good_order(parent, storage):
    process, processes = parent("fault('forks_and_hangs')", "process")
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=30)[0] == "stopped\n"
    assert gone(processes, 0.5)
    assert storage.counts(storage.open_study("study").id).waiting == 2
    assert storage.workers() == []
