"""What the engine ``slurm`` says and asks; the real cluster is in tests/slurm."""

import os
import shlex
import stat
import subprocess
import sys

import pytest

from parfocal import Float, Study
from parfocal.engines import WorkerPlan, engine_from_dict, slurm_queue
from parfocal.engines.slurm import job_name_of
from parfocal.errors import EngineError, InvalidInput
from parfocal.storage import MemoryStorage, SqlStorage

posix = pytest.mark.skipif(os.name != "posix", reason="shell scripts")
PLAN = WorkerPlan("sqlite:////data/my cells.db", "cells 1")


def preview(plan=PLAN, **options):
    return engine_from_dict({"kind": "slurm", **options}).preview(plan)


def directives(text):
    return [line.removeprefix("#SBATCH ") for line in text.splitlines() if line.startswith("#SBATCH")]


def test_the_script_says_all_that_was_asked_for():
    text = preview(
        workers=64,
        partition="short",
        time="02:00:00",
        cpus=4,
        memory="1.5 GiB",
        setup=["module load cuda"],
        extra=["--account=x"],
    )
    for wanted in (
        "--array=0-63", "--partition=short", "--time=02:00:00", "--cpus-per-task=4", "--mem=1536M", "--requeue",
        "--signal=B:TERM@60", "--account=x",
    ):  # fmt: skip
        assert wanted in directives(text)
    lines = text.splitlines()
    assert lines.index("module load cuda") < len(lines) - 1
    assert lines[-1].startswith("exec ")
    words = shlex.split(lines[-1])
    assert words[1:5] == [sys.executable, "-m", "parfocal", "worker"]
    assert words[5:] == ["/data/my cells.db", "--study", "cells 1", "--wait", "--parent", "$PPID"]


@posix
def test_the_script_is_valid_shell_and_hands_the_arguments_over(tmp_path):
    fake = tmp_path / "python"
    fake.write_text('#!/bin/sh\nprintf "%s\\n" "$OMP_NUM_THREADS" "$@"\n')
    fake.chmod(fake.stat().st_mode | stat.S_IXUSR)
    file = tmp_path / "workers.sh"
    file.write_text(preview(python=str(fake), cpus=3))
    environment = {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"}
    done = subprocess.run(["bash", "-eu", file], capture_output=True, text=True, check=True, env=environment)
    said = done.stdout.splitlines()
    assert said[:8] == ["3", "-m", "parfocal", "worker", "/data/my cells.db", "--study", "cells 1", "--wait"]
    assert said[8:] == ["--parent", str(os.getpid())]


def test_workers_may_open_another_way_to_the_study_than_the_coordinator():
    assert "worker https://login1:8443 --study" in preview(target="https://login1:8443")
    assert job_name_of(PLAN) in preview(target="https://login1:8443")


def test_the_name_of_a_study_and_its_place_make_the_name_of_the_job():
    assert job_name_of(PLAN).startswith("parfocal-cells_1-")
    assert job_name_of(PLAN) == job_name_of(WorkerPlan("/data/my cells.db", "cells 1"))
    assert job_name_of(PLAN) != job_name_of(WorkerPlan("/data/other.db", "cells 1"))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"wrokers": 3}, "option 'wrokers': there is no such key; did you mean 'workers'?"),
        ({"workers": "auto"}, "option 'workers': expected a whole number, got 'auto'"),
        ({"workers": 0}, "must be at least 1, got 0"),
        ({"time": 7200}, "option 'time': expected text, got 7200; put it in quotes."),
        ({"time": "2 hours"}, "expected a time as Slurm writes it, '02:00:00' or '1-12:00:00', got '2 hours'."),
        ({"memory": "much"}, "expected an amount with its unit, such as '8 GiB', got 'much'."),
        ({"partition": "a b"}, "expected one word, got 'a b'"),
        ({"setup": "module load x"}, "expected a list, got 'module load x'"),
        ({"setup": [3]}, "option 'setup[0]': expected text, got 3"),
        ({"extra": ["account=x"]}, "expected options of sbatch such as '--account=x', got 'account=x'."),
        ({"extra": ["--array=0-3"]}, "'--array' is set by parfocal; leave it out."),
        ({"extra": ["-J name"]}, "'-J' is set by parfocal"),
        ({"poll": 1}, "must be at least 2, got 1"),
    ],
)
def test_a_wrong_option_is_one_sentence(options, said):
    with pytest.raises(InvalidInput) as caught:
        engine_from_dict({"kind": "slurm", **options})
    assert said in str(caught.value)
    assert str(caught.value).startswith("The engine 'slurm', option")
    assert "\n" not in str(caught.value)


def test_workers_come_from_the_options_first():
    assert engine_from_dict("slurm").size == 8
    assert engine_from_dict("slurm", 3).size == 3
    assert engine_from_dict("slurm", "auto").size == 8
    assert engine_from_dict({"kind": "slurm", "workers": 5}, 3).size == 5


def test_without_slurm_it_says_where_it_runs(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    storage = SqlStorage(tmp_path / "study.db")
    storage.create_study("study", {})
    engine = engine_from_dict("slurm")
    with pytest.raises(EngineError, match=r"'squeue' was not found: .* such as the cluster's login node"):
        engine.start(storage, WorkerPlan(storage.url, "study"))
    engine.stop()
    storage.close()
    with pytest.raises(InvalidInput, match="A study in memory"):
        engine.start(MemoryStorage(), WorkerPlan("memory", "study"))


def test_a_function_that_commands_cannot_import_is_refused_before_anything_is_submitted(tmp_path):
    study = Study({"x": Float(0, 1)}, "minimize loss", lambda x: x, storage=tmp_path / "study.db")
    for kind in ("slurm", "dask"):
        with pytest.raises(InvalidInput, match="define the function with 'def' at the top of a module"):
            study.run(2, engine=kind)


def test_indices_are_written_as_slurm_writes_them():
    assert slurm_queue.ranges([0]) == "0"
    assert slurm_queue.ranges([5, 0, 1, 2, 7, 8]) == "0-2,5,7-8"
