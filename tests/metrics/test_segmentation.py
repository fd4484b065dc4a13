import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.metrics import f1_score, jaccard_score

from parfocal.errors import InvalidInput
from parfocal.metrics import Overlap, dice, iou, overlap, soft_dice, soft_overlap

shapes = hnp.array_shapes(min_dims=1, max_dims=3, max_side=6)
masks = shapes.flatmap(lambda shape: st.tuples(hnp.arrays(bool, shape), hnp.arrays(bool, shape)))
unit = st.floats(0, 1, width=32)
maps = shapes.flatmap(lambda shape: st.tuples(hnp.arrays(np.float32, shape, elements=unit), hnp.arrays(bool, shape)))


@given(masks)
def test_masks_agree_with_sklearn(pair):
    truth, prediction = pair
    expected = {
        "dice": f1_score(truth.ravel(), prediction.ravel(), zero_division=1.0),
        "iou": jaccard_score(truth.ravel(), prediction.ravel(), zero_division=1.0),
    }
    assert dice(truth, prediction) == pytest.approx(expected["dice"])
    assert iou(truth, prediction) == pytest.approx(expected["iou"])


@given(masks)
def test_overlap_is_symmetric_bounded_and_consistent(pair):
    truth, prediction = pair
    there, back = overlap(truth, prediction), overlap(prediction, truth)
    assert there.dice == back.dice
    assert there.iou == back.iou
    assert there.precision == back.recall
    assert all(0 <= value <= 1 for value in there.scores().values())
    assert there.dice == pytest.approx(2 * there.iou / (1 + there.iou))
    assert overlap(truth, truth).dice == 1.0


@given(masks, st.booleans())
def test_soft_dice_of_masks_is_the_hard_one(pair, squared):
    truth, prediction = pair
    assert soft_dice(truth, prediction, squared=squared) == pytest.approx(dice(truth, prediction))


@given(maps, st.booleans())
def test_soft_dice_is_bounded_and_symmetric(pair, squared):
    probability, truth = pair
    score = soft_dice(truth, probability, squared=squared)
    assert 0 <= score <= 1 + 1e-12
    assert score == pytest.approx(soft_dice(probability, truth, squared=squared))


def test_soft_dice_by_hand():
    truth, probability = [1, 1, 0, 0], [0.5, 1.0, 0.5, 0.0]
    assert soft_dice(truth, probability) == pytest.approx(2 * 1.5 / (2 + 2))
    assert soft_dice(truth, probability, squared=True) == pytest.approx(2 * 1.5 / (2 + 1.5))
    assert soft_overlap(truth, probability).iou == pytest.approx(1.5 / 2.5)


@pytest.mark.parametrize("score", [dice, iou, soft_dice])
def test_the_table_of_empty_images(score):
    empty, full = np.zeros((4, 4), int), np.ones((4, 4), int)
    assert score(empty, empty) == 1.0
    assert score(empty, full) == 0.0
    assert score(full, empty) == 0.0


def test_precision_and_recall_of_empty_masks():
    assert overlap([False], [False]).scores() == {"dice": 1, "iou": 1, "precision": 1, "recall": 1}
    assert overlap([True], [False]).precision == 0.0
    assert overlap([False], [True]).recall == 0.0


def test_labels_count_as_foreground_and_pooling_adds_pixels():
    one = overlap(np.array([0, 3, 7]), np.array([1, 1, 0]))
    two = overlap(np.array([1, 1, 1]), np.array([1, 1, 1]))
    assert one + two == Overlap(4, 5, 5)
    assert sum([one, two]).dice == pytest.approx(0.8)


def test_bad_input_is_named():
    with pytest.raises(InvalidInput, match="one shape"):
        dice(np.zeros(3, bool), np.zeros(4, bool))
    with pytest.raises(InvalidInput, match="soft_dice"):
        dice(np.zeros(3), np.zeros(3, bool))
    with pytest.raises(InvalidInput, match="between 0 and 1"):
        soft_dice([0, 1], [0, 255])
    with pytest.raises(InvalidInput, match="between 0 and 1"):
        soft_dice([0, 1], [0, np.nan])


def test_the_arguments_are_left_alone():
    truth, prediction = np.array([0, 2, 3]), np.array([1, 0, 4])
    copies = truth.copy(), prediction.copy()
    dice(truth, prediction)
    np.testing.assert_array_equal((truth, prediction), copies)
