"""Fronts, crowding and hypervolume against their definitions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from parfocal.trials.domination import crowding, front, fronts, hypervolume

LOSSES = st.integers(1, 4).flatmap(
    lambda m: hnp.arrays(
        np.float64, st.tuples(st.integers(0, 40), st.just(m)), elements=st.sampled_from([0.0, 1.0, 2.0, 3.0, np.inf])
    )
)


def dominates(a, b) -> bool:
    return all(a <= b) and any(a < b)


def brute(losses) -> np.ndarray:
    """Return the front of each row by the definition."""
    number, left, count = np.full(len(losses), -1), set(range(len(losses))), 0
    while left:
        now = {i for i in left if not any(dominates(losses[j], losses[i]) for j in left)}
        number[list(now)] = count
        left, count = left - now, count + 1
    return number


@given(losses=LOSSES)
def test_fronts_are_those_of_the_definition(losses):
    expected = brute(losses)
    np.testing.assert_array_equal(fronts(losses), expected)
    np.testing.assert_array_equal(front(losses), expected == 0)


@given(losses=LOSSES, enough=st.integers(0, 45))
def test_sorting_stops_when_enough_have_their_front(losses, enough):
    expected, found = brute(losses), fronts(losses, enough)
    known = found < found.max(initial=0) if np.count_nonzero(found < found.max(initial=0)) >= enough else found >= 0
    np.testing.assert_array_equal(found[known], expected[known])
    assert known.sum() >= min(enough, len(losses))
    assert (expected[~known] >= found.max(initial=0)).all()


@given(losses=LOSSES, seed=st.integers(0, 9))
def test_the_order_of_rows_changes_nothing(losses, seed):
    order = np.random.default_rng(seed).permutation(len(losses))
    np.testing.assert_array_equal(fronts(losses)[order], fronts(losses[order]))


@pytest.mark.parametrize("m", [2, 3, 5])
def test_many_rows_of_continuous_losses(m):
    losses = np.random.default_rng(m).random((300, m))
    np.testing.assert_array_equal(fronts(losses), brute(losses))
    losses[:, -1] = -losses[:, :-1].sum(axis=1)
    assert front(losses).all()


@given(losses=LOSSES.filter(lambda rows: len(rows) > 0), pick=st.integers(0, 39))
def test_domination_is_a_strict_partial_order(losses, pick):
    """A row that is dominated is dominated by a member of the front, and no member dominates another one."""
    member = front(losses)
    row = losses[pick % len(losses)]
    assert member[pick % len(losses)] or any(dominates(other, row) for other in losses[member])
    assert not any(dominates(a, b) for a in losses[member] for b in losses[member])


def test_crowding_is_the_gap_between_neighbours():
    losses = np.array([[0.0, 4.0], [1.0, 3.0], [3.0, 1.0], [4.0, 0.0], [2.0, 2.0]])
    np.testing.assert_allclose(crowding(losses), [np.inf, 1.0, 1.0, np.inf, 1.0])
    np.testing.assert_allclose(crowding(np.array([[0.0, 5.0], [1.0, 5.0], [4.0, 5.0]])), [np.inf, 1.0, np.inf])
    assert crowding(np.empty((0, 2))).shape == (0,)
    assert crowding(np.ones((3, 2))).tolist() == [0, 0, 0]


def test_hypervolume_of_known_shapes():
    assert hypervolume(np.array([[1.0, 2.0], [2.0, 1.0]]), np.array([3.0, 3.0])) == 3.0
    assert hypervolume(np.array([[0.0, 0.0, 0.0]]), np.array([1.0, 2.0, 3.0])) == 6.0
    assert hypervolume(np.array([[1.0], [0.25]]), np.array([1.0])) == 0.75
    assert hypervolume(np.array([[1.0, 0.0]]), np.array([1.0, 1.0])) == 0
    assert hypervolume(np.empty((0, 2)), np.ones(2)) == 0


@given(
    losses=st.integers(1, 4).flatmap(
        lambda m: hnp.arrays(np.int64, st.tuples(st.integers(0, 8), st.just(m)), elements=st.integers(0, 5))
    )
)
def test_hypervolume_counts_the_dominated_cells(losses):
    m = losses.shape[1]
    cells = np.stack(np.meshgrid(*[np.arange(4)] * m, indexing="ij"), axis=-1).reshape(-1, m)
    covered = (losses[None] <= cells[:, None]).all(axis=2).any(axis=1)
    assert hypervolume(losses.astype(np.float64), np.full(m, 4.0)) == covered.sum()
