"""The documents: what is written comes back the same, and each way to be wrong has its sentence."""

import json
import math
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parfocal.errors import ExchangeError
from parfocal.evaluation import Limits
from parfocal.exchange import (
    Claim,
    Evaluation,
    HandedTrial,
    batch_document,
    outcome_document,
    outcome_from,
    trial_document,
    trial_from,
)
from parfocal.trials import Configuration, Fidelity, Objective, Outcome, Reason, State

SCHEMAS = Path(__file__).resolve().parents[2] / "docs" / "schemas"
F1 = Objective("f1", "maximize")


def validator(kind):
    return jsonschema.Draft202012Validator(json.loads((SCHEMAS / f"{kind}.schema.json").read_text()))


TRIAL, BATCH, OUTCOME = validator("trial"), validator("batch"), validator("outcome")

names = st.text(min_size=1, max_size=12)
finite = st.floats(allow_nan=False, allow_infinity=False)
claims = st.builds(Claim, names, st.integers(0, 10**9), st.integers(1, 10**6), names)
values = st.one_of(st.none(), st.booleans(), st.integers(-(2**80), 2**80), finite, st.text(max_size=12))
configurations = st.dictionaries(names, values, max_size=5).map(Configuration)
fidelities = st.tuples(st.sampled_from(["full", "epochs"]), st.floats(1e-6, 1), st.floats(1, 1e6)).map(
    lambda t: Fidelity(t[0], t[1] * t[2], 0.0, t[2])
)
objectives = st.sampled_from(
    [F1, Objective("rmse", unit="px"), Objective.of(["maximize f1", "minimize runtime"]), Objective("0.5*a + b")]
)
limits = st.builds(Limits, st.none() | st.floats(1e-3, 1e9), st.none() | st.integers(1, 2**50))
evaluators = st.dictionaries(names, st.recursive(values, lambda v: st.lists(v, max_size=3)), max_size=3).map(
    lambda fields: {**fields, "kind": "command"}
)
evaluations = st.builds(Evaluation, evaluators, objectives, limits, st.sampled_from(["process", "none"]))
trials = st.builds(HandedTrial, claims, configurations, st.integers(0, 2**31 - 1), fidelities, st.none() | evaluations)
numbers = st.dictionaries(names, st.floats(), max_size=4)
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)
runtimes = st.just(math.nan) | st.floats(0, 1e9)
parts = st.fixed_dictionaries(
    {
        "scores": st.dictionaries(names, numbers, max_size=2),
        "artifacts": st.dictionaries(names, texts, max_size=2),
        "runtime": runtimes,
        "message": texts,
        "log": texts,
    }
)


def through_json(document):
    """Return a document as another program reads it; what is no standard JSON raises."""
    return json.loads(json.dumps(document, allow_nan=False), parse_constant=lambda text: pytest.fail(text))


@given(trials)
def test_a_trial_comes_back_the_same(trial):
    document = through_json(trial_document(trial))
    TRIAL.validate(document)
    assert trial_from(document) == trial
    assert [type(value) for value in trial_from(document).configuration.values()] == [
        type(value) for value in trial.configuration.values()
    ]


@given(st.lists(trials, max_size=3))
def test_a_batch_holds_whole_trials(several):
    document = through_json(batch_document(several))
    BATCH.validate(document)
    assert [trial_from(each) for each in document["trials"]] == several


def same(a, b):
    """Whether two outcomes are the same, NaN included."""
    return str(outcome_document(Claim("s", 0, 1, "w"), a)) == str(outcome_document(Claim("s", 0, 1, "w"), b))


@given(claims, finite, numbers, parts)
def test_a_complete_outcome_comes_back_the_same(claim, value, others, rest):
    outcome = Outcome(State.COMPLETE, {**others, "f1": value}, **rest)
    document = through_json(outcome_document(claim, outcome))
    OUTCOME.validate(document)
    returned = outcome_from(document)
    assert returned.claim == claim
    assert same(returned.outcome(F1), outcome)


@given(claims, st.sampled_from(Reason), numbers, parts)
def test_a_failed_outcome_comes_back_the_same(claim, reason, metrics, rest):
    outcome = Outcome(State.FAILED, metrics, reason=reason, **rest)
    document = through_json(outcome_document(claim, outcome))
    OUTCOME.validate(document)
    assert same(outcome_from(document).outcome(F1), outcome)


@given(claims, numbers, parts)
def test_a_pruned_outcome_comes_back_the_same(claim, metrics, rest):
    outcome = Outcome(State.PRUNED, metrics, **rest)
    document = through_json(outcome_document(claim, outcome))
    OUTCOME.validate(document)
    assert same(outcome_from(document).outcome(F1), outcome)


IDENTITY = {"study": "s", "number": 3, "attempt": 1, "worker": "w"}


def minimal(**more):
    return {"trial": IDENTITY, "metrics": {"f1": 0.8}, **more}


def test_the_minimal_form():
    OUTCOME.validate(minimal())
    outcome = outcome_from(minimal()).outcome(F1)
    assert outcome == Outcome.complete({"f1": 0.8})
    assert outcome_from(minimal(state="complete")).outcome(F1) == outcome
    failed = {"trial": IDENTITY, "state": "failed", "message": "no nuclei"}
    OUTCOME.validate(failed)
    assert outcome_from(failed).outcome(F1) == Outcome.failed("error", "no nuclei")
    timeout = {**failed, "reason": "timeout"}
    assert outcome_from(timeout).outcome(F1).reason == Reason.TIMEOUT


@pytest.mark.parametrize("value", [None, "inf", "-inf", math.nan, math.inf])
def test_an_objective_that_is_not_finite_is_a_failed_trial(value):
    outcome = outcome_from(minimal(metrics={"f1": value})).outcome(F1)
    assert (outcome.state, outcome.reason) == (State.FAILED, Reason.NOT_FINITE)


def test_an_objective_over_scores_and_runtime():
    scores = {"a": {"f1": 0.5}, "b": {"f1": 0.7}}
    returned = outcome_from({"trial": IDENTITY, "metrics": {}, "scores": scores, "runtime": 2.5})
    assert returned.outcome(Objective("mean_f1", "maximize")).metrics["mean_f1"] == pytest.approx(0.6)
    assert returned.outcome(Objective("runtime")).metrics["runtime"] == 2.5


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"metrics": {"F1": 0.8}}, "needs the metric 'f1'; the file has 'F1'"),
        ({"metrics": {}}, "needs the metric 'f1'; the file has none"),
        ({"metrics": {"f1": "high"}}, "A metric must be a number; got 'f1' = 'high'"),
        ({"metrics": {"f1": [0.8]}}, "A metric must be a number"),
    ],
)
def test_a_file_without_what_the_objective_needs_is_no_failed_trial(change, sentence):
    returned = outcome_from(minimal(**change))
    with pytest.raises(ExchangeError) as caught:
        returned.outcome(F1)
    assert sentence in str(caught.value)


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        ([], "must hold a JSON object; got []"),
        (None, "must hold a JSON object; got nothing"),
        ({}, "The key 'trial' is missing"),
        ({"trial": IDENTITY}, "The key 'metrics' is missing: an outcome has metrics, or the state 'failed'"),
        (minimal(schema="parfocal/trial", version=1), "'schema' must be 'parfocal/outcome'; got 'parfocal/trial'"),
        (minimal(version=2), "A newer parfocal wrote this (version 2 of 'parfocal/outcome', and this one reads 1)"),
        (minimal(version="1"), "'version' must be 1; got '1'"),
        (minimal(version=0), "'version' must be 1; got 0"),
        (minimal(metric={}), "There is no key 'metric' (did you mean 'metrics'?)"),
        (minimal(metrics=[1]), "'metrics' must be an object; got [1]"),
        (minimal(metrics=None), "'metrics' must be an object; got null"),
        (minimal(trial="3"), "'trial' must be an object; got '3'"),
        (minimal(trial={**IDENTITY, "number": "3"}), "'number' must be a whole number; got '3'"),
        (minimal(trial={**IDENTITY, "number": True}), "'number' must be a whole number; got True"),
        (minimal(trial={**IDENTITY, "number": -1}), "at least 0 and its 'attempt' at least 1; got -1 and 1"),
        (minimal(trial={**IDENTITY, "attempt": 0}), "at least 1; got 3 and 0"),
        (minimal(trial={**IDENTITY, "study": None}), "'study' must be text; got null"),
        (minimal(trial={"study": "s", "number": 3, "attempt": 1}), "The key 'worker' is missing"),
        (minimal(trial={**IDENTITY, "nummer": 3}), "There is no key 'nummer' (did you mean 'number'?)"),
        (minimal(state="done"), "'state' must be one of complete, pruned, failed; got 'done'"),
        (minimal(state="lost"), "'state' must be one of complete, pruned, failed; got 'lost'"),
        (minimal(state=2), "'state' must be one of complete, pruned, failed; got 2"),
        (minimal(reason="error"), "A 'reason' belongs to the state 'failed'"),
        (minimal(state="failed", reason="bad"), "'reason' must be one of error, timeout"),
        (minimal(runtime=-1), "'runtime' must be seconds of at least 0, or null; got -1"),
        (minimal(runtime="inf"), "'runtime' must be seconds"),
        (minimal(runtime=10**400), "'runtime' must be seconds"),
        (minimal(runtime=True), "'runtime' must be seconds"),
        (minimal(scores={"a": 0.5}), "'a' must be an object; got 0.5"),
        (minimal(artifacts={"mask": 1}), "'mask' must be text; got 1"),
        (minimal(message=1), "'message' must be text; got 1"),
    ],
)
def test_wrong_outcomes(document, sentence):
    with pytest.raises(ExchangeError) as caught:
        outcome_from(document)
    assert sentence in str(caught.value)
    if document not in ([], None):  # what the schema allows and refuses is what parfocal reads and refuses
        assert not OUTCOME.is_valid(document)


GOOD = trial_document(
    HandedTrial(Claim("s", 0, 1, "w"), Configuration({"x": 1.5}), 7, Fidelity(), Evaluation({"kind": "command"}, F1))
)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"schema": None}, "'schema' must be 'parfocal/trial'; got nothing"),
        ({"schema": "parfocal/batch"}, "This is a batch of trials"),
        ({"version": 2}, "A newer parfocal wrote this"),
        ({"version": None}, "'version' must be 1; got nothing"),
        ({"configuration": {"x": [1]}}, "'configuration' cannot be read: The value of 'x'"),
        ({"configuration": 1}, "'configuration' must be an object; got 1"),
        ({"seed": 1.5}, "'seed' must be a whole number; got 1.5"),
        ({"fidelity": {"name": "epochs", "value": -1}}, "'fidelity' cannot be read"),
        ({"fidelity": {"epochs": 3}}, "'fidelity' cannot be read"),
        ({"evaluation": {**GOOD["evaluation"], "isolation": "container"}}, "'isolation' must be 'process' or 'none'"),
        ({"evaluation": {**GOOD["evaluation"], "objective": {"metric": ""}}}, "'objective' cannot be read"),
        ({"evaluation": {**GOOD["evaluation"], "limits": {"time": "soon"}}}, "'limits' cannot be read"),
        ({"evaluation": {}}, "'isolation' must be"),
        ({"more": 1}, "There is no key 'more'; the keys are schema, version"),
    ],
)
def test_wrong_trials(change, sentence):
    with pytest.raises(ExchangeError) as caught:
        trial_from({**GOOD, **change})
    assert sentence in str(caught.value)
