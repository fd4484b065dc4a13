import pickle
import sys
from pathlib import Path

import pytest
from trial_support import HERE, fault, job

from parfocal.errors import EvaluationError, InvalidInput
from parfocal.evaluation import Evaluator, PythonEvaluator, evaluator_from_dict
from parfocal.evaluation.functions import load
from parfocal.trials import Fidelity


def test_keyword_arguments_and_defaults():
    assert fault("square").evaluate(job(x=3.0)) == 9
    assert fault("square").evaluate(job(x=3.0, y=1.0)) == 10


def test_extra_arguments_by_signature(tmp_path):
    given = job(4, seed=17, root=tmp_path, fidelity=Fidelity("epochs", 5, 1, 20), x=1.0)
    assert fault("extras").evaluate(given) == {"loss": 1.0, "seed": 17, "fidelity": 5.0, "exists": 1.0}
    assert (tmp_path / "000004").is_dir()


def test_a_parameter_of_the_same_name_wins(tmp_path):
    assert fault("extras").evaluate(job(seed=17, root=tmp_path, x=1.0))["seed"] == 17
    values = job(root=tmp_path, x=1.0).configuration
    assert "seed" not in values
    given = job(root=tmp_path)
    object.__setattr__(given, "configuration", type(values)({"x": 1.0, "seed": 5}))
    assert fault("extras").evaluate(given)["seed"] == 5


def test_one_mapping():
    given = job(seed=3, x=2.0)
    evaluator = fault("configuration", call="configuration")
    assert evaluator.evaluate(given) == {"loss": 2.0, "seed": 3}
    assert given.configuration == {"x": 2.0}


def test_names_survive_json_and_pickle():
    evaluator = fault("square", pre="faults:note_before", call="configuration")
    evaluator.load()
    assert evaluator_from_dict(evaluator.to_dict()) == evaluator
    assert pickle.loads(pickle.dumps(evaluator)) == evaluator


def test_the_short_form_with_the_folder_of_the_experiment():
    evaluator = evaluator_from_dict({"python": "faults:square"}, folder=Path(HERE))
    assert evaluator.evaluate(job(x=2.0)) == 4
    assert evaluator.to_dict() == {"kind": "python", "function": "faults:square", "path": HERE}


def test_two_experiments_with_a_module_of_the_same_name(tmp_path):
    for name, value in (("one", 1), ("two", 2)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "twin_pipeline.py").write_text(f"def f(): return {value}")
    assert [load("twin_pipeline:f", tmp_path / name)() for name in ("one", "two", "one")] == [1, 2, 1]
    del sys.modules["twin_pipeline"]


@pytest.mark.parametrize("name", ["", "f", ":f", "m:", "m:f()", "a b:c", "m:f:g", "./m:f"])
def test_a_name_that_is_none(name):
    with pytest.raises(InvalidInput, match=r"'package\.module:function'"):
        PythonEvaluator(name)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("no_such_module:f", "The module 'no_such_module' of 'no_such_module:f' was not found"),
        ("faults:squar", "The module 'faults' has no function 'squar'; did you mean 'square'?"),
        ("small_module:zebra", "has no function 'zebra'; it has run."),
        ("faults:np", "is no function, it is of the type module"),
        ("broken_module:f", "'broken_module:f' cannot be imported: ZeroDivisionError"),
        ("needs_module:f", "it needs the package 'surely_not_installed'"),
        ("exiting_module:f", "'exiting_module:f' cannot be imported: SystemExit"),
    ],
)
def test_what_cannot_be_imported_is_one_sentence(name, sentence, tmp_path):
    (tmp_path / "broken_module.py").write_text("1 / 0")
    (tmp_path / "small_module.py").write_text("from json import loads\ndef run(x): return x\ndef _own(): pass\n")
    (tmp_path / "needs_module.py").write_text("import surely_not_installed")
    (tmp_path / "exiting_module.py").write_text("raise SystemExit(1)")
    folder = HERE if name.startswith("faults") else str(tmp_path)
    problems = PythonEvaluator(name, path=folder).check(("x",))
    assert len(problems) == 1
    assert sentence in problems[0]
    with pytest.raises(EvaluationError):
        PythonEvaluator(name, path=folder).evaluate(job())


def test_check_compares_arguments_and_parameters():
    assert fault("square").check(("x", "y"), ("y",)) == []
    assert fault("extras").check(("x",)) == []
    (unknown,) = fault("square").check(("x", "sigma"))
    assert "has no argument 'sigma'" in unknown
    (missing,) = fault("square").check(("y",))
    assert "needs the argument 'x', and the space has no such parameter" in missing
    (conditional,) = fault("square").check(("x",), ("x",))
    assert "write 'x=None'" in conditional
    assert fault("configuration", call="configuration").check(("anything",)) == []
    assert PythonEvaluator(lambda **values: 0.0).check(("anything",)) == []
    assert PythonEvaluator(max).check(("anything",)) == []


def test_lambdas_work_here_and_say_that_they_cannot_be_rebuilt():
    evaluator = PythonEvaluator(lambda x: x + 1)
    assert evaluator.evaluate(job(x=1.0)) == 2
    fields = evaluator.to_dict()
    assert "<lambda>" in fields["function"]
    with pytest.raises(InvalidInput, match="has no name that another process could import"):
        evaluator_from_dict(fields)


def test_a_file_name_instead_of_a_module():
    with pytest.raises(InvalidInput, match="write 'pipeline:run'"):
        PythonEvaluator("pipeline.py:run")


class Model:
    def __call__(self, x):
        return -x


def test_callable_objects():
    evaluator = PythonEvaluator(Model())
    assert evaluator.evaluate(job(x=1.0)) == -1
    assert evaluator.to_dict()["function"].endswith("Model()")


@pytest.mark.parametrize(
    "options", [{"call": "both"}, {"pre": 3}, {"post": "no name"}, {"function": 3}, {"function": None}]
)
def test_wrong_options(options):
    with pytest.raises(InvalidInput):
        PythonEvaluator(**{"function": "faults:square", **options})


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({}, "needs exactly one of the keys 'python', 'command', 'galaxy', 'task'; got none"),
        ({"python": "a:b", "command": ["x"]}, "needs exactly one of the keys"),
        ({"kind": "pyhton"}, "no kind of evaluation 'pyhton'; did you mean 'python'"),
        ({"python": "a:b", "prehook": "a:c"}, "has no option 'prehook'"),
        ({"kind": "python"}, "needs the option 'function'"),
        ({"kind": "command", "command": ["x"], "sucess_codes": [0]}, "did you mean 'success_codes'"),
        ("pipeline:run", "An evaluation must be a mapping"),
    ],
)
def test_wrong_mappings_are_one_sentence(fields, sentence):
    with pytest.raises(InvalidInput, match=sentence):
        evaluator_from_dict(fields)


def test_other_packages_add_kinds(monkeypatch):
    from importlib.metadata import EntryPoint

    point = EntryPoint("remote", "faults:Remote", "parfocal.evaluators")
    monkeypatch.setattr("importlib.metadata.entry_points", lambda group: [point] if group == point.group else [])
    evaluator = evaluator_from_dict({"kind": "remote", "url": "http://127.0.0.1"}, folder=Path(HERE))
    assert evaluator.url == "http://127.0.0.1"
    assert isinstance(evaluator, Evaluator)
    with pytest.raises(InvalidInput, match="The evaluation 'remote' has no option 'urll'; did you mean 'url'"):
        evaluator_from_dict({"kind": "remote", "urll": "x"})
    point = EntryPoint("remote", "not_installed:Remote", "parfocal.evaluators")
    with pytest.raises(InvalidInput, match="The evaluation 'remote' cannot be loaded: No module named 'not_installed'"):
        evaluator_from_dict({"kind": "remote", "url": "x"})
