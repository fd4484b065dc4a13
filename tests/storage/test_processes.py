"""Dead workers of this host are noticed at once, and nobody else is judged."""

import subprocess
import sys
from dataclasses import replace

import psutil
import pytest

from parfocal.storage import MemoryStorage, WorkerRecord, dead, reap_dead, this_worker
from parfocal.testing.storage import Clock
from parfocal.trials import State


@pytest.fixture
def child():
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    yield process
    process.kill()
    process.communicate()


def record(process):
    return WorkerRecord(f"w{process.pid}", this_worker().host, process.pid, psutil.Process(process.pid).create_time())


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
    worker = replace(record(child), started=record(child).started - 3600)
    assert dead([worker]) == [worker.id]


def test_other_hosts_are_never_judged(child):
    child.kill()
    child.wait()
    assert dead([WorkerRecord("w", "some-other-host", child.pid, 1.0)]) == []


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
