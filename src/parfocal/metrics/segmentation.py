"""Overlap of foreground masks and of probability maps: Dice and intersection over union, in any dimension."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from parfocal.errors import InvalidInput
from parfocal.metrics.counts import ratio
from parfocal.typing import Bools, Floats


@dataclass(frozen=True)
class Overlap:
    """Sums behind Dice and IoU; those of two images add, which gives the pooled score.

    Parameters
    ----------
    intersection, truth, prediction
        Foreground in both, in the truth, in the prediction; pixels, or sums of probabilities; >= 0.
    """

    rates: ClassVar[tuple[str, ...]] = ("dice", "iou", "precision", "recall")

    intersection: float
    truth: float
    prediction: float

    def __add__(self, other: object) -> "Overlap":
        if other == 0:  # so that sum() works
            return self
        if not isinstance(other, Overlap):
            return NotImplemented
        return Overlap(
            self.intersection + other.intersection, self.truth + other.truth, self.prediction + other.prediction
        )

    __radd__ = __add__

    @property
    def empty(self) -> bool:
        """Whether truth and prediction have no foreground at all."""
        return self.truth + self.prediction == 0

    @property
    def dice(self) -> float:
        """``2 |T n P| / (|T| + |P|)``, in [0, 1] (Dice 1945); the F1 of pixels."""
        return ratio(2 * self.intersection, self.truth + self.prediction, empty=self.empty)

    @property
    def iou(self) -> float:
        """``|T n P| / |T u P|``, in [0, 1] (Jaccard 1901)."""
        return ratio(self.intersection, self.truth + self.prediction - self.intersection, empty=self.empty)

    @property
    def precision(self) -> float:
        """Share of the predicted foreground that is true, in [0, 1]."""
        return ratio(self.intersection, self.prediction, empty=self.empty)

    @property
    def recall(self) -> float:
        """Share of the true foreground that is found, in [0, 1]."""
        return ratio(self.intersection, self.truth, empty=self.empty)

    def scores(self) -> dict[str, float]:
        """Return every rate by name."""
        return {name: float(getattr(self, name)) for name in self.rates}


def overlap(truth: Any, prediction: Any) -> Overlap:
    """Return the overlap of two masks of one shape; whole numbers count as foreground where they are not 0.

    Raises
    ------
    InvalidInput
        If the shapes differ, or an array holds fractions.
    """
    true, predicted = _mask(truth, "truth"), _mask(prediction, "prediction")
    _same_shape(true, predicted)
    both = np.count_nonzero(true & predicted)
    return Overlap(float(both), float(np.count_nonzero(true)), float(np.count_nonzero(predicted)))


def soft_overlap(truth: Any, probability: Any, *, squared: bool = False) -> Overlap:
    """Return the overlap of two maps of probabilities in [0, 1]; a mask is a map of zeros and ones.

    Parameters
    ----------
    truth, probability : array_like of one shape
        Values in [0, 1].
    squared : bool
        Sum the squares in the denominators (Milletari et al. 2016, V-Net) instead of the values. For masks both
        forms are the hard Dice.
    """
    true, predicted = _map(truth, "truth"), _map(probability, "probability")
    _same_shape(true, predicted)
    power = 2 if squared else 1
    return Overlap(float((true * predicted).sum()), float((true**power).sum()), float((predicted**power).sum()))


def dice(truth: Any, prediction: Any) -> float:
    """Return the hard Dice of two masks, in [0, 1]; two empty masks score 1.0."""
    return overlap(truth, prediction).dice


def iou(truth: Any, prediction: Any) -> float:
    """Return the intersection over union of two masks, in [0, 1]; two empty masks score 1.0."""
    return overlap(truth, prediction).iou


def soft_dice(truth: Any, probability: Any, *, squared: bool = False) -> float:
    """Return the soft Dice of a mask and a map of probabilities, in [0, 1]; two empty maps score 1.0.

    ``2 sum(t p) / (sum(t) + sum(p))``, without a smoothing constant; see :func:`soft_overlap` for ``squared``.
    """
    return soft_overlap(truth, probability, squared=squared).dice


def _mask(array: Any, name: str) -> Bools:
    mask = np.asarray(array)
    if mask.dtype == np.bool_:
        return mask
    if not np.issubdtype(mask.dtype, np.integer):
        raise InvalidInput(
            f"{name} must be a mask of True and False or of whole numbers; got {mask.dtype}: threshold it first "
            f"({name} > 0.5), or use soft_dice for probabilities."
        )
    return np.asarray(mask != 0)


def _map(array: Any, name: str) -> Floats:
    values = np.asarray(array, dtype=np.float64)
    if values.size and not (values.min() >= 0 and values.max() <= 1):
        raise InvalidInput(
            f"{name} must hold probabilities between 0 and 1; got values from {values.min():g} to {values.max():g}."
        )
    return values


def _same_shape(truth: NDArray[Any], prediction: NDArray[Any]) -> None:
    if truth.shape != prediction.shape:
        raise InvalidInput(f"truth and prediction must have one shape; got {truth.shape} and {prediction.shape}.")
