"""Tables about single trials: best, gain, failures, summary, trails, slices, influence."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parfocal.analysis import (
    Run,
    as_runs,
    best,
    failures,
    gain,
    influence,
    pairs,
    presentable,
    rows_of,
    slices,
    summarize,
    surface,
    trails,
)
from parfocal.analysis.influence import average_ranks, explained
from parfocal.analysis.slices import robust_range
from parfocal.analysis.surface import even, subset
from parfocal.analysis.trails import steps
from parfocal.errors import InvalidInput
from parfocal.space import Float, Integer, Space
from parfocal.testing.studies import mixed_space, search, told
from parfocal.trials import History, Objective, State

LOSS = Objective("rmse", unit="px")
SCORE = Objective("f1", "maximize")
LINE = Space({"x": Integer(0, 9), "y": Float(0, 1)})


def line(xs: list[int], loss: list[float]) -> History:
    return told(LINE.encode([{"x": x, "y": 0.5} for x in xs]), loss, runtime=np.arange(1.0, len(xs) + 1))


def test_the_best_are_different_and_in_order() -> None:
    table = best(LINE, [line([1, 2, 1, 3], [5.0, 1.0, 0.5, np.nan]), line([4, 2], [2.0, 0.7])], LOSS, k=3)
    assert [c["x"] for c in table.configurations] == [1, 2, 4]
    assert table.value.tolist() == [0.5, 0.7, 2.0]
    assert table.run.tolist() == [0, 1, 1] and table.number.tolist() == [2, 1, 0]
    assert table.runtime.tolist() == [3.0, 2.0, 1.0] and table.fidelity.tolist() == [1.0] * 3


def test_the_best_of_nothing_is_empty() -> None:
    table = best(LINE, line([1], [np.nan]), LOSS)
    assert len(table) == 0 and gain(table, LOSS, {"x": 1, "y": 0.5}, 3.0) is None


@pytest.mark.parametrize(("objective", "sign"), [(LOSS, 1.0), (SCORE, -1.0)])
def test_gain_is_positive_where_the_best_is_better(objective: Objective, sign: float) -> None:
    table = best(LINE, line([1, 2], [0.5, 0.25]), objective)
    found = gain(table, objective, {"x": 1, "y": 0.5}, sign * 0.5)
    assert found is not None and found.gain == 0.25 and found.relative == 0.5 and found.changed == ("x",)
    worse = gain(table, objective, {"x": 1, "y": 0.5}, sign * 0.1)
    assert worse is not None and worse.gain == pytest.approx(-0.15)
    unknown = gain(table, objective, {"x": 1})
    assert unknown is not None and np.isnan(unknown.gain) and unknown.changed == ("x", "y")


def test_failures_are_counted_by_reason_with_what_they_said() -> None:
    runs = [search(mixed_space(), 120, seed, failing=0.1) for seed in (1, 2)]
    table = failures([Run(h, "", lambda a, b, t=t: t[a:b]) for h, t in runs])  # type: ignore[misc]
    everything = [t for _, ts in runs for t in ts if t.state == State.FAILED]
    assert sum(row.count for row in table) == len(everything)
    assert [row.count for row in table] == sorted((row.count for row in table), reverse=True)
    for row in table:
        mine = [t for t in everything if t.outcome is not None and t.outcome.reason == row.reason]
        assert row.count == len(mine) == row.message_count and row.messages == 1
        run, number = row.example
        outcome = runs[run][1][number].outcome
        assert outcome is not None and (row.message, row.log) == (outcome.message, outcome.log)
    assert sum(row.share for row in table) == pytest.approx(len(everything) / 240)


def test_failures_without_access_to_trials_are_still_counted() -> None:
    (row,) = failures(line([1, 2, 3], [np.nan, 1.0, np.nan]))
    assert (row.reason, row.count, row.message, row.example) == ("error", 2, "", (0, 0))
    assert failures(line([1], [1.0])) == ()


def test_summary_counts_every_state() -> None:
    history = line([1, 2, 3], [3.0, np.nan, 1.0])
    history.append(np.full((3, 2), 0.5))
    history.start([3])
    history.tell([4], int(State.LOST), np.nan)
    told_all = summarize([line([1], [2.0]), history], LOSS)
    assert told_all.counts == {"waiting": 1, "running": 1, "complete": 3, "pruned": 0, "failed": 1, "lost": 1}
    assert (told_all.runs, told_all.trials, told_all.finished) == (2, 7, 4)
    assert told_all.best_value == 1.0 and told_all.best_trial == (1, 2) and told_all.best_evaluation == 3
    assert told_all.runtime == pytest.approx(1 + 1 + 2 + 3)


def test_summary_of_nothing() -> None:
    for histories in ([], History(2)):
        nothing = summarize(histories, LOSS)
        assert nothing.best_trial is None and np.isnan(nothing.best_value) and nothing.finished == 0


@given(st.lists(st.one_of(st.floats(-5, 5), st.just(np.nan), st.just(1.0)), max_size=25))
def test_steps_are_the_strict_improvements(loss: list[float]) -> None:
    expected, low = [], np.inf
    for i, x in enumerate(loss):
        if x < low:
            expected.append(i)
            low = x
    assert steps(np.array(loss)).tolist() == expected


def test_trails_connect_the_best_evaluations_of_each_run() -> None:
    histories = {
        "tpe": [line([1, 2, 3, 4], [3.0, np.nan, 2.0, 2.5]), line([5, 6], [9.0, 1.0])],
        "grid": line([7], [5.0]),
    }
    rows = rows_of(LINE, histories)
    plane = surface(LINE, rows, LOSS, "x", "y")
    first, second, third = trails(histories, LOSS, rows, plane)
    assert (first.x.tolist(), first.value.tolist(), first.number.tolist()) == ([1.0, 3.0], [3.0, 2.0], [0, 2])
    assert first.evaluation.tolist() == [1, 3]
    assert [t.label for t in (first, second, third)] == ["tpe 1", "tpe 2", "grid"]
    assert [t.leading for t in (first, second, third)] == [False, True, True]
    assert plane.star.x.tolist() == [6.0] and plane.star.number.tolist() == [1] and plane.star.run.tolist() == [1]
    assert plane.failed.x.tolist() == [2.0] and plane.others == ()


def test_of_many_trails_a_figure_shows_the_leaders() -> None:
    runs = {name: [line([1, 2], [2.0, 1.0 + i]) for i in range(4)] for name in ("tpe", "grid")}
    rows = rows_of(LINE, runs)
    found = trails(runs, LOSS, rows, surface(LINE, rows, LOSS, "x", "y"))
    assert [t.label for t in presentable(found)] == ["tpe 1", "grid 1"]
    assert len(presentable(found, most=8)) == 8
    assert [t.label for t in presentable(found[:4], most=3)] == ["tpe 1", "tpe 2", "tpe 3"]


def test_a_surface_needs_two_parameters() -> None:
    with pytest.raises(InvalidInput, match="two different"):
        surface(LINE, line([1], [1.0]), LOSS, "x", "x")
    assert pairs(["a", "b", "c"]) == (("a", "b"), ("a", "c"), ("b", "c"))


def test_slices_keep_the_best_and_say_what_lies_outside() -> None:
    rng = np.random.default_rng(0)
    loss = np.r_[rng.random(3000), 1e9, np.nan]
    history = told(LINE.sample(3002, rng), loss)
    tables = slices(LINE, history, LOSS, points=400)
    assert [t.profile.names for t in tables] == [("x",), ("y",)]
    for table in tables:
        assert len(table.x) == 400 == len(table.text) and len(table.failed) == 1
        assert table.best is not None and table.value[table.best] == np.nanmin(loss)
        assert set(np.argsort(loss)[:100].tolist()) <= set(table.number.tolist())
        assert table.limits[1] <= 1.0
    assert tables[0].text[0].isdigit()


@given(st.integers(0, 60), st.integers(4, 40))
def test_a_subset_is_small_and_holds_the_best(n: int, limit: int) -> None:
    loss = np.random.default_rng(n).random(n)
    chosen = subset(loss, np.arange(n), limit)
    assert len(chosen) == min(n, limit) and np.all(np.diff(chosen) > 0)
    assert n == 0 or int(np.argmin(loss)) in chosen
    assert len(even(np.arange(n), limit)) == min(n, limit)


def test_robust_range_leaves_far_outliers_out() -> None:
    assert robust_range(np.array([0.0, 1.0, 2.0, 3.0, 1e6, np.nan])) == (0.0, 3.0)
    assert np.isnan(robust_range(np.array([np.nan]))).all()


def test_influence_orders_parameters_by_what_they_explain() -> None:
    space = Space({"idle": Float(0, 1), "strong": Float(1e-3, 1e3, log=True), "weak": Float(0, 1)})
    rng = np.random.default_rng(2)
    X = space.sample(800, rng)
    values = space.decode_columns(X)
    loss = np.abs(np.log10(values["strong"])) + 0.6 * values["weak"]
    order = influence(rows_of(space, told(X, loss)))
    assert order.names == ("strong", "weak", "idle")
    assert order.share[0] > 0.7 and order.share[2] < 0.05


def test_equal_losses_share_their_rank_whatever_their_order() -> None:
    values = np.array([3.0, 1.0, 3.0, 2.0, 1.0, 3.0])
    assert average_ranks(values).tolist() == [5.0, 1.5, 5.0, 3.0, 1.5, 5.0]
    space = Space({"x": Float(0, 1)})
    X = np.linspace(0, 1, 64)[:, None]  # a search that went from low to high, and never saw a difference
    assert influence(rows_of(space, told(X, np.zeros(64)))).share.tolist() == [0.0]


def test_explained_is_epsilon_squared() -> None:
    rng = np.random.default_rng(3)
    group, value = rng.integers(0, 4, 200), rng.normal(size=200)
    value += group
    within = sum(((value[group == g] - value[group == g].mean()) ** 2).sum() for g in range(4))
    assert explained(group, value) == pytest.approx(1 - (within / 196) / value.var(ddof=1))
    assert explained(np.zeros(5, dtype=np.int64), np.arange(5.0)) == 0.0
    assert explained(np.arange(5), np.arange(5.0)) == 0.0
    assert explained(np.array([0, 0, 1]), np.ones(3)) == 0.0


def test_runs_take_any_form_that_people_have() -> None:
    h, trials_ = search(mixed_space(), 5)
    assert [r.label for r in as_runs({"a": h, "b": [h, h]})] == ["a", "b", "b"]
    assert as_runs([]) == ()
    run = as_runs(h, list(reversed(trials_)))[0]
    assert run.trial(3) is trials_[3] and run.trial(99) is None and as_runs(h)[0].trial(0) is None
    assert as_runs((run,)) == (run,)
    with pytest.raises(InvalidInput, match="one accessor"):
        as_runs([h, h], [lambda a, b: trials_[a:b]])
    with pytest.raises(InvalidInput, match="got a list"):
        as_runs([[h]])  # type: ignore[list-item]
