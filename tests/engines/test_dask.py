"""The engine ``dask`` on real clusters of this machine; batch systems are in tests/slurm."""

import subprocess
import sys
import time

import psutil
import pytest
from trial_support import HERE, fault, gone, posix, wait_until

from parfocal import Float, Objective, Study
from parfocal.engines import WorkerPlan, engine_from_dict
from parfocal.errors import EngineError, InvalidInput, MissingPackage, StudyStopped
from parfocal.storage import MemoryStorage

distributed = pytest.importorskip("distributed")


def study(folder, name="slow", **options):
    return Study(
        {"x": Float(0.01, 0.05)},
        Objective("loss"),
        fault(name),
        storage=folder / "study.db",
        optimizer="random",
        **options,
    )


def exactly(study, budget):
    """Check that the budget was finished, each trial once, and nothing runs on."""
    trials = study.trials()
    assert len(trials) == budget
    assert {trial.state.name for trial in trials} == {"COMPLETE"}
    assert study.storage.workers() == []
    return trials


def workers_of(folder):
    """Return the parfocal workers of a study's database."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        words = process.info["cmdline"] or []
        if "worker" in words and str(folder / "study.db") in words:
            found.append(process)
    return found


@posix
def test_a_dask_worker_that_is_killed_is_replaced_and_the_study_ends_with_its_budget(tmp_path):
    made = study(tmp_path)
    killed = []

    def kill_once(progress):
        if progress.done >= 8 and not killed:
            worker = workers_of(tmp_path)[0]
            killed.append(worker)
            worker.parent().kill()  # the Dask worker: its nanny starts another one

    made.run(60, engine={"kind": "dask", "workers": 2}, batch=4, on_progress=kill_once)
    assert killed
    exactly(made, 60)
    assert gone([killed[0].pid], 0.1)
    assert workers_of(tmp_path) == []


def test_a_running_scheduler_gets_tasks_and_keeps_its_workers(tmp_path):
    made = study(tmp_path, "square")
    with distributed.LocalCluster(n_workers=1, threads_per_worker=3, dashboard_address=":0") as cluster:
        engine = engine_from_dict({"kind": "dask", "address": cluster.scheduler_address, "workers": 2})
        assert engine.size == 2
        engine.start(made.storage, WorkerPlan(made.storage.url, "study"))
        try:
            assert engine.tend() == 2, "no more than wanted, though there are three threads"
            assert wait_until(lambda: len(made.storage.workers()) == 2)
            said = dict(engine.logs())
            assert len(said) == 2
            assert all("Helping 'study'" in text for text in said.values())
        finally:
            engine.stop()
        assert made.storage.workers() == []
        assert workers_of(tmp_path) == []
        with distributed.Client(cluster) as client:
            assert client.submit(lambda: 1).result(10) == 1, "the cluster itself goes on"
    engine.stop()  # once more does no harm


COORDINATOR = """
import sys
sys.path.insert(0, {here!r})
from trial_support import fault
from parfocal import Float, Objective, Study
if __name__ == "__main__":
    study = Study({{"x": Float(0.01, 0.05)}}, Objective("loss"), fault("slow"), storage={file!r}, optimizer="random")
    study.run(100_000, engine={engine!r})
"""


@pytest.fixture
def dask_processes():
    """Return the address of a scheduler in a process of its own, with one worker of two threads, and its process."""
    options = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard"]
    module = [sys.executable, "-m", "distributed.cli.dask_scheduler", *options]
    scheduler = subprocess.Popen(module, stderr=subprocess.PIPE, text=True)
    address = ""
    for line in scheduler.stderr:
        if "Scheduler at:" in line:
            address = line.split()[-1]
            break
    module = [sys.executable, "-m", "distributed.cli.dask_worker", address, "--nthreads", "2", "--no-dashboard"]
    worker = subprocess.Popen([*module, "--death-timeout", "5"], stderr=subprocess.DEVNULL)
    yield address, scheduler
    for process in (worker, scheduler):
        process.terminate()
        process.wait(30)
    scheduler.stderr.close()


def coordinator(tmp_path, address):
    code = COORDINATOR.format(here=HERE, file=str(tmp_path / "study.db"), engine={"kind": "dask", "address": address})
    file = tmp_path / "coordinator.py"
    file.write_text(code)
    return subprocess.Popen([sys.executable, file], stderr=subprocess.PIPE, text=True)


@posix
@pytest.mark.slow
def test_when_the_coordinator_is_killed_its_workers_leave_the_cluster(tmp_path, dask_processes):
    address, _ = dask_processes
    process = coordinator(tmp_path, address)
    assert wait_until(lambda: len(workers_of(tmp_path)) == 2, 60)
    storage = study(tmp_path).storage
    record = storage.open_study("study")
    assert wait_until(lambda: storage.counts(record.id).complete > 3, 60)
    process.kill()
    process.communicate()
    assert wait_until(lambda: workers_of(tmp_path) == [], 15)
    assert storage.counts(record.id).running == 0
    # what the coordinator itself has left is struck off by the next one
    assert [worker for worker in storage.workers() if worker.pid != process.pid] == []
    with distributed.Client(address) as client:
        assert wait_until(lambda: not any(client.processing().values()), 10), "Dask's threads are free again"


@posix
@pytest.mark.slow
def test_when_the_scheduler_is_killed_the_study_stops_with_one_sentence(tmp_path, dask_processes):
    address, scheduler = dask_processes
    process = coordinator(tmp_path, address)
    storage = study(tmp_path).storage
    record = storage.open_study("study")
    assert wait_until(lambda: storage.counts(record.id).complete > 3, 60)
    scheduler.kill()
    _, said = process.communicate(timeout=90)
    assert process.returncode == 1
    assert (
        said.strip()
        .splitlines()[-1]
        .startswith(f"parfocal.errors.StudyStopped: The Dask scheduler at {address} does not answer any more")
    )
    assert wait_until(lambda: workers_of(tmp_path) == [], 30)
    assert storage.counts(record.id).running == 0


@posix
@pytest.mark.slow
def test_the_number_of_workers_follows_the_trials(tmp_path):
    made = study(tmp_path)
    engine = engine_from_dict({"kind": "dask", "cluster": "local", "minimum": 0, "maximum": 2, "idle": 1})
    assert engine.size == 2
    engine.start(made.storage, WorkerPlan(made.storage.url, "study"))
    try:
        time.sleep(2)
        assert engine.tend() == 0
        made.storage.set_budget(made.record.id, 200)
        made.storage.add(made.record.id, [{"x": 0.05}] * 200, range(200))
        assert wait_until(lambda: engine.tend() == 2, 60)
        assert wait_until(lambda: engine.tend() >= 0 and made.counts.complete == 200, 60)
        assert wait_until(lambda: engine.tend() == 0, 30), "idle workers leave"
        assert wait_until(lambda: not engine._client.nthreads(), 30), "and so do Dask's"
        made.storage.set_budget(made.record.id, 205)
        made.storage.add(made.record.id, [{"x": 0.05}] * 5, range(5))
        assert wait_until(lambda: engine.tend() >= 0 and made.counts.complete == 205, 60)
    finally:
        engine.stop()
    assert workers_of(tmp_path) == []


@pytest.mark.slow
def test_workers_that_die_at_once_stop_the_study_with_their_last_words(tmp_path):
    made = study(tmp_path)
    engine = engine_from_dict({"kind": "dask", "workers": 1})
    engine._limit = 2
    made.storage.create_study("other", {})
    engine.start(made.storage, WorkerPlan(made.storage.url, "other"))
    try:
        with pytest.raises(StudyStopped) as caught:
            wait_until(lambda: engine.tend() < 0, 60)
    finally:
        engine.stop()
    assert str(caught.value).startswith("2 workers in a row died without finishing a trial, the last with exit code 1")


def test_a_scheduler_that_is_not_there_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr("parfocal.engines.dask._CONNECT", 1.0)
    made = study(tmp_path)
    engine = engine_from_dict({"kind": "dask", "address": "tcp://127.0.0.1:9"})
    with pytest.raises(EngineError, match=r"no Dask scheduler at tcp://127.0.0.1:9 .*: start it by `dask scheduler`"):
        engine.start(made.storage, WorkerPlan(made.storage.url, "study"))
    engine.stop()
    with pytest.raises(InvalidInput, match="A study in memory"):
        engine.start(MemoryStorage(), WorkerPlan("memory", "study"))


def test_without_dask_it_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(MissingPackage, match=r"pip install 'parfocal\[dask\]'"):
        engine_from_dict("dask").preview(WorkerPlan("study.db", "study"))
