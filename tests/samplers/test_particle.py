import numpy as np
import pytest

from parfocal.errors import OptimizerError
from parfocal.samplers import Selection, of_best
from parfocal.samplers.particle import CONSTRICTION, PULL, Particle, flown, replayed
from parfocal.space import Float, Space
from parfocal.trials import History, State

PLANE = Space({"a": Float(0, 1), "b": Float(0, 1)})
X = np.array([[0.1, 0.1], [0.5, 0.5], [0.2, 0.1], [0.4, 0.7], [0.3, 0.3], [0.9, 0.9]])
LOSS = np.array([5.0, 1.0, 2.0, 4.0, 3.0, np.nan])


def told(order=(0, 1, 2, 3, 4, 5)):
    history = History(2)
    history.append(X)
    rows = np.array(order)
    states = np.where(np.isnan(LOSS[rows]), State.FAILED, State.COMPLETE)
    history.tell(rows, states, LOSS[rows])
    return history


def test_constriction_is_that_of_clerc_and_kennedy():
    phi = 2 * PULL
    assert pytest.approx(2 / abs(2 - phi - (phi * phi - 4 * phi) ** 0.5)) == CONSTRICTION


def test_a_known_history_gives_known_particles():
    history = told()
    swarm = replayed(history, of_best(history, 2, failed=True), 2)
    assert np.allclose(swarm.position, [[0.3, 0.3], [0.9, 0.9]])
    assert np.allclose(swarm.velocity, [[0.1, 0.2], [0.0, 0.0]])  # the second one failed: at rest
    assert np.allclose(swarm.best, [[0.2, 0.1], [0.5, 0.5]])
    assert np.allclose(swarm.leader, [0.5, 0.5])
    assert swarm.lost.tolist() == [False, True]


def test_the_order_told_counts():
    history = told((4, 5, 0, 1, 2, 3))
    swarm = replayed(history, of_best(history, 2, failed=True), 2)
    assert np.allclose(swarm.position, [[0.2, 0.1], [0.4, 0.7]])
    assert np.allclose(swarm.velocity, [[0.1, 0.0], [-0.1, 0.2]])


def test_only_complete_generations_move_the_swarm():
    history = told()
    ranked = of_best(history, 2, failed=True)
    generations = np.where(ranked.rows < 2, 0, np.where(ranked.rows < 4, 1, -1))
    swarm = replayed(history, Selection(ranked.rows, ranked.good, generations), 2)
    assert np.allclose(swarm.position, [[0.2, 0.1], [0.4, 0.7]])
    assert not swarm.lost.any()


def test_steps_obey_the_equation_of_motion():
    history = told((0, 1, 2, 3))
    swarm = replayed(history, of_best(history, 2), 2)
    rows = flown(PLANE, swarm, np.full(20_000, 1), 1.0, np.random.default_rng(0))
    x, v, own = swarm.position[1], swarm.velocity[1], swarm.best[1]
    mean = x + CONSTRICTION * (v + PULL / 2 * (own - x) + PULL / 2 * (swarm.leader - x))
    assert np.allclose(np.nanmean(rows, axis=0), mean, atol=0.01)
    slow = flown(PLANE, swarm, np.full(20_000, 1), 0.05, np.random.default_rng(0))
    assert np.allclose(np.nanmean(rows - slow, axis=0), CONSTRICTION * (v - [-0.05, 0.05]), atol=1e-9)


def test_turns_go_round_by_trial_number():
    history = told((0, 1, 2, 3, 4))  # the sixth trial is pending: of three particles the first one is next
    selection = of_best(history, 1)
    drawn = Particle(swarm=3, restarts=0.0).sample(PLANE, history, selection, 9000, np.random.default_rng(0))
    swarm = replayed(history, selection, 3)
    for particle in range(3):
        alone = flown(PLANE, swarm, np.full(3000, particle), 0.15, np.random.default_rng(1))
        assert np.allclose(drawn[particle::3].mean(axis=0), np.nanmean(alone, axis=0), atol=0.02)


def test_a_particle_at_rest_starts_again():
    history = History(2)
    history.append(np.full((4, 2), 0.5))
    history.tell(np.arange(4), State.COMPLETE, np.zeros(4))
    swarm = replayed(history, of_best(history, 1), 2)
    assert np.isnan(flown(PLANE, swarm, np.arange(2), 1.0, np.random.default_rng(0))).all()


@pytest.mark.parametrize("options", [{"swarm": 1}, {"fastest": 0.0}, {"restarts": 1.5}])
def test_wrong_options(options):
    with pytest.raises(OptimizerError, match=next(iter(options))):
        Particle(**options)
