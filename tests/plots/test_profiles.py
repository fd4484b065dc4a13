import json
from typing import Any

import numpy as np
import pytest

from parfocal.analysis import profiles
from parfocal.plots import freedom as freedom_figure
from parfocal.plots import profiles as profiles_figure
from parfocal.space import Categorical, Float, Space
from parfocal.testing.studies import mixed_space, search, told
from parfocal.trials import History, Objective

SCORE = Objective("f1", "maximize")
NASTY = Space({"a_1": Float(0, 1, unit="<b>$px$"), "c": Categorical(("$", "<script>alert(1)</script>", "x" * 60))})


def cases() -> dict[str, tuple[Space, Any]]:
    rng, mixed = np.random.default_rng(0), mixed_space()
    many = Space({f"p{i}": Float(0, 1) for i in range(25)})
    return {
        "no trial": (mixed, History(mixed.dimension)),
        "failed": (mixed, told(mixed.sample(5, rng), np.full(5, np.nan))),
        "one": (mixed, told(mixed.sample(1, rng), [0.5])),
        "equal": (mixed, told(mixed.sample(40, rng), np.zeros(40))),
        "some": (mixed, search(mixed, 120)[0]),
        "nasty": (NASTY, told(NASTY.sample(30, rng), rng.random(30))),
        "many": (many, told(many.sample(5000, rng), rng.random(5000))),
    }


CASES = cases()


@pytest.mark.parametrize("name", list(CASES))
@pytest.mark.parametrize("figure", [profiles_figure, freedom_figure])
def test_drawn_on_screen_and_paper(name: str, figure: Any) -> None:
    space, history = CASES[name]
    tables = profiles(space, history, SCORE)
    text = figure.interactive(tables, SCORE.label).to_json()
    assert json.loads(text)["layout"] and len(text) < 500_000
    assert "<script>" not in text
    for width in ("one", "two"):
        drawn = figure.printed(tables, SCORE.label, width)
        drawn.canvas.draw()
        assert all(np.isfinite(axes.get_position().bounds).all() for axes in drawn.axes)
    assert figure.interactive((), SCORE.label).layout.annotations[0].text == "The space has no parameter to draw."


def test_what_is_free_is_drawn_where_it_is() -> None:
    space, history = CASES["some"]
    (table,) = profiles(space, history, SCORE, ("sigma",), tolerance=0.05)
    data = json.loads(profiles_figure.interactive([table], SCORE.label).to_json())["data"]
    bar = next(trace for trace in data if trace["name"].startswith("loses"))
    assert bar["x"] == [end for low, high in table.within for end in (low, high, None)]
    star = next(trace for trace in data if trace["name"] == "best")
    assert star["x"] == [pytest.approx(table.best)]
