import json

import numpy as np
import pytest

from parfocal.analysis import modelled
from parfocal.plots import modelled as modelled_figure
from parfocal.testing.studies import mixed_space, search
from parfocal.trials import Objective

SCORE = Objective("f1", "maximize")


@pytest.mark.parametrize("n", [0, 10, 100])
@pytest.mark.parametrize("names", [("sigma",), ("width",), ("sigma", "threshold"), ("width", "smooth")])
def test_drawn_on_screen_and_paper(n: int, names: tuple[str, ...]) -> None:
    space = mixed_space()
    table = modelled(space, search(space, n)[0], SCORE, names)
    text = modelled_figure.interactive(table, SCORE.label).to_json()
    assert json.loads(text)["layout"] and len(text) < 300_000
    for width in ("one", "two"):
        drawn = modelled_figure.printed(table, SCORE.label, width)  # type: ignore[arg-type]
        drawn.canvas.draw()
        assert all(np.isfinite(axes.get_position().bounds).all() for axes in drawn.axes)


def test_what_was_seen_is_drawn_apart_from_what_is_expected() -> None:
    space = mixed_space()
    table = modelled(space, search(space, 100)[0], SCORE, ("sigma", "threshold"))
    figure = modelled_figure.interactive(table, SCORE.label)
    seen, expected, veil = (trace for trace in figure.data if trace.type == "heatmap")
    assert sum(v is not None for row in seen.z for v in row) == (table.observed.counts > 0).sum()
    assert sum(v is not None for row in expected.z for v in row) == table.value.size
    assert max(v for row in veil.z for v in row) == pytest.approx(table.doubt.max(), abs=1e-3)
    marked = sum(len(trace.x) for trace in figure.data if trace.type == "scatter")
    assert marked == (table.predicted | (table.far > 0.5)).sum()
