import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parfocal import metrics
from parfocal.errors import InvalidInput
from parfocal.metrics import Confusion, Counts, Matching, Overlap, PointMatching

whole = st.integers(0, 1000)


@given(whole, whole, whole)
def test_rates_are_bounded_finite_and_ordered(tp, fp, fn):
    counts = Counts(tp, fp, fn)
    scores = counts.scores()
    assert all(0 <= scores[name] <= 1 for name in Counts.rates)
    assert scores["average_precision"] <= scores["f1"]
    assert min(counts.precision, counts.recall) <= counts.f1 + 1e-12
    assert counts.f1 <= max(counts.precision, counts.recall) + 1e-12


@given(st.integers(1, 1000), whole, whole)
def test_f1_is_the_harmonic_mean(tp, fp, fn):
    counts = Counts(tp, fp, fn)
    assert counts.f1 == pytest.approx(2 / (1 / counts.precision + 1 / counts.recall))


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        (Counts(0, 0, 0), {"f1": 1, "precision": 1, "recall": 1, "average_precision": 1}),
        (Counts(0, 3, 0), {"f1": 0, "precision": 0, "recall": 0, "average_precision": 0}),
        (Counts(0, 0, 3), {"f1": 0, "precision": 0, "recall": 0, "average_precision": 0}),
    ],
)
def test_the_table_of_empty_images(counts, expected):
    assert {name: getattr(counts, name) for name in Counts.rates} == expected


def test_negative_counts_are_refused():
    with pytest.raises(InvalidInput, match="at least 0"):
        Counts(1, -1, 0)


def matching(tp, fp, fn, threshold=0.5):
    pairs = np.arange(2 * tp).reshape(tp, 2)
    return Matching(tp, fp, fn, threshold, 0.8 * tp, pairs)


def test_sum_pools_counts_and_keeps_all_pairs():
    total = sum([matching(3, 1, 0), matching(0, 0, 5), matching(2, 2, 2)])
    assert (total.tp, total.fp, total.fn) == (5, 3, 7)
    assert total.pairs.shape == (5, 2)
    assert total.mean_matched_iou == pytest.approx(0.8)
    assert total.panoptic_quality == pytest.approx(total.mean_matched_iou * total.f1)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (matching(1, 0, 0, 0.5), matching(1, 0, 0, 0.6)),
        (PointMatching(0, 1, 1, 3.0), PointMatching(0, 1, 1, 5.0)),
        (metrics.confusion([0, 1], [0, 1]), metrics.confusion(["a"], ["b"])),
    ],
)
def test_what_was_counted_by_different_rules_cannot_be_pooled(left, right):
    with pytest.raises(InvalidInput, match="cannot be pooled"):
        left + right


@pytest.mark.parametrize("result", [matching(1, 0, 0), PointMatching(0, 1, 1, 3.0), Overlap(1, 2, 3)])
def test_only_like_adds_to_like(result):
    with pytest.raises(TypeError):
        result + "x"
    assert sum([result]) == result


def test_summary_has_pooled_scores_means_and_spreads():
    results = {"a": matching(9, 1, 1), "b": matching(0, 0, 1)}
    summary = metrics.summarize(results)
    assert summary["tp"] == 9
    assert summary["f1"] == pytest.approx(18 / 21)
    assert summary["mean_f1"] == pytest.approx(0.45)
    assert summary["std_f1"] == pytest.approx(0.45)
    assert all(np.isfinite(value) for value in summary.values())
    assert metrics.per_image(results)["a"]["f1"] == pytest.approx(0.9)


def test_summary_serves_every_kind_of_result():
    for result in (Overlap(1, 2, 3), PointMatching(0, 1, 1, 3.0), metrics.confusion([0, 1, 1], [0, 1, 0])):
        summary = metrics.summarize({"a": result, "b": result})
        assert set(summary) >= {f"mean_{name}" for name in type(result).rates}
        assert all(summary[f"std_{name}"] == 0 for name in type(result).rates)


def test_summary_of_nothing_is_refused():
    with pytest.raises(InvalidInput, match="at least one"):
        metrics.summarize({})


def test_confusion_checks_itself():
    with pytest.raises(InvalidInput, match="one column for each"):
        Confusion(("a", "b"), np.zeros((3, 3), dtype=np.int64))
    with pytest.raises(InvalidInput, match="at least one sample"):
        Confusion(("a",), np.zeros((1, 1), dtype=np.int64))
