"""Outcomes, fidelities and provenances check themselves."""

import math
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parfocal.errors import InvalidInput
from parfocal.trials import FULL, Fidelity, Outcome, Provenance, Reason, State
from parfocal.trials.outcome import LOG_LIMIT, MESSAGE_LIMIT


def test_the_three_ways_to_end():
    complete = Outcome.complete({"f1": np.float32(0.5), "count": 3}, scores={"a": {"f1": 1}}, runtime=2)
    assert (complete.state, complete.metrics, complete.reason) == (State.COMPLETE, {"f1": 0.5, "count": 3.0}, None)
    assert all(type(value) is float for value in complete.metrics.values())
    failed = Outcome.failed("timeout", "60 s are over", log="tail")
    assert (failed.state, failed.reason, failed.message, failed.log) == (
        State.FAILED, Reason.TIMEOUT, "60 s are over", "tail",
    )  # fmt: skip
    assert math.isnan(failed.runtime)
    pruned = Outcome.pruned("too slow", metrics={"f1": 0.1})
    assert (pruned.state, pruned.metrics) == (State.PRUNED, {"f1": 0.1})
    for outcome in (complete, failed, pruned):
        assert repr(pickle.loads(pickle.dumps(outcome))) == repr(outcome)


def test_mappings_are_copied():
    metrics, scores = {"f1": 0.5}, {"a": {"f1": 0.5}}
    outcome = Outcome.complete(metrics, scores=scores)
    metrics["f1"] = scores["a"]["f1"] = 0.0
    assert outcome.metrics["f1"] == outcome.scores["a"]["f1"] == 0.5


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"state": State.RUNNING}, "COMPLETE, PRUNED, FAILED or LOST"),
        ({"state": State.COMPLETE}, "at least one finite metric"),
        ({"state": State.COMPLETE, "metrics": {"f1": math.nan}}, "at least one finite metric"),
        ({"state": State.COMPLETE, "metrics": {"f1": "high"}}, "'f1': 'high'"),
        ({"state": State.COMPLETE, "metrics": {"f1": "0.5"}}, "must map names to numbers"),
        ({"state": State.COMPLETE, "metrics": {1: 0.5}}, "must map names to numbers"),
        ({"state": State.COMPLETE, "metrics": {"f1": [0.5, 1]}}, "must map names to numbers"),
        ({"state": State.COMPLETE, "metrics": {"f1": 1.0}, "scores": {"a": {"f1": None}}}, "scores of 'a'"),
        ({"state": State.COMPLETE, "metrics": {"f1": 1.0}, "reason": Reason.ERROR}, "belongs to FAILED"),
        ({"state": State.FAILED}, "belongs to FAILED"),
        ({"state": State.PRUNED, "runtime": -1.0}, "seconds"),
        ({"state": State.PRUNED, "runtime": math.inf}, "seconds"),
    ],
)
def test_contradictions_are_refused(fields, text):
    with pytest.raises(InvalidInput, match=text):
        Outcome(**fields)


def test_an_undefined_second_metric_is_allowed():
    assert math.isnan(Outcome.complete({"f1": 0.5, "precision": math.nan}).metrics["precision"])


@given(st.text(st.characters(), max_size=300).map(lambda text: text * 200))
def test_logs_keep_their_tail_within_the_limit(text):
    log = Outcome.failed(Reason.ERROR, text, log=text).log
    size = len(log.encode())
    assert size <= LOG_LIMIT
    clean = text.encode("utf-8", "replace").decode().replace("\0", "")
    assert clean.endswith(log)
    if size < LOG_LIMIT - 4:
        assert log == clean or len(text) >= LOG_LIMIT
    assert len(Outcome.failed(Reason.ERROR, text).message) <= MESSAGE_LIMIT


@pytest.mark.parametrize("text", ["\ud800x", "a\0b"])
def test_what_a_database_refuses_is_cleaned(text):
    outcome = Outcome.failed(Reason.ERROR, text, log=text)
    assert outcome.message.encode() == outcome.log.encode() == text.encode("utf-8", "replace").replace(b"\0", b"")


def test_states_and_reasons():
    assert [state for state in State if state.finished] == [State.COMPLETE, State.PRUNED, State.FAILED, State.LOST]
    assert [state for state in State if state.pending] == [State.WAITING, State.RUNNING]
    assert [Reason.from_code(reason.code) for reason in Reason] == list(Reason)
    assert Reason.from_code(-1) is None


def test_fidelities():
    fidelity = Fidelity("epochs", 27, 5, 81)
    assert fidelity.fraction == pytest.approx(1 / 3)
    assert not fidelity.full
    assert FULL.full and FULL.fraction == 1
    assert Fidelity.from_dict(fidelity.to_dict()) == fidelity


@pytest.mark.parametrize(
    "values", [("", 1.0), ("e", 0.0), ("e", 2.0), ("e", 1.0, 2.0, 3.0), ("e", math.nan), ("e", 1.0, 0.0, math.inf)]
)
def test_wrong_fidelities(values):
    with pytest.raises(InvalidInput):
        Fidelity(*values)


def test_provenance_round_trip():
    provenance = Provenance("parzen", "density-ratio", 20, 57, 3, "warm-up")
    assert Provenance.from_dict(provenance.to_dict()) == provenance
