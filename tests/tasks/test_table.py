import json
import pickle

import pytest

from parfocal.errors import InvalidInput, SpaceError
from parfocal.evaluation import Evaluator, Job, evaluator_from_dict
from parfocal.tasks import TASKS, TaskEvaluator, load, names
from parfocal.trials import Configuration

SMALL = {"shape": [60, 60], "particles": 10}


def test_every_row_names_a_task_that_loads():
    assert set(names()) >= set(TASKS) == {"nuclei", "spots", "spots-background"}
    for name in ("spots", "spots-background"):
        assert load(name, **SMALL).name == name


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("spot", {}, "no task 'spot'; expected one of nuclei, spots"),
        ("spots", {"gaet": 3}, "no option 'gaet'; expected some of subtract, gate"),
        ("spots-background", {"subtract": False}, "no option 'subtract'"),
        ("spots", {"gate": "five"}, "'gate' of the task 'spots' cannot be 'five'"),
        ("nuclei", {"patch": 25.5}, "'patch' of the task 'nuclei' cannot be 25.5"),
        ("spots", {"count": 0}, "at least 1 image"),
        ("spots", {"shape": [20, 20], "particles": 500}, "do not fit"),
    ],
)
def test_wrong_names_and_options_are_one_sentence(name, options, words):
    with pytest.raises(InvalidInput, match=words):
        load(name, **options)


def test_the_evaluator_survives_json_and_pickle_without_its_images():
    evaluator = TaskEvaluator("spots", SMALL)
    assert isinstance(evaluator, Evaluator)
    job = Job(0, Configuration({"sigma_log": 1.52, "c": 3.0}))
    result = evaluator.evaluate(job)
    assert result == evaluator.task.evaluate(job.configuration)
    written = json.loads(json.dumps(evaluator.to_dict()))
    assert written == {"kind": "task", "name": "spots", "options": SMALL}
    assert TaskEvaluator.from_dict(written) == evaluator
    data = pickle.dumps(evaluator)
    assert len(data) < 500
    assert pickle.loads(data).evaluate(job) == result


def test_paths_are_meant_from_the_folder_of_the_experiment(tmp_path):
    options = {"images": "in", "masks": "truth", "patch": 64}
    evaluator = evaluator_from_dict({"kind": "task", "name": "nuclei", "options": options}, folder=tmp_path)
    assert evaluator.options == {"images": str(tmp_path / "in"), "masks": str(tmp_path / "truth"), "patch": 64}
    assert evaluator_from_dict({"task": "spots"}) == TaskEvaluator("spots")
    for wrong in ({"name": 3}, {"name": "spots", "options": [1]}):
        with pytest.raises(InvalidInput, match="name and options"):
            TaskEvaluator.from_dict(wrong)


def test_check_says_what_is_wrong_before_anything_is_evaluated():
    evaluator = TaskEvaluator("spots", SMALL)
    assert evaluator.check(("sigma_log", "c")) == []
    assert "no parameter 'sigma'" in evaluator.check(("sigma", "c"))[0]
    assert "no task 'nuclie'" in TaskEvaluator("nuclie").check(())[0]
    with pytest.raises(SpaceError, match="no parameter"):
        evaluator.evaluate(Job(0, Configuration({"sigma": 1.0})))
