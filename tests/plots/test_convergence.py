import json

import numpy as np
import pytest

from parfocal.analysis import Run, convergence, ways
from parfocal.plots import convergence as figure
from parfocal.testing.studies import told
from parfocal.trials import Objective

SCORE = Objective("f1", "maximize")


def runs(n: int, labels: tuple[str, ...] = ("",)) -> list[Run]:
    rng = np.random.default_rng(0)
    made = []
    for label in labels:
        for _ in range(n):
            seconds = rng.exponential(900, 80)
            loss = np.where(rng.random(80) < 0.1, np.nan, -rng.random(80))
            made.append(Run(told(np.zeros((80, 1)), loss, runtime=seconds), label, stamps=np.cumsum(seconds) / 4))
    return made


@pytest.mark.parametrize("given", [runs(1), runs(6), runs(3, ("a", "b<c"))], ids=["one", "six", "two groups"])
def test_buttons_choose_the_axis(given: list[Run]) -> None:
    first, *also = (convergence(given, SCORE, along=along) for along in ways(given))
    made = json.loads(figure.interactive(first, SCORE.label, 20, also).to_json())
    (menu,) = made["layout"]["updatemenus"]
    assert [button["label"] for button in menu["buttons"]] == ["evaluations", "time", "cost"]
    for i, button in enumerate(menu["buttons"]):
        states, layout = button["args"][0]["visible"], button["args"][1]
        assert len(states) == len(made["data"]) and any(states)
        assert bool(layout["shapes"]) == (i == 0)  # a warm-up is counted in evaluations
    assert "time since the beginning (h)" in json.dumps(menu["buttons"][1])
    start = [trace.get("visible", True) for trace in made["data"]]
    assert start == menu["buttons"][0]["args"][0]["visible"]
    for table in (first, *also):
        figure.printed(table, SCORE.label, 20, "two").canvas.draw()
    assert figure.printed(also[0], SCORE.label).axes[0].get_xlabel() == "time since the beginning (h)"


def test_without_other_axes_there_are_no_buttons() -> None:
    made = figure.interactive(convergence(runs(2), SCORE), SCORE.label)
    assert not made.layout.updatemenus
    empty = convergence(told(np.zeros((2, 1)), [np.nan, np.nan]), SCORE)
    assert figure.interactive(empty, SCORE.label, None, [empty]).layout.annotations[0].text
