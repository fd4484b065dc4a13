import numpy as np
import pytest

from parfocal.errors import OptimizerError
from parfocal.samplers import of_best
from parfocal.samplers.differential import Differential, distinct, halfway, scale_factors
from parfocal.space import Float, Space
from parfocal.testing.kinds import SPACES
from parfocal.testing.samplers import some_history
from parfocal.trials import History, State

PLANE = Space({name: Float(0, 1) for name in "abc"})


def rng():
    return np.random.default_rng(0)


def test_three_rows_are_different_and_all_are_met():
    one, two, three = distinct(5000, 4, 7, rng())
    assert ((one != two) & (two != three) & (one != three)).all()
    assert set(one) == set(two) == {0, 1, 2, 3} and set(three) == set(range(7))
    assert np.bincount(three)[4:].min() > 5000 / 7


def test_factors_are_a_cauchy_distribution_cut_to_the_unit_interval():
    factors = scale_factors(50_000, 0.5, rng())
    assert factors.min() > 0 and factors.max() == 1.0
    assert np.median(factors) == pytest.approx(0.51, abs=0.02)
    assert (np.abs(factors - 0.5) < 0.1).mean() == pytest.approx(0.5 / 0.937, abs=0.02)


def test_repair_stands_halfway_to_the_bound():
    assert np.allclose(halfway(np.array([-0.3, 0.4, 1.2]), np.array([0.2, 0.9, 0.6])), [0.1, 0.4, 0.8])


@pytest.mark.parametrize("donor", ["current-to-pbest", "best", "rand"])
def test_donors_stay_in_the_plane_of_the_population(donor):
    history = History(3)
    X = rng().random((12, 3)) * 0.2 + 0.4
    X[:, 2] = (X[:, 0] + X[:, 1]) / 2  # all in one plane, whose linear hull no difference leaves
    history.append(X)
    history.tell(np.arange(12), State.COMPLETE, X.sum(axis=1))
    trials = Differential(donor=donor, crossing=1.0, restarts=0.0)._trials(PLANE, history.X, 10, 300, rng())
    whole = np.abs(trials[:, 2] - (trials[:, 0] + trials[:, 1]) / 2) < 1e-12
    assert whole.mean() > 0.45  # CR jitters below 1: some trials keep a column of their target
    assert (np.abs(trials - 0.5) <= 0.1 + 2 * 0.2).all()


def test_options_are_those_of_known_rows():
    space = SPACES["categorical"]()
    history = some_history(space)
    X = Differential(restarts=0.0).sample(space, history, of_best(history, 5), 400, rng())
    known = [np.isin(x, rows) for x, rows in zip(X.T, history.X.T, strict=True)]
    assert np.mean(known) > 0.95


def test_few_rows_are_served_by_the_prior():
    history = History(3)
    history.append(rng().random((3, 3)))
    history.tell(np.arange(3), State.COMPLETE, np.arange(3.0))
    X = Differential().sample(PLANE, history, of_best(history, 3), 5, rng())
    assert np.array_equal(X, PLANE.sample(5, rng()))


@pytest.mark.parametrize(
    "options", [{"donor": "x"}, {"members": 3}, {"weight": 0.0}, {"crossing": 1.5}, {"restarts": 2.0}]
)
def test_wrong_options(options):
    with pytest.raises(OptimizerError, match=next(iter(options))):
        Differential(**options)


def test_the_archive_is_what_comes_right_behind_the_population(monkeypatch):
    history = History(3)
    history.append(rng().random((40, 3)))
    history.tell(np.arange(40), State.COMPLETE, np.arange(40.0)[::-1])  # the best rows are the latest ones
    given = []
    monkeypatch.setattr(
        Differential, "_trials", lambda self, space, X, size, n, rng: given.append(X) or np.zeros((n, 3))
    )
    Differential(members=4, restarts=0.0).sample(PLANE, history, of_best(history, 5), 3, rng())
    assert np.array_equal(given[0], history.X[39:29:-1])
