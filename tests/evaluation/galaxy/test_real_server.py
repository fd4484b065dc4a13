"""Whole studies on a real Galaxy server (see conftest.py for how to have one)."""

import json
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
from galaxy_server import nested, one_tool, workflow
from trial_support import job, wait_until

from parfocal.evaluation import Limits, Runner
from parfocal.evaluation.galaxy import GalaxyEvaluator
from parfocal.experiment import load
from parfocal.study import Study
from parfocal.trials import Objective, Reason, State

pytestmark = pytest.mark.slow
DICE = Objective("dice", "maximize")


@pytest.fixture
def gi(real):
    from bioblend.galaxy import GalaxyInstance

    return GalaxyInstance(real.url, key=real.key)


def notes(folder: Path) -> list[dict]:
    return [json.loads(file.read_text()) for file in sorted(folder.rglob("galaxy.json"))]


def purged(gi, folder: Path, count: int) -> bool:
    """Whether the histories of so many trials were made and purged, says the server."""
    written = notes(folder)
    assert len(written) == count
    left = [each["name"] for each in gi.histories.get_histories() if " trial " in each["name"]]
    return left == [] and all(gi.histories.show_history(each["history_id"])["purged"] for each in written)


def libraries(gi) -> list[list[str]]:
    """Return the names of the files in each history with inputs, deleted ones too."""
    found = [each["id"] for each in gi.histories.get_histories() if each["name"].startswith("parfocal inputs")]
    return [sorted(each["name"] for each in gi.histories.show_history(of, contents=True)) for of in found]


def written(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())


def slow_evaluator(folder: Path, **options) -> GalaxyEvaluator:
    (folder / "slow.ga").write_text(json.dumps(one_tool("parfocal_slow", "seconds", "float")))
    own = {"outputs": {"out": "out.txt"}, "score": "measure:length", "path": str(folder)}
    (folder / "measure.py").write_text("def length(folder):\n    return len((folder / 'out.txt').read_text())\n")
    return GalaxyEvaluator("slow.ga", **{**own, **options})


def example_evaluator(example: Path, **options) -> GalaxyEvaluator:
    return replace(load(example / "experiment.yaml").evaluator, **options)


@pytest.mark.timeout(900)
def test_a_study_with_two_workers(real, gi, example):
    before = len(gi.workflows.get_workflows())
    experiment = load(example / "experiment.yaml")
    assert experiment.problems() == []
    study = experiment.study()
    study.run(8, workers=2)
    trials = study.trials()
    assert study.counts.finished == 8
    reasons = {str(trial.outcome.reason) for trial in trials if trial.state == State.FAILED}
    assert reasons <= {"invalid"}  # thresholds above everything
    complete = [trial for trial in trials if trial.state == State.COMPLETE]
    assert len(complete) >= 4 and study.best.value > study.default_value
    for trial in complete:
        assert trial.outcome.metrics.keys() == {"dice", "precision", "recall"}
        assert Path(trial.outcome.artifacts["labels"]).stat().st_size > 128**2
    assert {name.split(" ")[-1] for name in libraries(gi)[0]} == {"nuclei.tif", "truth.tif"}
    assert [len(each) for each in libraries(gi)] == [2]  # once for both workers
    assert len(gi.workflows.get_workflows()) == before + 1
    assert purged(gi, example, 8)
    assert real.key.encode() not in written(example)

    Study.open(experiment.storage).run(9)  # a later run finds both again
    assert [len(each) for each in libraries(gi)] == [2]
    assert len(gi.workflows.get_workflows()) == before + 1
    assert purged(gi, example, 9)


@pytest.mark.timeout(300)
def test_tools_that_fail(real, gi, example, tmp_path):
    own = example_evaluator(example)
    with Runner(own, DICE, folder=tmp_path / "work") as runner:
        error = runner.run(job(0, level=0.3, sigma=100.0))
        invalid = runner.run(job(1, level=2.0, sigma=1.0))
        refused = runner.run(job(2, level=0.3, sigma=-1.0))
    assert (error.state, error.reason) == (State.FAILED, Reason.ERROR)
    assert "step 'segment') ended with exit code 1: ValueError: a Gaussian of radius 400 does not fit" in error.message
    assert "Traceback (most recent call last)" in error.log and "in smooth" in error.log
    assert invalid.reason == Reason.INVALID and "nothing is brighter than 2.0" in invalid.message
    assert refused.reason == Reason.INVALID and "must fulfill (0.0 <= value" in refused.message
    assert purged(gi, tmp_path / "work", 3)


@pytest.mark.timeout(300)
def test_what_the_server_lacks_is_not_the_configurations_fault(real, gi, tmp_path):
    (tmp_path / "broken.ga").write_text(json.dumps(one_tool("parfocal_broken", "how", "text")))
    own = GalaxyEvaluator("broken.ga", outputs={"out": "out.json"}, result={"json": "out.json"}, retries=1,
                          path=str(tmp_path))  # fmt: skip
    with Runner(own, DICE, folder=tmp_path / "work") as runner:
        outcome = runner.run(job(0, how="x"))
    assert (outcome.state, outcome.reason) == (State.FAILED, Reason.SERVER)
    assert "exit code 127" in outcome.message and "(2 runs)" in outcome.message
    assert "parfocal-no-such-program: command not found" in outcome.log
    assert purged(gi, tmp_path / "work", 1)


@pytest.mark.timeout(300)
def test_scores_made_here(real, gi, example, tmp_path):
    (example / "score.py").write_text(
        "import json, sys, tifffile\n"
        "def area(folder):\n"
        "    return float((tifffile.imread(folder / 'labels.tif') > 0).mean())\n"
        "if __name__ == '__main__':\n"
        "    import pathlib\n"
        "    json.dump({'dice': area(pathlib.Path.cwd()) * float(sys.argv[1])}, open('here.json', 'w'))\n"
    )
    by_function = example_evaluator(example, outputs={"labels": "labels.tif"}, score="score:area", result=None)
    command = ["{python}", "{experiment}/score.py", "{sigma}"]
    by_command = replace(by_function, score=command, result={"json": "here.json"})
    found = []
    for own in (by_function, by_command):
        assert own.check(("level", "sigma")) == []
        with Runner(own, DICE, folder=tmp_path / str(len(found))) as runner:
            outcome = runner.run(job(0, level=0.3, sigma=2.0))
        assert outcome.state == State.COMPLETE, outcome.message
        found.append(outcome.metrics["dice"])
    assert 0.05 < found[0] < 0.95 and found[1] == pytest.approx(2 * found[0])


@pytest.mark.timeout(300)
def test_values_arrive_in_their_types(real, gi, tmp_path):
    kinds = {"number": "float", "count": "integer", "flag": "boolean", "word": "text"}
    (tmp_path / "echo.ga").write_text(json.dumps(workflow("parfocal_echo", kinds, inner={"choice": "a"},
                                                          part=[{"__index__": 0, "size": "1"}])))  # fmt: skip
    own = GalaxyEvaluator(
        "echo.ga",
        parameters={"number": "{x}", "word": "w-{mode}", "work|inner|choice": "{mode}", "work|part_0|size": "{count}"},
        outputs={"work|out": "out.json"},
        result={"json": "out.json", "key": {"number": "number", "count": "count", "size": "part.0.size"}},
        path=str(tmp_path),
    )
    assert own.check(("x", "count", "flag", "mode")) == []
    with Runner(own, Objective("number"), folder=tmp_path / "work") as runner:
        outcome = runner.run(job(0, x=1e-05, count=7, flag=True, mode="b"))
    assert outcome.state == State.COMPLETE, outcome.message
    said = json.loads((tmp_path / "work/000000/out.json").read_text())
    assert {key: said[key] for key in kinds} == {"number": 1e-05, "count": 7, "flag": True, "word": "w-b"}
    assert said["inner"] == {"choice": "b"} and said["part"][0]["size"] == 7


@pytest.mark.timeout(300)
def test_a_workflow_inside_a_workflow(real, gi, tmp_path):
    (tmp_path / "outer.ga").write_text(json.dumps(nested(one_tool("parfocal_slow", "seconds", "float"), "seconds")))
    (tmp_path / "measure.py").write_text("def length(folder):\n    return len((folder / 'out.txt').read_text())\n")
    own = GalaxyEvaluator("outer.ga", outputs={"out": "out.txt"}, score="measure:length", path=str(tmp_path))
    assert own.check(("seconds",)) == []
    with Runner(own, Objective("size"), folder=tmp_path / "work") as runner:
        good, wrong = (runner.run(job(number, seconds=each)) for number, each in enumerate((0.5, -1.0)))
    assert good.state == State.COMPLETE and good.metrics == {"size": 8.0}, good.message
    assert wrong.reason == Reason.INVALID and "must fulfill (0.0 <= value" in wrong.message
    assert purged(gi, tmp_path / "work", 2)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("ended", ["timeout", "cancelled"])
def test_a_trial_that_is_ended_is_ended_on_the_server(real, gi, tmp_path, ended):
    own = slow_evaluator(tmp_path)
    seen = []

    def running() -> bool:
        note = next(iter(notes(tmp_path / "work")), {})
        if note.get("invocation"):
            seen.extend(each["state"] for each in gi.jobs.get_jobs(invocation_id=note["invocation"]))
        return "running" in seen

    limits = Limits(15) if ended == "timeout" else None
    begin = time.monotonic()
    with Runner(own, Objective("size"), limits=limits, folder=tmp_path / "work") as runner:
        outcome = runner.run(job(0, seconds=600.0), running if ended == "cancelled" else lambda: running() and False)
    assert outcome.reason == (Reason.TIMEOUT if ended == "timeout" else Reason.INTERRUPTED)
    assert "running" in seen and "post-hook" not in outcome.message
    assert time.monotonic() - begin < 60
    (note,) = notes(tmp_path / "work")
    states = ("deleted", "deleting")
    assert wait_until(lambda: gi.jobs.get_jobs(invocation_id=note["invocation"])[0]["state"] in states, 20)
    assert gi.invocations.show_invocation(note["invocation"])["state"] in ("cancelled", "cancelling", "completed")
    assert purged(gi, tmp_path / "work", 1)


@pytest.mark.timeout(600)
def test_a_server_that_is_killed_and_comes_back(real, gi, example):
    if real.own is None:
        pytest.skip("this server is not ours to kill")
    study = load(example / "experiment.yaml").study()
    told = []

    def disturb() -> None:
        wait_until(lambda: any(each["invocation"] for each in notes(example)), 120)
        real.own.kill()
        told.append("killed")
        time.sleep(3)
        real.own.start()
        told.append("back")

    thread = threading.Thread(target=disturb)
    thread.start()
    study.run(3)
    thread.join()
    assert told == ["killed", "back"]
    assert [str(trial.outcome.reason) for trial in study.trials() if trial.state == State.FAILED] in ([], ["invalid"])
    assert study.counts.finished == 3 and study.counts.complete >= 2
    assert purged(gi, example, 3)
