"""The figure of rank correlations across fidelities."""

import json

import numpy as np
import pytest

from parfocal.analysis import curve_correlation
from parfocal.plots import fidelities as figure
from parfocal.trials import Objective

SCORE = Objective("f1", "maximize", unit="%")


def _table(n=30, steps=(1, 2, 5, 30, 100)):
    rng = np.random.default_rng(0)
    final = rng.normal(size=(n, 1))
    noise = np.linspace(4, 0, len(steps))
    return curve_correlation(final + rng.normal(size=(n, len(steps))) * noise, SCORE, np.array(steps, dtype=float))


@pytest.mark.parametrize("width", ["one", "two"])
def test_tau_and_what_the_choice_loses_by_level(width):
    table = _table()
    drawn = json.loads(figure.interactive(table, SCORE.label, "epochs").to_json())
    np.testing.assert_allclose(drawn["data"][0]["y"], table.tau, rtol=1e-5)
    np.testing.assert_allclose(drawn["data"][-1]["y"], table.regret, rtol=1e-5)
    assert drawn["layout"]["xaxis"]["title"]["text"] == "epochs" and drawn["layout"]["xaxis"]["type"] == "log"
    assert drawn["layout"]["xaxis"]["ticktext"] == ["1", "2", "5", "30"]
    assert drawn["layout"]["yaxis2"]["title"]["text"].endswith("f1 [%]")
    paper = figure.printed(table, SCORE.label, "epochs", width)
    paper.canvas.draw()
    assert [axes.get_ylabel().split("\n")[0] for axes in paper.axes] == ["rank correlation", "lost by the choice"]


def test_sure_and_unsure_ones_are_told_apart():
    table = _table()
    assert table.sure.any()
    drawn = json.loads(figure.interactive(table, SCORE.label).to_json())
    points = {
        trace["name"]: len(trace["x"]) for trace in drawn["data"] if trace.get("name") in ("p < 0.05", "may be chance")
    }
    assert points.get("p < 0.05", 0) == table.sure.sum() and points.get("may be chance", 0) == (~table.sure).sum()


def test_many_levels_and_gaps():
    table = _table(steps=tuple(range(1, 201)))
    assert len(figure.interactive(table, SCORE.label).to_json()) < 50_000
    figure.printed(table, SCORE.label).canvas.draw()
    values = np.random.default_rng(0).normal(size=(20, 3))
    values[:, 1] = np.nan
    gap = curve_correlation(values, SCORE)
    assert json.loads(figure.interactive(gap, SCORE.label).to_json())["data"][0]["y"][1] is None
    figure.printed(gap, SCORE.label).canvas.draw()


@pytest.mark.parametrize("values", [np.empty((0, 3)), np.ones((1, 3)), np.ones((5, 2)), np.full((4, 2), np.nan)])
def test_nothing_to_draw_is_said(values):
    table = curve_correlation(values, SCORE)
    assert "No two configurations" in figure.interactive(table, SCORE.label).to_json()
    assert figure.printed(table, SCORE.label).axes[0].texts
