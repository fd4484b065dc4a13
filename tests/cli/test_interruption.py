"""Interruptions for real: Ctrl-C, kill -9 of the main process or of workers; the same command continues."""

import os
import signal
import time

import psutil
import pytest

from tests.cli.conftest import finished, parfocal, start

pytestmark = pytest.mark.skipif(os.name == "nt", reason="sends POSIX signals")


def wait_for(path, count, process, seconds=60):
    """Wait until ``count`` trials are finished."""
    end = time.monotonic() + seconds
    while len(finished(path)) < count:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < end, "the search makes no progress"
        time.sleep(0.05)


def gone(pids, seconds=15):
    """Whether all processes end within some seconds."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if not any(psutil.pid_exists(pid) and psutil.Process(pid).status() != "zombie" for pid in pids):
            return True
        time.sleep(0.1)
    return False


@pytest.mark.parametrize("workers", [1, 2])
def test_ctrl_c_stops_cleanly_and_says_how_to_go_on(experiment, workers):
    path = experiment("slow", isolation="process")
    process = start("run", path, "--budget", 400, "--workers", workers)
    wait_for(path.with_suffix(".db"), 5, process)
    children = [child.pid for child in psutil.Process(process.pid).children(recursive=True)]
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 130
    assert f"Go on with:  parfocal run {path} --budget 400" in said
    assert "Traceback" not in said
    assert gone(children)
    status = parfocal("status", path)
    assert "running" in status.stdout
    before = finished(path.with_suffix(".db"))
    again = parfocal("run", path, "--budget", len(before) + 5)
    assert again.returncode == 0, again.stderr
    after = finished(path.with_suffix(".db"))
    assert len(after) == len(before) + 5, "what the first run had queued for its larger budget waits on"
    assert {number: after[number] for number in before} == before


@pytest.mark.parametrize("workers", [1, 2])
def test_kill_9_loses_no_finished_trial(experiment, workers):
    path = experiment("slow", isolation="process")
    budget = 30
    before = {}
    for goal in (4, 9, 15):
        process = start("run", path, "--budget", budget, "--workers", workers)
        wait_for(path.with_suffix(".db"), goal, process)
        children = [child.pid for child in psutil.Process(process.pid).children(recursive=True)]
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        assert gone(children), "workers and trials must end when the main process is gone"
        now = finished(path.with_suffix(".db"))
        assert {number: now[number] for number in before} == before, "a finished trial never changes"
        before = now
    last = parfocal("run", path, "--budget", budget, "--workers", workers)
    assert last.returncode == 0, last.stderr
    after = finished(path.with_suffix(".db"))
    assert len(after) == budget, "the budget is a total: nothing is lost, nothing is evaluated beyond it"
    assert {number: after[number] for number in before} == before


def test_a_killed_worker_is_replaced(experiment):
    path = experiment("slow", isolation="process")
    process = start("run", path, "--budget", 60, "--workers", 2)
    wait_for(path.with_suffix(".db"), 4, process)
    for child in psutil.Process(process.pid).children():
        child.kill()
    said, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    assert "Best f1" in said
    assert len(finished(path.with_suffix(".db"))) == 60
