"""A small experiment in a folder of its own, and the command line as a real process."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

PIPELINE = """
import time

def score(sigma, size, pause=0.0):
    time.sleep(pause)
    if size == 9:
        raise ValueError("size 9 does not fit")
    return {"f1": 1.0 - (sigma - 2) ** 2 / 10 - abs(size - 4) / 20, "precision": 0.5}

def slow(sigma, size):
    return score(sigma, size, 0.05)

def broken(sigma, size):
    raise RuntimeError("the model file is missing")
"""

EXPERIMENT = """
space:
  sigma: {type: float, low: 0.5, high: 5.0, levels: 46, default: 1.0, unit: px}
  size: {type: integer, low: 1, high: 9, default: 5}
objective: {metric: f1, direction: maximize}
evaluation: {kind: python, function: 'pipeline:FUNCTION'}
optimizer: OPTIMIZER
budget: 40
workers: 1
isolation: ISOLATION
"""


@pytest.fixture
def experiment(tmp_path):
    """Return a function that writes experiment.yaml with its pipeline and returns its path."""

    def write(function="score", optimizer="random", isolation="none", more=""):
        text = EXPERIMENT.replace("FUNCTION", function).replace("OPTIMIZER", optimizer).replace("ISOLATION", isolation)
        (tmp_path / "pipeline.py").write_text(PIPELINE)
        path = tmp_path / "experiment.yaml"
        path.write_text(text + more)
        return path

    return write


def parfocal(*arguments, timeout=120):
    """Run the command line in a process of its own and return what came of it."""
    command = [sys.executable, "-m", "parfocal", *map(str, arguments)]
    environment = {**os.environ, "COLUMNS": "200", "PYTHONWARNINGS": "error"}
    return subprocess.run(command, capture_output=True, text=True, timeout=timeout, env=environment, check=False)


def start(*arguments):
    """Start the command line in a process and a session of its own."""
    command = [sys.executable, "-m", "parfocal", *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)


def finished(path: Path) -> dict[int, float]:
    """Return trial number to loss of all finished trials of an experiment's storage."""
    from parfocal.storage import open_storage

    if not path.exists():
        return {}
    storage = open_storage(path)
    records = storage.studies()
    trials = storage.trials(records[0].id) if records else []
    result = {trial.number: (trial.loss, trial.finished) for trial in trials if trial.state.finished}
    storage.close()
    return result
