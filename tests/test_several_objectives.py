"""Several objectives from end to end: ask and tell, a study in memory and in a file, an experiment file."""

import numpy as np
import pytest

from parfocal.analysis import pareto
from parfocal.errors import EvaluationError, InvalidInput
from parfocal.experiment import load
from parfocal.optimizers import Optimizer
from parfocal.space import Float, Space
from parfocal.storage import load_history
from parfocal.study import Study
from parfocal.trials import Outcome

SPACE = {"x": Float(0, 1), "y": Float(0, 1)}
BOTH = ["maximize f1", "minimize cost"]


def measure(x, y):
    """Return a quality that costs."""
    if y > 0.6:
        raise ValueError("out of range")
    return {"f1": 1 - (x - 0.8) ** 2 - 0.1 * y, "cost": x**2 + y}


def test_ask_and_tell_with_metrics_by_name():
    optimizer = Optimizer(Space(SPACE), "multivariate-normal + nsga2", objective=BOTH, warmup=5)
    for _ in range(15):
        for suggestion in optimizer.ask(2):
            optimizer.tell(suggestion, {"f1": suggestion.configuration["x"], "cost": suggestion.configuration["y"]})
    history = optimizer.history
    np.testing.assert_allclose(history.losses, history.X * [-1, 1])
    assert optimizer.best.value == history.X[:, 0].max()
    first, second, third, fourth = optimizer.ask(4)
    with pytest.raises(InvalidInput, match="several objectives"):
        optimizer.tell(first, 0.5)
    with pytest.raises(EvaluationError, match="cost"):
        optimizer.tell(first, {"f1": 0.5})
    optimizer.tell([second, third, fourth], [None, {"f1": 0.5, "cost": float("inf")}, Outcome.pruned()])
    assert np.isnan(history.losses[[second.number, third.number, fourth.number]]).all()
    assert history.failed[[second.number, third.number]].all()


def test_a_history_of_other_objectives_is_refused():
    history = Optimizer(Space(SPACE)).history
    with pytest.raises(InvalidInput, match="different studies"):
        Optimizer(Space(SPACE), objective=BOTH, history=history)


@pytest.mark.parametrize("kept", [False, True])
def test_a_study_goes_on_with_all_its_losses(tmp_path, kept):
    storage = tmp_path / "study.db" if kept else None
    study = Study(SPACE, BOTH, measure, optimizer="local + nsga2", storage=storage, warmup=10)
    study.run(40)
    history = study.history
    done = history.complete
    assert done.sum() < 40 and np.isnan(history.losses[~done]).all()
    x, y = history.X[done].T
    np.testing.assert_allclose(history.losses[done], np.column_stack([(x - 0.8) ** 2 + 0.1 * y - 1, x**2 + y]))
    again = load_history(study.storage, study.record.id, study.space, study.objective)
    np.testing.assert_array_equal(again.losses, history.losses)
    np.testing.assert_array_equal(again.finished_order, history.finished_order)
    table = pareto(study.space, history, study.objective)
    assert table.values[0, 0] == study.best.value
    if kept:
        opened = Study.open(storage)
        assert opened.objective == study.objective
        np.testing.assert_array_equal(opened.history.losses, history.losses)


def test_the_runtime_is_an_objective_that_needs_no_code():
    study = Study({"x": Float(0, 1)}, "maximize f1, minimize runtime [s]", lambda x: x, optimizer="random")
    study.run(8)
    history = study.history
    np.testing.assert_allclose(history.losses[:, 1], history.runtime, rtol=1e-6)
    np.testing.assert_allclose(history.loss, -history.X[:, 0])
    outcome = study.trials(0, 1)[0].outcome
    assert outcome.metrics["runtime"] == outcome.runtime


def test_a_metric_that_is_missing_or_not_finite_fails_the_trial():
    study = Study({"x": Float(0, 1)}, BOTH, lambda x: {"f1": x}, optimizer="random", stop_after_failures=0)
    study.run(2)
    assert "'cost'" in study.trials(0, 1)[0].outcome.message
    study = Study({"x": Float(0, 1)}, BOTH, lambda x: {"f1": x, "cost": float("nan")}, stop_after_failures=0)
    study.run(2)
    assert study.history.failed.all()


def test_an_experiment_file_lists_its_objectives(tmp_path):
    path = tmp_path / "experiment.yaml"
    path.write_text(
        "space:\n  x: {type: float, low: 0, high: 1}\n"
        "objective:\n  - maximize f1\n  - {metric: runtime, unit: s}\n"
        "evaluation: {python: 'math:sqrt'}\n"
        "optimizer: local + nsga2\n"
    )
    assert str(load(path).objective) == "maximize f1, minimize runtime [s]"
