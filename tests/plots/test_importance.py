"""The figure of importance, on full and on poor studies."""

import json

import numpy as np
import pytest

from parfocal.analysis import importance
from parfocal.plots import importance as figure
from parfocal.space import Float, Space
from parfocal.testing.studies import mixed_space, search, told
from parfocal.trials import History, Objective

SCORE = Objective("f1", "maximize")


def _tables(space, history, **options):
    return [importance(space, history, SCORE, region=region, **options) for region in ("all", "best")]


def _wide():
    space = Space({f"parameter_{i:02d}": Float(0, 1) for i in range(25)})
    X = space.sample(300, np.random.default_rng(0))
    return space, told(X, X[:, 3] + X[:, 4] * X[:, 5])


@pytest.mark.parametrize("method", ["fanova", "ped-anova", "permutation"])
@pytest.mark.parametrize("width", ["one", "two"])
def test_a_bar_a_parameter_and_the_rest_in_words(method, width):
    space = mixed_space()
    tables = _tables(space, search(space, 80)[0], method=method)
    drawn = json.loads(figure.interactive(tables).to_json())
    assert [trace["name"] for trace in drawn["data"]] == ["over all of the space", "among the best"]
    assert len(drawn["data"][0]["y"]) >= space.dimension
    paper = figure.printed(tables, width)
    paper.canvas.draw()
    assert len(paper.axes[0].get_yticklabels()) == len(drawn["data"][0]["y"])


def test_of_many_parameters_the_first_are_drawn():
    space, history = _wide()
    tables = _tables(space, history)
    text = figure.interactive(tables[:1]).to_json()
    drawn = json.loads(text)
    names = drawn["data"][0]["y"]
    assert figure.MOST <= len(names) <= figure.MOST + 5
    assert "13 more: at most" in text
    figure.printed(tables, "one").canvas.draw()


def test_nothing_to_draw_is_said():
    space = mixed_space()
    tables = _tables(space, History(space.dimension))
    assert "Too few complete trials" in figure.interactive(tables).to_json()
    assert figure.printed(tables).axes[0].texts
