"""Objectives: names, criteria, signs, labels."""

import math
import pickle
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parfocal.errors import EvaluationError, ExpressionError, InvalidInput
from parfocal.trials import Objective, summaries

CRITERION = "0.5*macro_f1 + 0.5*micro_f1 - std_macro_f1"
FINITE = st.floats(-1e300, 1e300)


@given(FINITE, st.sampled_from(["minimize", "maximize"]))
def test_the_sign_is_flipped_once_and_back(value, direction):
    objective = Objective("f1", direction)
    loss = objective.loss({"f1": value, "other": math.nan})
    assert loss == (value if direction == "minimize" else -value)
    assert objective.value(loss) == value
    assert objective.value(np.array([loss]))[0] == value


@given(FINITE, FINITE)
def test_better_is_a_smaller_loss(a, b):
    for direction in ("minimize", "maximize"):
        objective = Objective("m", direction)
        assert objective.better(a, b) == (objective.loss({"m": a}) < objective.loss({"m": b}))
        assert objective.better(a, math.nan)
        assert not objective.better(math.nan, a)
    assert not objective.better(math.nan, math.nan)


def test_zero_stays_positive():
    objective = Objective("f1", "maximize")
    assert math.copysign(1, objective.loss({"f1": 0.0})) == 1
    assert math.copysign(1, objective.value(0.0)) == 1


def test_a_criterion_over_metrics():
    objective = Objective(CRITERION, "maximize")
    assert objective.names == ("macro_f1", "micro_f1", "std_macro_f1")
    assert objective.loss({"macro_f1": 0.6, "micro_f1": 0.8, "std_macro_f1": 0.1}) == pytest.approx(-0.6)


def test_a_criterion_takes_spreads_over_folds_from_the_scores():
    objective = Objective(CRITERION, "maximize")
    scores = {"fold 0": {"macro_f1": 0.5}, "fold 1": {"macro_f1": 0.7}}
    metrics = {"macro_f1": 0.6, "micro_f1": 0.8}
    assert objective.missing(metrics) == ("std_macro_f1",)
    assert objective.missing(metrics, scores) == ()
    assert objective.loss(metrics, scores) == pytest.approx(-(0.3 + 0.4 - 0.1))
    own = {**metrics, "std_macro_f1": 0.0}
    assert objective.loss(own, scores) == pytest.approx(-0.7), "a metric goes before a summary"


def test_summaries_leave_out_what_is_undefined():
    scores = {"a": {"p": 1.0, "q": math.nan}, "b": {"p": math.nan}, "c": {"p": 0.0}, "d": {"r": math.inf}}
    found = summaries(scores)
    assert {name: value for name, value in found.items() if name.endswith("_p")} == {
        "mean_p": 0.5, "std_p": 0.5, "median_p": 0.5, "min_p": 0.0, "max_p": 1.0,
    }  # fmt: skip
    assert not any(name.endswith("_q") for name in found)
    assert math.isnan(found["mean_r"])


def test_missing_metrics_are_named_with_what_there_is():
    with pytest.raises(EvaluationError, match="needs the metric 'f1', and the evaluation returned 'dice', 'iou'"):
        Objective("f1").loss({"dice": 1.0, "iou": 0.5})
    with pytest.raises(EvaluationError, match=r"needs the metrics 'micro_f1', 'std_macro_f1'.*returned 'macro_f1'"):
        Objective(CRITERION).loss({"macro_f1": 1.0})
    with pytest.raises(EvaluationError, match="returned none"):
        Objective("f1").loss({})


@pytest.mark.parametrize(("text", "metrics"), [("a", {"a": math.nan}), ("a / b", {"a": 1.0, "b": 0.0})])
def test_a_number_that_is_not_finite_is_refused(text, metrics):
    with pytest.raises(EvaluationError, match="not a finite number"):
        Objective(text).loss(metrics)


def test_columns_are_judged_at_once():
    columns = {"a": np.array([1.0, 2.0, np.nan]), "b": np.array([1.0, 0.0, 1.0])}
    np.testing.assert_array_equal(Objective("a", "maximize").losses(columns), [-1.0, -2.0, np.nan])
    np.testing.assert_array_equal(Objective("a / b").losses(columns), [1.0, np.nan, np.nan])


@pytest.mark.parametrize(
    ("text", "objective"),
    [
        ("maximize f1", Objective("f1", "maximize")),
        ("minimise rmse [px]", Objective("rmse", "minimize", "px")),
        ("dice", Objective("dice")),
        ("maximize val.f1", Objective("val.f1", "maximize")),
        ("  maximize   2*a - b [a.u.] ", Objective("2*a - b", "maximize", "a.u.")),
    ],
)
def test_texts(text, objective):
    assert Objective.from_text(text) == objective
    assert Objective.from_text(str(objective)) == objective
    assert Objective.from_dict(objective.to_dict()) == objective
    assert pickle.loads(pickle.dumps(objective)) == objective


def test_labels_say_which_way_is_better():
    assert Objective("rmse", unit="px").label == "rmse [px] (lower is better)"
    assert Objective("f1", "maximize").label == "f1 (higher is better)"


@pytest.mark.parametrize(
    ("values", "error"),
    [
        (("",), InvalidInput),
        ((None,), InvalidInput),
        (("f1", "max"), InvalidInput),
        (("0.5 *",), ExpressionError),
        (("__import__('os')",), ExpressionError),
    ],
)
def test_wrong_objectives_are_refused_at_once(values, error):
    with pytest.raises(error):
        Objective(*values)


def test_an_empty_text_is_refused():
    with pytest.raises(InvalidInput, match="maximize METRIC"):
        Objective.from_text("  ")


def test_a_plain_metric_needs_no_expressions():
    code = "import sys; from parfocal.trials import Objective as O; O('f1').loss({'f1': 1}); "
    code += "sys.exit('parfocal.expressions' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
