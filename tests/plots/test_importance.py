"""The figure of importance, on full and on poor studies."""

import json
from dataclasses import replace

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


def test_long_names_that_begin_alike_have_a_row_each():
    names = [f"a_rather_long_name_of_a_parameter_{i}" for i in range(6)]
    space = Space({name: Float(0, 1) for name in names})
    X = space.sample(150, np.random.default_rng(0))
    layout = json.loads(figure.interactive(_tables(space, told(X, X @ np.arange(6.0)), pairs=0)).to_json())["layout"]
    assert len(set(layout["yaxis"]["ticktext"])) == len(set(layout["yaxis"]["tickvals"])) == 6


def test_pairs_have_rows_of_their_own_and_what_was_not_looked_at_has_no_bar():
    space = Space({f"x{i}": Float(0, 1) for i in range(3)})
    X = space.sample(400, np.random.default_rng(0))
    everywhere, best = _tables(space, told(X, (X[:, 0] - 0.5) * (X[:, 1] - 0.5)), pairs=3)
    best = replace(best, pairs=(), pair_share=np.empty(0), pair_low=np.empty(0), pair_high=np.empty(0))
    text = figure.interactive([everywhere, best]).to_json()
    first, second = json.loads(text)["data"]
    assert [len(first["y"]), len(second["y"])] == [3 + int((everywhere.pair_share >= 0.01).sum()), 3]
    assert "pairs, beyond both by themselves" in text and first["customdata"][3][0] in ("x0 × x1", "x1 × x0")
    assert min(np.diff(sorted(first["y"]))) > 0.9 and first["y"][3] - first["y"][2] > 1.5
    figure.printed([everywhere, best]).canvas.draw()


@pytest.mark.parametrize(
    ("quality", "words"),
    [(0.9, "R² of the forest: 0.90"), (0.2, "a hint only"), (-0.5, "explains too little: this tells nothing")],
)
def test_a_figure_says_how_far_its_forest_may_be_trusted(quality, words):
    space, history = _wide()
    table = replace(_tables(space, history, pairs=0)[0], quality=quality)
    notes = [note["text"] for note in json.loads(figure.interactive([table]).to_json())["layout"]["annotations"]]
    assert any(words in note for note in notes)
    assert words in figure.printed([table]).get_supxlabel()


def test_a_figure_of_25_parameters_is_small():
    space, history = _wide()
    assert len(figure.interactive(_tables(space, history)).to_json()) < 20_000
