"""Matching of detected points with annotated ones: the optimal one-to-one assignment within a gate."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from parfocal.errors import InvalidInput
from parfocal.metrics.assignment import assign
from parfocal.metrics.counts import Counts
from parfocal.typing import Floats, Ints

_TOLERANCE = 1e-9
"""Relative: a distance equal to the gate but for rounding (0.1 µm x 50 px against 5 µm) counts as within."""


def _no_pairs() -> Ints:
    return np.empty((0, 2), dtype=np.int64)


def _no_distances() -> Floats:
    return np.empty(0)


@dataclass(frozen=True)
class PointMatching(Counts):
    """Points matched one to one within a gate; the matchings of two images add (pooled scores).

    Parameters
    ----------
    tp, fp, fn
        Matched pairs, detections left over, annotated points left over.
    gate
        Largest distance of a pair, in pixels or in the unit of the spacing.
    pairs : Ints (tp, 2)
        Row of the truth and row of the detection of each pair. In a sum of matchings: those of all images in turn.
    distances : Floats (tp,)
        Distance of each pair.
    """

    gate: float
    pairs: Ints = field(default_factory=_no_pairs, repr=False, compare=False)
    distances: Floats = field(default_factory=_no_distances, repr=False, compare=False)

    def __add__(self, other: object) -> "PointMatching":
        if other == 0:  # so that sum() works
            return self
        if not isinstance(other, PointMatching):
            return NotImplemented
        if other.gate != self.gate:
            raise InvalidInput(f"Matchings within different gates cannot be pooled; got {self.gate} and {other.gate}.")
        return PointMatching(
            self.tp + other.tp, self.fp + other.fp, self.fn + other.fn, self.gate,
            np.concatenate([self.pairs, other.pairs]), np.concatenate([self.distances, other.distances]),
        )  # fmt: skip

    __radd__ = __add__

    @property
    def rmse(self) -> float:
        """Root mean square distance of the pairs, in the unit of the gate; NaN where there is no pair."""
        return math.sqrt(float(np.mean(self.distances**2))) if len(self.distances) else math.nan


def match_points(
    truth: Any, detected: Any, gate: float, spacing: float | Sequence[float] | None = None
) -> PointMatching:
    """Match detections with annotated points, at most one to one, none farther apart than the gate.

    First as many pairs as possible, then the smallest sum of distances: Munkres' assignment with a gate, as in the
    experiments of the HyperHyper paper (gate of 5 px). Work and memory grow with the number of pairs within the gate
    (a k-d tree finds them), not with the product of the numbers of points.

    Parameters
    ----------
    truth : array_like (n, k)
        Annotated points, pixels, k = 2 (y, x) or 3 (z, y, x); an empty list is no point.
    detected : array_like (m, k)
        Detected points.
    gate : float
        Largest distance of a pair, inclusive; in pixels, or in the unit of ``spacing`` where that is given.
    spacing : float or (k,), optional
        Size of a pixel along each axis, in the order of the columns (µm, for instance).

    Raises
    ------
    InvalidInput
        If the shapes do not fit, a coordinate is not finite, or gate or spacing is not positive.
    """
    if not (math.isfinite(gate) and gate > 0):
        raise InvalidInput(f"gate must be a distance above 0; got {gate!r}.")
    true, found = _points(truth, "truth"), _points(detected, "detected")
    if true.size and found.size and true.shape[1] != found.shape[1]:
        raise InvalidInput(
            f"truth and detected must have the same number of columns (y, x or z, y, x); got {true.shape[1]} and "
            f"{found.shape[1]}."
        )
    n, m = len(true), len(found)
    if n == 0 or m == 0:
        return PointMatching(0, m, n, float(gate))
    if spacing is not None:
        size = _spacing(spacing, true.shape[1])
        true, found = true * size, found * size
    from scipy.spatial import cKDTree

    near = cKDTree(true).sparse_distance_matrix(cKDTree(found), gate * (1 + _TOLERANCE), output_type="ndarray")
    near = near[np.lexsort((near["j"], near["i"]))]  # the tree's own order is not ours to rely on
    chosen = near[assign(near["i"], near["j"], near["v"])]
    pairs = np.column_stack([chosen["i"], chosen["j"]]).astype(np.int64)
    tp = len(chosen)
    return PointMatching(tp, m - tp, n - tp, float(gate), pairs, chosen["v"].astype(np.float64))


def _points(points: Any, name: str) -> Floats:
    array = np.asarray(points, dtype=np.float64)
    if array.size == 0:
        return np.empty((0, array.shape[1] if array.ndim == 2 and array.shape[1] else 2))
    if array.ndim != 2:
        raise InvalidInput(f"{name} must have the shape (n, 2) or (n, 3), one row a point; got {array.shape}.")
    if not np.isfinite(array).all():
        raise InvalidInput(
            f"{name} has coordinates that are not finite (row {int(np.argwhere(~np.isfinite(array))[0, 0])})."
        )
    return array


def _spacing(spacing: float | Sequence[float], dimension: int) -> Floats:
    size = np.asarray(spacing, dtype=np.float64)
    if size.shape not in ((), (dimension,)) or not (np.isfinite(size).all() and (size > 0).all()):
        raise InvalidInput(f"spacing must be one number above 0, or {dimension} of them; got {spacing!r}.")
    return size
