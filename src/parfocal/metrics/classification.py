"""Scores of a classification from its confusion matrix."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

import numpy as np

from parfocal.errors import InvalidInput
from parfocal.typing import Bools, Floats, Ints


@dataclass(frozen=True)
class Confusion:
    """How often each class was taken for each other; the confusions of two folds add.

    A class that is *absent*, neither in the truth nor in the prediction, takes no part in a macro average. A class
    that was predicted but never true, or true but never predicted, takes part with an F1 of 0. That is what
    scikit-learn does when it is not told the labels.

    Parameters
    ----------
    classes : tuple (c,)
        Names or numbers of the classes.
    matrix : Ints (c, c)
        Samples of the class of the row that were given the class of the column.
    """

    rates: ClassVar[tuple[str, ...]] = (
        "macro_f1", "micro_f1", "macro_precision", "macro_recall", "balanced_accuracy",
    )  # fmt: skip

    classes: tuple[Hashable, ...]
    matrix: Ints = field(compare=False)

    def __post_init__(self) -> None:
        size = len(self.classes)
        if self.matrix.shape != (size, size) or (self.matrix < 0).any() or not self.matrix.any():
            raise InvalidInput(
                f"matrix must hold counts, one row and one column for each of the {size} classes, and at least one "
                f"sample; got the shape {self.matrix.shape} and a sum of {self.matrix.sum()}."
            )

    def __add__(self, other: object) -> "Confusion":
        if other == 0:  # so that sum() works
            return self
        if not isinstance(other, Confusion):
            return NotImplemented
        if other.classes != self.classes:
            raise InvalidInput(
                f"Confusions with different classes cannot be pooled; got {self.classes} and {other.classes}: give "
                f"both the same classes=."
            )
        return Confusion(self.classes, self.matrix + other.matrix)

    __radd__ = __add__

    @property
    def support(self) -> Ints:
        """Samples that are truly of each class, (c,)."""
        return np.asarray(self.matrix.sum(axis=1))

    @property
    def predicted(self) -> Ints:
        """Samples that were given each class, (c,)."""
        return np.asarray(self.matrix.sum(axis=0))

    @property
    def present(self) -> Bools:
        """Classes that occur in the truth or in the prediction, (c,)."""
        return np.asarray(self.support + self.predicted > 0)

    @property
    def f1(self) -> Floats:
        """F1 of each class, (c,) in [0, 1], NaN for an absent class."""
        return self._rate(2 * np.diagonal(self.matrix), self.support + self.predicted)

    @property
    def precision(self) -> Floats:
        """Precision of each class, (c,) in [0, 1]; 0 if it was never predicted, NaN if it is absent."""
        return self._rate(np.diagonal(self.matrix), self.predicted)

    @property
    def recall(self) -> Floats:
        """Recall of each class, (c,) in [0, 1]; 0 if it is never true, NaN if it is absent."""
        return self._rate(np.diagonal(self.matrix), self.support)

    @property
    def macro_f1(self) -> float:
        """Mean F1 of the classes that are present, in [0, 1]."""
        return float(np.nanmean(self.f1))

    @property
    def macro_precision(self) -> float:
        """Mean precision of the classes that are present, in [0, 1]."""
        return float(np.nanmean(self.precision))

    @property
    def macro_recall(self) -> float:
        """Mean recall of the classes that are present, in [0, 1]."""
        return float(np.nanmean(self.recall))

    @property
    def micro_f1(self) -> float:
        """F1 of all samples together, in [0, 1]; with one class a sample this is the accuracy."""
        return float(np.trace(self.matrix) / self.matrix.sum())

    @property
    def balanced_accuracy(self) -> float:
        """Mean recall of the classes that are in the truth, in [0, 1]."""
        return float(self.recall[self.support > 0].mean())

    def scores(self) -> dict[str, float]:
        """Return every average by name."""
        return {name: float(getattr(self, name)) for name in self.rates}

    def _rate(self, hits: Ints, total: Ints) -> Floats:
        rate = np.where(self.present, 0.0, np.nan)
        np.divide(hits, total, out=rate, where=total > 0)
        return rate


def confusion(truth: Any, predicted: Any, classes: Sequence[Hashable] | None = None) -> Confusion:
    """Count how often each class was taken for each other.

    Parameters
    ----------
    truth, predicted : array_like (n,)
        Class of each sample: whole numbers, strings or booleans.
    classes : sequence, optional
        All classes, in the order of the matrix; by default those that occur, sorted.

    Raises
    ------
    InvalidInput
        If the lengths differ, there is no sample, or a sample's class is not among ``classes``.
    """
    true, found = np.asarray(truth), np.asarray(predicted)
    if true.ndim != 1 or true.shape != found.shape or true.size == 0:
        raise InvalidInput(
            f"truth and predicted must be two lists of one length, one class a sample; got the shapes {true.shape} "
            f"and {found.shape}."
        )
    if true.dtype.kind == "f" or found.dtype.kind == "f":
        raise InvalidInput("Classes must be whole numbers or names; got fractions: take the class of highest score.")
    names = sorted({*true.tolist(), *found.tolist()}) if classes is None else list(classes)
    index = {name: i for i, name in enumerate(names)}
    unknown = sorted({str(name) for name in (*true.tolist(), *found.tolist()) if name not in index})
    if unknown:
        raise InvalidInput(f"Samples have classes that are not among classes={names}: {', '.join(unknown)}.")
    rows = np.array([index[name] for name in true.tolist()])
    columns = np.array([index[name] for name in found.tolist()])
    size = len(names)
    matrix = np.bincount(rows * size + columns, minlength=size * size).reshape(size, size)
    return Confusion(tuple(names), matrix.astype(np.int64))


def f1(
    truth: Any,
    predicted: Any,
    average: Literal["macro", "micro"] = "macro",
    classes: Sequence[Hashable] | None = None,
) -> float:
    """Return the macro or the micro F1 of a classification, in [0, 1]; see :class:`Confusion` for absent classes."""
    if average not in ("macro", "micro"):
        raise InvalidInput(f"average must be 'macro' or 'micro'; got {average!r}.")
    table = confusion(truth, predicted, classes)
    return table.macro_f1 if average == "macro" else table.micro_f1
