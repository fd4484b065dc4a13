"""The commands of docs/workflows.md, run as they stand there."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from parfocal.storage import open_storage

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "workflows.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```bash\n(.*?)```", PAGE, re.DOTALL)

EXPERIMENT = """
space: {sigma: {type: float, low: 0.5, high: 5}}
objective: maximize f1
evaluation: {command: ["{python}", "-c", "print({sigma} / 5)"], result: {json: "-"}}
optimizer: random
budget: 10
isolation: none
"""


@pytest.fixture
def shell(tmp_path):
    """Return a function that runs a block in bash, with `parfocal` on the PATH."""
    (tmp_path / "bin").mkdir()
    for name, line in {
        "parfocal": f'exec {sys.executable} -m parfocal "$@"',
        "my-pipeline": 'test "$1" = --sigma && test "$3" = --seed && echo "0.$4"',
    }.items():
        (tmp_path / "bin" / name).write_text(f"#!/bin/sh\n{line}\n")
        (tmp_path / "bin" / name).chmod(0o755)
    (tmp_path / "my-pipeline").symlink_to(tmp_path / "bin" / "my-pipeline")
    (tmp_path / "experiment.yaml").write_text(EXPERIMENT)
    env = {**os.environ, "PATH": f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}"}

    def run(block):
        done = subprocess.run(
            ["bash", "-eu", "-c", block],
            cwd=tmp_path,
            env=env,
            capture_output=True,
            text=True,
            timeout=200,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done

    return run


def block(start):
    (found,) = [each for each in BLOCKS if each.startswith(start)]
    return found


@pytest.mark.slow
def test_the_loop(shell, tmp_path):
    done = shell(block("while parfocal ask"))
    assert "its budget is spent (10 of 10 trials finished)" in done.stderr
    storage = open_storage(tmp_path / "experiment.db")
    counts = storage.counts(storage.studies()[0].id)
    storage.close()
    assert (counts.total, counts.complete) == (10, 10)


@pytest.mark.skipif(shutil.which("jq") is None, reason="jq is not installed (apt-get install jq)")
def test_a_program_of_ones_own(shell, tmp_path):
    (tmp_path / "experiment.yaml").write_text(EXPERIMENT.replace("experiment", "nuclei"))
    shell("parfocal ask experiment.yaml --n 13 --budget 20 -o .")
    seed = json.loads((tmp_path / "trial-000012.json").read_text())["seed"]
    shell(block("sigma=$(jq"))
    shell("parfocal tell experiment.yaml outcome.json")
    storage = open_storage(tmp_path / "experiment.db")
    trial = storage.trial(storage.studies()[0].id, 12)
    storage.close()
    assert trial.outcome.metrics == {"f1": float(f"0.{seed}")}
