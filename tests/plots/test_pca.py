"""The figure of principal components, on full and on poor studies."""

import json

import numpy as np
import pytest

from parfocal.analysis import pca
from parfocal.plots import pca as figure
from parfocal.space import Categorical, Float, Space
from parfocal.testing.studies import mixed_space, search, told
from parfocal.trials import History, Objective

SCORE = Objective("f1", "maximize")


def _wide():
    space = Space({f"parameter_{i:02d}": Float(0, 1) for i in range(25)} | {"c": Categorical(["$", "<b>", "x" * 60])})
    X = space.sample(200, np.random.default_rng(0))
    return pca(space, told(X, X[:, 3]), SCORE)


@pytest.mark.parametrize("width", ["one", "two"])
@pytest.mark.parametrize("table", [pca(mixed_space(), search(mixed_space(), 80)[0], SCORE), _wide()])
def test_both_figures_hold_every_column(table, width):
    drawn = json.loads(figure.interactive(table).to_json())
    assert len(drawn["data"][2]["y"]) == len(table.columns)
    assert "<b>" not in json.dumps(drawn["data"])
    paper = figure.printed(table, width)
    assert len(paper.axes[1].get_yticklabels()) == len(table.columns)
    paper.canvas.draw()


def test_nothing_to_draw_is_said():
    space = mixed_space()
    table = pca(space, History(space.dimension), SCORE)
    assert "need at least two" in figure.interactive(table).to_json()
    assert figure.printed(table).axes[0].texts
