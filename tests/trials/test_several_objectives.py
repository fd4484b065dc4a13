"""Several objectives: their text, their losses, and the history that carries them."""

import pickle

import numpy as np
import pytest

from parfocal.errors import EvaluationError, InvalidInput
from parfocal.trials import History, Objective, State

BOTH = Objective.from_text("maximize f1, minimize runtime [s]")


def test_the_text_names_each_with_its_direction():
    assert Objective("f1", "maximize", others=(Objective("runtime", unit="s"),)) == BOTH
    assert Objective.of(["maximize f1", Objective("runtime", unit="s")]) == BOTH
    assert Objective.from_text(str(BOTH)) == BOTH == pickle.loads(pickle.dumps(BOTH))
    assert Objective.from_dict(BOTH.to_dict()) == BOTH
    assert Objective.of(["f1"]) == Objective("f1"), "a list of one is one"
    assert [str(each) for each in BOTH.all] == ["maximize f1", "minimize runtime [s]"]
    assert Objective.from_text("minimize max(a, b)").others == (), "a comma inside of a criterion parts nothing"


def test_one_objective_is_written_as_before():
    assert Objective("f1").to_dict() == {"metric": "f1", "direction": "minimize", "unit": None}
    assert Objective("f1").all == (Objective("f1"),)


def test_losses_of_all_are_minimized():
    assert BOTH.names == ("f1", "runtime")
    assert BOTH.missing({"f1": 1.0}) == ("runtime",)
    assert BOTH.loss({"f1": 0.75}) == -0.75, "the first one needs its own metrics only"
    assert BOTH.rest({"f1": 0.75, "runtime": 3.0}) == (3.0,)
    with pytest.raises(EvaluationError, match="not a finite number"):
        BOTH.rest({"f1": 0.75, "runtime": float("nan")})


def test_the_runtime_is_the_trials_own_unless_it_is_returned():
    assert BOTH.with_runtime({"f1": 1.0}, 2.0) == {"f1": 1.0, "runtime": 2.0}
    assert BOTH.with_runtime({"f1": 1.0, "runtime": 9.0}, 2.0)["runtime"] == 9.0
    assert BOTH.with_runtime({"f1": 1.0}, float("nan")) == {"f1": 1.0}
    assert Objective("f1").with_runtime({"f1": 1.0}, 2.0) == {"f1": 1.0}


@pytest.mark.parametrize(
    ("given", "text"),
    [([], "empty list"), (["maximize f1", "minimize f1"], "different metrics"), ([BOTH, BOTH], "one objective alone")],
)
def test_what_cannot_be_weighed_is_refused(given, text):
    with pytest.raises(InvalidInput, match=text):
        Objective.of(given)


def test_a_history_carries_all_losses():
    history = History(1, 0, objectives=3)
    history.append(np.zeros((4, 1)))
    history.tell([2, 0], [State.COMPLETE, State.FAILED], [0.5, np.nan], others=[[1.0, 2.0], [np.nan, np.nan]])
    history.tell(1, State.COMPLETE, 0.25, others=[[3.0, 4.0]])
    np.testing.assert_array_equal(history.losses[:3], [[np.nan] * 3, [0.25, 3.0, 4.0], [0.5, 1.0, 2.0]])
    np.testing.assert_array_equal(history.loss, history.losses[:, 0])
    assert history.best == 1 and history.objectives == 3
    past = history.at(4, 1)
    np.testing.assert_array_equal(past.losses[1:], [[np.nan] * 3, [0.5, 1.0, 2.0], [np.nan] * 3])
    history.append(np.zeros((300, 1)))
    np.testing.assert_array_equal(history.losses[1], [0.25, 3.0, 4.0])
    with pytest.raises(ValueError, match="read-only"):
        history.losses[0, 0] = 1.0


@pytest.mark.parametrize(
    ("others", "text"),
    [(None, "must be finite"), ([[np.nan]], "must be finite"), ([1.0], "shape"), ([[1.0, 2.0]], "shape")],
)
def test_a_complete_trial_needs_all_losses(others, text):
    history = History(1, objectives=2)
    history.append(np.zeros((1, 1)))
    with pytest.raises(InvalidInput, match=text):
        history.tell(0, State.COMPLETE, 0.5, others=others)
    assert history.pending.all()
    history.tell(0, State.FAILED, np.nan)


def test_there_is_at_least_one_objective():
    with pytest.raises(InvalidInput, match="at least 1 objective"):
        History(1, objectives=0)
