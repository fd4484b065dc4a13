"""ConfigSpace and Optuna: what comes in, what goes out, and what cannot be expressed."""

import json
import math
import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from parfocal.errors import SpaceError
from parfocal.space import (
    Beta,
    Boolean,
    Categorical,
    Constant,
    Exponential,
    Float,
    Integer,
    LogNormal,
    Normal,
    Ordinal,
    Space,
)

ConfigSpace = pytest.importorskip("ConfigSpace", reason="ConfigSpace is not installed (extra 'interop').")
optuna = pytest.importorskip("optuna", reason="Optuna is not installed (extra 'interop').")


def build() -> Any:
    """Return a ConfigSpace with every kind of parameter, condition and forbidden clause."""
    c = ConfigSpace
    space = c.ConfigurationSpace(seed=1)
    space.add(
        c.Float("f", (0.5, 8.0), log=True),
        c.Float("g", (-3.0, 3.0), distribution=c.Normal(0, 1)),
        c.Float("h", (0.0, 1.0), distribution=c.Beta(2, 3)),
        c.Integer("i", (1, 15), default=3),
        c.Integer("j", (0, 10), distribution=c.Normal(5, 2)),
        c.Categorical("k", ["a", "b", "c"], weights=[1, 2, 3], default="b"),
        c.OrdinalHyperparameter("o", ["small", "medium", "large"]),
        c.OrdinalHyperparameter("q", [8, 4, 2]),
        c.Constant("fixed", "x"),
        c.Float("child1", (0.0, 1.0)),
        c.Float("child2", (0.0, 1.0)),
        c.Float("child3", (0.0, 1.0)),
        c.Integer("child4", (1, 3)),
    )
    space.add(
        c.EqualsCondition(space["child1"], space["k"], "a"),
        c.AndConjunction(
            c.InCondition(space["child2"], space["k"], ["a", "b"]),
            c.OrConjunction(
                c.GreaterThanCondition(space["child2"], space["i"], 7),
                c.LessThanCondition(space["child2"], space["o"], "large"),
            ),
        ),
        c.NotEqualsCondition(space["child3"], space["k"], "c"),
        c.GreaterThanCondition(space["child4"], space["q"], 8),
    )
    space.add(
        c.ForbiddenAndConjunction(c.ForbiddenEqualsClause(space["k"], "a"), c.ForbiddenInClause(space["i"], [1, 2])),
        c.ForbiddenGreaterThanRelation(space["i"], space["j"]),
        c.ForbiddenAndConjunction(
            c.ForbiddenLessThanClause(space["child1"], 0.25),
            c.ForbiddenOrConjunction(
                c.ForbiddenEqualsClause(space["k"], "a"), c.ForbiddenEqualsClause(space["k"], "b")
            ),
        ),
    )
    return space


def plain(configuration: Any) -> dict[str, Any]:
    return {k: v.item() if isinstance(v, np.generic) else v for k, v in dict(configuration).items()}


def test_the_meaning_of_an_imported_configspace(tmp_path: Any) -> None:
    theirs = build()
    path = tmp_path / "space.json"
    theirs.to_json(path)
    ours = Space.from_configspace(path.read_text(encoding="utf-8"))
    assert (
        ours == Space.from_configspace(theirs) == Space.from_configspace(json.loads(path.read_text(encoding="utf-8")))
    )
    assert ours.parameters["f"] == Float(0.5, 8.0, log=True, default=2.0)
    assert ours.parameters["g"] == Float(-3, 3, prior=Normal(0, 1), default=0.0)
    assert ours.parameters["h"] == Float(0, 1, prior=Beta(2, 3), default=0.3333333333333)
    assert ours.parameters["i"] == Integer(1, 15, default=3)
    assert ours.parameters["k"] == Categorical(["a", "b", "c"], weights=[1, 2, 3], default="b")
    assert ours.parameters["o"] == Ordinal(["small", "medium", "large"], default="small")
    assert ours.parameters["fixed"] == Constant("x")
    assert ours.parameters["child1"].when == "k == 'a'"
    assert ours.parameters["child2"].when == "(k in ['a', 'b'] and (i > 7 or o in ['small', 'medium']))"
    assert ours.parameters["child4"].when == "q in [4, 2]"
    assert "not (k == 'a' and i in [1, 2])" in ours.constraints
    assert "not (child1 < 0.25 and k == 'b')" in ours.constraints
    drawn = [plain(configuration) for configuration in theirs.sample_configuration(300)]
    assert ours.contains(drawn).all()
    for configuration in ours.decode(ours.sample(300, np.random.default_rng(0))):
        ConfigSpace.Configuration(theirs, values=configuration)  # raises where it is not allowed


EXPORTABLE = Space(
    {
        "mode": Categorical(["a", "b", "c"], weights=[1, 2, 3]),
        "flag": Boolean(probability=0.3),
        "sigma": Float(0.5, 5.0, log=True, default=2.0, when="mode == 'a' and flag"),
        "offset": Float(-1, 1, prior=Normal(0, 0.5), when="not (mode in ['a', 'b']) or n >= 5"),
        "spread": Float(0.5, 4.0, prior=LogNormal(0.0, 0.9)),
        "shape": Float(0, 1, prior=Beta(2, 2)),
        "n": Integer(1, 9),
        "m": Integer(1, 9, log=True),
        "k": Integer(3, 9, step=2, when="sigma > 1"),
        "levels": Float(0, 1, levels=5),
        "size": Ordinal(["small", "large"]),
        "fixed": Constant(3),
    },
    ["n < m or flag", "not (n == 3)", "n * 2 < 17", "levels == 0.5 or size == 'small' or n <= m", "m != 4"],
)


def test_the_meaning_of_an_exported_space() -> None:
    theirs = EXPORTABLE.to_configspace()
    theirs.seed(3)
    drawn = [plain(configuration) for configuration in theirs.sample_configuration(500)]
    assert EXPORTABLE.contains(drawn).all()
    ours = EXPORTABLE.decode(EXPORTABLE.sample(500, np.random.default_rng(0)))
    for configuration in ours:
        ConfigSpace.Configuration(theirs, values=configuration)
    for name in EXPORTABLE.names:
        share = np.mean([name in c for c in ours]) - np.mean([name in c for c in drawn])
        assert abs(share) < 0.15
    spreads = [np.mean([math.log(c["spread"]) for c in found]) for found in (ours, drawn)]
    assert abs(spreads[0] - spreads[1]) < 0.2


def test_import_after_export_means_the_same() -> None:
    again = Space.from_configspace(EXPORTABLE.to_configspace())
    X = EXPORTABLE.sample(300, np.random.default_rng(0))
    assert again.contains(EXPORTABLE.decode(X)).all()
    Y = again.sample(300, np.random.default_rng(0))
    assert EXPORTABLE.contains(again.decode(Y)).all()


CONDITIONS = st.sampled_from(
    [
        "a == 'x'",
        "a != 'x'",
        "not flag",
        "n > 3",
        "n <= 2",
        "1 < n < 5",
        "n % 2 == 0",
        "a in ['x', 'y']",
        "u > 0.5",
        "u <= 0.25",
    ]
)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.lists(CONDITIONS, min_size=1, max_size=3), st.sampled_from([" and ", " or "]), st.booleans(), st.booleans())
def test_conditions_and_constraints_survive_the_journey(
    parts: list[str], join: str, negated: bool, as_rule: bool
) -> None:
    text = join.join(f"({part})" for part in parts)
    text = f"not ({text})" if negated else text
    parameters = {
        "a": Categorical(["x", "y", "z"]),
        "n": Integer(1, 6),
        "flag": Boolean(),
        "u": Float(0, 1),
    }
    try:
        if as_rule:
            space = Space(parameters, [text])
            space.sample(1, np.random.default_rng(0))
        else:
            space = Space(parameters | {"child": Float(0, 1, when=text)})
    except SpaceError as error:
        assume("never true" not in str(error) and "satisf" not in str(error))
        raise
    theirs = space.to_configspace()
    theirs.seed(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert space.contains([plain(theirs.sample_configuration()) for _ in range(30)]).all()
    again = Space.from_configspace(theirs)
    free = Space(parameters)
    X = free.sample(200, np.random.default_rng(1))
    if as_rule:
        names = again.columns
        moved = again.encode(free.decode(X))
        assert set(names) == set(free.columns)
        assert np.array_equal(again.feasible(moved), space.feasible(X))
    else:
        held = [["child" in c for c in s.decode(s.encode(free.decode(X)))] for s in (space, again)]
        assert held[0] == held[1]


@pytest.mark.parametrize(
    ("parameters", "constraints", "message"),
    [
        ({"x": Float(0, 1, prior=Exponential(1))}, [], "'x': ConfigSpace has no prior 'exponential'"),
        ({"x": Float(0, 1, prior=Beta(0.5, 1))}, [], "a or b below 1"),
        ({"x": Float(4, 9, prior=LogNormal(1.5, 0.5))}, [], "cannot express the log-normal std"),
        ({"x": Float(0, 1, levels=5, prior=Normal(0, 1))}, [], "'x': .* only with equally likely levels"),
        ({"x": Ordinal([1, 2], weights=[1, 2])}, [], "only with equally likely levels"),
        ({"x": Float(0, 1), "y": Float(0, 1, when="x * 2 > 1")}, [], "'y': ConfigSpace cannot express the condition"),
        ({"x": Float(0, 1), "y": Float(0, 1)}, ["x + y < 1"], "cannot express the constraint 'x \\+ y < 1'"),
        ({"x": Float(0, 1), "y": Constant(None)}, [], "'y': ConfigSpace has no constant None"),
    ],
)
def test_what_configspace_cannot_express(parameters: Any, constraints: Any, message: str) -> None:
    with pytest.raises(SpaceError, match=message):
        Space(parameters, constraints).to_configspace()


def item(**entries: Any) -> dict[str, Any]:
    return {
        "hyperparameters": [{"type": "uniform_float", "name": "x", "lower": 0.0, "upper": 1.0, "log": False} | entries]
    }


def test_older_formats_and_names() -> None:
    old = item(q=0.25, default=0.5)
    assert Space.from_configspace(old) == Space({"x": Float(0, 1, step=0.25, default=0.5)})
    renamed = Space.from_configspace(item(name="svm:C"), rename={"svm:C": "svm_C"})
    assert renamed.names == ("svm_C",)
    assert Space.from_configspace(item(name="svm:C"), rename=lambda name: name.replace(":", "_")).names == ("svm_C",)
    one = {"hyperparameters": [*item()["hyperparameters"], {"type": "categorical", "name": "k", "choices": ["a"]}]}
    assert Space.from_configspace(one).parameters["k"] == Constant("a")


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("{", "no valid JSON"),
        ("[]", "must be its JSON text"),
        (3, "must be its JSON text"),
        (item(name="svm:C"), "'svm:C' has a name with characters other than .* by 'rename'"),
        (
            item(type="uniform_flaot"),
            "the ConfigSpace's type 'uniform_flaot' is unknown \\(did you mean 'uniform_float'",
        ),
        (item(lower=2.0), "'x': 'low' must be below 'high'"),
        (item(type="normal_float"), "'x': the ConfigSpace's entry has no 'mu'"),
        (item(type="normal_float", mu=0, sigma=1, lower=None), "it has no bounds"),
        (item(type="beta_float", alpha=2, beta=2, log=True), "on the log scale cannot be expressed"),
        (item() | {"conditions": [{"type": "XOR", "child": "x", "parent": "x"}]}, "condition 'XOR' on 'x' is unknown"),
        (item() | {"forbiddens": [{"type": "XOR"}]}, "forbidden clause 'XOR' is unknown"),
    ],
)
def test_wrong_configspaces(source: Any, message: str) -> None:
    with pytest.raises(SpaceError, match=message):
        Space.from_configspace(source)


def test_optuna_distributions_as_objects_and_as_json() -> None:
    d = optuna.distributions
    theirs = {
        "a": d.FloatDistribution(0.0, 1.0, step=0.25),
        "b": d.FloatDistribution(1e-5, 1.0, log=True),
        "c": d.IntDistribution(1, 64, log=True),
        "e": d.IntDistribution(0, 9, step=3),
        "f": d.CategoricalDistribution(["x", None, 3, True]),
        "g": d.CategoricalDistribution(["only"]),
        "h": d.IntDistribution(4, 4),
    }
    expected = Space(
        {
            "a": Float(0, 1, step=0.25),
            "b": Float(1e-5, 1, log=True),
            "c": Integer(1, 64, log=True),
            "e": Integer(0, 9, step=3),
            "f": Categorical(["x", None, 3, True]),
            "g": Constant("only"),
            "h": Constant(4),
        }
    )
    assert Space.from_optuna(theirs) == expected
    assert Space.from_optuna({name: d.distribution_to_json(value) for name, value in theirs.items()}) == expected
    trial = optuna.create_study(sampler=optuna.samplers.RandomSampler(0)).ask(theirs)
    expected.validate(trial.params)


@pytest.mark.parametrize("wrong", [3, "{", '{"name": "X"}', '{"name": "X", "attributes": {}}', None])
def test_wrong_optuna_distributions(wrong: Any) -> None:
    with pytest.raises(SpaceError, match=r"'x': .*of an? Optuna|'x': expected a distribution of Optuna"):
        Space.from_optuna({"x": wrong})
