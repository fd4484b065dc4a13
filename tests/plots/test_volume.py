import json

import numpy as np
import pytest

from parfocal.analysis import volume
from parfocal.plots import volume as volume_figure
from parfocal.space import Categorical, Float, Space
from parfocal.testing.studies import grid_of, mixed_space, search, told
from parfocal.trials import Objective

SCORE = Objective("f1", "maximize")
ERROR = Objective("rmse", unit="px")


@pytest.mark.parametrize("n", [0, 1, 30, 300])
@pytest.mark.parametrize("names", [("sigma", "threshold", "width"), ("smooth", "area_min", "watershed")])
def test_drawn_on_screen_and_paper(n: int, names: tuple[str, ...]) -> None:
    space = mixed_space()
    table = volume(space, search(space, n)[0], SCORE, names)
    figure = json.loads(volume_figure.interactive(table, SCORE.label).to_json())
    assert sum(trace["type"] == "heatmap" for trace in figure["data"]) == (
        0 if table.first is None else len(table.panels)
    )
    for width in ("one", "two"):
        drawn = volume_figure.printed(table, SCORE.label, width)  # type: ignore[arg-type]
        drawn.canvas.draw()
        assert all(np.isfinite(axes.get_position().bounds).all() for axes in drawn.axes)


def test_names_are_text_and_every_panel_has_the_same_colours() -> None:
    rng = np.random.default_rng(0)
    space = Space({"a": Float(0, 1, unit="<b>$px$"), "b": Float(0, 1), "c": Categorical(("$", "<script>x</script>"))})
    table = volume(space, told(space.sample(60, rng), rng.random(60)), ERROR, ("a", "b", "c"))
    figure = volume_figure.interactive(table, ERROR.label)
    assert "<script>" not in figure.to_json()
    assert figure.layout.coloraxis.reversescale is True  # bright is better
    assert {trace.coloraxis for trace in figure.data if trace.type == "heatmap"} == {"coloraxis"}
    volume_figure.printed(table, ERROR.label).canvas.draw()


def test_a_large_grid_is_a_small_figure() -> None:
    space = Space({name: Float(0, 1, levels=n) for name, n in (("x", 200), ("y", 150), ("z", 8))})
    rng = np.random.default_rng(0)
    table = volume(space, grid_of(space, rng.random((200, 150, 8))), ERROR, ("x", "y", "z"))
    assert len(volume_figure.interactive(table, ERROR.label).to_json()) < 2e6
