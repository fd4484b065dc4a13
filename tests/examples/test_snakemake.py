"""The Snakemake workflow, run by the real Snakemake: on this machine, and on a real SLURM."""

import json
import os
import runpy
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import datetime
from pathlib import Path

import pytest
from tests.examples import slurm

from parfocal.experiment import load
from parfocal.storage import open_storage
from parfocal.trials import State

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "snakemake"
SNAKEMAKE = os.environ.get("PARFOCAL_SNAKEMAKE") or shutil.which("snakemake")
"""Snakemake pins packages of its own and is best installed into an environment of its own."""
installed = pytest.mark.skipif(
    SNAKEMAKE is None or not Path(SNAKEMAKE).is_file(),
    reason="Snakemake is not on the PATH, nor named by PARFOCAL_SNAKEMAKE (pip install snakemake)",
)


def slurm_plugin():
    if SNAKEMAKE is None:
        return False
    done = subprocess.run([SNAKEMAKE, "--help"], capture_output=True, text=True, timeout=120, check=False)
    return "slurm-jobstep" in done.stdout


@pytest.fixture
def workflow(tmp_path):
    """Return a copy of the example with its images, and a small budget."""
    folder = tmp_path / "example"
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns("images", "*.db*", "results"))
    subprocess.run([sys.executable, folder / "segment.py", "--make", "images", "--images", "2"], cwd=folder, check=True)
    return folder


def with_budget(folder, budget):
    path = folder / "experiment.yaml"
    text = path.read_text()
    assert "budget: 24" in text
    path.write_text(text.replace("budget: 24", f"budget: {budget}"))
    return path


def command(folder, *options, size=4):
    parfocal = f"parfocal={sys.executable} -m parfocal"
    return [
        SNAKEMAKE, "-s", folder / "Snakefile", "-d", folder / "results", *options,
        "--config", parfocal, f"size={size}",
    ]  # fmt: skip


def snakemake(folder, *options, env=None, **settings):
    # warnings of Snakemake's own are not ours
    env = {**(env or os.environ), "PYTHONWARNINGS": "ignore", "OMP_NUM_THREADS": "1"}
    log = folder / "snakemake.log"
    with log.open("a") as stream:
        return subprocess.Popen(
            command(folder, *options, **settings), env=env, stdout=stream, stderr=stream, start_new_session=True
        )


def finished(process, folder, seconds=900):
    assert process.wait(timeout=seconds) == 0, (folder / "snakemake.log").read_text()[-4000:]


def check(folder, budget):
    """Check that exactly the budget finished, and that each trial was told once."""
    experiment = load(folder / "experiment.yaml")
    storage = open_storage(experiment.storage)
    record = storage.open_study(experiment.name)
    counts, trials = storage.counts(record.id), storage.trials(record.id)
    revision = storage.changes(record.id).revision
    storage.close()
    assert (counts.total, counts.complete) == (budget, budget)
    assert Counter(trial.state for trial in trials) == {State.COMPLETE: budget}
    assert {trial.attempts for trial in trials} == {1}
    assert revision == 2 * budget, "each trial was added and told, and nothing more"
    told = [path.read_text() for path in sorted((folder / "results" / "generations").glob("*/told.txt"))]
    assert sum(int(text.split(": ")[1].split()[0]) for text in told) == budget
    assert all(" 0 known, 0 stale, 0 wrong; 0 are still out" in text for text in told)
    best = json.loads((folder / "results" / "best.json").read_text())
    assert best["f1"] == max(-trial.loss for trial in trials)
    assert best["f1"] > 0.7
    asked = [trial.provenance.ask for trial in trials]
    assert asked == sorted(asked) and len(set(asked)) > 1, "later generations were asked for after earlier ones"
    return trials


def test_the_pipeline_has_real_knobs(workflow):
    subprocess.run([sys.executable, "segment.py", "images", "--out", "r.json"], cwd=workflow, check=True)
    printed = json.loads((workflow / "r.json").read_text())
    assert sorted(printed["images"]) == ["field-0", "field-1"]
    module = runpy.run_path(str(workflow / "segment.py"))
    image, truth = module["make_image"](0)
    base = {"sigma": 2, "radius": 25, "level": 1, "distance": 6, "min_area": 40}
    score = module["f1"](truth, module["segment"](image, **base))
    assert score == printed["images"]["field-0"]["f1"] > 0.85
    for knob, parameter in load(workflow / "experiment.yaml").space.parameters.items():
        ends = [module["segment"](image, **{**base, knob: end}) for end in (parameter.low, parameter.high)]
        assert max(abs(module["f1"](truth, labels) - score) for labels in ends) > 0.02, knob
    assert module["f1"](truth, truth) == 1


def test_the_experiment_is_right(workflow):
    experiment = load(workflow / "experiment.yaml")
    assert experiment.problems() == []
    experiment.space.validate(experiment.space.default())


@installed
@pytest.mark.slow
@pytest.mark.timeout(600)
def test_on_this_machine(workflow):
    with_budget(workflow, 10)
    finished(snakemake(workflow, "--cores", "2"), workflow)
    check(workflow, 10)
    again = subprocess.run(
        command(workflow, "--cores", "2"), capture_output=True, text=True, timeout=120, check=False
    )  # fmt: skip
    assert again.returncode == 0
    assert "Nothing to be done" in again.stderr + again.stdout


@installed
@pytest.mark.slow
@pytest.mark.timeout(600)
def test_snakemake_is_killed_and_run_again(workflow):
    """Kill -9 of Snakemake with all its jobs, twice: in the first generation, and in the second one."""
    with_budget(workflow, 8)
    for generation in (1, 2):
        process = snakemake(workflow, "--cores", "2", "--rerun-incomplete")
        trials = workflow / "results" / "generations" / str(generation) / "trials"
        end = time.monotonic() + 120
        while not list(trials.glob("trial-*.json")):
            assert time.monotonic() < end and process.poll() is None, (workflow / "snakemake.log").read_text()[-2000:]
            time.sleep(0.02)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        subprocess.run(command(workflow, "--unlock"), capture_output=True, timeout=120, check=True)
    finished(snakemake(workflow, "--cores", "2", "--rerun-incomplete"), workflow)
    check(workflow, 8)


@installed
@pytest.mark.slow
@pytest.mark.timeout(1500)
@pytest.mark.skipif(bool(slurm.missing()), reason=slurm.missing() or "SLURM is here")
def test_on_slurm_with_a_node_drained_and_a_job_cancelled(workflow, tmp_path):
    if not slurm_plugin():
        pytest.skip("Snakemake has no SLURM executor (pip install snakemake-executor-plugin-slurm)")
    with_budget(workflow, 16)
    with slurm.Slurm(tmp_path / "cluster", nodes=2, cpus=1) as cluster:
        process = snakemake(
            workflow, "--executor", "slurm", "--jobs", "4", "--slurm-no-account", "--slurm-status-command", "squeue",
            "--seconds-between-status-checks", "2", "--slurm-init-seconds-before-status-checks", "2",
            "--default-resources", "slurm_partition=main", "mem_mb=500", "runtime=5", env=cluster.env, size=8,
        )  # fmt: skip
        try:
            seen = wait_for(lambda: {job[2] for job in running(cluster)} >= {"n1", "n2"} and running(cluster), process)
            (victim,) = [job[0] for job in seen if job[2] == "n1"]
            cluster.call("scontrol", "update", "nodename=n2", "state=drain", "reason=test")
            drained = datetime.now()
            cluster.call("scancel", victim)
            finished(process, workflow, 1200)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        jobs = cluster.jobs()
        assert "drain" in cluster.call("sinfo", "-h", "-n", "n2", "-o", "%T").stdout
    check(workflow, 16)
    states = Counter(state.split()[0] for _, state, _, _ in jobs)
    assert states["COMPLETED"] == 16
    assert states["CANCELLED"] == 1
    assert len(jobs) == 17, "the job that was cancelled was repeated, and no other"
    late = {node for _, _, node, start in jobs if datetime.fromisoformat(start) > drained}
    assert late == {"n1"}, "nothing began on the drained node"
    assert "n2" in {node for _, state, node, _ in jobs if state == "COMPLETED"}, "what ran there came to its end"


def running(cluster):
    return [job for job in cluster.jobs() if job[1] == "RUNNING"]


def wait_for(condition, process, seconds=300):
    end = time.monotonic() + seconds
    while True:
        found = condition()
        if found:
            return found
        assert time.monotonic() < end and process.poll() is None, "the jobs did not begin"
        time.sleep(0.2)
