import numpy as np
import pytest

from parfocal.errors import OptimizerError
from parfocal.samplers import EMPTY, of_best
from parfocal.samplers.cauchy import Cauchy
from parfocal.samplers.gaussian import Gaussian
from parfocal.samplers.variation import (
    by_rank,
    by_tournament,
    dithered,
    log_uniform,
    other_options,
    reflected,
    stepped,
    varied,
)
from parfocal.space import Boolean, Categorical, Float, Integer, Space
from parfocal.testing.kinds import SPACES
from parfocal.testing.samplers import some_history
from parfocal.trials import History

SPACE = Space(
    {
        "x": Float(0, 1),
        "k": Integer(1, 10),
        "c": Categorical(["a", "b", "c", "d"], weights=[0.1, 0.2, 0.3, 0.4]),
        "b": Boolean(),
    }
)


def rng():
    return np.random.default_rng(0)


def test_other_options_are_other_ones_with_the_probabilities_of_the_prior():
    X = np.repeat(SPACE.encode([{"x": 0.5, "k": 3, "c": "d", "b": True}]), 6000, axis=0)
    Y = SPACE.canonical(other_options(SPACE, X, np.ones(X.shape, dtype=bool), rng()))
    assert np.array_equal(Y[:, :2], X[:, :2])
    shares = np.bincount(SPACE.indices(Y)[:, 2], minlength=4) / 6000
    assert np.allclose(shares, [1 / 6, 2 / 6, 3 / 6, 0], atol=0.03)
    assert (SPACE.indices(Y)[:, 3] == 0).all()
    kept = other_options(SPACE, X, np.zeros(X.shape, dtype=bool), rng())
    assert np.array_equal(kept, X)


def test_reflection_folds_back_into_the_cube():
    assert np.allclose(reflected(np.array([-0.2, 0.3, 1.4, 2.5, -1.7])), [0.2, 0.3, 0.6, 0.5, 0.3])


def test_dithering_rounds_right_on_average():
    X = np.full((20_000, 4), 0.5)
    X[:, 1] = 0.37
    Y = SPACE.canonical(dithered(SPACE, X, rng()))
    assert Y[:, 1].mean() == pytest.approx(0.37, abs=0.002)
    assert set(np.round(Y[:, 1], 2)) == {0.35, 0.45}
    assert (Y[:, 0] == 0.5).all()


def test_steps_of_discrete_numbers_reach_the_next_level():
    X = np.array([[0.5, 0.95, 0.6, 0.25], [0.5, 0.35, 0.6, 0.25]])
    Y = stepped(SPACE, X, np.array([[0.01, 0.01, 0.0, 0.0], [-0.01, -0.01, 0.0, 0.0]]))
    assert np.allclose(SPACE.canonical(Y)[:, :2], [[0.51, 0.85], [0.49, 0.25]])  # at the bound: the other way
    assert np.array_equal(Y[:, 2:], X[:, 2:])


def test_ranks_are_preferred():
    zipf = np.bincount(by_rank(3, 11_000, rng()), minlength=3) / 11_000
    assert np.allclose(zipf, np.array([6, 3, 2]) / 11, atol=0.02)
    pairs = np.bincount(by_tournament(4, 16_000, 2, rng()), minlength=4) / 16_000
    assert np.allclose(pairs, np.array([7, 5, 3, 1]) / 16, atol=0.02)


def test_step_sizes_are_log_uniform():
    sizes = np.log(log_uniform(20_000, 0.3, 64, rng()))
    assert np.allclose([sizes.min(), sizes.max()], np.log([0.3 / 64, 0.3]), atol=0.01)
    assert sizes.mean() == pytest.approx(np.log(0.3 / 8), abs=0.03)


def test_rows_of_nan_and_the_share_of_restarts_come_from_the_prior():
    space = SPACES["wide"]()
    history = some_history(space)
    selection = of_best(history, 3)

    def nothing(which):
        return np.full((len(which), 50), np.nan)

    def corner(which):
        return np.zeros((len(which), 50))

    assert varied(space, history, selection, 9, rng(), 0.0, nothing).std() == pytest.approx(12**-0.5, abs=0.05)
    X = varied(space, history, selection, 1000, rng(), 0.3, corner)
    assert (X == 0).all(axis=1).mean() == pytest.approx(0.7, abs=0.05)
    assert np.array_equal(varied(space, history, EMPTY, 4, rng(), 0.0, corner), space.sample(4, rng()))


def test_gaussian_and_cauchy_move_all_numbers_of_a_good_row():
    space = SPACES["wide"]()
    history = some_history(space)
    selection = of_best(history, 1)
    parent = history.X[selection.good_rows[0]]
    quantiles = []
    for sampler in (Gaussian(restarts=0.0), Cauchy(restarts=0.0, scale=0.3)):
        steps = sampler.sample(space, history, selection, 400, rng()) - parent
        assert (steps != 0).all()
        assert np.abs(np.median(steps, axis=0)).max() < 0.02
        relative = np.abs(steps) / np.median(np.abs(steps), axis=1, keepdims=True)
        quantiles.append(np.quantile(relative, 0.99))
    assert quantiles[0] < 6 < 15 < quantiles[1]  # 3.8 medians of a normal, 64 of a Cauchy distribution, less folding


def test_options_change_at_the_rate_of_one_column():
    history = History(4)
    history.append(SPACE.sample(1, rng()))
    history.tell(0, 2, 1.0)
    X = Gaussian(restarts=0.0).sample(SPACE, history, of_best(history, 1), 4000, rng())
    changed = (history.X[0] != X).mean(axis=0)
    assert np.allclose(changed[2:], 0.25, atol=0.03)


@pytest.mark.parametrize("kind", [Gaussian, Cauchy])
@pytest.mark.parametrize("options", [{"scale": 0.0}, {"scale": 1.5}, {"restarts": -0.1}, {"restarts": 1.1}])
def test_wrong_options(kind, options):
    with pytest.raises(OptimizerError, match=next(iter(options))):
        kind(**options)
