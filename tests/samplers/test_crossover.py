import numpy as np
import pytest

from parfocal.errors import InvalidInput, OptimizerError
from parfocal.samplers import of_best
from parfocal.samplers.crossover import Crossover, blx, polynomial, sbx
from parfocal.samplers.mutation import Mutation, few
from parfocal.testing.kinds import SPACES
from parfocal.testing.samplers import some_history


def rng():
    return np.random.default_rng(0)


def test_sbx_keeps_the_mean_and_spreads_by_its_index():
    first, second = np.full((50_000, 1), 0.4), np.full((50_000, 1), 0.6)
    u = np.random.default_rng(1).random((50_000, 1))
    near, far = (sbx(first, second, u, index, rng()) for index in (20.0, 2.0))
    assert near.mean() == pytest.approx(0.5, abs=0.002) and far.mean() == pytest.approx(0.5, abs=0.002)
    assert np.abs(near - 0.5).std() < np.abs(far - 0.5).std()
    # contracting and expanding crossovers are equally likely (Deb and Agrawal 1995, equation 8)
    assert (np.abs(far - 0.5) < 0.1).mean() == pytest.approx(0.5, abs=0.01)


def test_blx_reaches_half_of_the_distance_beyond_the_parents():
    first, second = np.array([[0.4]]), np.array([[0.6]])
    assert np.allclose(blx(first, second, np.array([[0.0]])), 0.3)
    assert np.allclose(blx(first, second, np.array([[1.0]])), 0.7)


def test_polynomial_mutation_is_symmetric_and_bounded():
    u = rng().random(40_000)
    steps = polynomial(u, 20.0)
    assert np.allclose(steps, -polynomial(1 - u, 20.0))
    assert np.abs(steps).max() < 1
    assert np.abs(steps).mean() == pytest.approx(1 / 22, rel=0.05)  # E|step| = 1 / (index + 2)


def test_options_of_a_child_come_from_its_parents_or_one_mutation():
    space = SPACES["categorical"]()
    history = some_history(space)
    selection = of_best(history, 2)
    X = Crossover(restarts=0.0).sample(space, history, selection, 500, rng())
    parents = history.X[selection.good_rows]
    inherited = (X[:, None, :] == parents[None]).any(axis=1)
    assert inherited.mean() > 0.65
    assert inherited.all(axis=1).mean() < 0.25


def test_each_child_differs_from_a_lone_parent():
    space = SPACES["mixed"]()
    history = some_history(space)
    selection = of_best(history, 1)
    for sampler in (Crossover(restarts=0.0), Mutation(restarts=0.0)):
        X = sampler.sample(space, history, selection, 300, rng())
        assert ((history.X[selection.good_rows] != X).sum(axis=1) >= 1).all(), sampler


def test_how_many_columns_mutate_follows_a_power_law():
    open_ = np.ones((20_000, 20), dtype=bool)
    open_[:, 3] = False
    chosen = few(open_, 1.5, rng())
    counts = np.bincount(chosen.sum(axis=1), minlength=12)[1:11]
    expected = np.arange(1, 11) ** -1.5
    assert np.allclose(counts / 20_000, expected / expected.sum(), atol=0.015)
    assert not chosen[:, 3].any()
    assert np.allclose(np.delete(chosen.mean(axis=0), 3), chosen.mean() * 20 / 19, atol=0.02)


def test_few_open_columns_bound_the_count():
    open_ = np.zeros((50, 20), dtype=bool)
    open_[:, 5] = True
    assert np.array_equal(few(open_, 1.5, rng()), open_)


@pytest.mark.parametrize(
    "options",
    [{"blend": "x"}, {"spread": 0.0}, {"mutation": -1.0}, {"crossing": 2.0}, {"restarts": -1.0}, {"tournament": 0}],
)
def test_wrong_crossovers(options):
    with pytest.raises((OptimizerError, InvalidInput), match=next(iter(options))):
        Crossover(**options)


@pytest.mark.parametrize("options", [{"exponent": 1.0}, {"scale": 0.0}, {"restarts": 3.0}, {"tournament": 0}])
def test_wrong_mutations(options):
    with pytest.raises((OptimizerError, InvalidInput), match=next(iter(options))):
        Mutation(**options)


def test_a_child_has_a_value_where_both_parents_sleep(monkeypatch):
    space = SPACES["conditional"]()
    history = some_history(space)
    assert np.isnan(history.X).any()
    seen = []
    joined = Crossover._joined

    def spied(self, space, first, second, rng):
        seen.append((first, second))
        return joined(self, space, first, second, rng)

    monkeypatch.setattr(Crossover, "_joined", spied)
    Crossover(restarts=0.0).sample(space, history, of_best(history, 8), 300, rng())
    assert all(not np.isnan(rows).any() for pair in seen for rows in pair)
