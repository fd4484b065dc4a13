"""True positives, false positives, false negatives, and the rates that follow from them."""

from dataclasses import dataclass
from typing import ClassVar

from parfocal.errors import InvalidInput


def ratio(numerator: float, denominator: float, *, empty: bool) -> float:
    """Return ``numerator / denominator``; 0 / 0 is 1.0 when truth and prediction are both ``empty``, else 0.0.

    This is the one rule for empty images in all of parfocal: nothing to find and nothing found is perfect, and a
    rate that does not exist for another reason (the precision of an empty prediction) earns nothing, so that no
    search is drawn to pipelines that find nothing.
    """
    if denominator == 0:
        return 1.0 if empty else 0.0
    return float(numerator / denominator)


@dataclass(frozen=True)
class Counts:
    """Objects found, made up and missed; the counts of two images add.

    Parameters
    ----------
    tp, fp, fn
        True positives, false positives, false negatives; whole numbers >= 0.
    """

    rates: ClassVar[tuple[str, ...]] = ("f1", "precision", "recall", "average_precision")
    """Names of the properties in [0, 1], in the order in which they are shown."""

    tp: int
    fp: int
    fn: int

    def __post_init__(self) -> None:
        if min(self.tp, self.fp, self.fn) < 0:
            raise InvalidInput(f"Counts must be at least 0; got tp={self.tp}, fp={self.fp}, fn={self.fn}.")

    @property
    def n_truth(self) -> int:
        """Number of true objects."""
        return self.tp + self.fn

    @property
    def n_predicted(self) -> int:
        """Number of predicted objects."""
        return self.tp + self.fp

    @property
    def empty(self) -> bool:
        """Whether there was nothing to find and nothing was found."""
        return self.tp + self.fp + self.fn == 0

    @property
    def precision(self) -> float:
        """``tp / (tp + fp)``, in [0, 1]."""
        return ratio(self.tp, self.n_predicted, empty=self.empty)

    @property
    def recall(self) -> float:
        """``tp / (tp + fn)``, in [0, 1]."""
        return ratio(self.tp, self.n_truth, empty=self.empty)

    @property
    def f1(self) -> float:
        """``2 tp / (2 tp + fp + fn)``, in [0, 1]: the harmonic mean of precision and recall."""
        return ratio(2 * self.tp, 2 * self.tp + self.fp + self.fn, empty=self.empty)

    @property
    def average_precision(self) -> float:
        """``tp / (tp + fp + fn)``, in [0, 1]: the score of the 2018 Data Science Bowl, ``accuracy`` in StarDist."""
        return ratio(self.tp, self.tp + self.fp + self.fn, empty=self.empty)

    def scores(self) -> dict[str, float]:
        """Return every rate and the three counts by name, as floats."""
        rates = {name: float(getattr(self, name)) for name in self.rates}
        return {**rates, "tp": float(self.tp), "fp": float(self.fp), "fn": float(self.fn)}
