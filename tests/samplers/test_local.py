import numpy as np
import pytest

from parfocal.errors import OptimizerError
from parfocal.samplers import EMPTY, of_best
from parfocal.samplers.local import Local
from parfocal.space import Float, Integer, Space
from parfocal.trials import History, State

SPACE = Space({"x": Float(0, 1), "y": Float(0, 1), "k": Integer(1, 100)})


def told(losses):
    history = History(3)
    history.append(SPACE.sample(len(losses), np.random.default_rng(0)))
    history.tell(np.arange(len(losses)), State.COMPLETE, losses)
    return history


def test_neighbours_differ_from_a_good_row_in_one_parameter():
    history = told([3.0, 1.0, 2.0, 9.0])
    selection = of_best(history, 2)
    X = Local(restarts=0.0).sample(SPACE, history, selection, 200, np.random.default_rng(1))
    changed = (X[:, None, :] != history.X[selection.good_rows][None]).sum(axis=2)
    assert (changed.min(axis=1) == 1).all()
    parents = changed.argmin(axis=1)
    assert 100 < (parents == 0).sum() < 170  # the better one twice as often


def test_restarts_come_from_the_prior():
    history = told([3.0, 1.0])
    X = Local(restarts=0.5).sample(SPACE, history, of_best(history, 1), 400, np.random.default_rng(1))
    fresh = (history.X[1] != X).sum(axis=1) == 3
    assert 150 < fresh.sum() < 250


def test_without_good_rows_all_are_restarts():
    X = Local().sample(SPACE, History(3), EMPTY, 5, np.random.default_rng(2))
    assert np.array_equal(X, SPACE.sample(5, np.random.default_rng(2)))


@pytest.mark.parametrize("options", [{"scale": 0.0}, {"scale": 1.5}, {"restarts": -0.1}, {"restarts": 1.1}])
def test_wrong_options(options):
    with pytest.raises(OptimizerError, match=next(iter(options))):
        Local(**options)
