import math

import numpy as np
import pytest
import yaml
from tests.report.test_report import Page

from parfocal import Study
from parfocal.experiment import load
from parfocal.report import report_of
from parfocal.report.repeat import command_of, experiment_of
from parfocal.space import Categorical, Float, Space
from parfocal.tasks import TaskEvaluator
from parfocal.testing.studies import mixed_space

SMALL = {"shape": [60, 80], "particles": 12, "count": 4}


@pytest.fixture(scope="module")
def spots(tmp_path_factory):
    evaluator = TaskEvaluator("spots", SMALL)
    task = evaluator.task
    return Study(
        task.space, task.objective, evaluator, default=task.default, optimizer="random", seed=3,
        storage=tmp_path_factory.mktemp("spots") / "s.db", name="spots",
    ).run(12)  # fmt: skip


def test_a_task_shows_its_images_and_says_how_far_the_best_can_be_trusted(spots, tmp_path):
    page = Page(report_of(spots, tmp_path / "r.html").read_text("utf-8"))
    pictures = [a for a in page.attributes("img") if "fallback" not in (a.get("class") or "")]
    assert 2 <= len(pictures) <= 6 and all("by default," in a["alt"] for a in pictures)
    held = [a["alt"] for a in pictures if "(held out)" in a["alt"]]
    assert held and pictures[0]["alt"] in held, "held-out images come first"
    for words in (
        "was chosen by the 3 images",
        "On held-out images: f1",
        "Over the 3 images it was tuned on",
        "Who evaluated when",
        "To repeat it",
    ):
        assert words in page.text, words


def test_the_experiment_file_repeats_the_search(spots, tmp_path):
    text = experiment_of(spots.name, spots.record.definition, 12)
    (tmp_path / "repeat.yaml").write_text(text, encoding="utf-8")
    again = load(tmp_path / "repeat.yaml").study()
    first, second = dict(spots.record.definition), dict(again.record.definition)
    assert first == second
    again.run(12, workers=1)
    np.testing.assert_array_equal(again.history.X, spots.history.X)
    np.testing.assert_array_equal(again.history.loss, spots.history.loss)


def test_several_objectives_noise_and_limits_are_written_down(tmp_path):
    space = Space({"x": Float(0, 1), "m": Categorical(("a", "b"))}, ["x > 0.1 or m == 'a'"])
    file = tmp_path / "e.yaml"
    file.write_text(
        yaml.safe_dump(
            {
                "space": space.to_dict()["parameters"], "constraints": list(space.constraints),
                "objective": [{"metric": "f1", "direction": "maximize"}, {"metric": "runtime", "unit": "s"}],
                "evaluation": {"command": ["true"], "result": {"json": "r.json"}}, "limits": {"time": "5 s"},
                "noise": {"repeats": 0.2}, "optimizer": "nsga2", "seed": 4, "warmup": 6,
            }
        )
    )  # fmt: skip
    study = load(file).study()
    (tmp_path / "again.yaml").write_text(experiment_of("e", study.record.definition, 30))
    again = load(tmp_path / "again.yaml")
    same, other = (dict(each.record.definition) for each in (study, again.study()))
    assert same == other and again.keys.budget == 30
    assert command_of("my file.yaml") == "parfocal run 'my file.yaml' --workers 1"


@pytest.mark.parametrize("evaluator", [None, lambda x: x])
def test_a_function_of_this_session_cannot_be_written_down(evaluator):
    study = Study({"x": Float(0, 1)}, "minimize y", evaluator)
    assert experiment_of("s", study.record.definition, 5) is None


def test_a_function_of_a_module_can(tmp_path):
    text = experiment_of("s", Study({"x": Float(0, 1)}, "minimize y", math.sqrt).record.definition, 5)
    assert yaml.safe_load(text)["evaluation"] == {"kind": "python", "function": "math:sqrt"}


def test_several_objectives_show_their_front(tmp_path):
    def both(x, y):
        return {"error": x, "seconds": (1 - x) + y}

    study = Study({"x": Float(0, 1), "y": Float(0, 1)}, "minimize error, minimize seconds", both).run(30)
    page = Page(report_of(study, tmp_path / "r.html").read_text("utf-8"))
    assert page.wrong == [] and ("fig-front", "0") in page.data
    assert "on the front" in page.text and "minimize error and minimize seconds" in page.text


def test_a_study_that_is_still_running(tmp_path):
    space = mixed_space()
    study = Study(space, "maximize f1", storage=tmp_path / "s.db", optimizer="random")
    study.storage.add(study.record.id, space.decode(space.sample(3, np.random.default_rng(0))), range(3))
    study.storage.claim(study.record.id, "w", 1)
    study.storage.set_budget(study.record.id, 50)
    page = Page(report_of(study, tmp_path / "r.html").read_text("utf-8"))
    assert page.wrong == [] and "Spent: 0 evaluations: 3 waiting." in page.text


def test_images_that_are_gone_are_one_sentence(spots, tmp_path, monkeypatch):
    from parfocal.errors import DataError

    def gone(*_):
        raise DataError("There is no folder 'images'.")

    monkeypatch.setattr("parfocal.report.of_study.unseen", gone)
    monkeypatch.setattr("parfocal.tasks.base.Task.compare", gone)
    page = Page(report_of(spots, tmp_path / "r.html").read_text("utf-8"))
    assert "Held-out images could not be scored, nor pictures be drawn: There is no folder 'images'." in page.text
