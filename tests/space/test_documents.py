"""YAML and JSON: every form that people may write, what is written back, and what wrong forms are told."""

from pathlib import Path
from typing import Any

import pytest

from parfocal.errors import SpaceError
from parfocal.space import Boolean, Categorical, Constant, Float, Integer, Normal, Ordinal, Space

TEXT = """
parameters:
  smooth: [none, gauss, median]
  sigma:
    {type: float, low: 0.5, high: 5, prior: log-uniform, levels: 50, default: 1, when: "smooth == 'gauss'", unit: px}
  size: {type: int, low: 3, high: 9, step: 2}
  offset: {type: real, low: -1, high: 1, prior: {normal: {mean: 0, std: 0.5}}}
  rate: {type: float, low: 1.0e-6, high: 1, log: true}
  connectivity: {type: ordinal, values: [1, 2, 3], weights: [1, 1, 2]}
  invert: {type: bool, probability: 0.25}
  seed: 42
  engine: {type: constant, value: fast, when: invert}
constraints:
  - size < sigma * 20
conditions:
  size: smooth == 'median'
"""
SPACE = Space(
    {
        "smooth": Categorical(["none", "gauss", "median"]),
        "sigma": Float(0.5, 5, log=True, levels=50, default=1.0, when="smooth == 'gauss'", unit="px"),
        "size": Integer(3, 9, step=2, when="smooth == 'median'"),
        "offset": Float(-1, 1, prior=Normal(0, 0.5)),
        "rate": Float(1e-6, 1, prior="log_uniform"),
        "connectivity": Ordinal([1, 2, 3], weights=[1, 1, 2]),
        "invert": Boolean(probability=0.25),
        "seed": Constant(42),
        "engine": Constant("fast", when="invert"),
    },
    ["size < sigma * 20"],
)


def test_every_form_is_read() -> None:
    assert Space.from_yaml(TEXT) == SPACE


def test_a_bare_mapping_of_names_is_read_too() -> None:
    text = "a: {type: integer, low: 1, high: 3}\nb: {type: integer, low: 1, high: 3}\nconstraints: a < b\n"
    space = Space.from_yaml(text)
    assert space == Space({"a": Integer(1, 3), "b": Integer(1, 3)}, ["a < b"])
    assert Space.from_dict({"parameters": {"type": "boolean"}}) == Space({"parameters": Boolean()})


def test_a_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "space.yaml"
    path.write_text(TEXT, encoding="utf-8")
    assert Space.from_yaml(path) == SPACE


def test_what_is_written_is_short_and_reads_back() -> None:
    text = SPACE.to_yaml()
    assert (
        "  sigma: {type: float, low: 0.5, high: 5.0, prior: log-uniform, levels: 50, default: 1.0, "
        "when: smooth == 'gauss', unit: px}\n"
    ) in text
    assert "  smooth: {type: categorical, choices: [none, gauss, median]}\n" in text
    assert "  offset: {type: float, low: -1.0, high: 1.0, prior: {normal: {mean: 0.0, std: 0.5}}}\n" in text
    assert Space.from_yaml(text) == SPACE
    assert Space.from_json(SPACE.to_json()) == SPACE


@pytest.mark.parametrize("name", ["on", "yes", "null", "true", "y", "é"])
def test_names_and_choices_that_yaml_would_twist_survive(name: str) -> None:
    space = Space({name: Categorical([name, "1e-3", "1", "~", ": #", "it's", "a\nb"])})
    assert Space.from_yaml(space.to_yaml()) == space


def test_conditions_join_with_when() -> None:
    space = Space({"a": Boolean(), "b": Boolean(), "c": Boolean(when="a or b")}, conditions={"c": "a"})
    assert space.parameters["c"].when == "(a or b) and (a)"
    text = "parameters:\n  a: [x, y]\n  b: {type: bool, when: a == 'x'}\nconditions: {b: a != 'y'}\n"
    assert Space.from_yaml(text).parameters["b"].when == "(a == 'x') and (a != 'y')"


def test_equality_sees_everything() -> None:
    a = Space({"x": Float(0, 1), "y": Float(0, 1)})
    assert a == Space({"x": Float(0, 1), "y": Float(0, 1)})
    assert a != Space({"y": Float(0, 1), "x": Float(0, 1)})
    assert a != Space({"x": Float(0, 1), "y": Float(0, 1)}, ["x < y"])
    assert a != Space({"x": Float(0, 1, prior=Normal(0, 1)), "y": Float(0, 1)})
    assert a != "a space"
    assert repr(a) == "Space(\n  x: Float(0.0, 1.0)\n  y: Float(0.0, 1.0)\n)"
    assert repr(SPACE.parameters["sigma"]).startswith(
        "Float(0.5, 5.0, prior=LogUniform(), levels=50, default=1.0, when="
    )
    assert repr(SPACE.parameters["connectivity"]) == "Ordinal([1, 2, 3], weights=[1.0, 1.0, 2.0])"


@pytest.mark.parametrize(
    ("form", "message"),
    [
        ({"x": {"low": 0, "high": 1}}, "'x': 'type' is missing: with these keys it may be float, integer"),
        ({"x": {"choices": ["a", "b"]}}, "'type' is missing: with these keys it may be categorical"),
        ({"x": {"type": "flaot", "low": 0, "high": 1}}, "'type' must be one of .* got 'flaot' \\(did you mean 'float'"),
        ({"x": {"type": 3}}, "'type' must be one of"),
        ({"x": {"type": "float", "low": 0}}, "'high' is missing: a parameter of type float needs it"),
        ({"x": {"type": "float", "low": 0, "hihg": 1}}, "'hihg' is no key .* \\(did you mean 'high'"),
        ({"x": {"type": "boolean", "low": 0}}, "'low' is no key of a parameter of type boolean"),
        (
            {"x": {"type": "float", "low": "1e-3", "high": 1}},
            "'x': 'low' must be a number; got the text '1e-3' \\(YAML",
        ),
        ({"x": {"type": "float", "low": 1, "high": 2, "log": "yes"}}, "'log' must be true or false"),
        ({"x": {"type": "float", "low": 1, "high": 2, "prior": "gaus"}}, "'x': 'prior' must be one of"),
        ({"x": [0.5, 5]}, "'x': \\[0.5, 5\\] may be a range or a list of options"),
        ({"x": []}, "'x': 'choices' is empty"),
        ({"x": {"type": "categorical", "choices": "abc"}}, "'choices' must be a list"),
        ({True: [1, 2]}, "YAML reads on, off, yes, no as truth: quote it"),
        ({"parameters": {"x": ["a", "b"]}, "constraint": ["x"]}, "'constraint' \\(did you mean 'constraints'"),
        ({"x": ["a", "b"], "constraints": [3]}, "'constraints' must be a list of texts"),
        ({"x": ["a", "b"], "constraints": {"a": 1}}, "'constraints' must be a list of texts"),
        ({"x": ["a", "b"], "conditions": ["x"]}, "'conditions' must be a mapping"),
        ({"x": ["a", "b"], "conditions": {"y": "x == 'a'"}}, "given for 'y', which is no parameter"),
        (["x"], "must be a mapping from names to parameters"),
        (None, "must be a mapping from names to parameters"),
    ],
)
def test_wrong_forms(form: Any, message: str) -> None:
    with pytest.raises(SpaceError, match=message) as caught:
        Space.from_dict(form)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [x, y", "no valid YAML"),
        ("a: [x, y]\na: [x, z]\n", "The key 'a' stands twice"),
        ("a: !!python/object/apply:os.system ['true']\n", "no valid YAML"),
        ("", "must be a mapping"),
    ],
)
def test_wrong_yaml(text: str, message: str) -> None:
    with pytest.raises(SpaceError, match=message):
        Space.from_yaml(text)


def test_wrong_files(tmp_path: Path) -> None:
    with pytest.raises(SpaceError, match=r"none\.yaml: the file cannot be read"):
        Space.from_yaml(tmp_path / "none.yaml")
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SpaceError, match=r"binary\.yaml: the file cannot be read"):
        Space.from_yaml(tmp_path / "binary.yaml")


def test_wrong_json() -> None:
    with pytest.raises(SpaceError, match="no valid JSON \\(line 1\\)"):
        Space.from_json("{")
