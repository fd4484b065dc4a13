import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parfocal.errors import InvalidInput, OptimizerError, SpaceExhausted
from parfocal.optimizers import compose, propose
from parfocal.optimizers.pool import LARGEST
from parfocal.space import Boolean, Categorical, Float, Integer, Space
from parfocal.testing.kinds import SPACES, loss
from parfocal.testing.optimizers import minimize
from parfocal.trials import History, State

TINY = SPACES["tiny"]()
CUBE = Space({"x": Float(0, 1), "y": Float(0, 1)})


def append(history, proposal):
    history.append(proposal.X)
    return proposal


def test_warm_up_comes_first_and_is_named():
    history = History(2)
    proposal = propose(CUBE, "local", history, 30, seed=1, warmup=20)
    assert [(share.count, share.sampler, share.note) for share in proposal.shares] == [
        (20, "random", "warm-up"),
        (10, "local", None),
    ]
    provenances = proposal.provenances(seen=7)
    assert [p.note for p in provenances] == ["warm-up"] * 20 + [None] * 10
    assert [p.row for p in provenances] == list(range(30))
    assert {(p.ask, p.seen) for p in provenances} == {(0, 7)}


def test_a_batch_across_the_border_is_two_asks():
    whole, parts = History(2), History(2)
    append(whole, propose(CUBE, "local", whole, 30, seed=1))
    append(parts, propose(CUBE, "local", parts, 20, seed=1))
    append(parts, propose(CUBE, "local", parts, 10, seed=1))
    assert np.array_equal(whole.X, parts.X)


def test_warm_up_is_the_same_for_all_learners_so_that_runs_are_pairs():
    first = [propose(CUBE, name, History(2), 20, seed=5).X for name in ("local", "tpe", "cma-es", "smac-rf")]
    assert all(np.array_equal(X, first[0]) for X in first)


def test_warm_up_by_sobol_and_none_at_all():
    sobol = propose(CUBE, "sobol", History(2), 8, seed=2)
    assert np.array_equal(propose(CUBE, "local", History(2), 8, seed=2, warmup_sampler="sobol").X, sobol.X)
    (share,) = propose(CUBE, "local", History(2), 3, warmup=0).shares
    assert share.note is None


def test_what_does_not_learn_has_no_warm_up():
    (share,) = propose(CUBE, "random", History(2), 3).shares
    assert share.note is None


def test_a_warm_up_must_not_learn():
    with pytest.raises(OptimizerError, match="does not learn"):
        propose(CUBE, "local", History(2), warmup_sampler="tpe")
    with pytest.raises(OptimizerError, match="at least 0"):
        propose(CUBE, "local", History(2), warmup=-1)


def test_wrong_arguments():
    with pytest.raises(InvalidInput, match="n must be a whole number"):
        propose(CUBE, "random", History(2), 0)
    with pytest.raises(OptimizerError, match="different studies"):
        propose(CUBE, "random", History(3))


@pytest.mark.parametrize("name", ["random", "sobol", "latin-hypercube", "grid", "local", "grid(order=shuffled)"])
def test_a_discrete_space_is_asked_for_completely_and_once(name):
    history = History(TINY.dimension)
    for n in (1, 3, 5, 5, 5):
        proposal = append(history, propose(TINY, name, history, n, warmup=4))
    assert len(history) == len(set(TINY.keys(history.X).tolist())) == TINY.size == 16
    assert len(proposal) == 2  # the last batch is short
    with pytest.raises(SpaceExhausted, match="have been asked for: there is nothing left to try"):
        propose(TINY, name, history)


def test_rare_values_are_found_before_the_end():
    space = Space({"rare": Categorical(["yes", "no"], weights=[1e-5, 1 - 1e-5]), "k": Integer(1, 40)})
    history = minimize("random", space, lambda X: loss(space, X), 1000)
    assert len(history) == 80


def test_a_lost_trial_may_come_again_a_failed_one_not():
    history = History(TINY.dimension)
    append(history, propose(TINY, "random", history, TINY.size))
    history.tell([3, 5], [State.LOST, State.FAILED], np.nan)
    again = append(history, propose(TINY, "random", history, 4))
    assert np.array_equal(again.X, history.X[[3]], equal_nan=True)
    with pytest.raises(SpaceExhausted):
        propose(TINY, "random", history)


def test_a_lost_grid_point_is_asked_for_next():
    space = Space({"k": Integer(1, 50)})
    history = History(1)
    append(history, propose(space, "grid", history, 10))
    history.tell(4, State.LOST, np.nan)
    assert np.array_equal(propose(space, "grid", history, 2).X, [history.X[4], space.encode([{"k": 11}])[0]])


def test_the_grid_skips_what_others_asked_for():
    space = Space({"k": Integer(1, 5), "on": Boolean()})
    history = History(2)
    history.append(space.encode([{"k": 2, "on": True}, {"k": 1, "on": False}]))
    for n in (3, 5):
        append(history, propose(space, "grid", history, n))
    assert len(set(space.keys(history.X).tolist())) == 10
    with pytest.raises(SpaceExhausted, match="All 10 points of the grid"):
        propose(space, "grid", history)


def test_repetitions_of_an_endless_space_are_avoided_while_they_can_be():
    space = Space({"how": Categorical(["plain", "smooth"]), "sigma": Float(0, 1, when="how == 'smooth'")})
    history = History(space.dimension)
    for n in (1, 1, 6, 1, 12):
        append(history, propose(space, "random", history, n))
    plain = np.isnan(history.X[:, 1])
    assert plain.sum() == 1 and len(history) == 21


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.integers(1, 9), min_size=1, max_size=6), st.sampled_from(["sobol", "latin-hypercube(block=7)", "grid"])
)
def test_sequences_do_not_depend_on_batches(sizes, name):
    space = SPACES["categorical"]() if name == "grid" else SPACES["constrained"]()
    whole, cut = History(space.dimension), History(space.dimension)
    append(whole, propose(space, name, whole, sum(sizes), seed=9))
    for n in sizes:
        append(cut, propose(space, name, cut, n, seed=9))
    assert np.array_equal(whole.X, cut.X)


def test_the_seed_decides():
    same, other = (propose(CUBE, "random", History(2), 5, seed=seed).X for seed in (1, 2))
    assert not np.array_equal(same, other)
    assert np.array_equal(same, propose(CUBE, "random", History(2), 5, seed=1).X)


def test_pools_do_not_grow_without_end():
    from dataclasses import dataclass

    from parfocal.optimizers import Composition
    from parfocal.samplers import Random
    from parfocal.strategies import AcceptAll

    sizes = []

    @dataclass(frozen=True)
    class Pooling(AcceptAll):
        pool = 300
        neighbours = 10
        learns = True

        def choose(self, space, history, candidates, n, rng):
            sizes.append(len(candidates))
            return super().choose(space, history, candidates, n, rng)

    history = minimize(Composition(Random(), Pooling()), CUBE, lambda X: loss(CUBE, X), 30)
    propose(CUBE, Composition(Random(), Pooling()), history, 1)
    propose(CUBE, Composition(Random(), Pooling()), history, 50)
    assert sizes[-2] == 310
    assert LARGEST <= sizes[-1] <= LARGEST + 500
    small = Space({"k": Integer(1, 30)})
    propose(small, Composition(Random(), Pooling()), History(1), 1, warmup=0)
    assert sizes[-1] == 30  # all there is


def test_text_and_composition_ask_the_same():
    history = minimize("random", CUBE, lambda X: loss(CUBE, X), 25)
    assert np.array_equal(propose(CUBE, "local", history, 3).X, propose(CUBE, compose("local"), history, 3).X)
