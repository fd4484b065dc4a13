import json

import numpy as np
import pytest

from parfocal.analysis import pareto
from parfocal.plots import pareto as drawn
from parfocal.space import Float, Space
from parfocal.trials import History, Objective, State

SPACE = Space({"x": Float(0, 1)})


def front(losses, objective):
    losses = np.array(losses, dtype=float)
    history = History(1, objectives=losses.shape[1])
    history.append(np.linspace(0, 1, len(losses))[:, None])
    history.tell(np.arange(len(losses)), np.full(len(losses), int(State.COMPLETE)), losses[:, 0], others=losses[:, 1:])
    return pareto(SPACE, history, objective)


def test_the_front_is_a_line_of_steps_and_the_others_are_dots():
    table = front([[1, 5], [2, 2], [5, 1], [4, 4]], Objective.of("minimize error [%], minimize seconds [s]"))
    figure = drawn.interactive(table)
    dots, line = figure.data
    assert (list(dots.x), list(dots.y)) == ([4], [4])
    assert (list(line.x), list(line.y), list(line.customdata)) == ([1, 2, 5], [5, 2, 1], [2, 1, 0])
    assert line.line.shape == "hv" and line.mode == "lines+markers"
    assert figure.layout.xaxis.title.text.startswith("seconds [s]")


def test_three_objectives_are_points():
    table = front([[1, 5, 3], [2, 2, 3], [5, 1, 1]], Objective.of("maximize a, minimize b, minimize c"))
    assert drawn.interactive(table, (2, 0)).data[1].mode == "markers"


@pytest.mark.parametrize("n", [0, 50_000])
def test_none_and_very_many(n):
    rng = np.random.default_rng(0)
    table = front(rng.random((n, 2)).tolist() or np.empty((0, 2)), Objective.of("minimize a, minimize b"))
    size = len(json.dumps(drawn.interactive(table).to_plotly_json(), default=list))
    assert size < 300_000
