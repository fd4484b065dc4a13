from typing import Any

import numpy as np
import pytest
from tests.plots.test_figures import CASES, as_json, drawn

from parfocal.analysis import parallel, rows_of
from parfocal.plots import parallel as figures
from parfocal.space import Categorical, Float, Space
from parfocal.testing.studies import mixed_space, search, told
from parfocal.trials import Objective

SCORE = Objective("f1", "maximize", unit="%")


@pytest.mark.parametrize("name", list(CASES))
def test_every_study_is_drawn_twice(name: str) -> None:
    space, histories = CASES[name]
    table = parallel(space, histories, SCORE)
    assert as_json(figures.interactive(table, SCORE.label))["layout"]
    for width in ("one", "two"):
        drawn(figures.printed(table, SCORE.label, width))  # type: ignore[arg-type]


def test_lines_are_those_of_the_table_and_sets_lie_on_top() -> None:
    space = mixed_space()
    history = search(space, 80)[0]
    table = parallel(space, history, SCORE, highlight={"a": [3, 5], "b": [5, 7]})
    (trace,) = as_json(figures.interactive(table, SCORE.label))["data"]
    for lane, dimension in zip(table.lanes, trace["dimensions"], strict=True):
        small = 1e-6 * (lane.limits[1] - lane.limits[0])
        np.testing.assert_allclose(dimension["values"], lane.position, rtol=0, atol=small)
        assert len(set(dimension["ticktext"])) == len(dimension["tickvals"])  # equal texts would be drawn as one
        shown = [v for v, t in zip(dimension["tickvals"], dimension["ticktext"], strict=True) if t.strip()]
        np.testing.assert_allclose(shown, lane.ticks, rtol=0, atol=small)
    colours = np.array(trace["line"]["color"])
    assert set(np.flatnonzero(colours > 1)) == set(np.concatenate([g.index for g in table.groups]).tolist())
    assert trace["line"]["colorscale"][-1][0] == 1


def test_what_is_brushed_on_the_figure_selects_trials() -> None:
    space = mixed_space()
    history = search(space, 60)[0]
    rows = rows_of(space, history)
    table = parallel(space, rows, SCORE, ["sigma", "smooth"])
    figure = as_json(figures.interactive(table, ""))
    assert table.select(rows, figures.constraints(figure)).all()
    figure["data"][0]["dimensions"][0]["constraintrange"] = [0.0, np.log10(2.0)]
    figure["data"][0]["dimensions"][1]["constraintrange"] = [[-0.2, 0.2], [1.8, 2.2]]
    sigma, smooth = rows.coordinates[:, rows.columns(["sigma", "smooth"])].T
    np.testing.assert_array_equal(
        table.select(rows, figures.constraints(figure)), (sigma >= 1) & (sigma <= 2) & (smooth != 1)
    )


def test_values_far_from_zero_are_told_apart() -> None:
    space = Space({"x": Float(1e7, 1e7 + 1e-3)})
    X = space.sample(30, np.random.default_rng(0))
    table = parallel(space, told(X, 1e5 + 0.01 * X[:, 0]), SCORE)
    for lane, dimension in zip(
        table.lanes, as_json(figures.interactive(table, ""))["data"][0]["dimensions"], strict=True
    ):
        span = lane.limits[1] - lane.limits[0]
        np.testing.assert_allclose(dimension["values"], lane.position, rtol=0, atol=1e-5 * span)
        assert len(set(dimension["values"])) == 30


def test_what_is_left_out_is_said() -> None:
    space = Space({f"p{i}": Float(0, 1) for i in range(14)})
    rng = np.random.default_rng(0)
    loss = rng.random(3000)
    loss[:5] = 1e6
    text = figures.note(parallel(space, told(space.sample(3000, rng), loss), Objective("rmse")))
    assert "2,000 of 3,000" in text and "5 worse than" in text and "not drawn: p" in text
    assert figures.note(parallel(space, told(space.sample(9, rng), rng.random(9)), SCORE, list(space.columns))) == ""


def test_the_largest_figure_stays_small() -> None:
    space = Space({f"p{i}": Float(1e-5, 1, prior="log-uniform") for i in range(25)})
    X = space.sample(20_000, np.random.default_rng(0))
    table = parallel(space, told(X, X.sum(axis=1)), SCORE, list(space.columns))
    assert len(figures.interactive(table, SCORE.label).to_json()) < 2_000_000


def test_long_choices_stay_apart() -> None:
    space = Space({"c": Categorical(tuple("a" * 30 + str(i) for i in range(3))), "x": Float(0, 1)})
    table = parallel(space, told(space.sample(9, np.random.default_rng(0)), np.arange(9.0)), SCORE)
    dimensions: list[dict[str, Any]] = as_json(figures.interactive(table, ""))["data"][0]["dimensions"]
    assert all(len(set(d["ticktext"])) == len(d["ticktext"]) for d in dimensions)
