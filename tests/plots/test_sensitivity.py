"""The figure of sensitivity, on full and on poor studies."""

import json

import numpy as np
import pytest

from parfocal.analysis import one_at_a_time, sensitivity
from parfocal.plots import sensitivity as figure
from parfocal.space import Boolean, Categorical, Float, Integer, Space
from parfocal.testing.studies import told
from parfocal.trials import History, Objective

SCORE = Objective("f1", "maximize", unit="%")
ERROR = Objective("rmse", unit="<px$")
SPACE = Space(
    {
        "depth": Integer(2, 6),
        "norm": Categorical(["none", "<b>$z$", "x" * 60]),
        "rate": Float(1e-4, 1, log=True),
        "flip": Boolean(),
    }
)
CENTRE = {"depth": 4, "norm": "none", "rate": 0.013, "flip": True}


def _table(objective, repeats):
    plan = [each for each in one_at_a_time(SPACE, CENTRE) for _ in range(repeats)]
    rng = np.random.default_rng(0)
    return sensitivity(
        SPACE, told(SPACE.encode(plan), [each["depth"] + rng.normal(0, 0.1) for each in plan]), objective, CENTRE
    )


@pytest.mark.parametrize("objective", [SCORE, ERROR])
@pytest.mark.parametrize("width", ["one", "two"])
def test_a_row_a_parameter_with_what_anova_says(objective, width):
    table = _table(objective, 4)
    text = figure.interactive(table, objective.label).to_json()
    drawn = json.loads(text)
    assert len(drawn["layout"]["yaxis"]["ticktext"]) == 4 and "<b>" not in drawn["layout"]["yaxis"]["ticktext"][1]
    names = [trace["name"] for trace in drawn["data"] if trace.get("showlegend", True)]
    assert names == ["values differ (p < 0.05, Bonferroni)", "not shown to differ", "standard", "best"]
    top = drawn["layout"]["yaxis"]["ticktext"][0]
    assert top.startswith("depth") and "p &lt; 0.001" in top
    assert "best 2," in top  # the smallest loss, whatever the direction
    paper = figure.printed(table, objective.label, width)
    paper.canvas.draw()
    assert len(paper.axes[0].get_yticklabels()) == 4


def test_single_trials_are_drawn_without_a_test():
    table = _table(SCORE, 1)
    drawn = json.loads(figure.interactive(table, SCORE.label).to_json())
    names = [trace["name"] for trace in drawn["data"] if trace.get("showlegend", True)]
    assert names == ["single trials: no test", "standard", "best"]
    assert not any("p " in each for each in drawn["layout"]["yaxis"]["ticktext"])
    figure.printed(table, SCORE.label).canvas.draw()


def test_of_many_parameters_the_first_are_drawn_and_nothing_is_said_so():
    wide = Space({f"x{i}": Integer(0, 4) for i in range(25)})
    centre = {f"x{i}": 2 for i in range(25)}
    plan = one_at_a_time(wide, centre)
    history = told(wide.encode(plan), [sum(value * (25 - i) for i, value in enumerate(e.values())) for e in plan])
    table = sensitivity(wide, history, SCORE, centre)
    text = figure.interactive(table, SCORE.label).to_json()
    assert len(json.loads(text)["layout"]["yaxis"]["tickvals"]) == figure.MOST
    assert "10 more: best and worst differ by at most 40" in text and len(text) < 50_000
    figure.printed(table, SCORE.label).canvas.draw()
    empty = sensitivity(wide, History(25), SCORE, centre)
    assert "No trial differs" in figure.interactive(empty, SCORE.label).to_json()
    assert figure.printed(empty, SCORE.label).axes[0].texts
