"""The engine ``dask`` with jobs of a real Slurm, by way of dask-jobqueue."""

import os
import signal
import subprocess
import sys

import pytest

from tests.slurm.studies import Trials, end, workers_of, write

pytest.importorskip("dask_jobqueue")
pytestmark = [pytest.mark.slow, pytest.mark.skipif(os.name == "nt", reason="there is no Slurm on Windows")]

ENGINE = "{kind: dask, cluster: slurm, cores: 1, memory: 300 MiB, walltime: '00:10:00', JOBS, interface: lo}"


def jobs(slurm):
    """Return the jobs: id, state, node."""
    return [line.split() for line in slurm.call("squeue", "-h", "-o", "%i %T %N").splitlines()]


@pytest.fixture
def folder(slurm, tmp_path):
    yield tmp_path
    slurm.resume("n2")
    slurm.call("scancel", "--me")
    slurm.wait(lambda: jobs(slurm) == [], 60)


def test_a_node_is_drained_and_a_job_is_killed_in_the_middle(slurm, folder, start):
    # each job holds two workers, which Dask's own cluster objects would not replace
    path = write(folder, ENGINE.replace("JOBS", "jobs: 2").replace("cores: 1", "cores: 2"), 320)
    trials, process = Trials(path), start(path)
    trials.wait(20, process)
    slurm.wait(lambda: len(workers_of(path)) == 4, 60)
    before = {worker.pid: worker.environ() for worker in workers_of(path)}
    assert sorted(environment["SLURMD_NODENAME"] for environment in before.values()) == ["n1", "n1", "n2", "n2"]
    slurm.drain("n2")
    job = next(env["SLURM_JOB_ID"] for env in before.values() if env["SLURMD_NODENAME"] == "n1")
    step = next(worker for worker in workers_of(path) if worker.environ()["SLURM_JOB_ID"] == job)
    while "slurmstepd" not in step.name():
        step = step.parent()
    for each in [step, *step.children(recursive=True)]:  # the job with all that is in it, at once
        os.kill(each.pid, signal.SIGKILL)
    slurm.wait(lambda: {worker.pid for worker in workers_of(path)} - set(before), 90)
    new = [worker.environ() for worker in workers_of(path) if worker.pid not in before]
    assert {environment["SLURMD_NODENAME"] for environment in new} == {"n1"}, "nothing begins on a drained node"
    end(process)
    trials.check(320)
    slurm.wait(lambda: jobs(slurm) == [], 30)
    assert workers_of(path) == []
    assert list((folder / "cells.db-dask" / "cells").glob("*.err"))


def test_the_number_of_jobs_follows_the_trials(slurm, folder, start):
    path = write(folder, ENGINE.replace("JOBS", "minimum: 1, maximum: 3, idle: 2"), 60)
    trials, process = Trials(path), start(path)
    slurm.wait(lambda: len(workers_of(path)) == 3, 90)
    end(process)
    trials.check(60)
    slurm.wait(lambda: jobs(slurm) == [], 30)


def test_jobs_end_with_their_coordinator_and_the_next_run_goes_on(slurm, folder, start):
    path = write(folder, ENGINE.replace("JOBS", "jobs: 2"), 60)
    trials, process = Trials(path), start(path)
    trials.wait(6, process)
    process.kill()
    process.communicate()
    slurm.wait(lambda: workers_of(path) == [], 30)
    slurm.wait(lambda: jobs(slurm) == [], 90)
    assert {trial.state.name for trial in trials.all()} <= {"COMPLETE", "WAITING"}
    end(start(path))
    trials.check(60)


def test_jobs_that_end_before_their_workers_begin_stop_the_study(slurm, folder):
    engine = ENGINE.replace("JOBS", "jobs: 3, job_script_prologue: ['echo no such module >&2; exit 1']")
    path = write(folder, engine, 10)
    command = [sys.executable, "-m", "parfocal", "run", str(path), "--quiet"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)
    assert done.returncode == 3, done.stderr
    assert "6 workers in a row died without finishing a trial, the last with its job, whose log is in" in done.stderr
    assert any("no such module" in log.read_text() for log in (folder / "cells.db-dask" / "cells").glob("*.err"))
    assert jobs(slurm) == []
