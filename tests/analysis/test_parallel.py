from typing import Any

import numpy as np
import pytest

from parfocal.analysis import influence, parallel, rows_of
from parfocal.errors import InvalidInput
from parfocal.space import Categorical, Float, Integer, Space
from parfocal.testing.studies import mixed_space, told
from parfocal.trials import History, Objective

ERROR = Objective("rmse", unit="px")
SCORE = Objective("f1", "maximize")


def crowd(n: int, seed: int = 0) -> tuple[Space, History]:
    space = mixed_space()
    rng = np.random.default_rng(seed)
    loss = rng.random(n)
    loss[rng.random(n) < 0.1] = np.nan
    return space, told(space.sample(n, rng), loss)


def test_lanes_are_parameters_by_influence_and_then_the_objective() -> None:
    space, history = crowd(200)
    table = parallel(space, history, SCORE)
    assert tuple(lane.axis.name for lane in table.lanes[:-1] if lane.axis) == influence(rows_of(space, history)).names
    assert table.lanes[-1].axis is None and table.lanes[-1].title == "f1"
    assert table.others == ()
    chosen = parallel(space, history, SCORE, ["smooth", "sigma"])
    assert [lane.title for lane in chosen.lanes] == ["smooth", "sigma (px)", "f1"]
    assert set(chosen.others) == set(space.columns) - {"smooth", "sigma"}


def test_of_many_parameters_the_twelve_most_influential_are_drawn() -> None:
    space = Space({f"p{i}": Float(0, 1) for i in range(25)})
    X = space.sample(500, np.random.default_rng(0))
    table = parallel(space, told(X, 3 * X[:, 20] + X[:, 7] ** 2), ERROR)
    assert len(table.lanes) == 13 and len(table.others) == 13
    assert [lane.title for lane in table.lanes[:2]] == ["p20", "p7"]


def test_positions_are_scaled_coordinates_and_inactive_trials_lie_below_the_range() -> None:
    space, history = crowd(100)
    rows = rows_of(space, history)
    table = parallel(space, rows, ERROR, list(space.columns))
    for lane, axis, x in zip(table.lanes, rows.axes, rows.coordinates[table.number].T, strict=False):
        active = ~np.isnan(x)
        np.testing.assert_array_equal(lane.position[active], axis.scale(x[active]))
        assert (lane.position[~active] == lane.inactive).all()
        assert not active.all() or axis.conditional or np.isnan(lane.inactive)
        assert lane.limits[0] <= lane.position.min() and lane.position.max() <= lane.limits[1]
        assert (np.diff(lane.ticks) > 0).all() and len(lane.ticks) == len(lane.texts)
    width = table.lanes[list(space.columns).index("width")]
    assert width.texts[0] == "inactive" and width.inactive < 0.5


def test_of_many_trials_the_best_and_an_even_choice_are_drawn_and_chosen_ones_always() -> None:
    space, history = crowd(5000)
    table = parallel(space, history, ERROR, most=100, highlight={"chosen": [17, 4321], "none": []})
    assert 100 <= len(table.value) <= 102 and table.complete == int(history.complete.sum())
    order = np.argsort(np.where(history.complete, history.loss, np.inf), kind="stable")
    assert set(order[:25]) <= set(table.number.tolist())
    complete = [n for n in (17, 4321) if history.complete[n]]
    (group,) = table.groups
    assert sorted(table.number[group.index]) == complete


@pytest.mark.parametrize("objective", [ERROR, SCORE])
def test_worse_ones_are_clipped_and_counted(objective: Objective) -> None:
    space, history = crowd(300)
    limit = 0.5 if objective is ERROR else -0.5
    table = parallel(space, history, objective, clip=limit)
    bad = history.loss > 0.5
    assert table.clipped == int(bad.sum()) and table.limits == (limit, float(objective.value(np.nanmin(history.loss))))
    at = bad[table.number]
    assert (table.lanes[-1].position[at] == limit).all()
    np.testing.assert_array_equal(table.lanes[-1].position[~at], table.value[~at])
    assert (table.shade[at] == 0).all() and table.shade.max() == 1 and table.shade.min() >= 0
    assert any(text.startswith("≥" if objective is ERROR else "≤") for text in table.lanes[-1].texts)
    whole = parallel(space, history, objective, clip=None)
    assert whole.clipped == 0 and whole.limits[0] == float(objective.value(np.nanmax(history.loss)))


def test_robust_clipping_takes_a_terrible_one_and_leaves_a_plain_study_alone() -> None:
    space = Space({"x": Float(0, 1)})
    X = space.sample(50, np.random.default_rng(1))
    loss = X[:, 0].copy()
    assert parallel(space, told(X, loss), ERROR).clipped == 0
    loss[3] = 1e9
    table = parallel(space, told(X, loss), ERROR)
    assert table.clipped == 1 and table.limits[0] < 1 and table.value[3] == 1e9


def test_the_best_are_different_configurations() -> None:
    space = Space({"k": Integer(0, 9)})
    values = [0, 0, 0, 1, 2, 3]
    history = told(space.encode([{"k": k} for k in values]), [0.0, 0.0, 0.1, 0.2, 0.3, 0.4])
    (group,) = parallel(space, history, ERROR, highlight=3).groups
    assert group.label == "3 best" and group.index.tolist() == [0, 3, 4]


def constrained(table: Any, rng: np.random.Generator) -> dict[int, Any]:
    found: dict[int, Any] = {}
    for i, lane in enumerate(table.lanes):
        cut = np.sort(rng.uniform(*lane.limits, 4)).tolist()
        found[i] = ([cut[0], cut[3]], [cut[:2], cut[2:]], None, [])[int(rng.integers(4))]
    return found


@pytest.mark.parametrize("seed", range(8))
def test_brushing_equals_brute_force_over_all_trials(seed: int) -> None:
    space, history = crowd(400, seed)
    rows = rows_of(space, history)
    objective = (ERROR, SCORE)[seed % 2]
    table = parallel(space, rows, objective, most=20, clip=0.7 if objective is ERROR else -0.7)
    constraints = constrained(table, np.random.default_rng(seed))
    expected = []
    for row in range(len(rows.loss)):
        fits = True
        for i, given in constraints.items():
            if not given:
                continue
            axis = table.lanes[i].axis
            if axis is None:
                value = float(objective.value(rows.loss[row]))
                position = max(value, -0.7) if objective is SCORE else min(value, 0.7)
            else:
                x = rows.coordinates[row, rows.columns([axis.name])[0]]
                position = table.lanes[i].inactive if np.isnan(x) else np.log10(x) if axis.log else x
            ranges = given if isinstance(given[0], list) else [given]
            fits &= any(low <= position <= high for low, high in ranges)
        expected.append(fits)
    np.testing.assert_array_equal(table.select(rows, constraints), expected)


def test_brushing_the_clipped_end_takes_all_bad_ones_and_no_failed_ones() -> None:
    space, history = crowd(200)
    rows = rows_of(space, history)
    table = parallel(space, rows, ERROR, clip=0.5)
    last = len(table.lanes) - 1
    np.testing.assert_array_equal(table.select(rows, {last: [0.5, 0.6]}), history.loss >= 0.5)
    assert table.select(rows, {}).all()
    inactive = [lane.title for lane in table.lanes].index("width (px)")
    place = table.lanes[inactive].inactive
    np.testing.assert_array_equal(
        table.select(rows, {inactive: [place, place]}), np.isnan(rows.coordinates[:, rows.columns(["width"])[0]])
    )


@pytest.mark.parametrize("low", [0.1, 1e6, -3e-7])
def test_a_range_that_was_rounded_at_the_end_of_a_lane_holds_what_lies_there(low: float) -> None:
    space = Space({"x": Float(low, low + 1 / 3, when="k > 2"), "k": Integer(0, 9)})
    X = space.sample(200, np.random.default_rng(0))
    rows = rows_of(space, told(X, low + np.random.default_rng(1).random(200) / 3))
    table = parallel(space, rows, ERROR, ["x"])
    for index, lane in enumerate(table.lanes):
        first, last = lane.limits
        step = 1e-6 * (last - first)
        assert table.select(rows, {index: [first + step, last - step]}).all()
        third = first + (last - first) / 3
        low_end, high_end = (
            table.select(rows, {index: [first + step, third]}),
            table.select(rows, {index: [third, last]}),
        )
        assert (low_end | high_end).all() and not (low_end & high_end).any()


@pytest.mark.parametrize("wrong", [{99: [0, 1]}, {0: [1]}, {0: [[0, 1, 2]]}, {0: "ab"}, {0: [0, float("nan")]}])
def test_a_wrong_range_is_said(wrong: Any) -> None:
    space, history = crowd(20)
    rows = rows_of(space, history)
    with pytest.raises(InvalidInput, match=r"Lanes are|A range of"):
        parallel(space, rows, ERROR).select(rows, wrong)


@pytest.mark.parametrize("options", [{"clip": float("nan")}, {"highlight": -1}, {"highlight": True}])
def test_wrong_options_are_said(options: dict[str, Any]) -> None:
    space, history = crowd(20)
    with pytest.raises(InvalidInput, match=r"clip must|highlight must"):
        parallel(space, history, ERROR, **options)
    with pytest.raises(InvalidInput, match="no parameter 'nope'"):
        parallel(space, history, ERROR, ["nope"])


def test_degenerate_studies_have_tables() -> None:
    space = mixed_space()
    rng = np.random.default_rng(0)
    one = Space({"c": Categorical(("p", "q")), "k": Integer(3, 4)})
    for where, history in (
        (space, History(space.dimension)),
        (space, told(space.sample(5, rng), np.full(5, np.nan))),
        (space, told(space.sample(1, rng), [0.5])),
        (space, told(space.sample(9, rng), np.zeros(9))),
        (one, told(one.sample(4, rng), np.arange(4.0))),
    ):
        table = parallel(where, history, SCORE)
        assert len(table.value) == table.complete == int(history.complete.sum())
        assert all(low < high for low, high in (lane.limits for lane in table.lanes))
        assert np.isfinite(table.shade).all()
        assert table.select(rows_of(where, history), {}).all()
