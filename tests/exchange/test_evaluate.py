"""Evaluating what was handed out, without a database."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from parfocal import CommandEvaluator, Float, Limits, PythonEvaluator, Study
from parfocal.errors import ExchangeError
from parfocal.exchange import ask, evaluate, outcome_from, read_outcomes, read_trial, tell, write_trials
from parfocal.storage import open_storage
from parfocal.trials import Objective, Reason, State

F1 = Objective("f1", "maximize")


def handed(pipeline, function="score", n=1, **options):
    """Hand out trials of a study, write their files, and throw the database away."""
    evaluator = PythonEvaluator(f"exchange_pipeline:{function}", path=str(pipeline)) if function else None
    space = {"x": Float(*options.pop("x", (0.0, 1.0)))}
    study = Study(
        space, "maximize f1", options.pop("evaluator", evaluator), storage=open_storage("memory"), optimizer="random",
        **options,
    )  # fmt: skip
    return write_trials(pipeline / "trials", ask(study, n).trials)


def test_the_same_seed_and_configuration_each_time(pipeline):
    paths = handed(pipeline, n=3)
    seeds = set()
    for path in paths:
        trial = read_trial(path)
        first, again = evaluate(trial), evaluate(trial)
        assert first.metrics == again.metrics
        assert first.metrics["seed"] == trial.seed
        assert first.metrics["f1"] == 1 - (trial.configuration["x"] - 0.3) ** 2
        seeds.add(trial.seed)
    assert len(seeds) == 3


def test_it_needs_no_database(pipeline, tmp_path):
    """The outcome of a study in memory, evaluated by another process."""
    (path,) = handed(pipeline)
    assert command(pipeline, path, "-o", tmp_path / "o.json").returncode == 0
    (returned,) = read_outcomes([tmp_path / "o.json"])[0]
    assert returned.outcome(F1).state == State.COMPLETE
    assert not list(pipeline.rglob("*.db"))


def test_it_imports_neither_optimizers_nor_databases():
    """Each job of a cluster evaluates one trial: half a second that is saved counts thousands of times."""
    absent = ["scipy", "sklearn", "sqlalchemy", "parfocal.study", "parfocal.optimizers"]
    code = f"import sys, parfocal.cli.files; print([name for name in {absent} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_files_say_nothing_of_the_database_and_the_environment(pipeline, monkeypatch):
    monkeypatch.setenv("PARFOCAL_PASSWORD", "very-secret")
    evaluator = PythonEvaluator("exchange_pipeline:score", path=str(pipeline))
    study = Study({"x": Float(0, 1)}, "maximize f1", evaluator, storage=pipeline / "kept.db", optimizer="random")
    (path,) = write_trials(pipeline / "trials", ask(study, 1).trials)
    text = path.read_text()
    assert "kept.db" not in text and "sqlite" not in text and "very-secret" not in text


def test_a_failing_trial_is_an_outcome(pipeline):
    outcome = evaluate(read_trial(handed(pipeline, "wrong")[0]))
    assert (outcome.state, outcome.reason) == (State.FAILED, Reason.ERROR)
    assert "no nuclei" in outcome.message
    assert "exchange_pipeline.py" in outcome.log


def test_limits_travel(pipeline):
    (path,) = handed(pipeline, "slow", x=(30.0, 60.0), limits=Limits(0.3), isolation="process")
    outcome = evaluate(read_trial(path))
    assert outcome.reason == Reason.TIMEOUT
    assert "begun" in outcome.log


def test_a_command_and_its_folder(pipeline):
    program = "import json, sys; json.dump({{'f1': float(sys.argv[1])}}, open('result.json', 'w'))"
    evaluator = CommandEvaluator([sys.executable, "-c", program, "{x}"], artifacts={"result": "result.json"})
    (path,) = handed(pipeline, evaluator=evaluator)
    trial = read_trial(path)
    for _ in range(2):  # an engine may do it again: the folder of the first time is there
        outcome = evaluate(trial, pipeline / "work")
        assert outcome.metrics == {"f1": trial.configuration["x"]}
    assert outcome.artifacts == {"result": str(pipeline / "work" / "000000" / "result.json")}


def test_a_study_without_an_evaluator(pipeline):
    trial = read_trial(handed(pipeline, None)[0])
    assert trial.evaluation is None
    with pytest.raises(ExchangeError, match=r"names no evaluation.*write \{\"trial\""):
        evaluate(trial)


def test_an_evaluator_that_cannot_be_made(pipeline):
    (path,) = handed(pipeline)
    path.write_text(path.read_text().replace('"python"', '"pithon"'))
    with pytest.raises(ExchangeError, match=r"cannot be evaluated: .*did you mean 'python'"):
        evaluate(read_trial(path))


def command(pipeline, *arguments, start=False):
    line = [sys.executable, "-m", "parfocal", "evaluate", *map(str, arguments)]
    if start:
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        return subprocess.Popen(line, cwd=pipeline, text=True, start_new_session=True, **pipes)
    return subprocess.run(line, cwd=pipeline, capture_output=True, text=True, timeout=60, check=False)


def test_the_standard_output_is_the_outcome_and_nothing_else(pipeline):
    for isolation in ("none", "process"):
        (path,) = handed(pipeline, "loud", isolation=isolation)
        done = command(pipeline, path)
        assert done.returncode == 0, done.stderr
        assert outcome_from(json.loads(done.stdout)).outcome(F1).state == State.COMPLETE


def test_exit_codes(pipeline):
    (path,) = handed(pipeline, "wrong")
    done = command(pipeline, path, "-o", "o.json")
    assert done.returncode == 0
    assert "failed (error): ValueError: no nuclei" in done.stderr
    assert command(pipeline, path, "-o", "o.json", "--fail").returncode == 1
    (returned,) = read_outcomes([pipeline / "o.json"])[0]
    assert returned.state == State.FAILED
    (path,) = handed(pipeline, "score")
    assert command(pipeline, path, "-o", "o.json", "--fail").returncode == 0


def wait_for(condition, seconds=30):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


@pytest.mark.parametrize("isolation", ["none", "process"])
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_ended_in_the_middle_it_leaves_no_outcome(pipeline, isolation, number):
    (path,) = handed(pipeline, "slow", x=(40.0, 60.0), isolation=isolation)
    (pipeline / "out").mkdir()
    process = command(pipeline, path, "-o", "out/o.json", "--folder", "work", start=True)
    begun = pipeline / "begun"
    (pipeline / "exchange_pipeline.py").write_text(
        f"import pathlib, time\n\ndef slow(x):\n    pathlib.Path({str(begun)!r}).touch()\n    time.sleep(x)\n"
    )
    wait_for(begun.exists)
    os.kill(process.pid, number)
    _, said = process.communicate(timeout=30)
    assert process.returncode == (130 if number == signal.SIGTERM else -signal.SIGKILL), said
    assert os.listdir(pipeline / "out") == []
    assert "Traceback" not in said


def test_killed_evaluations_are_done_again_by_the_engine(pipeline):
    """As an engine does it: each job is killed once at some moment and repeated; each trial is told once."""
    storage = open_storage("memory")
    evaluator = PythonEvaluator("exchange_pipeline:score", path=str(pipeline))
    study = Study({"x": Float(0, 1)}, "maximize f1", evaluator, storage=storage, optimizer="random")
    paths = write_trials(pipeline / "trials", ask(study, 5).trials)
    whole = 0
    for index, path in enumerate(paths):
        out = pipeline / "out" / path.name
        process = command(pipeline, path, "-o", out, start=True)
        time.sleep(0.2 * index)
        process.kill()
        process.communicate(timeout=30)
        whole += out.exists()
        assert not out.exists() or read_outcomes([out])[1] == []
        assert command(pipeline, path, "-o", out).returncode == 0
    assert whole < 5
    told = tell(storage, study.record, read_outcomes([pipeline / "out"])[0])
    assert len(told.told) == 5
    assert study.counts.complete == 5
