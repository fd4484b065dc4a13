"""Dead workers of this host are noticed at once, and nobody else is judged."""

import json
import shutil
import subprocess
import sys
from dataclasses import asdict, replace

import psutil
import pytest

from parfocal.storage import MemoryStorage, WorkerRecord, dead, processes, reap_dead, this_worker
from parfocal.testing.storage import Clock
from parfocal.trials import State

CHILD = """
import json, sys
from dataclasses import asdict
from parfocal.storage import this_worker
print(json.dumps(asdict(this_worker())), flush=True)
sys.stdin.read()
"""


def start(*before):
    return subprocess.Popen(
        [*before, sys.executable, "-c", CHILD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


@pytest.fixture
def child():
    """A process that is a worker."""
    process = start()
    process.worker = WorkerRecord(**json.loads(process.stdout.readline()))
    yield process
    process.kill()
    process.communicate()


def record(process):
    return process.worker


def test_this_worker_is_alive_and_unique():
    one, two = this_worker("gpu"), this_worker("gpu")
    assert one.id != two.id
    assert one.id.startswith("gpu-")
    assert dead([one, two]) == []


def test_a_process_is_dead_when_it_is_gone(child):
    worker = record(child)
    assert dead([worker]) == []
    child.kill()
    child.wait()
    assert dead([worker]) == [worker.id]


@pytest.mark.skipif(sys.platform == "win32", reason="only POSIX keeps a dead child until its parent asks")
def test_a_zombie_is_dead(child):
    worker = record(child)
    child.kill()
    psutil.wait_procs([psutil.Process(child.pid)], timeout=1)
    assert dead([worker]) == [worker.id]


def test_a_process_id_that_is_used_again_is_another_process(child):
    mine = this_worker()
    start_of_mine = mine.id.split("-")[-2]
    earlier = record(child).id.replace(f"-{record(child).id.split('-')[-2]}-", f"-{start_of_mine}-")
    if sys.platform == "linux":
        assert earlier != record(child).id
        assert dead([replace(record(child), id=earlier)]) == [earlier]
    else:
        assert dead([replace(record(child), started=record(child).started - 3600)]) == [record(child).id]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux says when a process began without a clock")
def test_a_clock_that_is_set_kills_nobody(child):
    assert dead([replace(record(child), started=record(child).started - 3600)]) == []


def test_other_hosts_are_never_judged(child):
    child.kill()
    child.wait()
    assert dead([WorkerRecord("w", "some-other-host", child.pid, 1.0)]) == []
    assert dead([replace(record(child), host="some-other-host")]) == []
    assert dead([record(child)]) == [record(child).id]


def test_another_machine_of_the_same_name_is_never_judged(child, monkeypatch):
    child.kill()
    child.wait()
    monkeypatch.setattr(processes, "machine", lambda: "0123ab")
    assert dead([record(child)]) == []


def test_workers_without_a_machine_in_their_id_are_never_judged(child):
    child.kill()
    child.wait()
    assert dead([replace(record(child), id=f"w-{record(child).host}-{child.pid}-0123abcd")]) == []


def test_processes_of_another_container_are_never_judged(child):
    command = ("unshare", "-pf", "--mount-proc", "--kill-child")
    if (
        shutil.which("unshare") is None
        or subprocess.run([*command, "true"], capture_output=True, check=False).returncode
    ):
        pytest.skip("process ids of its own need Linux, unshare and root")
    container = start(*command)
    try:
        far = WorkerRecord(**json.loads(container.stdout.readline()))
        assert far.host == this_worker().host and far.pid == 1
        assert dead([far]) == [], "its process 1 is not ours"
        code = (
            "import json, sys; from parfocal.storage import WorkerRecord, dead\n"
            "print(dead([WorkerRecord(**json.loads(sys.argv[1]))]))"
        )
        worker = json.dumps(asdict(record(child)))
        seen = [*command, sys.executable, "-c", code, worker]
        assert subprocess.run(seen, capture_output=True, text=True, check=True).stdout == "[]\n"
    finally:
        container.kill()
        container.communicate()


def test_the_claims_of_the_dead_are_taken_back_in_every_study(child):
    clock = Clock()
    storage = MemoryStorage(clock=clock)
    alive, gone = this_worker(), record(child)
    studies = [storage.create_study(name, {}).id for name in "ab"]
    for worker in (alive, gone):
        storage.register(worker)
        for study in studies:
            storage.add(study, [{"x": 1}], [1])
            assert len(storage.claim(study, worker.id, lease=3600)) == 1
    assert reap_dead(storage, studies[0]) == (0, 0)
    child.kill()
    child.wait()
    assert reap_dead(storage, studies[0]) == (1, 0)
    for study in studies:
        assert [trial.state for trial in storage.trials(study)] == [State.RUNNING, State.WAITING]
    assert [worker.id for worker in storage.workers()] == [alive.id]
    assert reap_dead(storage, studies[0]) == (0, 0)
