import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parfocal.analysis import INACTIVE, infimum, profile_sentence, profiles, rows_of
from parfocal.errors import InvalidInput
from parfocal.space import Boolean, Categorical, Float, Integer, Space
from parfocal.testing.studies import grid_of, mixed_space, search, told
from parfocal.trials import History, Objective

LOSS = Objective("rmse", unit="px")
SCORE = Objective("f1", "maximize")


def line(losses: list[float], **options: object) -> tuple[Space, History]:
    """Return a space of one parameter with a level for each loss, and the history of its grid."""
    space = Space({"x": Float(1, len(losses), levels=len(losses), unit="px", **options)})  # type: ignore[arg-type]
    return space, grid_of(space, np.array(losses))


def test_intervals_are_those_of_the_closed_form() -> None:
    space = Space({"x": Float(0, 10, levels=101), "y": Float(0, 1, levels=5)})
    x, y = np.linspace(0, 10, 101), np.linspace(0, 1, 5)
    loss = 1.0 + (x[:, None] - 4.0) ** 2 + y[None]  # within 4 % of 1 where |x - 4| < 0.2
    (table, _) = profiles(space, grid_of(space, loss), LOSS, tolerance=0.0401)
    np.testing.assert_allclose(table.within, [(3.8, 4.2)])
    assert table.reach == table.within and table.support == (5,) and table.best == pytest.approx(4.0)
    assert table.plateau == table.plateau_most == pytest.approx(5 / 101)
    assert table.limit == pytest.approx(1.0401) and table.of == "best" and table.trials == 505
    np.testing.assert_allclose(table.lost, (x - 4.0) ** 2, atol=1e-12)


def test_several_intervals_levels_and_gaps() -> None:
    space, history = line([1.0, 2.0, 1.001, 1.002, np.nan, 1.003, 5.0])
    (table,) = profiles(space, history, LOSS)
    assert table.within == ((1.0, 1.0), (3.0, 4.0), (6.0, 6.0))  # a failure in between parts two intervals
    assert table.plateau == pytest.approx(4 / 7)
    assert profile_sentence(table) == "x: best at 1 px; you may move it between 3 and 4 px and lose less than 1 %."


def test_less_means_less() -> None:
    space, history = line([1.0, 1.5, 2.0])
    assert profiles(space, history, LOSS, tolerance=0.5)[0].within == ((1.0, 1.0),)
    assert profiles(space, history, LOSS, tolerance=0.5000001)[0].within == ((1.0, 2.0),)


@pytest.mark.parametrize("objective", [LOSS, SCORE])
def test_both_directions_say_the_same_of_the_same_trials(objective: Objective) -> None:
    value = np.array([0.70, 0.795, 0.80, 0.799, 0.60])
    losses = -value if objective is SCORE else 1.6 - value
    space, history = line(losses.tolist())
    (table,) = profiles(space, history, objective)
    assert table.within == ((2.0, 4.0),)
    assert table.limit == pytest.approx(0.792 if objective is SCORE else 0.808)


def test_where_the_metric_changes_sign_a_share_of_the_range_is_taken() -> None:
    space, history = line([-0.1, 0.0, 0.4, 0.9, 5.0])
    (table,) = profiles(space, history, LOSS, tolerance=0.25)
    assert table.of == "range" and table.limit == pytest.approx(-0.1 + 0.25 * 0.5) and table.within == ((1.0, 2.0),)
    (asked,) = profiles(space, history, LOSS, tolerance=0.25, of="best")
    assert asked.limit == pytest.approx(-0.075) and asked.within == ((1.0, 1.0),)
    assert "of the way from the best to the median" in profile_sentence(table)
    zero, history = line([0.0, 0.001, 1.0])
    assert profiles(zero, history, LOSS)[0].of == "range"


def test_categories_and_inactive_are_choices() -> None:
    space = Space({"kind": Categorical(("a", "b", "c")), "width": Float(1, 2, levels=3, when="kind == 'a'")})
    X = np.concatenate([space.encode([{"kind": "a", "width": w} for w in (1.0, 1.5, 2.0)]),
                        space.encode([{"kind": "b"}, {"kind": "c"}])])  # fmt: skip
    kind, width = profiles(space, told(X, [1.0, 1.005, 3.0, 1.001, 2.0]), LOSS)
    assert kind.within == () and kind.choices == ("a", "b") and kind.plateau == pytest.approx(2 / 3) and kind.best == 0
    assert profile_sentence(kind) == "kind: best is a; b loses less than 1 %."
    assert width.within == ((1.0, 1.5),) and width.choices == (INACTIVE,) and width.best == 1.0
    assert "(or leave it inactive)" in profile_sentence(width)
    inactive = profiles(space, told(X, [1.0, 1.005, 3.0, 0.999, 2.0]), LOSS)[1]
    assert np.isnan(inactive.best) and profile_sentence(inactive).startswith(
        "width: best where it is inactive; you may"
    )


@settings(max_examples=40)
@given(st.integers(0, 2**32 - 1), st.integers(1, 400), st.floats(1e-4, 2.0))
def test_every_interval_rests_on_visited_cells_that_lose_less(seed: int, n: int, tolerance: float) -> None:
    rng = np.random.default_rng(seed)
    space = mixed_space()
    loss = np.where(rng.random(n) < 0.1, np.nan, rng.exponential(size=n) + 0.1)
    rows = rows_of(space, told(space.sample(n, rng), loss))
    for table in profiles(space, rows, LOSS, tolerance=tolerance):
        j = rows.columns([table.name])[0]
        at = rows.coordinates[:, j]
        good = ~np.isnan(loss) & (loss < table.limit)
        assert table.plateau <= table.plateau_most + 1e-12 if table.known else np.isnan(table.plateau)
        if table.axis.kind == "category":
            seen = {table.axis.labels[int(i)] for i in np.unique(at[good & ~np.isnan(at)])}
            assert set(table.choices) == seen
            continue
        assert (INACTIVE in table.choices) == bool(np.isnan(at[good]).any())
        inside = np.zeros(n, dtype=bool)
        for (low, high), (left, right), support in zip(table.within, table.reach, table.support, strict=True):
            assert left <= low <= high <= right and low in at[good] and high in at[good] and support > 0
            inside |= (at >= low) & (at <= high)
        assert inside[good & ~np.isnan(at)].all()  # no good trial lies outside
        cells = table.cells.locate(at)
        for i in np.unique(cells[inside]):  # each cell inside holds a good trial
            assert good[cells == i].any()
        ends = np.array(table.within).reshape(-1)
        assert (np.diff(ends) >= 0).all()


def test_the_profile_is_the_infimum() -> None:
    space = mixed_space()
    history = search(space, 200)[0]
    for table in profiles(space, history, SCORE, ("sigma", "width")):
        np.testing.assert_array_equal(table.infimum.value, infimum(space, history, SCORE, (table.name,)).value)


@pytest.mark.parametrize("losses", [[], [np.nan, np.nan], [2.0], [2.0, 2.0, 2.0], [0.0, 0.0]])
def test_little_is_known(losses: list[float]) -> None:
    rng = np.random.default_rng(0)
    space = mixed_space()
    history = told(space.sample(len(losses), rng) if losses else np.empty((0, space.dimension)), losses)
    for table in profiles(space, history, LOSS):
        assert table.name in profile_sentence(table)
        if not np.isfinite(losses).any():
            assert not table.known and np.isnan(table.plateau) and np.isnan(table.limit) and not table.within
            assert "no evaluation has succeeded" in profile_sentence(table)
        else:
            assert table.known and table.trials == len(losses)
            at = rows_of(space, history)
            column = at.coordinates[:, at.columns([table.name])[0]]
            held = {table.axis.text(value) for value in column.tolist()}
            told_of = set(table.choices) | {table.axis.text(end) for pair in table.within for end in pair}
            assert told_of <= held


def test_one_level_and_two_choices() -> None:
    space = Space({"x": Float(1, 1.5, levels=2), "n": Integer(3, 4), "b": Boolean()})
    rng = np.random.default_rng(0)
    for table in profiles(space, told(space.sample(30, rng), np.ones(30)), LOSS):
        assert table.plateau == 1.0


@pytest.mark.parametrize(
    ("options", "word"),
    [({"tolerance": 0.0}, "share above 0"), ({"of": "worst"}, "'worst'"), ({"names": ["y"]}, "'y'")],
)
def test_wrong_arguments_are_one_sentence(options: dict[str, object], word: str) -> None:
    space, history = line([1.0, 2.0])
    with pytest.raises(InvalidInput, match=word):
        profiles(space, history, LOSS, **options)  # type: ignore[arg-type]


def test_words_round_into_the_interval() -> None:
    space = Space({"s": Float(0.1, 10, log=True, unit="px")})
    values = [1.23456, 1.6, 1.98765, 5.0, 0.2]
    X = space.encode([{"s": value} for value in values])
    (table,) = profiles(space, told(X, [1.001, 1.0, 1.001, 2.0, 2.0]), LOSS, cells=4)
    assert (
        profile_sentence(table) == "s: best at 1.6 px; you may move it between 1.24 and 1.98 px and lose less than 1 %."
    )
