"""Both renderers of every table, on a full study and on every kind of empty one."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure

from parfocal.analysis import convergence, infimum, pairs, rows_of, slices, surface, trails
from parfocal.errors import InvalidInput
from parfocal.plots import convergence as convergence_figure
from parfocal.plots import matrix, printed
from parfocal.plots import slices as slices_figure
from parfocal.plots import surface as surface_figure
from parfocal.plots.style import COLOURS, colour, faint, shorten
from parfocal.space import Boolean, Categorical, Float, Space
from parfocal.testing.studies import mixed_space, search, told
from parfocal.trials import History, Objective

SCORE = Objective("f1", "maximize")
ERROR = Objective("rmse", unit="px")
NASTY = Space({"a_1": Float(0, 1, unit="<b>$px$"), "c": Categorical(("$", "<script>alert(1)</script>", "x" * 60))})


def cases() -> dict[str, tuple[Space, Any]]:
    mixed, rng = mixed_space(), np.random.default_rng(0)
    one = Space({"x": Float(0, 1)})
    choices = Space({"a": Categorical(("p", "q")), "b": Boolean()})
    failed = told(mixed.sample(7, rng), np.full(7, np.nan))
    return {
        "three runs": (mixed, [search(mixed, 60, seed)[0] for seed in range(3)]),
        "two optimizers": (
            mixed,
            {"tpe": [search(mixed, 40, 1)[0], search(mixed, 30, 2)[0]], "grid": search(mixed, 9)[0]},
        ),
        "one run": (mixed, search(mixed, 60)[0]),
        "no run": (mixed, []),
        "no trial": (mixed, History(mixed.dimension)),
        "one trial": (mixed, told(mixed.sample(1, rng), [0.5])),
        "only failures": (mixed, failed),
        "one parameter": (one, told(one.sample(30, rng), rng.random(30))),
        "only choices": (choices, told(choices.sample(30, rng), np.r_[np.nan, rng.random(29)])),
        "all equal": (one, told(one.sample(30, rng), np.zeros(30))),
        "terrible first": (mixed, told(mixed.sample(30, rng), np.r_[1e12, rng.random(29)])),
        "nasty names": (NASTY, told(NASTY.sample(30, rng), rng.random(30))),
    }


CASES = cases()


@pytest.fixture(params=list(CASES))
def case(request: pytest.FixtureRequest) -> tuple[Space, Any]:
    return CASES[request.param]


def as_json(figure: Any) -> dict[str, Any]:
    return json.loads(figure.to_json())  # type: ignore[no-any-return]


def drawn(figure: Figure) -> None:
    figure.canvas.draw()
    assert all(np.isfinite(axes.get_position().bounds).all() for axes in figure.axes)


def test_every_table_is_drawn_twice(case: tuple[Space, Any]) -> None:
    space, histories = case
    objective = SCORE if len(space.columns) > 2 else ERROR
    rows = rows_of(space, histories)
    label = objective.label
    curves = convergence(histories, objective)
    assert as_json(convergence_figure.interactive(curves, label, 20))["layout"]
    drawn(convergence_figure.printed(curves, label, 20))
    clouds = slices(space, rows, objective)
    assert as_json(slices_figure.interactive(clouds, label))["layout"]
    drawn(slices_figure.printed(clouds, label))
    planes = [surface(space, rows, objective, x, y) for x, y in pairs(space.columns)[:2]]
    for plane in planes:
        trail = trails(histories, objective, rows, plane)
        assert as_json(surface_figure.interactive(plane, label, trail))["layout"]
    if planes:
        drawn(surface_figure.printed(planes[0], label, trails(histories, objective, rows, planes[0])))


def test_all_pairs_are_drawn_at_once() -> None:
    for name in ("three runs", "only failures", "no run"):
        space, histories = CASES[name]
        rows = rows_of(space, histories)
        planes = [surface(space, rows, SCORE, x, y) for x, y in pairs(space.columns[:4])]
        for width in ("one", "two"):
            drawn(matrix.printed(planes, slices(space, rows, SCORE, space.columns[:4]), SCORE.label, width))  # type: ignore[arg-type]


def test_no_global_state_of_matplotlib_is_touched() -> None:
    import matplotlib
    import matplotlib.pyplot as plt

    before = dict(matplotlib.rcParams)
    space, histories = CASES["one run"]
    slices_figure.printed(slices(space, histories, SCORE), SCORE.label)
    assert dict(matplotlib.rcParams) == before and plt.get_fignums() == []


def test_axes_name_parameter_unit_metric_and_direction() -> None:
    space, histories = CASES["one run"]
    rows = rows_of(space, histories)
    layout = as_json(surface_figure.interactive(surface(space, rows, ERROR, "sigma", "smooth"), ERROR.label))["layout"]
    assert layout["xaxis"]["title"]["text"] == "sigma (px)" and layout["xaxis"]["type"] == "log"
    assert layout["yaxis"]["ticktext"] == ["none", "gauss", "median"]
    figure = convergence_figure.printed(convergence(histories, ERROR), ERROR.label)
    assert figure.axes[0].get_ylabel() == "rmse [px] (lower is better)"


@pytest.mark.parametrize(("objective", "reversed_"), [(SCORE, False), (ERROR, True)])
def test_bright_is_better_in_both_directions(objective: Objective, reversed_: bool) -> None:
    space, histories = CASES["one run"]
    plane = surface(space, histories, objective, "sigma", "threshold")
    trace = as_json(surface_figure.interactive(plane, objective.label))["data"][0]
    assert bool(trace.get("reversescale", False)) is reversed_
    assert trace["zmin"] < trace["zmax"]
    mesh = next(c for c in surface_figure.printed(plane, objective.label).axes[0].collections)
    assert mesh.get_cmap().name == ("viridis_r" if reversed_ else "viridis")


def test_cells_on_the_screen_are_those_of_the_table() -> None:
    space, histories = CASES["three runs"]
    table = infimum(space, histories, SCORE, ("sigma", "smooth"))
    trace = as_json(surface_figure.interactive(surface(space, histories, SCORE, "sigma", "smooth"), ""))["data"][0]
    np.testing.assert_allclose(np.array(trace["z"], dtype=float), table.value.T, rtol=1e-5)
    np.testing.assert_allclose(trace["x"], table.cells[0].edges, rtol=1e-5)


def test_failures_have_marks_of_their_own() -> None:
    space, histories = CASES["one run"]
    assert histories.failed.any()
    rows = rows_of(space, histories)
    for figure in (
        convergence_figure.interactive(convergence(histories, SCORE), ""),
        surface_figure.interactive(surface(space, rows, SCORE, "sigma", "smooth"), ""),
        slices_figure.interactive(slices(space, rows, SCORE), ""),
    ):
        crosses = [t for t in as_json(figure)["data"] if t.get("marker", {}).get("symbol") == "x"]
        assert crosses and all(t["name"].startswith("failed") for t in crosses)


def test_a_terrible_first_point_stays_out_of_the_range() -> None:
    _, histories = CASES["terrible first"]
    low, high = as_json(convergence_figure.interactive(convergence(histories, ERROR), ""))["layout"]["yaxis"]["range"]
    assert -1 < low < high < 2


def test_names_with_markup_are_shown_as_they_are() -> None:
    space, histories = CASES["nasty names"]
    text = slices_figure.interactive(slices(space, histories, SCORE), "<i>&").to_json()
    assert (
        "<b>" not in text.replace("<br>", "") and "&lt;script" in text and "&lt;i>" not in text.replace("&lt;i&gt;", "")
    )
    figure = slices_figure.printed(slices(space, histories, SCORE), "$broken")
    drawn(figure)
    assert figure.axes[0].get_xlabel() == r"a_1 (<b>\$px\$)"


def test_big_studies_give_small_figures() -> None:
    space = Space({"x": Float(0, 1), "y": Float(0, 1)})
    rng = np.random.default_rng(0)
    history = told(space.sample(50_000, rng), rng.random(50_000))
    rows = rows_of(space, history)
    assert len(surface_figure.interactive(surface(space, rows, SCORE, "x", "y"), "").to_json()) < 400_000
    assert len(slices_figure.interactive(slices(space, rows, SCORE), "").to_json()) < 400_000
    assert len(convergence_figure.interactive(convergence(history, SCORE), "").to_json()) < 400_000


def test_figures_are_saved_in_each_format_and_alike_each_time(tmp_path: Path) -> None:
    _, histories = CASES["one run"]
    tables = convergence(histories, SCORE)
    first = printed.save(convergence_figure.printed(tables, "f1"), tmp_path / "a", "figure")
    second = printed.save(convergence_figure.printed(tables, "f1"), tmp_path / "b", "figure")
    assert [path.name for path in first] == ["figure.png", "figure.pdf", "figure.svg"]
    starts = (b"\x89PNG", b"%PDF", b"<?xml")
    assert all(path.read_bytes().startswith(start) for path, start in zip(first, starts, strict=True))
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]
    assert b">evaluations</text>" in first[2].read_bytes(), "text stays text"


def test_unknown_formats_and_widths_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="got 'gif'"):
        printed.save(printed.figure("one", 1.0), tmp_path, "x", ("gif",))
    with pytest.raises(InvalidInput, match="one, two"):
        printed.figure("three", 1.0)  # type: ignore[arg-type]


def test_small_helpers() -> None:
    assert colour(len(COLOURS)) == COLOURS[0] and faint("#0a0b0c", 0.5) == "rgba(10, 11, 12, 0.5)"
    assert shorten("abc") == "abc" and len(shorten("x" * 50)) == 22
