"""The engine ``slurm`` on a real cluster."""

import os
import signal
import subprocess
import sys

import pytest

from tests.slurm.studies import Trials, end, workers_of, write

pytestmark = [pytest.mark.slow, pytest.mark.skipif(os.name == "nt", reason="there is no Slurm on Windows")]


def tasks(slurm):
    """Return the tasks of all arrays: id, state, node."""
    return [line.split() for line in slurm.call("squeue", "-h", "-r", "-o", "%i %T %N").splitlines()]


def running(slurm):
    return [task for task in tasks(slurm) if task[1] == "RUNNING"]


@pytest.fixture
def folder(slurm, tmp_path):
    made = tmp_path / "a folder"
    made.mkdir()
    yield made
    slurm.resume("n2")
    slurm.call("scancel", "--me")
    slurm.wait(lambda: tasks(slurm) == [], 60)


def test_a_node_is_drained_and_a_job_is_killed_in_the_middle(slurm, folder, start):
    path = write(folder, "{kind: slurm, workers: 4, time: '10:00', memory: 300 MiB, poll: 2}", 60)
    trials, process = Trials(path), start(path)
    trials.wait(10, process)
    assert len({task[0].split("_")[0] for task in tasks(slurm)}) == 1, "one array"
    before = {worker.pid: worker.environ()["SLURMD_NODENAME"] for worker in workers_of(path)}
    assert sorted(before.values()) == ["n1", "n1", "n2", "n2"]
    slurm.drain("n2")
    os.kill(next(pid for pid, node in before.items() if node == "n1"), signal.SIGKILL)
    slurm.wait(lambda: {worker.pid for worker in workers_of(path)} - set(before), 60)  # the missing task came anew
    (new,) = [worker for worker in workers_of(path) if worker.pid not in before]
    assert new.environ()["SLURMD_NODENAME"] == "n1", "nothing begins on a drained node"
    end(process)
    trials.check(60)
    assert tasks(slurm) == []
    assert workers_of(path) == []
    logs = sorted((folder / "cells.db-slurm" / "cells").glob("*_*.log"))
    assert len(logs) >= 5
    assert "Helping 'cells'" in logs[0].read_text()


def test_a_job_step_that_is_killed_leaves_no_worker_behind(slurm, folder, start):
    import psutil

    path = write(folder, "{kind: slurm, workers: 2, poll: 2}", 40)
    trials, process = Trials(path), start(path)
    trials.wait(8, process)
    worker = workers_of(path)[0]
    step = worker.parent()
    assert "slurmstepd" in " ".join([*step.cmdline(), step.name()])
    step.kill()
    psutil.wait_procs([worker], 15)
    assert not worker.is_running() or worker.status() == "zombie"
    end(process)
    trials.check(40)
    assert workers_of(path) == []


def test_the_array_outlives_its_coordinator_and_is_found_again(slurm, folder, start):
    path = write(folder, "{kind: slurm, workers: 3, poll: 2}", 150)
    trials, process = Trials(path), start(path)
    trials.wait(6, process)
    slurm.wait(lambda: len(running(slurm)) == 3, 30)
    before = {task[0] for task in tasks(slurm)}
    process.kill()
    process.communicate()
    done = trials.finished()
    trials.wait(done + 10)  # what was queued is still worked on
    path.write_text(path.read_text().replace("workers: 3", "workers: 2"))
    again = start(path)
    slurm.wait(lambda: len(running(slurm)) == 2, 30)  # one too many was asked to leave
    said = end(again)
    assert "3 tasks of the array" in said
    assert "submitted the tasks" not in said
    trials.check(150)
    assert tasks(slurm) == []
    assert len(before) == 3


def test_a_preempted_worker_gives_its_claim_back_and_a_requeued_one_starts_again(slurm, folder, start):
    path = write(folder, "{kind: slurm, workers: 2, poll: 2}", 60)
    trials, process = Trials(path), start(path)
    trials.wait(6, process)
    task = running(slurm)[0][0]
    slurm.call("scontrol", "requeue", task)
    slurm.wait(lambda: any(t[0] == task and t[1] != "RUNNING" for t in tasks(slurm)), 30)
    end(process)
    trials.check(60)


def test_ctrl_c_takes_the_array_away(slurm, folder, start):
    path = write(folder, "{kind: slurm, workers: 6, poll: 2}", 400)
    trials, process = Trials(path), start(path)
    trials.wait(6, process)
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 130, said
    assert tasks(slurm) == []
    left = [trial for trial in trials.all() if trial.state.name != "COMPLETE"]
    assert {trial.state.name for trial in left} == {"WAITING"}
    assert any(trial.attempts for trial in left), "trials of the moment were given back"


def test_workers_that_cannot_start_stop_the_study_with_their_last_words(slurm, folder):
    path = write(folder, "{kind: slurm, workers: 2, poll: 2, setup: ['echo no such module >&2; exit 1']}", 10)
    command = [sys.executable, "-m", "parfocal", "run", str(path), "--quiet"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 3, done.stderr
    assert "workers in a row died without finishing a trial" in done.stderr
    assert done.stderr.strip().endswith("no such module")
    assert tasks(slurm) == []


def test_what_slurm_refuses_is_one_sentence(slurm, folder):
    path = write(folder, "{kind: slurm, workers: 2, partition: nowhere}", 10)
    command = [sys.executable, "-m", "parfocal", "run", str(path), "--quiet"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 2
    assert "Slurm refused 'sbatch'" in done.stderr
    assert "invalid partition" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
