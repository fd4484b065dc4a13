"""The matrix of pairs with its blocks, small, large and empty."""

import json

import numpy as np
import pytest

from parfocal.analysis import separability
from parfocal.plots import separability as figure
from parfocal.space import Categorical, Float, Space
from parfocal.testing.studies import mixed_space, search, told
from parfocal.trials import History, Objective

SCORE = Objective("f1", "maximize")


def _small():
    return separability(mixed_space(), search(mixed_space(), 80)[0], SCORE)


def _large():
    space = Space({**{f"parameter_{i:02d}": Float(0, 1) for i in range(13)}, "c": Categorical(["$", "<b>"])})
    X = space.sample(60, np.random.default_rng(0))
    return separability(space, told(X, (X[:, 0] + X[:, 1] - 1) ** 2 + X[:, 2]), SCORE)


@pytest.mark.parametrize("make", [_small, _large])
def test_both_figures_hold_all_pairs_and_outline_the_blocks(make):
    table = make()
    drawn = json.loads(figure.interactive(table).to_json())
    assert len(drawn["layout"]["shapes"]) == len(table.blocks)
    assert np.array(drawn["data"][0]["customdata"]).shape == (len(table.names),) * 2
    for width in ("one", "two"):
        paper = figure.printed(table, width)
        assert len(paper.axes[0].patches) == len(table.blocks)
        paper.canvas.draw()


def test_nothing_to_draw_is_said():
    space = mixed_space()
    table = separability(space, History(space.dimension), SCORE)
    assert "Too few" in figure.interactive(table).to_json()
    assert figure.printed(table).axes[0].texts
    one = Space({"x": Float(0, 1)})
    assert "only one" in figure.interactive(separability(one, History(1), SCORE)).to_json()
