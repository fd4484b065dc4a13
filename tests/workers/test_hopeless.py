import pytest
from hypothesis import given
from hypothesis import strategies as st

from parfocal.trials import FULL, GIVEN, Configuration, Outcome, Reason, State, Trial
from parfocal.workers import common_failure


def trial(number, outcome, **values):
    state = State.WAITING if outcome is None else outcome.state
    return Trial(number, Configuration(values or {"x": number}), FULL, 0, state, 1, GIVEN, outcome)


def failed(message, reason=Reason.ERROR):
    return Outcome.failed(reason, message)


GOOD = Outcome.complete({"f1": 1.0})
LOST = Outcome(State.LOST)


def test_the_same_message():
    trials = [trial(n, failed("FileNotFoundError: no images")) for n in range(10)]
    assert common_failure(trials) == (
        "The first 10 trials all failed (error), with the same message: FileNotFoundError: no images; "
        "see the log of trial 0, mend it, and run again."
    )


def test_the_same_kind_of_error():
    trials = [trial(n, failed(f"ValueError: bad {n}")) for n in range(3)]
    text = common_failure(trials, 3)
    assert "all with 'ValueError', for example: ValueError: bad 0;" in text


def test_the_same_reason():
    trials = [trial(n, failed(f"{'abc'[n]}: bad", Reason.TIMEOUT)) for n in range(3)]
    assert "all failed for the same reason (timeout), for example: a: bad;" in common_failure(trials, 3)


def test_several_reasons():
    outcomes = [failed("late", Reason.TIMEOUT), failed("late", Reason.TIMEOUT), failed("ValueError: x")]
    text = common_failure([trial(n, outcome) for n, outcome in enumerate(outcomes)], 3)
    assert "for several reasons (timeout 2 times, error 1 times), for example: late;" in text


def test_shared_values_are_named_but_constants_are_not():
    trials = [trial(n, failed("late"), x=n, method="otsu", mode="2d") for n in range(4)]
    text = common_failure(trials, 4, constant=["mode"])
    assert "; all had method = 'otsu';" in text and "mode" not in text
    assert "all had" not in common_failure([trial(n, failed("late")) for n in range(4)], 4)


def test_many_shared_values_are_counted():
    values = {f"p{n}": 1 for n in range(7)}
    text = common_failure([trial(n, failed("late"), **values) for n in range(2)], 2)
    assert "p0 = 1, p1 = 1, p2 = 1, p3 = 1 and 3 others" in text


def test_one_trial():
    assert common_failure([trial(0, failed("late"))], 1).startswith("The first trial failed (error), with")


@pytest.mark.parametrize("other", [GOOD, LOST, None, Outcome.pruned()])
@pytest.mark.parametrize("place", [0, 4, 9])
def test_one_that_did_not_fail_is_enough_to_go_on(other, place):
    trials = [trial(n, other if n == place else failed("late")) for n in range(10)]
    assert common_failure(trials) is None


@given(st.lists(st.sampled_from([GOOD, LOST, None, failed("late")]), max_size=12), st.integers(0, 12))
def test_only_the_first_trials_count(outcomes, first):
    trials = [trial(n, outcome) for n, outcome in enumerate(outcomes)]
    hopeless = first > 0 and len(outcomes) >= first and all(o is not None and o.reason for o in outcomes[:first])
    assert (common_failure(trials, first) is not None) == hopeless
