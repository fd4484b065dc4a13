import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from parfocal.evaluation import Result, judge
from parfocal.evaluation.judge import failed, noted
from parfocal.trials import Objective, Reason, State

F1 = Objective("f1", "maximize")
MIX = Objective("0.5*macro + 0.5*micro")


@pytest.mark.parametrize(
    "value",
    [0.5, 1, np.float32(0.5), np.int64(3), np.array(0.25), Decimal("0.5"), Fraction(1, 2)],
)
def test_any_scalar_is_the_objective(value):
    outcome = judge(value, F1, 1.5)
    assert outcome.state == State.COMPLETE
    assert outcome.metrics == {"f1": float(value)}
    assert outcome.runtime == 1.5


@pytest.mark.parametrize("value", ["0.5", b"1", True, [0.5], (1.0,), np.ones(1), np.ones((2, 2)), object(), 1j, print])
def test_what_is_no_number_fails_with_its_type(value):
    outcome = judge(value, F1)
    assert (outcome.state, outcome.reason) == (State.FAILED, Reason.ERROR)
    assert f"({type(value).__name__}); expected a number" in outcome.message


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 10**400])
def test_not_finite(value):
    for returned in (value, {"f1": value}, Result({"f1": value})):
        outcome = judge(returned, F1)
        assert (outcome.state, outcome.reason) == (State.FAILED, Reason.NOT_FINITE)
        assert "not a finite number" in outcome.message
    assert "f1" in outcome.metrics  # what came is kept


@pytest.mark.parametrize("value", [None, {}, {"dice": 0.5}, Result(), Result(None)])
def test_missing(value):
    outcome = judge(value, F1)
    assert (outcome.state, outcome.reason) == (State.FAILED, Reason.MISSING)
    assert "'f1'" in outcome.message


def test_one_number_is_not_enough_for_a_criterion():
    outcome = judge(0.5, MIX)
    assert outcome.reason == Reason.MISSING
    assert "'macro', 'micro'" in outcome.message
    assert judge({"macro": 0.4, "micro": 0.6}, MIX).state == State.COMPLETE


def test_entries_that_are_no_numbers_do_not_cost_the_result():
    outcome = judge({"f1": 0.5, "method": "otsu", "mask": np.ones(2), "converged": True}, F1)
    assert outcome.state == State.COMPLETE
    assert outcome.metrics == {"f1": 0.5, "converged": 1.0}
    assert outcome.message == "Left out, since they are no numbers: method, mask."


def test_the_objective_itself_must_be_a_number():
    outcome = judge({"f1": "high"}, F1)
    assert (outcome.reason, outcome.message) == (Reason.ERROR, "A metric must be a number; got 'f1' = 'high' (str).")


def test_scores_alone_can_make_the_objective():
    scores = {"a.tif": {"dice": 0.4}, "b.tif": {"dice": 0.8}}
    objective = Objective("mean_dice - std_dice", "maximize")
    for metrics in ({}, {"precision": math.nan}):
        outcome = judge(Result(metrics, scores), objective)
        assert outcome.state == State.COMPLETE
        assert outcome.metrics[objective.metric] == pytest.approx(0.4)
        assert objective.loss(outcome.metrics, outcome.scores) == pytest.approx(-0.4)


class Nasty:
    def __repr__(self):
        raise RuntimeError("no")

    def __float__(self):
        raise RuntimeError("no")


def test_objects_that_raise_everywhere_are_a_failure_like_any_other():
    assert judge(Nasty(), F1).state == State.FAILED
    assert judge({"f1": Nasty()}, F1).state == State.FAILED
    assert judge({"f1": 1.0, "other": Nasty()}, F1).state == State.COMPLETE


class Unprintable(Exception):
    def __str__(self):
        raise RuntimeError("no")


def test_an_exception_that_cannot_be_printed():
    try:
        raise Unprintable
    except Unprintable as error:
        outcome = failed(error)
    assert "Unprintable" in outcome.message


def test_deep_recursion_is_described():
    def deep():
        return deep()

    with pytest.raises(RecursionError) as caught:
        deep()
    outcome = failed(caught.value)
    assert outcome.message.startswith("RecursionError: maximum recursion depth")
    assert len(outcome.log) < 17_000


def test_a_note_is_added_to_the_message():
    assert noted(judge(1.0, F1), "Mind this.").message == "Mind this."
    assert noted(judge(None, F1), "Mind this.").message.endswith("'f1'. Mind this.")
