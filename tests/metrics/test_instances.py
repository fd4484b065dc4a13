import importlib
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.optimize import linear_sum_assignment

from parfocal.errors import InvalidInput
from parfocal.metrics import match, match_thresholds, mean_average_precision
from parfocal.metrics.instances import contingency

shapes = hnp.array_shapes(min_dims=2, max_dims=3, max_side=7)
labels = st.integers(0, 6)
pairs = shapes.flatmap(
    lambda shape: st.tuples(hnp.arrays(np.int32, shape, elements=labels), hnp.arrays(np.uint16, shape, elements=labels))
)
thresholds = st.sampled_from([0.05, 0.2, 0.3, 0.5, 0.6, 0.75, 1.0])


@pytest.fixture(scope="module")
def stardist_matching():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return importlib.import_module("stardist.matching").matching


def discs(rng, count=40, size=128, jitter=0.0):
    """Overlapping discs with labels that are neither consecutive nor in order."""
    image = np.zeros((size, size), np.uint16)
    y, x = np.indices(image.shape)
    names = rng.permutation(np.arange(1, 20 * count, 7))[:count]
    for name, (cy, cx), radius in zip(names, rng.uniform(0, size, (count, 2)), rng.uniform(4, 10, count), strict=True):
        shift = rng.normal(0, jitter, 2)
        image[(y - cy - shift[0]) ** 2 + (x - cx - shift[1]) ** 2 < radius**2] = name
    return image


def brute_force(truth, prediction, threshold):
    """Return (tp, sum of IoU) of the matching with most pairs and, of those, most IoU, by dense assignment."""
    a = [truth == name for name in np.unique(truth) if name]
    b = [prediction == name for name in np.unique(prediction) if name]
    if not a or not b:
        return 0, 0.0
    iou = np.array([[(s & t).sum() / (s | t).sum() for t in b] for s in a])
    gain = np.where(iou >= threshold, 1000 + iou, 0.0)
    chosen = iou[linear_sum_assignment(-gain)]
    chosen = chosen[chosen >= threshold]
    return len(chosen), float(chosen.sum())


@given(pairs, thresholds)
@settings(max_examples=150, deadline=None)
def test_matching_is_optimal(pair, threshold):
    truth, prediction = pair
    found = match(truth, prediction, threshold)
    tp, iou_sum = brute_force(truth, prediction, threshold)
    assert found.tp == tp
    assert found.iou_sum == pytest.approx(iou_sum)
    assert found.n_truth == len(set(np.unique(truth)) - {0})
    assert found.n_predicted == len(set(np.unique(prediction)) - {0})


@given(pairs, thresholds)
@settings(max_examples=100, deadline=None)
def test_symmetric_bounded_and_one_to_one(pair, threshold):
    truth, prediction = pair
    there, back = match(truth, prediction, threshold), match(prediction, truth, threshold)
    assert (there.tp, there.fp, there.fn) == (back.tp, back.fn, back.fp)
    assert there.iou_sum == pytest.approx(back.iou_sum)
    assert all(0 <= there.scores()[name] <= 1 for name in type(there).rates)
    assert there.pairs.shape == (there.tp, 2)
    for column, image in zip(there.pairs.T, pair, strict=True):
        assert len(set(column)) == there.tp
        assert np.isin(column, image).all()
        assert 0 not in column


@given(pairs, st.permutations(range(1, 7)), st.integers(1, 10**7))
@settings(max_examples=60, deadline=None)
def test_names_of_labels_do_not_matter(pair, order, factor):
    truth, prediction = pair
    renamed = np.array([0, *order])[truth] * np.int64(factor)
    plain, other = match(truth, prediction, 0.3), match(renamed, prediction, 0.3)
    assert (plain.tp, plain.fp, plain.fn) == (other.tp, other.fp, other.fn)
    assert plain.iou_sum == pytest.approx(other.iou_sum)


@given(pairs)
@settings(max_examples=50, deadline=None)
def test_a_stricter_threshold_never_finds_more(pair):
    matchings = match_thresholds(*pair, [0.1, 0.3, 0.5, 0.7, 0.9])
    assert [m.tp for m in matchings] == sorted((m.tp for m in matchings), reverse=True)
    assert match(pair[0], pair[0], 1.0).f1 == 1.0


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("threshold", [0.3, 0.5, 0.7, 0.9])
def test_agrees_with_stardist(stardist_matching, seed, threshold):
    rng = np.random.default_rng(seed)
    truth = discs(np.random.default_rng(seed + 100))
    prediction = discs(np.random.default_rng(seed + 100), jitter=1.5)
    prediction[rng.random(prediction.shape) < 0.05] = 0
    ours, theirs = match(truth, prediction, threshold), stardist_matching(truth, prediction, thresh=threshold)
    assert (ours.tp, ours.fp, ours.fn) == (theirs.tp, theirs.fp, theirs.fn)
    assert ours.tp + ours.fp + ours.fn > 30
    named = {
        "precision": "precision",
        "recall": "recall",
        "f1": "f1",
        "average_precision": "accuracy",
        "panoptic_quality": "panoptic_quality",
        "mean_matched_iou": "mean_matched_score",
        "mean_true_iou": "mean_true_score",
    }
    for our_name, their_name in named.items():
        assert getattr(ours, our_name) == pytest.approx(getattr(theirs, their_name)), our_name


def test_where_stardist_differs(stardist_matching):
    empty = np.zeros((8, 8), np.uint16)
    assert stardist_matching(empty, empty).f1 == 0  # ours is 1: nothing to find, nothing found
    assert match(empty, empty).f1 == 1.0


def test_the_table_of_empty_images():
    empty = np.zeros((8, 8), int)
    object_ = empty.copy()
    object_[2:4, 2:4] = 9
    rates = type(match(empty, empty)).rates
    assert all(match(empty, empty).scores()[name] == 1.0 for name in rates)
    assert all(match(empty, object_).scores()[name] == 0.0 for name in rates)
    assert all(match(object_, empty).scores()[name] == 0.0 for name in rates)
    assert match(np.empty((0, 0), int), np.empty((0, 0), int)).f1 == 1.0


def test_a_tie_at_one_half_is_matched_once():
    truth, prediction = np.ones(4, int), np.array([1, 1, 2, 2])
    found = match(truth, prediction, 0.5)
    assert (found.tp, found.fp, found.fn) == (1, 1, 0)
    assert found.mean_matched_iou == 0.5


def test_more_pairs_go_before_better_pairs():
    # truth 1 overlaps both predictions, truth 2 only prediction 1: the greedy choice (1, 1) would leave truth 2 alone
    truth = np.array([1] * 6 + [2] * 4 + [0] * 2)
    prediction = np.array([2] * 2 + [1] * 8 + [0] * 2)
    found = match(truth, prediction, 0.2)
    assert sorted(map(tuple, found.pairs)) == [(1, 2), (2, 1)]


def test_three_dimensions_and_many_objects_use_the_same_rule():
    rng = np.random.default_rng(0)
    truth = np.arange(12**3).reshape(12, 12, 12).repeat(2, 0).repeat(2, 1).repeat(2, 2) + 1  # 1,728 cubes of 8 voxels
    prediction = rng.permutation(truth.max() + 1)[truth] + 1
    assert match(truth, prediction).f1 == 1.0
    shifted = np.roll(prediction, 1, axis=0)
    table = contingency(truth, shifted)
    assert len(table.iou) == 2 * 12**3
    np.testing.assert_allclose(table.iou, 1 / 3)
    assert match(truth, shifted, 0.5).tp == 0
    assert match(truth, shifted, 1 / 3).tp == 12**3


def test_mean_average_precision():
    truth, prediction = np.array([1] * 10 + [0] * 2), np.array([1] * 8 + [0] * 4)  # IoU 0.8: 7 of the 10 thresholds
    assert mean_average_precision(truth, prediction) == pytest.approx(0.7)
    assert mean_average_precision(truth, prediction, [0.9]) == 0.0


@pytest.mark.parametrize(
    ("truth", "prediction", "threshold", "message"),
    [
        (np.zeros(3, int), np.zeros(4, int), 0.5, "one shape"),
        (np.zeros(3, bool), np.zeros(3, int), 0.5, r"skimage\.measure\.label"),
        (np.zeros(3, int), np.zeros(3), 0.5, "whole numbers"),
        (np.zeros(3, int), np.array([0, -1, 1]), 0.5, "at least 0"),
        (np.zeros(3, int), np.zeros(3, int), 0.0, "above 0 and at most 1"),
        (np.zeros(3, int), np.zeros(3, int), 50, "above 0 and at most 1"),
    ],
)
def test_bad_input_is_named(truth, prediction, threshold, message):
    with pytest.raises(InvalidInput, match=message):
        match(truth, prediction, threshold)
