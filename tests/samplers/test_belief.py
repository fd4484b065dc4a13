import numpy as np
import pytest

from parfocal.errors import OptimizerError
from parfocal.samplers import EMPTY, Density
from parfocal.samplers.belief import Belief
from parfocal.space import Categorical, Float, Integer, Space
from parfocal.trials import History, State

SPACE = Space(
    {
        "x": Float(0, 1, default=0.8),
        "y": Float(1, 100, prior="log-uniform"),
        "k": Integer(0, 9, default=2),
        "c": Categorical(["a", "b", "c"], default="b"),
    }
)


def told(count):
    history = History(4)
    history.append(SPACE.sample(count, np.random.default_rng(0)))
    history.tell(np.arange(count), State.COMPLETE, np.arange(float(count)))
    return history


def test_first_draws_surround_the_defaults():
    X = Belief(width=0.1).sample(SPACE, History(4), EMPTY, 4000, np.random.default_rng(0))
    assert np.allclose(X.mean(axis=0)[:3], [0.8, 0.5, 0.25], atol=0.015)
    assert X[:, 1].std() == pytest.approx(0.1, abs=0.005)
    values = [row["c"] for row in SPACE.decode(X)]
    assert values.count("b") / 4000 == pytest.approx(0.9 + 0.1 / 3, abs=0.015)


def test_the_belief_decays_with_the_number_of_complete_trials():
    sampler = Belief(beta=10)
    assert [sampler.share(told(count)) for count in (0, 10, 90)] == [1.0, 0.5, 0.1]
    far = [
        (np.abs(sampler.sample(SPACE, told(count), EMPTY, 2000, np.random.default_rng(0))[:, 0] - 0.8) > 0.5).mean()
        for count in (0, 10, 90, 1000)
    ]
    assert (np.diff(far) > 0).all() and far[0] < 0.01 and far[-1] == pytest.approx(0.3, abs=0.04)


def test_failures_and_pending_trials_do_not_count():
    history = told(5)
    history.append(SPACE.sample(2, np.random.default_rng(1)))
    history.tell(5, State.FAILED, np.nan)
    assert Belief(beta=5).share(history) == 0.5


@pytest.mark.parametrize("count", [0, 30])
def test_its_density_is_that_of_its_draws(count):
    sampler, history = Belief(width=0.2), told(count)
    assert isinstance(sampler, Density)
    grid = SPACE.sample(40_000, np.random.default_rng(2))  # draws from the prior: densities are relative to it
    density = np.exp(sampler.log_density(SPACE, history, EMPTY, grid))
    assert density.mean() == pytest.approx(1, abs=0.05)
    X = sampler.sample(SPACE, history, EMPTY, 20_000, np.random.default_rng(3))
    inside = lambda rows: (rows[:, 0] > 0.6) & (rows[:, 3] == SPACE.encode([{"c": "b"}])[0, 3])  # noqa: E731
    assert inside(X).mean() == pytest.approx((density * inside(grid)).mean(), abs=0.03)


@pytest.mark.parametrize("options", [{"beta": 0.0}, {"width": 0.0}, {"width": 1.5}])
def test_wrong_options(options):
    with pytest.raises(OptimizerError, match=next(iter(options))):
        Belief(**options)
