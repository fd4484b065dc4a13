"""Small tables of a few trials: what differs, scores of single images, and a choice that stands for many."""

import numpy as np
import pytest

from parfocal.analysis import changed, choice, differences, rank, score_names, side_by_side
from parfocal.errors import InvalidInput
from parfocal.plots import sidebyside as drawn
from parfocal.space import Categorical, Constant, Float, Integer, Space
from parfocal.testing.studies import told
from parfocal.trials import FULL, GIVEN, Configuration, Objective, Outcome, State, Trial

SPACE = Space(
    {
        "sigma": Float(0.1, 10.0, prior="log-uniform", unit="px"),
        "size": Integer(0, 10),
        "filter": Categorical(("none", "gauss", None, True)),
        "width": Float(0.0, 2.0, when="filter == 'gauss'"),
        "fixed": Constant(3),
    }
)
BASE = {"sigma": 1.0, "size": 5, "filter": "none", "fixed": 3}


def test_what_differs_is_told_with_where_it_lies():
    rows = differences(SPACE, [BASE, {**BASE, "sigma": 10.0}, {**BASE, "filter": "gauss", "width": 0.5}])
    by = {row.axis.name: row for row in rows}
    assert [row.axis.name for row in rows] == [name for name in SPACE.names if name in by]
    assert by["sigma"].differs.tolist() == [False, True, False]
    np.testing.assert_allclose(by["sigma"].position, [0.5, 1.0, 0.5])
    np.testing.assert_allclose(by["width"].position, [np.nan, np.nan, 0.25])
    assert by["width"].active.tolist() == [False, False, True] and by["width"].differs.tolist() == [False, False, True]
    assert by["size"].same and by["size"].position.tolist() == [0.5] * 3
    assert changed(rows) == {"sigma": 1, "filter": 1, "width": 1}


def test_none_is_a_value_and_inactive_is_not():
    rows = differences(SPACE, [{**BASE, "filter": value} for value in (None, True, None)])
    row = next(row for row in rows if row.axis.name == "filter")
    assert row.values == (None, True, None) and row.active.all()
    assert row.differs.tolist() == [False, True, False]


def test_one_configuration_has_no_differences():
    assert changed(differences(SPACE, [BASE])) == {}


def trial(number, scores, state=State.COMPLETE):
    outcome = None if scores is None else Outcome.complete({"f1": 0.5}, scores=scores)
    return Trial(number, Configuration(BASE), FULL, 0, state, 1, GIVEN, outcome)


SCORES = {"a": {"n": 4.0, "f1": 0.9}, "b": {"n": 5.0, "f1": 0.1}, "c": {"n": 2.0, "f1": float("nan")}, "d": {"f1": 0.5}}


@pytest.mark.parametrize(
    ("objective", "images", "rising"),
    [("maximize f1", "bdac", True), ("minimize f1", "adbc", False), ("maximize mean_f1", "bdac", True),
     ("maximize f1 - std_f1", "bdac", None), ("minimize std_f1", "bdac", None)],
)  # fmt: skip
def test_images_come_worst_first_and_unknown_ones_last(objective, images, rising):
    table = side_by_side([trial(3, SCORES), trial(8, {"b": {"f1": 0.7}})], Objective.of(objective))
    assert table.metric == "f1" and "".join(table.images) == images and table.rising is rising
    assert table.names == ("trial 3", "trial 8")
    np.testing.assert_allclose(table.values[images.index("b")], [0.1, 0.7])
    assert np.isnan(table.values[images.index("a"), 1])


def test_another_score_can_be_chosen():
    objective = Objective.of("maximize f1")
    assert score_names([trial(3, SCORES)], objective) == ("f1", "n")
    table = side_by_side([trial(3, SCORES)], objective, "n")
    assert table.metric == "n" and table.rising is None and "".join(table.images) == "cabd"


@pytest.mark.parametrize("trials", [[], [trial(1, None, State.RUNNING)], [trial(1, {})]])
def test_no_scores_are_an_empty_table_and_a_sentence(trials):
    table = side_by_side(trials, Objective.of("maximize f1"))
    assert not table.drawable and table.images == () and table.values.shape == (0, len(trials))
    assert "No image has a score" in drawn.interactive(table).layout.annotations[0].text
    drawn.printed(table)


@pytest.mark.parametrize("n", [1, 40, 41, 3000])
def test_figures_of_few_and_many_images(n):
    rng = np.random.default_rng(0)
    scores = {f"image <{k}> & $x$.tif": {"f1": float(rng.random())} for k in range(n)}
    table = side_by_side([trial(3, scores), trial(4, scores)], Objective.of("maximize f1"))
    figure = drawn.interactive(table)
    assert len(figure.to_json()) < 2_000_000
    assert {trace.name for trace in figure.data} == {"trial 3", "trial 4"}
    assert (figure.data[0].type == "bar") == (n <= 40)
    drawn.printed(table, "two").savefig("/dev/null", format="svg")


LOSS = [0.5, np.nan, 0.1, 0.9, 0.3, 0.7]


def history(loss=LOSS):
    return told(np.linspace(0, 1, len(loss))[:, None], loss)


@pytest.mark.parametrize(
    ("how", "n", "start", "numbers", "rank"),
    [("top", 3, 0, [2, 4, 0], [1, 2, 3]), ("top", 3, 3, [5, 3], [4, 5]), ("worst", 2, 0, [3, 5], [5, 4]),
     ("worst", 2, 2, [0, 4], [3, 2]), ("even", 3, 0, [2, 0, 3], [1, 3, 5]),
     ("even", 9, 0, [2, 4, 0, 5, 3], [1, 2, 3, 4, 5]),
     ("even", 3, 3, [], []), ("top", 0, 0, [], [])],
)  # fmt: skip
def test_a_choice_is_in_the_order_of_values(how, n, start, numbers, rank):
    table = choice(history(), Objective.of("maximize f1"), how, n, start)
    assert table.number.tolist() == numbers and table.rank.tolist() == rank and table.total == 5
    np.testing.assert_allclose(table.value, [-LOSS[number] for number in numbers])


def test_the_rank_of_a_trial_is_its_place_in_the_choice_of_all():
    for loss in (LOSS, [0.5, 0.5, 0.1, 0.5]):
        table = choice(history(loss), Objective.of("minimize f1"), n=99)
        for number, place in zip(table.number.tolist(), table.rank.tolist(), strict=True):
            assert rank(history(loss), number).rank == place
    assert rank(history(), 1).rank is None and rank(history(), 99).rank is None and rank(history(), 0).total == 5


def test_a_choice_among_some_keeps_the_ranks_of_all():
    table = choice(history(), Objective.of("minimize f1"), among=np.array([3, 0, 1, 77]))
    assert table.number.tolist() == [0, 3] and table.rank.tolist() == [3, 5] and table.total == 2


@pytest.mark.parametrize("loss", [[], [np.nan, np.nan]])
def test_nothing_to_choose_from(loss):
    for how in ("top", "even", "worst"):
        assert choice(history(loss), Objective.of("minimize f1"), how).number.tolist() == []


def test_wrong_choices_are_refused():
    for options in ({"how": "median"}, {"n": -1}, {"start": -1}):
        with pytest.raises(InvalidInput):
            choice(history(), Objective.of("minimize f1"), **options)
