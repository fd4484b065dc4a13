"""Both renderers of every table of a comparison, for 2 and 20 optimizers and every kind of poor comparison."""

import json
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure

from parfocal.analysis import Entry, compare, finals, friedman, pairwise, ranks, regrets, runtimes
from parfocal.analysis import Matrix as Combinations
from parfocal.plots import combinations, curves, differences, printed
from parfocal.plots import finals as finals_figure
from parfocal.plots import pairwise as pairwise_figure
from parfocal.plots import ranks as ranks_figure
from parfocal.plots import regret as regret_figure
from parfocal.plots import runtimes as runtimes_figure
from parfocal.plots.style import COLOURS
from parfocal.testing.studies import told
from parfocal.trials import Objective

SCORE = Objective("f1", "maximize", unit="<b>$%$</b>")
NASTY = ("<script>alert(1)</script>", "$x_1$", "random + random-forest(acquisition=ei, trees=20)")


def runs(optimizers: int, problems: int, seeds: int, n: int, failing: float = 0.1) -> list[Entry]:
    entries = []
    for problem in range(problems):
        for index in range(optimizers):
            name = NASTY[index] if index < len(NASTY) else f"optimizer {index}"
            for seed in range(seeds):
                rng = np.random.default_rng([problem, index, seed])
                losses = -(rng.random(n) ** (1 + index / optimizers))
                losses[rng.random(n) < failing] = np.nan
                history = told(np.full((n, 1), 0.5), losses, runtime=rng.random(n))
                entries.append(Entry(name, f"<problem> {problem}", seed, history, SCORE, warmup=5))
    return entries


CASES = {
    "two": runs(2, 1, 3, 40),
    "one run each": runs(2, 1, 1, 40),
    "twenty on six": runs(20, 6, 3, 300),
    "nine, nothing found": runs(9, 1, 2, 6, failing=1.0),
    "one evaluation": runs(3, 2, 2, 1),
    "no seed shared": [
        *runs(1, 1, 2, 9),
        *(Entry("y", e.problem, e.seed + 9, e.history, SCORE) for e in runs(1, 1, 3, 9)),
    ],
    "one missing": [*runs(3, 2, 2, 9), *(e for e in runs(4, 1, 2, 9) if e.optimizer == "optimizer 3")],
}


@pytest.fixture(params=list(CASES))
def case(request: pytest.FixtureRequest) -> list[Entry]:
    return CASES[request.param]


def as_json(figure: Any) -> dict[str, Any]:
    text = figure.to_json()
    assert len(text) < 2_000_000
    assert "<script>alert" not in text and "<b>$" not in text
    return json.loads(text)  # type: ignore[no-any-return]


def drawn(figure: Figure) -> None:
    figure.canvas.draw()
    assert all(np.isfinite(axes.get_position().bounds).all() for axes in figure.axes)


@pytest.mark.parametrize("width", ["one", "two"])
def test_every_table_is_drawn_twice(case: list[Entry], width: printed.Width) -> None:
    table = compare(case)
    ranked = ranks(table)
    for curve in regrets(table, resamples=50):
        assert as_json(regret_figure.interactive(curve, warmup=5))["layout"]
        drawn(regret_figure.printed(curve, warmup=5, width=width))
    assert as_json(ranks_figure.interactive(ranked))["layout"]
    drawn(ranks_figure.printed(ranked, width=width))
    tested = friedman(ranked)
    assert as_json(differences.interactive(tested))["layout"]
    drawn(differences.printed(tested, width))
    reached = runtimes(table)
    for cost in ("evaluations", "seconds"):
        assert as_json(runtimes_figure.interactive(reached, cost))["layout"]  # type: ignore[arg-type]
        drawn(runtimes_figure.printed(reached, cost, width=width))  # type: ignore[arg-type]
    pairs = pairwise(table)
    assert as_json(pairwise_figure.interactive(pairs))["layout"]
    drawn(pairwise_figure.printed(pairs, width))
    for final in finals(table):
        assert as_json(finals_figure.interactive(final))["layout"]
        drawn(finals_figure.printed(final, width=width))


def test_colours_are_those_of_the_best_eight_and_agree_between_figures() -> None:
    table = compare(CASES["twenty on six"])
    (whole, *_), ranked = regrets(table, resamples=50), ranks(table)
    chosen = curves.leading(ranked.optimizers, ranked.order)
    assert sorted(chosen) == sorted(ranked.optimizers[i] for i in ranked.order[: len(COLOURS)])
    shown = list(chosen)
    lines = {
        trace["name"]: trace["line"]["color"]
        for trace in as_json(regret_figure.interactive(whole, shown))["data"]
        if trace["line"]["width"] == 2.5
    }
    others = {
        trace["name"]: trace["line"]["color"]
        for trace in as_json(ranks_figure.interactive(ranked, shown))["data"]
        if trace["line"]["width"] == 2.5
    }
    assert lines == others and len(set(lines.values())) == len(COLOURS)
    legend = [t["name"] for t in as_json(ranks_figure.interactive(ranked))["data"] if t.get("showlegend") is not False]
    assert legend.count("12 others") == 1 and len(legend) == len(COLOURS) + 1


def test_curves_on_screen_are_those_of_the_table() -> None:
    (curve,) = regrets(compare(CASES["two"]), resamples=50)
    trace = as_json(regret_figure.interactive(curve))["data"][-1]
    place = curve.order[-1]
    at = np.array(trace["x"], dtype=int) - 1
    np.testing.assert_allclose(np.array(trace["y"], dtype=float), curve.mean[place, at], rtol=1e-5)
    steps = np.flatnonzero(np.diff(curve.mean[place]))
    assert set(steps + 1) <= set(at) and {0, 39} <= set(at)


def test_bars_join_those_that_are_not_told_apart() -> None:
    tested = friedman(ranks(compare(CASES["twenty on six"])))
    bars = [t for t in as_json(differences.interactive(tested))["data"] if t["mode"] == "lines"]
    assert len(bars) == len(tested.groups) > 0
    for bar, group in zip(bars, tested.groups, strict=True):
        low, high = bar["y"]
        assert (high - low) == pytest.approx(len(group) - 1 + 0.6)
    drawn_bars = [line for line in differences.printed(tested).axes[0].lines if line.get_linewidth() == 2.6]
    assert len(drawn_bars) == len(tested.groups)


def test_the_matrix_of_the_zoo_says_why_a_pair_could_not_run() -> None:
    skipped = {("grid", "plus"): "A <grid> needs levels."}
    value = np.array([[0.5, np.nan], [0.7, 0.6]])
    table = Combinations("mixed", SCORE, ("grid", "random"), ("none", "plus"), 9, 2, value, 1 - value, skipped)
    figure = as_json(combinations.interactive(table))
    assert "A &lt;grid&gt; needs levels." in json.dumps(figure)
    assert figure["data"][0]["text"][1] == [".30", ".40"] and figure["data"][0]["reversescale"] is True
