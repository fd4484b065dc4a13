import numpy as np
import pytest

from parfocal.errors import InvalidInput, OptimizerError
from parfocal.samplers import Selection, of_best
from parfocal.samplers.climb import RECALLED, Climb
from parfocal.samplers.local import Local
from parfocal.samplers.thompson import Thompson
from parfocal.testing.kinds import SPACES, loss
from parfocal.testing.samplers import some_history
from parfocal.trials import History, State


def judged(kind):
    """Return a space, a history, and a selection whose score is the true loss, turned round."""
    space = SPACES[kind]()
    history = some_history(space)
    plain = of_best(history, 5, failed=True)
    return space, history, Selection(plain.rows, plain.good, plain.generations, lambda X: -loss(space, X))


@pytest.mark.parametrize("kind", ["mixed", "conditional", "categorical"])
def test_climbers_find_higher_scores_than_as_many_random_rows(kind):
    space, history, selection = judged(kind)
    X = Climb().sample(space, history, selection, 20, np.random.default_rng(0))
    scattered = space.sample(2000, np.random.default_rng(1))
    assert selection.score(X).max() >= selection.score(scattered).max()
    assert selection.score(X).max() > -np.nanmin(history.loss)


def test_the_best_comes_first_and_nothing_twice_or_old():
    space, history, selection = judged("categorical")
    X = Climb().sample(space, history, selection, 30, np.random.default_rng(0))
    climbed = X[:23]
    assert (np.diff(selection.score(climbed)) <= 1e-12).all()
    keys = space.keys(climbed)
    assert len(set(keys.tolist())) == len(keys)
    assert not np.isin(keys, space.keys(history.X[selection.rows])).any()


def test_the_best_old_trials_of_a_long_history_are_left_out(monkeypatch):
    space = SPACES["categorical"]()
    history = History(space.dimension)
    history.append(space.sample(3000, np.random.default_rng(0)))
    history.tell(np.arange(3000), State.COMPLETE, loss(space, history.X))
    plain = of_best(history, 5)
    selection = Selection(plain.rows, plain.good, plain.generations, lambda X: -loss(space, X))
    counts = []
    keys = type(space).keys
    monkeypatch.setattr(type(space), "keys", lambda self, X: counts.append(len(X)) or keys(self, X))
    climbed = Climb().sample(space, history, selection, 8, np.random.default_rng(0))[:6]
    assert max(counts) < 2000, "the cost is that of the climb"
    best = history.X[selection.rows[:RECALLED]]
    assert not np.isin(keys(space, climbed), keys(space, best)).any()


def test_more_steps_climb_higher():
    space, history, selection = judged("wide")
    heights = [
        np.mean([selection.score(Climb(steps=steps).sample(space, history, selection, 4, rng)).max() for rng in rngs])
        for steps, rngs in ((1, map(np.random.default_rng, range(2))), (20, map(np.random.default_rng, range(2))))
    ]
    assert heights[0] < heights[1]


def test_without_a_score_it_is_local_search():
    space, history, selection = judged("mixed")
    plain = Selection(selection.rows, selection.good, selection.generations)
    X = Climb(scale=0.2).sample(space, history, plain, 9, np.random.default_rng(0))
    assert np.array_equal(
        X, Local(scale=0.2).sample(space, history, plain, 9, np.random.default_rng(0)), equal_nan=True
    )


@pytest.mark.parametrize("options", [{"starts": 0}, {"steps": 0}, {"neighbours": 0}, {"scale": 2.0}])
def test_wrong_climbs(options):
    with pytest.raises((OptimizerError, InvalidInput), match=next(iter(options))):
        Climb(**options)


def test_a_colder_pool_is_greedier():
    space, history, selection = judged("mixed")
    heights = [
        selection.score(Thompson(temperature=t).sample(space, history, selection, 50, np.random.default_rng(0))).mean()
        for t in (0.01, 0.3, 100.0)
    ]
    assert heights[0] > heights[1] > heights[2]


def test_draws_follow_the_softmax_of_the_score():
    space = SPACES["tiny"]()
    history = some_history(space)
    plain = of_best(history, 5)
    selection = Selection(plain.rows, plain.good, plain.generations, lambda X: (X[:, 2] > 0.5).astype(float))
    sampler = Thompson(pool=400, temperature=1.0, near=0.0)
    firsts = [
        sampler.sample(space, history, selection, 1, np.random.default_rng(seed))[0, 2] > 0.5 for seed in range(300)
    ]
    spread = 0.485  # of a score that is 1 for some 0.38 of the rows
    odds = 0.375 / 0.625 * np.exp(1 / spread)
    assert np.mean(firsts) == pytest.approx(odds / (1 + odds), abs=0.08)


def test_without_a_score_draws_lie_near_good_rows():
    space = SPACES["wide"]()
    history = some_history(space)
    selection = of_best(history, 3)
    X = Thompson().sample(space, history, selection, 20, np.random.default_rng(0))
    gaps = np.abs(X[:, None] - history.X[selection.good_rows][None]).sum(axis=2).min(axis=1)
    assert gaps.max() < 3


@pytest.mark.parametrize("options", [{"pool": 0}, {"most": 0}, {"temperature": 0.0}, {"near": 1.5}])
def test_wrong_pools(options):
    with pytest.raises((OptimizerError, InvalidInput), match=next(iter(options))):
        Thompson(**options)
