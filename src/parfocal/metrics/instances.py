"""Matching of labelled objects by intersection over union, in any dimension."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from parfocal.errors import InvalidInput
from parfocal.metrics.assignment import assign
from parfocal.metrics.counts import Counts, ratio
from parfocal.typing import Floats, Ints


def _no_pairs() -> Ints:
    return np.empty((0, 2), dtype=np.int64)


@dataclass(frozen=True)
class Matching(Counts):
    """Objects matched one to one at an IoU threshold; the matchings of two images add (pooled scores).

    Parameters
    ----------
    tp, fp, fn
        Matched pairs, predicted objects left over, true objects left over.
    threshold
        Smallest IoU of a pair, in (0, 1].
    iou_sum
        Sum of the IoU of all matched pairs.
    pairs : Ints (tp, 2)
        Labels of each matched pair: truth, prediction. In a sum of matchings: those of all images in turn.
    """

    rates: ClassVar[tuple[str, ...]] = (*Counts.rates, "panoptic_quality", "mean_matched_iou", "mean_true_iou")

    threshold: float
    iou_sum: float
    pairs: Ints = field(default_factory=_no_pairs, repr=False, compare=False)

    def __add__(self, other: object) -> "Matching":
        if other == 0:  # so that sum() works
            return self
        if not isinstance(other, Matching):
            return NotImplemented
        if other.threshold != self.threshold:
            raise InvalidInput(
                f"Matchings at different thresholds cannot be pooled; got {self.threshold} and {other.threshold}."
            )
        return Matching(
            self.tp + other.tp, self.fp + other.fp, self.fn + other.fn, self.threshold, self.iou_sum + other.iou_sum,
            np.concatenate([self.pairs, other.pairs]),
        )  # fmt: skip

    __radd__ = __add__

    @property
    def mean_matched_iou(self) -> float:
        """Mean IoU of the matched pairs, in [0, 1]: the segmentation quality SQ of Kirillov et al. 2019, eq. 2."""
        return ratio(self.iou_sum, self.tp, empty=self.empty)

    @property
    def mean_true_iou(self) -> float:
        """Sum of the matched IoU over the number of true objects, in [0, 1]."""
        return ratio(self.iou_sum, self.n_truth, empty=self.empty)

    @property
    def panoptic_quality(self) -> float:
        """``sum IoU / (tp + fp/2 + fn/2)``, in [0, 1] (Kirillov et al. 2019, eq. 1): SQ times F1."""
        return ratio(self.iou_sum, self.tp + self.fp / 2 + self.fn / 2, empty=self.empty)


@dataclass(frozen=True)
class Contingency:
    """How many pixels each true object shares with each predicted one; only pairs that touch are kept.

    Parameters
    ----------
    truth_labels, predicted_labels : Ints (n,), (m,)
        The labels that occur, ascending, without background 0.
    truth_sizes, predicted_sizes : Ints (n,), (m,)
        Pixels of each object.
    rows, columns, shared : Ints (p,)
        Index of the true object, index of the predicted one, pixels in both (> 0).
    """

    truth_labels: Ints
    predicted_labels: Ints
    truth_sizes: Ints
    predicted_sizes: Ints
    rows: Ints
    columns: Ints
    shared: Ints

    @property
    def iou(self) -> Floats:
        """Intersection over union of each touching pair, (p,) in (0, 1]."""
        union = self.truth_sizes[self.rows] + self.predicted_sizes[self.columns] - self.shared
        return np.asarray(self.shared / union, dtype=np.float64)


def contingency(truth: Any, prediction: Any) -> Contingency:
    """Count the pixels that objects share; labels may be any whole numbers >= 0, 0 is background.

    Raises
    ------
    InvalidInput
        If the shapes differ, or an array does not hold labels (fractions, negative numbers, a mask).
    """
    true, predicted = _labels(truth, "truth"), _labels(prediction, "prediction")
    if true.shape != predicted.shape:
        raise InvalidInput(f"truth and prediction must have one shape; got {true.shape} and {predicted.shape}.")
    names, codes = zip(*(_compact(image) for image in (true.ravel(), predicted.ravel())), strict=True)
    rows, columns, shared = _count(*codes, *map(len, names))
    sizes = [
        np.bincount(ends, weights=shared, minlength=len(name)).astype(np.int64)
        for ends, name in zip((rows, columns), names, strict=True)
    ]
    found = [np.flatnonzero((size > 0) & (name > 0)) for size, name in zip(sizes, names, strict=True)]
    pair = (names[0][rows] > 0) & (names[1][columns] > 0)
    return Contingency(
        truth_labels=names[0][found[0]], predicted_labels=names[1][found[1]],
        truth_sizes=sizes[0][found[0]], predicted_sizes=sizes[1][found[1]],
        rows=np.searchsorted(found[0], rows[pair]), columns=np.searchsorted(found[1], columns[pair]),
        shared=shared[pair],
    )  # fmt: skip


def match(truth: Any, prediction: Any, threshold: float = 0.5) -> Matching:
    """Match the objects of two label images one to one where their IoU reaches the threshold.

    The number of pairs is maximal and, among all such matchings, the sum of the IoU of the pairs is maximal. Above
    a threshold of 0.5 each object has at most one partner and there is nothing to choose.

    Parameters
    ----------
    truth, prediction : array_like of one shape
        Labels >= 0 in any dimension, not necessarily consecutive; 0 is background.
    threshold : float
        In (0, 1].
    """
    return match_thresholds(truth, prediction, [threshold])[0]


def match_thresholds(truth: Any, prediction: Any, thresholds: Sequence[float]) -> tuple[Matching, ...]:
    """Return :func:`match` at several thresholds; the pixels are counted once."""
    for threshold in thresholds:
        if not 0 < threshold <= 1:
            raise InvalidInput(f"threshold must be above 0 and at most 1, an IoU; got {threshold!r}.")
    table = contingency(truth, prediction)
    iou = table.iou
    return tuple(_match(table, iou, float(threshold)) for threshold in thresholds)


def mean_average_precision(truth: Any, prediction: Any, thresholds: Sequence[float] | None = None) -> float:
    """Return ``tp / (tp + fp + fn)``, averaged over IoU thresholds (0.5, 0.55, ..., 0.95 by default), in [0, 1]."""
    steps = [(10 + i) / 20 for i in range(10)] if thresholds is None else thresholds
    return float(np.mean([matching.average_precision for matching in match_thresholds(truth, prediction, steps)]))


def _match(table: Contingency, iou: Floats, threshold: float) -> Matching:
    allowed = np.flatnonzero(iou >= threshold)
    rows, columns = table.rows[allowed], table.columns[allowed]
    chosen = assign(rows, columns, 1.0 - iou[allowed])
    pairs = np.column_stack([table.truth_labels[rows[chosen]], table.predicted_labels[columns[chosen]]])
    tp = len(chosen)
    return Matching(
        tp=tp, fp=len(table.predicted_labels) - tp, fn=len(table.truth_labels) - tp, threshold=threshold,
        iou_sum=float(iou[allowed][chosen].sum()), pairs=pairs.astype(np.int64),
    )  # fmt: skip


def _labels(array: Any, name: str) -> NDArray[Any]:
    labels = np.asarray(array)
    if labels.dtype == np.bool_:
        raise InvalidInput(
            f"{name} is a mask of True and False, but objects need a label each: use skimage.measure.label first, or "
            f"dice for masks."
        )
    if not np.issubdtype(labels.dtype, np.integer):
        raise InvalidInput(f"{name} must hold labels, whole numbers; got {labels.dtype}.")
    if labels.size and labels.min() < 0:
        raise InvalidInput(f"{name} must hold labels of at least 0 (0 is background); got {labels.min()}.")
    return labels


def _compact(flat: NDArray[Any]) -> tuple[Ints, NDArray[Any]]:
    """Return names of labels, ascending, and the index of each pixel's name; names may include ones of no pixel."""
    top = int(flat.max()) if flat.size else 0
    if top < 1024:  # as they are: the table of pairs stays small
        return np.arange(top + 1), flat
    if top > max(4 * flat.size, 1 << 16):
        values, code = np.unique(flat, return_inverse=True)
        return values.astype(np.int64), code.ravel()
    occurs = np.zeros(top + 1, dtype=np.bool_)
    occurs[flat] = True
    return np.flatnonzero(occurs), (np.cumsum(occurs) - 1)[flat]


def _count(rows: NDArray[Any], columns: NDArray[Any], n: int, m: int) -> tuple[Ints, Ints, Ints]:
    """Count equal pairs: by a dense table where that is small, else by a sparse one."""
    if n * m <= 1 << 20:
        code = rows.astype(np.int32)  # half the memory traffic of int64, and n * m fits
        code *= m
        code += columns.astype(np.int32, copy=False)
        table = np.bincount(code, minlength=1)
        filled = np.flatnonzero(table)
        return filled // m, filled % m, table[filled]
    from scipy.sparse import coo_array

    sparse = coo_array((np.ones(len(rows), dtype=np.int64), (rows, columns)), shape=(n, m)).tocsr()
    sparse.sum_duplicates()
    pairs = sparse.tocoo()
    return pairs.row.astype(np.int64), pairs.col.astype(np.int64), pairs.data.astype(np.int64)
