"""NSGA-II: members by front and crowding, tournaments among them, and better fronts than by chance."""

import numpy as np
import pytest

from parfocal.errors import ParfocalError
from parfocal.optimizers import propose
from parfocal.space import Float, Space
from parfocal.strategies.nsga2 import NSGA2, _considered
from parfocal.trials import History, State
from parfocal.trials.domination import crowding, front, fronts, hypervolume


def _told(losses, runtime=None, fidelity=1.0) -> History:
    losses = np.asarray(losses, dtype=np.float64)
    history = History(1, 0, losses.shape[1])
    history.append(np.linspace(0, 1, len(losses))[:, None], fidelity=fidelity)
    history.tell(np.arange(len(losses)), State.COMPLETE, losses[:, 0], others=losses[:, 1:], runtime=runtime)
    return history


@pytest.mark.parametrize("m", [1, 2, 3])
def test_members_are_the_first_by_front_then_crowding(m):
    losses = np.random.default_rng(m).random((200, m))
    members = NSGA2(population=30).members(_told(losses))
    number = fronts(losses)
    last = number[members].max()
    assert len(members) == len(set(members.tolist())) == 30
    assert (np.diff(number[members]) >= 0).all()
    assert set(np.flatnonzero(number < last)) <= set(members.tolist())
    rows = np.flatnonzero(number == last)
    chosen = np.isin(rows, members)
    assert crowding(losses[rows])[chosen].min() >= crowding(losses[rows])[~chosen].max(initial=0.0)


def test_of_one_objective_the_population_is_the_best():
    losses = np.random.default_rng(0).permutation(50.0 + np.arange(50))[:, None]
    assert losses[NSGA2(population=7).members(_told(losses))][:, 0].tolist() == [50.0 + rank for rank in range(7)]


def test_quality_against_runtime():
    history = _told([[1.0], [2.0], [3.0], [2.5]], runtime=[9.0, 5.0, 1.0, 6.0])
    assert set(NSGA2(population=3, against="runtime").members(history).tolist()) == {0, 1, 2}
    assert set(NSGA2(population=3).members(history).tolist()) == {0, 1, 3}
    unknown = _told([[1.0], [2.0], [3.0]], runtime=[np.nan] * 3)
    assert NSGA2(population=2, against="runtime").members(unknown).tolist() == [0, 1]


def test_only_the_highest_fidelity_is_compared():
    history = _told([[0.0, 0.0], [1.0, 2.0], [2.0, 1.0]], fidelity=[0.5, 1.0, 1.0])
    assert set(NSGA2().members(history).tolist()) == {1, 2}


def test_parents_win_binary_tournaments():
    """Of N members in their order, that of place r (from 0) wins 2 (N - 1 - r) / N / (N - 1) of the tournaments."""
    history, rounds, counts = _told(np.arange(6.0)[:, None]), 4000, np.zeros(6)
    strategy = NSGA2(population=6, parents=1)
    for seed in range(rounds):
        counts[strategy.select(Space({"x": Float(0, 1)}), history, np.random.default_rng(seed)).good_rows] += 1
    expected = 2 * (5 - np.arange(6)) / 30
    sigma = np.sqrt(expected * (1 - expected) / rounds)
    assert (np.abs(counts / rounds - expected) <= 4 * sigma + 1e-12).all()


@pytest.mark.parametrize("m", [2, 3])
def test_a_long_history_is_thinned_and_keeps_its_ends(m):
    losses = np.random.default_rng(0).random((3000, m)) ** 0.1
    losses[17], losses[18, 0] = 0.01, 0.0
    kept = _considered(losses, 400)
    assert len(kept) <= 400
    assert {17, 18} <= set(kept.tolist())
    assert set(range(2800, 3000)) <= set(kept.tolist())
    assert _considered(losses[:400], 400).tolist() == list(range(400))


def _schaffer(X):
    """Return two conflicting losses: distances to two points, whose front is the line between them."""
    return np.column_stack([((X - 0.2) ** 2).sum(axis=1), ((X - 0.8) ** 2).sum(axis=1)])


def _search(optimizer, seed, trials=80) -> History:
    space, history = Space({name: Float(0, 1) for name in "abcde"}), History(5, objectives=2)
    while len(history) < trials:
        rows = history.append(propose(space, optimizer, history, 4, seed=seed).X)
        losses = _schaffer(history.X[rows])
        history.tell(np.arange(rows.start, rows.stop), State.COMPLETE, losses[:, 0], others=losses[:, 1:])
    return history


def test_fronts_are_better_than_by_chance():
    reference = np.array([2.0, 2.0])
    for seed in range(4):
        ours, theirs = _search("multivariate-normal + nsga2", seed), _search("random", seed)
        assert hypervolume(ours.losses, reference) > hypervolume(theirs.losses, reference)
        best = ours.losses[front(ours.losses)]
        assert np.ptp(best, axis=0).min() > 0.3, "the front is spread, not one of its ends"


@pytest.mark.parametrize("options", [{"population": 1}, {"parents": 0}])
def test_impossible_options_are_named(options):
    with pytest.raises(ParfocalError, match=next(iter(options))):
        NSGA2(**options)
