import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

from parfocal.errors import InvalidInput
from parfocal.metrics import match_points

coordinates = st.floats(0, 10, width=32)


def clouds(most):
    """Two sets of 2-D or 3-D points."""
    return st.integers(2, 3).flatmap(
        lambda k: st.tuples(
            *(
                st.integers(0, most).flatmap(lambda n: hnp.arrays(np.float64, (n, k), elements=coordinates))
                for _ in range(2)
            )
        )
    )


def every_matching(truth, detected, gate):
    """Return (tp, smallest sum of distances at that tp) by trying all ways to pair."""
    best = (0, 0.0)
    distance = cdist(truth, detected)
    for size in range(1, min(distance.shape) + 1):
        for rows in itertools.combinations(range(len(truth)), size):
            for columns in itertools.permutations(range(len(detected)), size):
                chosen = distance[list(rows), list(columns)]
                if (chosen <= gate).all() and (size > best[0] or chosen.sum() < best[1]):
                    best = (size, float(chosen.sum()))
    return best


def dense(truth, detected, gate):
    """Return (tp, smallest sum of distances) by Munkres on the full table."""
    distance = cdist(truth, detected)
    cost = np.where(distance <= gate, distance, gate * (min(distance.shape) + 1))
    chosen = distance[linear_sum_assignment(cost)]
    chosen = chosen[chosen <= gate]
    return len(chosen), float(chosen.sum())


@given(clouds(4), st.sampled_from([0.5, 1.5, 4.0, 30.0]))
@settings(max_examples=100, deadline=None)
def test_small_sets_against_every_matching(pair, gate):
    truth, detected = pair
    found = match_points(truth, detected, gate)
    tp, total = every_matching(truth, detected, gate) if len(truth) and len(detected) else (0, 0.0)
    assert found.tp == tp
    assert found.distances.sum() == pytest.approx(total, abs=1e-9)


@pytest.mark.parametrize("dimension", [2, 3])
@pytest.mark.parametrize(("n", "m", "gate"), [(200, 150, 0.4), (150, 200, 1.0), (120, 120, 3.0), (80, 100, 50.0)])
def test_crowds_against_munkres(dimension, n, m, gate):
    rng = np.random.default_rng(n + dimension)
    truth, detected = rng.uniform(0, 10, (n, dimension)), rng.uniform(0, 10, (m, dimension))
    found = match_points(truth, detected, gate)
    tp, total = dense(truth, detected, gate)
    assert found.tp == tp > 0
    assert found.distances.sum() == pytest.approx(total)


@given(clouds(12), st.sampled_from([0.5, 2.0, 6.0]), st.randoms(use_true_random=False))
@settings(max_examples=80, deadline=None)
def test_symmetric_one_to_one_and_independent_of_order(pair, gate, random):
    truth, detected = pair
    there, back = match_points(truth, detected, gate), match_points(detected, truth, gate)
    assert (there.tp, there.fp, there.fn) == (back.tp, back.fn, back.fp)
    assert there.distances.sum() == pytest.approx(back.distances.sum(), abs=1e-9)
    order = list(range(len(truth)))
    random.shuffle(order)
    shuffled = match_points(truth[order], detected, gate)
    assert shuffled.tp == there.tp
    assert shuffled.distances.sum() == pytest.approx(there.distances.sum(), abs=1e-9)
    assert there.n_truth == len(truth)
    assert there.n_predicted == len(detected)
    assert (there.distances <= gate * (1 + 1e-8)).all()
    for column in there.pairs.T:
        assert len(set(column)) == there.tp
    for (i, j), distance in zip(there.pairs, there.distances, strict=True):
        assert distance == pytest.approx(np.linalg.norm(truth[i] - detected[j]))
    assert match_points(truth, truth, gate).f1 == 1.0


def test_more_pairs_go_before_shorter_ones():
    truth, detected = [[0, 0], [0, 3]], [[0, 2], [0, 6]]
    found = match_points(truth, detected, gate=3)
    assert found.pairs.tolist() == [[0, 0], [1, 1]]  # the nearest pair (1, 0) alone would leave the others unpaired
    assert found.distances.tolist() == [2, 3]
    assert found.rmse == pytest.approx(math.sqrt(6.5))


def test_the_gate_is_inclusive():
    assert match_points([[0, 0]], [[3, 4]], gate=5).tp == 1
    assert match_points([[0, 0]], [[3, 4]], gate=4.999).tp == 0
    assert match_points([[0, 0]], [[0, 0.1 * 3]], gate=0.3).tp == 1  # 0.30000000000000004


def test_spacing_turns_pixels_into_micrometres():
    truth, detected = [[0, 10, 10]], [[2, 10, 10]]
    assert match_points(truth, detected, gate=2).tp == 1
    assert match_points(truth, detected, gate=0.5, spacing=(0.3, 0.1, 0.1)).tp == 0
    assert match_points(truth, detected, gate=0.6, spacing=(0.3, 0.1, 0.1)).rmse == pytest.approx(0.6)
    assert match_points(truth, detected, gate=0.2, spacing=0.1).tp == 1


def test_the_table_of_empty_images():
    some = [[1.0, 2.0]]
    both, extra, missed = match_points([], [], 5), match_points([], some, 5), match_points(some, [], 5)
    assert all(both.scores()[name] == 1.0 for name in type(both).rates)
    assert all(extra.scores()[name] == 0.0 for name in type(both).rates)
    assert all(missed.scores()[name] == 0.0 for name in type(both).rates)
    assert (extra.fp, missed.fn) == (1, 1)
    assert match_points(np.empty((0, 3)), [[1, 2, 3]], 5).fp == 1
    assert math.isnan(both.rmse)


def test_coinciding_points_are_matched_once_each():
    found = match_points([[1, 1]] * 3, [[1, 1]] * 2, 5)
    assert (found.tp, found.fp, found.fn) == (2, 0, 1)
    assert found.rmse == 0


def test_a_sum_has_the_rmse_of_all_pairs():
    total = match_points([[0, 0]], [[0, 3]], 5) + match_points([[0, 0]], [[0, 4]], 5) + match_points([], [[1, 1]], 5)
    assert (total.tp, total.fp) == (2, 1)
    assert total.rmse == pytest.approx(math.sqrt(12.5))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([[0, 0]], [[0, 0]], 0), "above 0"),
        (([[0, 0]], [[0, 0]], math.nan), "above 0"),
        (([0, 0], [[0, 0]], 5), "one row a point"),
        (([[0, 0]], [[0, 0, 0]], 5), "same number of columns"),
        (([[0, math.nan]], [[0, 0]], 5), "not finite"),
        (([[0, 0]], [[0, 0]], 5, (1, 1, 1)), "2 of them"),
        (([[0, 0]], [[0, 0]], 5, -1), "above 0"),
    ],
)
def test_bad_input_is_named(arguments, message):
    with pytest.raises(InvalidInput, match=message):
        match_points(*arguments)
