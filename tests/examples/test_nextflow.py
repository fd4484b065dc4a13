"""The Nextflow files: Nextflow cannot be had as a package, so the scripts of their processes are run one by one."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from parfocal.experiment import load
from parfocal.storage import open_storage

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
FILES = {path.name: path.read_text() for path in (EXAMPLES / "nextflow").iterdir()}
SCRIPTS = dict(re.findall(r'^process (\w+) \{.*?"""\s*(.*?)\s*"""', FILES["generation.nf"], re.DOTALL | re.MULTILINE))


def run(script, folder, values):
    """Run a process's script as Nextflow does: placeholders filled in, in bash, in a folder of its own."""
    folder.mkdir(parents=True)
    filled = re.sub(r"\$\{(.*?)\}", lambda found: str(values[found[1]]), SCRIPTS[script])
    done = subprocess.run(["bash", "-ue", "-c", filled], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder


def test_they_say_that_they_are_untested():
    assert set(FILES) == {"main.nf", "generation.nf", "README.md"}
    for name, text in FILES.items():
        assert "untested" in "\n".join(text.splitlines()[:8]).lower(), name


def test_four_generations_one_after_another():
    names = re.findall(r"GENERATION as (GENERATION_\d)", FILES["main.nf"])
    calls = re.findall(r"^    (GENERATION_\d)\(channel\.value\((\d)\), (.*)\)$", FILES["main.nf"], re.MULTILINE)
    assert [call[0] for call in calls] == names == [f"GENERATION_{n}" for n in range(1, 5)]
    assert [int(call[1]) for call in calls] == [1, 2, 3, 4]
    assert [call[2] for call in calls[1:]] == [f"{name}.out" for name in names[:-1]]


@pytest.mark.slow
def test_the_scripts_of_the_processes(tmp_path):
    shutil.copytree(EXAMPLES / "snakemake", tmp_path / "example", ignore=shutil.ignore_patterns("images", "*.db*"))
    experiment = tmp_path / "example" / "experiment.yaml"
    experiment.write_text(experiment.read_text().replace("budget: 24", "budget: 5"))
    make = [sys.executable, "segment.py", "--make", "images", "--images", "1"]
    subprocess.run(make, cwd=experiment.parent, check=True)
    params = {"params.parfocal": f"{sys.executable} -m parfocal", "params.experiment": experiment, "params.size": 3}
    for generation, size in ((1, 3), (2, 2), (3, 0)):
        work = tmp_path / str(generation)
        trials = sorted((run("ASK", work / "ask", {**params, "generation": generation}) / "trials").iterdir())
        assert len(trials) == size
        outcomes = [
            run("EVALUATE", work / trial.stem, {**params, "trial": trial, "trial.baseName": trial.stem})
            / f"outcome-{trial.stem}.json"
            for trial in trials
        ]
        if size:
            told = run("TELL", work / "tell", {**params, "outcomes": " ".join(map(str, outcomes))})
            assert f"{size} told (0 of them failed), 0 known" in (told / "told.txt").read_text()
    storage = open_storage(load(experiment).storage)
    counts = storage.counts(storage.studies()[0].id)
    storage.close()
    assert (counts.total, counts.complete) == (5, 5)
