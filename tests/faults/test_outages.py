"""The database goes away, the engine dies, clocks are wrong, evaluations misbehave: the study ends all the same."""

import os
import shutil
import signal
import subprocess
import time

import members
import psutil
import pytest
from campaign import CONTEXT, Crew, check, wait
from test_kills import begin

from parfocal.storage import open_storage
from parfocal.testing.postgres import PostgresServer
from parfocal.trials import Reason, State

pytestmark = [pytest.mark.slow, pytest.mark.skipif(os.name != "posix", reason="needs signals of POSIX")]


@pytest.fixture
def server(postgres_server):  # the shared one says whether there is any
    with PostgresServer(durable=True) as own:
        yield own


@pytest.mark.parametrize(
    ("number", "seconds", "times"),
    [(signal.SIGINT, 20.0, 1), (signal.SIGQUIT, 2.0, 3), (signal.SIGKILL, 2.0, 5)],
    ids=["stopped for 20 s", "stopped at once", "killed"],
)
def test_the_database_server_goes_away(server, number, seconds, times):
    budget = 120 + 160 * times
    storage, record = begin(server.url, budget)
    crew = Crew(server.url, "faults")
    try:
        crew.tend(None)
        for part in range(times):
            wait(lambda part=part: storage.state(record).spent >= 60 + 160 * part, 90, "nothing gets done")
            server.stop(number)
            time.sleep(seconds)
            server.start()
        wait(lambda: storage.state(record).spent >= budget, 180, f"the study does not end: {storage.state(record)}")
        crew.tend(None)
        assert crew.deaths == 0, "a worker died of it"
    finally:
        storage.close()
    crew.dismiss()
    print(f"server {number.name} x {times}: {check(server.url, 'faults', budget)}")


def _run(url, budget):
    os.setsid()
    members.study(url).run(budget, workers=3)


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_the_whole_engine_is_killed(kind, tmp_path, request):
    url = request.getfixturevalue("postgres_url") if kind == "postgres" else f"sqlite:///{tmp_path}/study.db"
    budget, kills = 150, 5
    for part in range(kills + 1):
        coordinator = CONTEXT.Process(target=_run, args=(url, budget))
        coordinator.start()
        if part < kills:
            storage, record = begin(url, budget)
            wait(lambda s=storage, r=record, p=part: s.state(r).spent >= 15 * (p + 1), 90, "nothing gets done")
            workers = psutil.Process(coordinator.pid).children(recursive=True)
            coordinator.kill()
            coordinator.join()
            wait(lambda w=workers: not any(map(_alive, w)), 30, "workers outlive their engine")
            storage.close()
        else:
            coordinator.join(120)
            assert coordinator.exitcode == 0
    print(f"{kind:9} engine {kills} kills: {check(url, 'faults', budget)}")


def _alive(process):
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_clocks_that_are_off_by_an_hour(postgres_url):
    storage, record = begin(postgres_url, 200)
    crew = Crew(postgres_url, "faults", skew=3600.0)
    try:
        while storage.state(record).spent < 80:
            crew.tend("evaluate")
        crew.tend(None)
        wait(lambda: (crew.tend(None), storage.state(record).spent >= 200)[1], 120, "the study does not end")
        now = time.time()
        trials = storage.trials(record)
        assert all(abs(trial.finished - now) < 300 for trial in trials), "times are not the server's"
    finally:
        storage.close()
    crew.dismiss()
    found = check(postgres_url, "faults", 200)
    assert found["lost"] == 0, "a lease ended by a wrong clock"
    print(f"clocks off by an hour, {crew.deaths} kills: {found}")


@pytest.fixture
def small_disk(tmp_path):
    """A folder on a file system of one megabyte."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("only root can mount a small file system")
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("a small file system cannot be mounted here")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_evaluations_that_misbehave(tmp_path, small_disk):
    url, budget = f"sqlite:///{tmp_path}/study.db", 60
    storage, record = begin(url, budget, "evil")
    members.study(storage, "evil").enqueue([{"k": k} for k in range(6)])
    limits = {"time": 1.5, "memory": "400 MiB"}
    crew = Crew(url, "evil", size=2, isolation="process", limits=limits, folder=str(small_disk))
    crew.tend(None)
    wait(lambda: storage.state(record).spent >= budget, 280, f"the study does not end: {storage.state(record)}")
    crew.dismiss()
    assert crew.deaths == 0, "a worker died of it"
    trials = storage.trials(record)
    assert storage.counts(record).pending == storage.counts(record).lost == 0 and len(trials) == budget
    reasons = {0: {Reason.TIMEOUT}, 2: {Reason.MEMORY}, 3: {Reason.ERROR}, 4: {Reason.ERROR, Reason.MEMORY}}
    for trial in trials:
        k = trial.configuration["k"]
        expected = reasons.get(k)
        if expected is None and trial.state != State.COMPLETE:
            expected = {Reason.ERROR} if "space" in trial.outcome.message else None  # another one had filled the disk
        assert trial.state == State.COMPLETE if expected is None else trial.outcome.reason in expected, trial
    children = [p for p in psutil.process_iter(["cmdline"]) if members.MARK in (p.info["cmdline"] or [])]
    assert children == [], "children outlive their trial"
    storage.close()


def test_a_killed_study_can_be_opened_by_hand(tmp_path):
    """What is left by members that were all killed at once is gone on with by `run`."""
    url = f"sqlite:///{tmp_path}/study.db"
    storage, record = begin(url, 60)
    crew = Crew(url, "faults")
    crew.tend(None)
    wait(lambda: storage.state(record).spent >= 20, 60, "nothing gets done")
    crew.kill_all(when=lambda: storage.state(record).counts.running > 0)
    storage.close()
    members.study(url).run(60)
    check(url, "faults", 60)
    assert [worker for worker in open_storage(url).workers() if psutil.pid_exists(worker.pid)] == []
