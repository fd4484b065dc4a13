"""The table of trials against plain Python, and conditions against the configurations themselves."""

import numpy as np
import pytest

from parfocal.analysis import listing, rows_of, where
from parfocal.errors import ExpressionError, InvalidInput
from parfocal.space import Float, Ordinal, Space
from parfocal.testing.studies import mixed_space, search, told
from parfocal.trials import History, Objective, State

OBJECTIVE = Objective.from_text("maximize f1")
SPACE = mixed_space()
HISTORY, TRIALS = search(SPACE, 80)
ROWS = rows_of(SPACE, HISTORY)


def test_pages_are_in_order_and_hold_every_trial_once():
    pages = [listing(ROWS, HISTORY, OBJECTIVE, start=start, size=30) for start in (0, 30, 60)]
    assert [number for page in pages for number in page.number.tolist()] == list(range(80))
    assert [page.total for page in pages] == [80, 80, 80]
    assert listing(ROWS, HISTORY, OBJECTIVE, start=1000, size=30).start == 60
    assert listing(ROWS, HISTORY, OBJECTIVE, start=-5, size=30).start == 0


@pytest.mark.parametrize("descending", [False, True])
def test_trials_without_a_value_come_last_whichever_way(descending: bool):
    table = listing(ROWS, HISTORY, OBJECTIVE, by="value", descending=descending, size=80)
    known = [trial.outcome.metrics["f1"] for trial in TRIALS if trial.state == State.COMPLETE]
    assert table.value[: len(known)].tolist() == sorted(known, reverse=descending)
    assert np.isnan(table.value[len(known) :]).all()
    assert len(known) < 80


def test_a_parameter_sorts_by_its_numbers_and_inactive_ones_come_last():
    table = listing(ROWS, HISTORY, OBJECTIVE, by="width", size=80)
    widths = [trial.configuration.get("width") for trial in TRIALS]
    active = sorted(width for width in widths if width is not None)
    column = [row[table.names.index("width")] for row in table.cells]
    assert [float(text) for text in column[: len(active)]] == pytest.approx(active, rel=1e-3)
    assert set(column[len(active) :]) == {"inactive"}


def test_states_are_told_with_reasons_and_those_that_run():
    history = History(1)
    history.append(np.array([[0.1], [0.2], [0.3]]))
    history.tell([2], int(State.FAILED), np.nan, reason=1)
    rows = rows_of(Space({"x": Float(0, 1)}), history)
    assert listing(rows, history, OBJECTIVE, running=[1]).state == ("waiting", "running", "failed (timeout)")


def test_only_those_that_are_chosen_are_listed():
    mask = np.arange(80) % 2 == 0
    table = listing(ROWS, HISTORY, OBJECTIVE, chosen=mask, by="trial", descending=True, size=10)
    assert table.number.tolist() == list(range(78, 58, -2))
    assert table.total == 40
    none = listing(ROWS, HISTORY, OBJECTIVE, chosen=np.zeros(80, dtype=bool))
    assert (none.total, none.start, len(none.number)) == (0, 0, 0)


def test_an_unknown_column_is_named():
    with pytest.raises(InvalidInput, match="no column 'sgima'"):
        listing(ROWS, HISTORY, OBJECTIVE, by="sgima")


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("sigma > 2", lambda t: t.configuration["sigma"] > 2),
        ("smooth == 'gauss' and width < 2", lambda t: t.configuration.get("width", 9) < 2),
        ("width >= 0", lambda t: "width" in t.configuration),
        ("watershed == True", lambda t: t.configuration["watershed"]),
        ("not watershed", lambda t: not t.configuration["watershed"]),
        ("area_min in [1, 2, 3, 4, 5] or trial < 3", lambda t: t.configuration["area_min"] <= 5 or t.number < 3),
        ("state == 'failed'", lambda t: t.state == State.FAILED),
        ("value >= 0.5", lambda t: t.state == State.COMPLETE and t.outcome.metrics["f1"] >= 0.5),
        ("f1 < 0.5", lambda t: t.state == State.COMPLETE and t.outcome.metrics["f1"] < 0.5),
    ],
)
def test_a_condition_holds_where_the_configuration_says_so(condition, holds):
    assert where(SPACE, HISTORY, OBJECTIVE, condition).tolist() == [bool(holds(trial)) for trial in TRIALS]


def test_numbers_among_options_are_numbers():
    space = Space({"size": Ordinal((3, 5, 9))})
    history = told(space.sample(30, np.random.default_rng(0)), np.arange(30.0))
    expected = [c["size"] >= 5 for c in space.decode(history.X)]
    assert where(space, history, OBJECTIVE, "size >= 5").tolist() == expected
    assert any(expected) and not all(expected)


@pytest.mark.parametrize("condition", ["sigma", "sgima > 1", "sigma >", "smooth > 3", "__import__('os')"])
def test_a_wrong_condition_is_one_sentence(condition):
    with pytest.raises(ExpressionError):
        where(SPACE, HISTORY, OBJECTIVE, condition)


def test_of_no_trials_there_is_an_empty_table():
    history = History(SPACE.dimension)
    table = listing(rows_of(SPACE, history), history, OBJECTIVE)
    assert (table.total, table.start) == (0, 0)
    assert where(SPACE, history, OBJECTIVE, "sigma > 2").tolist() == []
