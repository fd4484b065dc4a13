"""Every example runs, with a small budget."""

import importlib.util
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from parfocal.evaluation import Job, evaluator_from_dict, run
from parfocal.experiment import load
from parfocal.trials import Configuration, State

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("stardist") is None,
    reason="stardist, whose wheel holds the sample image, is not installed",
)
octave = pytest.mark.skipif(
    shutil.which("octave-cli") is None, reason="GNU Octave is not installed (apt-get install octave octave-image)"
)


def python(*arguments, cwd):
    done = subprocess.run([sys.executable, *map(str, arguments)], cwd=cwd, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr
    return done.stdout


def copied(folder, tmp_path):
    """Copy an example, so that nothing is written beside the original."""
    shutil.copytree(EXAMPLES / folder, tmp_path / folder)
    return tmp_path / folder


@pytest.fixture
def prepared(tmp_path):
    folder = copied("octave", tmp_path)
    python(folder / "prepare.py", cwd=tmp_path)
    return folder


def test_plain_python_beats_its_default(tmp_path):
    printed = python(EXAMPLES / "plain_python.py", "--budget", "40", cwd=tmp_path)
    default, best = (float(value) for value in re.findall(r"F1 (0\.\d+)", printed))
    assert best > default > 0.3
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["nuclei_task.yaml", "slurm/experiment.yaml", "slurm/dask.yaml"])
def test_experiments_with_a_task_are_right(name):
    experiment = load(EXAMPLES / name)
    assert experiment.evaluator.check(experiment.space.names) == []
    experiment.space.validate(experiment.default)


def test_a_task_runs_from_the_command_line(tmp_path):
    shutil.copy(EXAMPLES / "nuclei_task.yaml", tmp_path)
    text = (tmp_path / "nuclei_task.yaml").read_text().replace("budget: 100", "budget: 25")
    (tmp_path / "nuclei_task.yaml").write_text(text)
    python("-m", "parfocal", "run", tmp_path / "nuclei_task.yaml", "--workers", "1", cwd=tmp_path)
    printed = python("-m", "parfocal", "best", tmp_path / "nuclei_task.db", "--json", cwd=tmp_path)
    assert "sigma_gauss" in printed


@octave
def test_octave_is_one_trial_like_any_other(prepared, tmp_path):
    experiment = load(prepared / "experiment.yaml")
    assert experiment.evaluator.check(experiment.space.names) == []
    evaluator = evaluator_from_dict(json.loads(json.dumps(experiment.evaluator.to_dict())))
    job = Job(0, Configuration(experiment.space.default()))
    outcome = run(evaluator, job, experiment.objective, experiment.limits, folder=tmp_path / "trials")
    assert outcome.state == State.COMPLETE, outcome.log
    assert 0.7 < outcome.metrics["dice"] < 0.95
    assert Path(outcome.artifacts["segmentation"]).is_file()


@octave
@pytest.mark.slow
def test_octave_is_tuned_from_the_command_line(prepared, tmp_path):
    text = (prepared / "experiment.yaml").read_text().replace("budget: 40", "budget: 12")
    (prepared / "experiment.yaml").write_text(text)
    python("-m", "parfocal", "run", prepared / "experiment.yaml", cwd=tmp_path)
    printed = python("-m", "parfocal", "best", prepared / "experiment.db", "--json", cwd=tmp_path)
    assert "min_area" in printed


def test_a_wrong_octave_run_fails_with_its_own_words(prepared, tmp_path):
    """Without Octave the check names the program that is missing; with it nothing is missing."""
    experiment = load(prepared / "experiment.yaml")
    problems = experiment.evaluator.check(experiment.space.names)
    assert ("octave-cli" in " ".join(problems)) == (shutil.which("octave-cli") is None)
