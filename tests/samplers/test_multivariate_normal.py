"""CMA-ES by replay: it converges, it is a pure function of the history, and it copes with what others draw."""

import numpy as np
import pytest

from parfocal.errors import OptimizerError
from parfocal.optimizers import propose
from parfocal.samplers import of_best
from parfocal.samplers.latent import Latent, foreign, population, start
from parfocal.samplers.multivariate_normal import MultivariateNormal
from parfocal.space import Categorical, Float, Integer, Space
from parfocal.strategies.evolutionary import Evolutionary
from parfocal.testing.kinds import SPACES, loss
from parfocal.testing.optimizers import minimize
from parfocal.trials import History, State


def _sphere(X):
    return ((X - 0.37) ** 2).sum(axis=1)


def test_it_converges_on_a_smooth_function():
    space = Space({name: Float(0, 1) for name in "abc"})
    losses = minimize("cma-es", space, _sphere, 250).loss
    random = minimize("random", space, _sphere, 250).loss
    assert losses.min() < 1e-5 < random.min()


def test_correlated_parameters_are_followed():
    space = Space({"a": Float(0, 1), "b": Float(0, 1)})
    valley = lambda X: 100 * (X[:, 0] - X[:, 1]) ** 2 + (X[:, 0] - 0.8) ** 2  # noqa: E731
    assert minimize("cma-es", space, valley, 300, seed=1).loss.min() < 1e-5


def test_levels_and_options_are_found():
    space = Space(
        {"a": Integer(0, 30), "b": Integer(0, 30), "c": Categorical(list("pqrs")), "d": Categorical([1, 2, 3])}
    )
    target = space.encode([{"a": 7, "b": 22, "c": "r", "d": 1}])[0]

    def loss_of(X):
        return np.abs(X[:, :2] - target[:2]).sum(axis=1) + 0.2 * (X[:, 2:] != target[2:]).sum(axis=1)

    hits = [minimize("cma-es", space, loss_of, 250, seed=seed).loss.min() < 1e-9 for seed in range(3)]
    assert sum(hits) >= 2


@pytest.mark.parametrize("kind", ["mixed", "conditional", "constrained"])
def test_a_fresh_replay_draws_what_the_running_one_would(kind):
    space = SPACES[kind]()
    history = History(space.dimension)
    for turn in range(30):
        history.append(propose(space, "cma-es", history, 1 + turn % 3, seed=5, warmup=8).X)
        if turn % 2:
            rows = np.flatnonzero(history.pending)[::-1]  # told in another order than asked
            history.tell(rows, State.COMPLETE, loss(space, history.X[rows]))
    resumed = history.at(len(history), len(history.finished_order))
    for n in (1, 5):
        np.testing.assert_array_equal(
            propose(space, "cma-es", resumed, n, seed=5).X, propose(space, "cma-es", history, n, seed=5).X
        )


def test_a_flat_function_makes_it_start_again():
    space = Space({"a": Float(0, 1), "b": Float(0, 1)})
    history = minimize("cma-es", space, lambda X: np.zeros(len(X)), 300)
    late = history.X[200:]
    assert np.ptp(late, axis=0).min() > 0.3


def test_a_small_space_is_searched_to_its_end():
    space = Space({"a": Integer(0, 5), "b": Categorical(list("xyz"))})
    history = minimize("cma-es", space, _sphere, 18, warmup=6)
    assert len(np.unique(space.keys(history.X))) == len(history) == 18


def test_without_generations_it_draws_around_the_good_trials():
    space = Space({"a": Float(0, 1), "b": Float(0, 1)})
    history = History(2)
    X = space.sample(60, np.random.default_rng(0))
    history.append(X)
    history.tell(np.arange(60), State.COMPLETE, _sphere(X))
    drawn = MultivariateNormal().sample(space, history, of_best(history, 8), 200, np.random.default_rng(1))
    assert _sphere(drawn).mean() < 0.5 * _sphere(X).mean()


def test_a_row_that_was_not_drawn_is_told_clipped_and_filled():
    space = Space({"a": Float(0, 1), "k": Categorical(["p", "q"]), "b": Float(0, 1, when="k == 'q'")})
    latent = Latent.of(space)
    run = start(latent, space.encode([{"a": 0.1, "k": "p"}]), 6, 0.05)
    run.reseed_rng(1)
    drawn = [run.ask() for _ in range(32)]
    solution = foreign(latent, drawn, space.encode([{"a": 1.0, "k": "p"}])[0])
    assert 0.1 < solution.x[0] < 0.4
    assert solution.x[1] == np.clip(drawn[0].x[1], 0, 1)
    assert solution.c.tolist() == [[True, False]]


def test_latent_rows_come_back():
    space = SPACES["mixed"]()
    latent = Latent.of(space)
    run = start(latent, space.sample(5, np.random.default_rng(0)), 8, 0.2)
    X = latent.drawn([run.ask() for _ in range(50)])
    np.testing.assert_array_equal(space.canonical(X), X)
    numbers, options = latent.split(X[0])
    assert len(numbers) == len(latent.x) + len(latent.z)
    assert len(options) == len(latent.c)
    assert latent.size == space.dimension


def test_an_impossible_sigma_is_named():
    with pytest.raises(OptimizerError, match="sigma must be above 0"):
        MultivariateNormal(sigma=0.0)


def test_generations_follow_the_order_told():
    history = History(2)
    history.append(np.random.default_rng(0).random((40, 2)))
    order = np.random.default_rng(1).permutation(40)[:34]
    states = np.full(34, State.COMPLETE)
    states[[3, 25]] = State.FAILED
    states[10] = State.LOST
    history.tell(order, states, np.where(states == State.COMPLETE, np.arange(34.0), np.nan))
    space = Space({"a": Float(0, 1), "b": Float(0, 1)})
    selection = Evolutionary(population=5).select(space, history, np.random.default_rng(0))
    told = order[np.arange(34) != 10]
    generation = dict(zip(selection.rows.tolist(), selection.generations.tolist(), strict=True))
    assert [generation[row] for row in told.tolist()] == [0] * 20 + [1] * 5 + [2] * 5 + [-1] * 3
    assert selection.rows[-2:].tolist() == sorted(order[[3, 25]].tolist())
    assert selection.good.sum() == 2


def test_candidates_that_will_fail_come_last():
    space = Space({"a": Float(0, 1), "b": Float(0, 1)})
    history = History(2)
    X = space.sample(80, np.random.default_rng(0))
    history.append(X)
    fails = X[:, 0] < 0.5
    history.tell(np.arange(80), np.where(fails, State.FAILED, State.COMPLETE), np.where(fails, np.nan, _sphere(X)))
    from parfocal.strategies import Candidates

    Y = np.array([[0.1, 0.5], [0.2, 0.2], [0.9, 0.5], [0.8, 0.1]])
    chosen = Evolutionary().choose(space, history, Candidates(Y), 3, np.random.default_rng(0))
    assert chosen.tolist() == [2, 3, 0]


@pytest.mark.parametrize("options", [{"population": 3}, {"founders": 1}])
def test_impossible_populations_are_named(options):
    with pytest.raises(OptimizerError, match=f"{next(iter(options))} must be at least"):
        Evolutionary(**options)


def test_the_default_population_is_hansens():
    assert [population(d) for d in (1, 2, 10, 20, 100)] == [10, 10, 10, 12, 17]
    space = Space({f"x{i}": Float(0, 1) for i in range(10)})
    history = minimize("random", space, _sphere, 41)
    selection = Evolutionary().select(space, history, np.random.default_rng(0))
    assert np.bincount(selection.generations[selection.generations >= 0]).tolist() == [20, 10, 10]


def test_before_generation_0_is_complete_the_prior_is_drawn_from():
    space = Space({"a": Float(0, 1), "b": Float(0, 1)})
    history = minimize("cma-es", space, _sphere, 40, warmup=0)
    assert np.ptp(history.X[:20], axis=0).min() > 0.6
    assert np.ptp(history.X[30:], axis=0).max() < np.ptp(history.X[:20], axis=0).min()


@pytest.mark.parametrize("founders", [40, 30])
def test_another_strategy_on_the_same_history_has_a_run_of_its_own(founders):
    space = SPACES["mixed"]()
    history = History(space.dimension)
    history.append(space.sample(75, np.random.default_rng(0)))
    history.tell(np.arange(75), State.COMPLETE, loss(space, history.X))
    for strategy in (Evolutionary(founders=founders), Evolutionary(), Evolutionary(population=12)):
        fresh = history.at(75, 75)
        one, two = (
            MultivariateNormal().sample(space, each, strategy.select(space, each, rng), 4, rng)
            for each, rng in ((history, np.random.default_rng(1)), (fresh, np.random.default_rng(1)))
        )
        np.testing.assert_array_equal(one, two)
