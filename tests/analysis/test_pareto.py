"""The Pareto front against its definition, in the user's own units."""

import numpy as np
import pytest

from parfocal.analysis import pareto
from parfocal.errors import InvalidInput
from parfocal.plots import pareto as figures
from parfocal.space import Float, Space
from parfocal.trials import History, Objective, State

SPACE = Space({"x": Float(0, 1)})
BOTH = Objective.from_text("maximize f1, minimize seconds [s]")


def _history(f1, seconds) -> History:
    history = History(1, objectives=2)
    history.append(np.linspace(0, 1, len(f1))[:, None])
    history.tell(np.arange(len(f1)), State.COMPLETE, -np.asarray(f1), others=np.asarray(seconds)[:, None])
    return history


def test_the_front_is_that_of_the_definition():
    rng = np.random.default_rng(0)
    f1, seconds = rng.random(80).round(1), rng.random(80).round(1)
    table = pareto(SPACE, _history(f1, seconds), BOTH)
    beaten = [
        any(
            f1[j] >= f1[i] and seconds[j] <= seconds[i] and (f1[j], seconds[j]) != (f1[i], seconds[i])
            for j in range(80)
        )
        for i in range(80)
    ]
    expected = {(f1[i], seconds[i]) for i in range(80) if not beaten[i]}
    assert {tuple(value) for value in table.values.tolist()} == expected
    assert len(table) == len(expected), "equal values count once"
    assert (np.diff(table.values[:, 0]) < 0).all(), "from the best in the first objective on"
    assert all(
        number == np.flatnonzero((f1 == a) & (seconds == b))[0]
        for number, (a, b) in zip(table.number, table.values, strict=True)
    )
    assert len(table) + len(table.dominated) == 80
    assert table.configurations[0]["x"] == pytest.approx(table.number[0] / 79)


def test_the_hypervolume_is_measured_from_the_worst_of_the_front_or_from_a_reference():
    history = _history([0.9, 0.8, 0.5, 0.4], [9.0, 5.0, 1.0, 20.0])
    table = pareto(SPACE, history, BOTH)
    assert table.number.tolist() == [0, 1, 2]
    np.testing.assert_allclose(table.reference, [0.5, 9.0])
    assert table.hypervolume == pytest.approx((0.8 - 0.5) * (9 - 5))
    wide = pareto(SPACE, history, BOTH, reference=[0.0, 10.0])
    assert wide.hypervolume == pytest.approx(0.9 * 1 + 0.8 * 4 + 0.5 * 4)
    with pytest.raises(InvalidInput, match="one finite value for each of f1, seconds"):
        pareto(SPACE, history, BOTH, reference=[0.0])


def test_one_objective_is_weighed_against_the_runtime():
    history = History(1)
    history.append(np.linspace(0, 1, 5)[:, None])
    history.tell(
        np.arange(5), [State.COMPLETE] * 4 + [State.FAILED], [3.0, 2.0, 1.0, 0.0, np.nan], runtime=[1, 2, 2, np.nan, 1]
    )
    table = pareto(SPACE, history, Objective("rmse", unit="px"))
    assert table.number.tolist() == [2, 0]
    np.testing.assert_allclose(table.values, [[1.0, 2.0], [3.0, 1.0]])
    assert [each.label for each in table.objectives] == ["rmse [px] (lower is better)", "runtime [s] (lower is better)"]


def test_a_history_without_a_success_has_no_front():
    table = pareto(SPACE, History(1, objectives=2), BOTH)
    assert len(table) == 0 and table.hypervolume == 0 and np.isnan(table.reference).all()
    assert figures.printed(table).axes[0].texts[0].get_text().startswith("No evaluation")


def test_objectives_of_another_study_are_refused():
    with pytest.raises(InvalidInput, match="different studies"):
        pareto(SPACE, History(1), BOTH)


def test_the_figure_names_both_objectives():
    figure = figures.printed(pareto(SPACE, _history([0.9, 0.8, 0.5, 0.4], [9.0, 5.0, 1.0, 20.0]), BOTH))
    (axes,) = figure.axes
    assert axes.get_xlabel() == "seconds [s] (lower is better)" and axes.get_ylabel() == "f1 (higher is better)"
    points, front = axes.lines
    np.testing.assert_allclose(front.get_xdata(), [1.0, 5.0, 9.0])
    np.testing.assert_allclose(points.get_ydata(), [0.4])
    assert front.get_drawstyle() == "steps-post"
