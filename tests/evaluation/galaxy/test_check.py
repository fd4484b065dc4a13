"""What is found before anything is evaluated, and what is written down."""

import json
import pickle
from dataclasses import replace
from pathlib import Path

import pytest
from fake_galaxy import KEY

from parfocal.errors import EvaluationError, InvalidInput
from parfocal.evaluation import Evaluator, evaluator_from_dict
from parfocal.evaluation.galaxy import GalaxyEvaluator
from parfocal.evaluation.galaxy.mapping import typed, value_of
from parfocal.evaluation.galaxy.server import address
from parfocal.evaluation.galaxy.workflow import Step, Workflow
from parfocal.evaluation.templates import Template
from parfocal.experiment import load

WRITTEN = {
    "kind": "galaxy",
    "workflow": "segment.ga",
    "inputs": {"image": "nuclei.tif", "truth": "truth.tif"},
    "parameters": {"segment|smoothing|sigma": "{sigma}"},
    "outputs": {"scores": "scores.json"},
    "result": {"json": "scores.json"},
}


def problems(folder, *, space=("level", "sigma"), conditional=(), **changes):
    fields = {**WRITTEN, **changes}
    return evaluator_from_dict({k: v for k, v in fields.items() if v is not None}, folder).check(space, conditional)


def test_the_example_is_right(fake, example):
    experiment = load(example / "experiment.yaml")
    assert experiment.problems() == []
    assert isinstance(experiment.evaluator, Evaluator)
    assert fake.histories == fake.workflows == {}  # a check leaves nothing on the server


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"inputs": {"image": "nuclei.tif", "trut": "truth.tif"}}, "has no input 'trut'; did you mean 'truth'?"),
        ({"inputs": {"image": "nuclei.tif"}}, "The workflow needs the input 1 'truth': name its file under 'inputs'."),
        ({"inputs": {"image": "nuclei.tif", "truth": "truth.tif", "level": "a.tif"}}, "'level' takes a value, not a "),
        ({"inputs": {"image": "nuclei.tif", "truth": "t.tif"}}, "The file of the input 'truth' is not there: "),
        ({"parameters": {"segment|sigma": "{sigma}"}}, "has no input 'sigma'; did you mean 'smoothing|sigma'?"),
        ({"parameters": {"segmnt|smoothing|sigma": "{sigma}"}}, "no tool step 'segmnt' (of 'segmnt|smoothing|sigma')"),
        ({"parameters": {"segment|level": "{sigma}"}}, "'segment|level' gets its value from another step"),
        ({"parameters": {"levl": "{sigma}"}}, "has no parameter 'levl'; did you mean 'level'?"),
        ({"parameters": {"3|smoothing|sigma": "{sgma}"}}, "The placeholder '{sgma}' is no parameter; did you mean"),
        ({"parameters": {}}, "The parameter 'sigma' is never used: write '{sigma}' under 'parameters'"),
        ({"parameters": {"segment|smoothing|sigma": "{sigma}{folder}"}}, "'{folder}' stands for something"),
        ({"outputs": {"scors": "scores.json"}}, "has no output 'scors'; did you mean 'scores'?"),
        ({"workflow": "segmnt.ga"}, "segmnt.ga' cannot be read: No such file or directory."),
        ({"workflow": "nuclei.tif"}, "is no JSON, which a '.ga' file is"),
        ({"workflow": "abcdef"}, "There is no workflow file '"),
        ({"score": ["no-such-program"]}, "The command 'no-such-program' was not found on the PATH"),
        ({"score": ["{python}", "{sgma}"]}, "The placeholder '{sgma}' is no parameter"),
        ({"score": "no_module:dice", "result": None}, "The module 'no_module' of 'no_module:dice' was not found"),
    ],
)  # fmt: skip
def test_wrong_names(fake, example, changes, expected):
    found = problems(example, **changes)
    assert any(expected in problem for problem in found), found
    assert all(problem.count("\n") == 0 for problem in found)
    if "workflow" not in changes:  # the same without a server
        fake.trouble["GET /users/current"] = [503] * 1000
        offline = problems(example, patience=0.02, **changes)
        assert any(expected in problem for problem in offline), offline
        assert any("is in trouble (HTTP 503)" in problem for problem in offline)


def test_parameters_without_a_value(fake, example):
    found = problems(example, space=("sigma",))
    assert found == [
        "The workflow's parameter 2 'level' has no value: set it under 'parameters', or give a parameter of the space "
        "its name."
    ]
    (found,) = problems(example, conditional=("level",))
    assert "The parameter 'level' is not always active" in found


def test_steps_and_inputs_by_index(fake, example):
    changes = {"inputs": {0: "nuclei.tif", 1: "truth.tif"},
               "parameters": {"3|smoothing|sigma": "{sigma}", 2: "{level}"},
               "outputs": {"4|scores": "scores.json"}}  # fmt: skip
    assert problems(example, **changes) == []
    own = evaluator_from_dict({**WRITTEN, **changes}, example)
    assert own == evaluator_from_dict(json.loads(json.dumps(own.to_dict())))  # numbers are no keys in JSON


def test_a_workflow_of_the_server(fake, example):
    assert problems(example, workflow="0001") == []
    assert fake.count("POST /workflows/upload") == 0


def test_tools_that_the_server_lacks(fake, example):
    text = (example / "segment.ga").read_text().replace('"parfocal_compare"', '"no_such_tool"')
    (example / "segment.ga").write_text(text)
    (found,) = problems(example)
    assert found.startswith("The server http://127.0.0.1:") and "has no tool 'no_such_tool', which the step 4" in found


def test_key_address_and_package(fake, example, monkeypatch):
    monkeypatch.setenv("PARFOCAL_GALAXY_KEY", "wrong")
    (found,) = problems(example)
    assert "denies access: Provided API key is not valid" in found and "wrong" not in found
    monkeypatch.delenv("PARFOCAL_GALAXY_KEY")
    (found,) = problems(example)
    assert "is missing: set the environment variable PARFOCAL_GALAXY_KEY" in found
    monkeypatch.delenv("PARFOCAL_GALAXY_URL")
    (found,) = problems(example)
    assert found.startswith("Which Galaxy server?")
    monkeypatch.setenv("PARFOCAL_GALAXY_KEY", KEY)
    monkeypatch.setenv("PARFOCAL_GALAXY_URL", fake.url)
    monkeypatch.setitem(__import__("sys").modules, "bioblend", None)
    monkeypatch.setitem(__import__("sys").modules, "bioblend.galaxy", None)
    (found,) = problems(example)
    assert "pip install 'parfocal[galaxy]'" in found


@pytest.mark.parametrize(
    "url", ["usegalaxy.eu", "ftp://a", "https://", "https://user:pw@galaxy.org", "https://a?key=1"]
)
def test_addresses_that_are_none(url):
    with pytest.raises(EvaluationError, match=r"such as https://usegalaxy.eu|holds no user, password or key"):
        address(url)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"workflow": 3}, "'workflow' must be a '.ga' file or the id"),
        ({"outputs": None}, "'outputs' is missing"),
        ({"outputs": {"scores": "../scores.json"}}, "'scores' of 'outputs' must be a file in the work folder"),
        ({"outputs": {"scores": "/tmp/s.json"}}, "must be a file in the work folder"),
        ({"result": {"json": "other.json"}}, "'result' must name a file of 'outputs' ('scores.json')"),
        ({"result": {"stdout": "a (.)"}}, "'result' must name a file of 'outputs'"),
        ({"score": "a:b"}, "'result' has no place beside a Python function"),
        ({"score": "a.py:b", "result": None}, "A module is named without '.py'"),
        ({"score": []}, "'score' must be a list of arguments"),
        ({"inputs": {"image": 3}}, "The input 'image' must be a file"),
        ({"inputs": {"image": {"file": "a", "typ": "b"}}}, "The input 'image' must be a file"),
        ({"inputs": ["a"]}, "'inputs' must be a mapping"),
        ({"parameters": {"level": "{level"}}, "has a brace without its partner"),
        ({"patience": "soon"}, "'patience' is a time such as"),
        ({"retries": -1}, "'retries' must be a whole number"),
        ({"invalid_codes": ["3"]}, "'invalid_codes' must be a list of whole numbers"),
        ({"key": "secret"}, "The evaluation 'galaxy' has no option 'key'"),
    ],
)
def test_wrong_options(tmp_path, changes, expected):
    fields = {k: v for k, v in {**WRITTEN, **changes}.items() if v is not None}
    with pytest.raises(InvalidInput) as caught:
        evaluator_from_dict(fields, tmp_path)
    assert expected in str(caught.value)


def test_what_is_written_is_read_again_and_holds_no_key(tmp_path, monkeypatch):
    monkeypatch.setenv("PARFOCAL_GALAXY_KEY", KEY)
    own = evaluator_from_dict({"galaxy": "a.ga", "outputs": {"x": "x.json"}, "result": {"json": "x.json"}}, tmp_path)
    assert own.to_dict() == {
        "kind": "galaxy", "workflow": "a.ga", "outputs": {"x": "x.json"}, "result": {"json": "x.json"},
        "path": str(tmp_path),
    }  # fmt: skip
    assert evaluator_from_dict(own.to_dict()) == own
    with_all = replace(own, url="https://galaxy.test", retries=0, patience=3.5, invalid_codes=(3, 4), score=["true"],
                       inputs={"a": {"file": "a.tif", "type": "tiff"}}, artifacts={"x": "x.json"})  # fmt: skip
    again = evaluator_from_dict(json.loads(json.dumps(with_all.to_dict())))
    assert again.to_dict() == with_all.to_dict()
    _ = with_all._server  # which has the key
    assert KEY.encode() not in pickle.dumps(with_all) and KEY not in repr(with_all)


def test_a_parameter_keeps_its_type():
    values = {"x": 0.1, "n": 3, "mode": "otsu", "fill": True, "none": None}
    said = {text: value_of(Template.parse(text), values) for text in ("{x}", "{n}", "{fill}", "{none}", "{absent}")}
    assert said == {"{x}": (True, 0.1), "{n}": (True, 3), "{fill}": (True, True), "{none}": (True, None),
                    "{absent}": (False, None)}  # fmt: skip
    assert value_of(Template.parse("{x:.2f}"), values) == (True, "0.10")
    assert value_of(Template.parse("m-{mode}"), values) == (True, "m-otsu")
    assert value_of(Template.parse("a {absent}"), values) == (False, None)


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("float", 1, 1.0), ("float", "0.5", 0.5), ("integer", 3.0, 3), ("integer", "7", 7), ("integer", 10**20, 10**20),
        ("boolean", True, True), ("boolean", "false", False), ("boolean", 1, True), ("text", 0.5, "0.5"),
        ("text", True, "true"), ("color", "#fff", "#fff"), ("float", None, None),
    ],
)  # fmt: skip
def test_values_in_the_type_of_the_workflow(kind, value, expected):
    got = typed(value, Step(0, "parameter_input", "p", "", {"parameter_type": kind}, {}))
    assert got == expected and type(got) is type(expected)


@pytest.mark.parametrize(("kind", "value"), [("float", "x"), ("float", "inf"), ("integer", 2.5), ("boolean", "maybe")])
def test_values_that_do_not_fit(kind, value):
    step = Step(0, "parameter_input", "p", "", {"parameter_type": kind}, {})
    with pytest.raises(EvaluationError, match=f"parameter 0 'p' takes a value of type {kind}; got {value!r}"):
        typed(value, step)


def test_old_workflow_files_with_texts_in_texts(tmp_path):
    state = {"cutoff": json.dumps([{"__index__": 0, "min": "1"}, {"__index__": 1, "min": "2"}]),
             "how": json.dumps({"mode": "a", "x": {"__class__": "RuntimeValue"}}), "__page__": 0}  # fmt: skip
    step = {"type": "tool", "tool_id": "t", "tool_state": json.dumps(state)}
    (read,) = Workflow.parse({"steps": {"0": step}}, "it").steps
    assert set(read.state) == {"cutoff_0|__index__", "cutoff_0|min", "cutoff_1|__index__", "cutoff_1|min", "how|mode",
                               "how|x"} - {"cutoff_0|__index__", "cutoff_1|__index__"}  # fmt: skip


@pytest.mark.parametrize("text", ["[]", '{"steps": []}', '{"steps": {"0": {}}}', '{"steps": {"a": {"type": "tool"}}}'])
def test_files_that_are_no_workflow(tmp_path, text):
    file = tmp_path / "w.ga"
    file.write_text(text)
    with pytest.raises(EvaluationError, match=r"is no Galaxy workflow|has a step that cannot be read"):
        Workflow.read(file)


def test_the_hash_is_of_the_content_not_of_the_layout(example):
    one = Workflow.read(example / "segment.ga")
    file = Path(example / "other.ga")
    file.write_text(json.dumps(json.loads((example / "segment.ga").read_text()), sort_keys=True))
    assert Workflow.read(file).digest == one.digest
    file.write_text((example / "segment.ga").read_text().replace('\\"1.0\\"', '\\"2.0\\"'))
    assert Workflow.read(file).digest != one.digest


def test_defaults():
    own = GalaxyEvaluator("a.ga", outputs={"x": "result.json"})
    assert (own.patience, own.retries, own.external) == ("5 min", 2, True)
