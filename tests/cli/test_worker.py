"""`parfocal worker` on a host where the experiment lies elsewhere, and what it logs."""

import json
import os
import shutil
import subprocess
import sys

import pytest

from parfocal import Float, Study
from parfocal.errors import StudyExistsError
from parfocal.evaluation import PythonEvaluator
from tests.cli.conftest import PIPELINE, parfocal


def made(tmp_path, path, **options):
    space = {"sigma": Float(0.5, 5.0), "size": Float(1, 8)}
    evaluator = PythonEvaluator("pipeline:score", path=str(path))
    return Study(space, "maximize f1", evaluator, storage=tmp_path / "s.db", **{"optimizer": "random", **options})


def test_the_experiment_may_lie_elsewhere_on_this_host(tmp_path):
    study = made(tmp_path, "/at/the/coordinator")
    study.enqueue([{"sigma": 2.0, "size": 4.0}, {"sigma": 3.0, "size": 4.0}])
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "pipeline.py").write_text(PIPELINE)
    said = parfocal("worker", tmp_path / "s.db", "--folder", tmp_path / "here")
    assert said.returncode == 0 and "2 trials evaluated, 0 of them failed." in said.stdout
    stored = study.storage.open_study("study").definition["evaluation"]
    assert stored["path"] == "/at/the/coordinator", "another host's folder is nothing to the others"
    said = parfocal("worker", tmp_path / "s.db", "--folder", tmp_path / "none")
    assert said.returncode == 2 and "There is no folder" in said.stderr and said.stderr.count("\n") == 1


def test_an_experiment_that_was_moved_is_the_same(tmp_path):
    made(tmp_path, tmp_path / "before")
    after = made(tmp_path, tmp_path / "after")
    stored = after.storage.open_study("study").definition
    assert stored["evaluation"]["path"] == str(tmp_path / "after")
    with pytest.raises(StudyExistsError, match="seed"):
        made(tmp_path, tmp_path / "elsewhere", seed=3)
    with pytest.raises(StudyExistsError, match="evaluation"):
        Study({"sigma": Float(0.5, 5.0), "size": Float(1, 8)}, "maximize f1", PythonEvaluator("pipeline:slow"),
              optimizer="random", storage=tmp_path / "s.db")  # fmt: skip


def test_a_folder_that_was_moved_goes_on(experiment, tmp_path):
    path = experiment()
    assert parfocal("run", path, "--budget", 5, "--quiet").returncode == 0
    moved = tmp_path / "moved"
    moved.mkdir()
    for name in ("experiment.yaml", "pipeline.py", "experiment.db"):
        shutil.move(tmp_path / name, moved / name)
    said = parfocal("run", moved / "experiment.yaml", "--budget", 8, "--quiet")
    assert said.returncode == 0, said.stderr
    assert Study.open(moved / "experiment.db").counts.complete + Study.open(moved / "experiment.db").counts.failed == 8


@pytest.mark.parametrize("workers", [1, 2])
def test_lines_of_the_log_say_what_they_are_about(experiment, tmp_path, workers):
    path, log = experiment(optimizer="tpe"), tmp_path / "log"
    code = (
        "import logging, sys; logging.getLogger('parfocal').setLevel('DEBUG')\n"
        "from parfocal.cli import main; sys.argv = ['parfocal', *sys.argv[1:]]; main()"
    )
    command = [sys.executable, "-c", code, "run", str(path), "--quiet", "--workers", str(workers)]
    environment = {**os.environ, "PARFOCAL_LOG": "json", "PARFOCAL_LOG_FILE": str(log)}
    subprocess.run(command, check=True, env=environment, timeout=120, capture_output=True)
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    asked = [line for line in lines if line["logger"] == "parfocal.search"]
    assert asked and {line["study"] for line in asked} == {"experiment"} and all(line["worker"] for line in asked)
    if workers == 1:
        done = [line for line in lines if line["logger"] == "parfocal.workers"]
        assert sorted(line["trial"] for line in done) == list(range(40))


def test_a_worker_process_logs_where_its_engine_does(tmp_path):
    """A warning of the process that an engine has started comes to the same file."""
    (tmp_path / "noisy.py").write_text(
        "import logging\n\ndef f(x):\n    logging.getLogger('parfocal.mine').warning('hello')\n    return x\n"
    )
    log = tmp_path / "log"
    code = (
        "import sys\nfrom parfocal import Float, Study\nfrom parfocal.evaluation import PythonEvaluator\n"
        "if __name__ == '__main__':\n"
        "    evaluator = PythonEvaluator('noisy:f', path=sys.argv[1])\n"
        "    Study({'x': Float(0, 1)}, evaluator=evaluator, storage=sys.argv[1] + '/s.db', optimizer='random',\n"
        "          isolation='none').run(4, workers=2)\n"
    )
    environment = {**os.environ, "PARFOCAL_LOG": "json", "PARFOCAL_LOG_FILE": str(log)}
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True, env=environment, timeout=120)
    said = [json.loads(line) for line in log.read_text().splitlines()]
    mine = [line for line in said if line["logger"] == "parfocal.mine"]
    assert len(mine) == 4 and sorted(line["trial"] for line in mine) == [0, 1, 2, 3]
    assert all(line["worker"].startswith("w") and line["study"] == "study" for line in mine)
