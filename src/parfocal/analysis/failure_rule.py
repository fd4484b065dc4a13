"""The shortest rule of where failures lie: at most three conditions on parameters, found greedily, with counts."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2

from parfocal.analysis.axes import Axis
from parfocal.typing import Bools, Floats

CONDITIONS = 3
ENOUGH = 0.9
"""A region in which this share fails is told as it is: a further condition would only make it smaller."""
LEVEL = 0.01
"""A condition is taken only where chance alone, given how many were tried, makes one as good less often than this."""


@dataclass(frozen=True)
class Condition:
    """What holds of one parameter; coordinates as on its axis."""

    axis: Axis
    low: float = -math.inf
    """Above this coordinate, not at it."""
    high: float = math.inf
    """At this coordinate or below."""
    choices: tuple[str, ...] = ()
    """Choices of a category; empty for a number."""
    active: bool | None = None
    """Whether it has to be active, where only that counts."""

    def holds(self, coordinates: Floats) -> Bools:
        """Return for which coordinates ``(n,)`` it holds; beside ``active``, never for inactive ones (NaN)."""
        if self.active is not None:
            return np.asarray(np.isnan(coordinates) != self.active)
        if self.axis.kind == "category":
            chosen = [self.axis.labels.index(choice) for choice in self.choices]
            return np.isin(coordinates, np.array(chosen, dtype=np.float64))
        return np.asarray((coordinates > self.low) & (coordinates <= self.high))

    def __str__(self) -> str:
        name, unit = self.axis.name, f" {self.axis.unit}" if self.axis.unit else ""
        if self.active is not None:
            return f"{name} {'active' if self.active else 'not active'}"
        if self.axis.kind == "category":
            return f"{name} = {' or '.join(self.choices)}"
        if math.isinf(self.low):
            return f"{name} ≤ {_text(self.high)}{unit}"
        if math.isinf(self.high):
            return f"{name} > {_text(self.low)}{unit}"
        return f"{_text(self.low)} < {name} ≤ {_text(self.high)}{unit}"


@dataclass(frozen=True)
class Rule:
    """A region of the space in which failures are frequent."""

    conditions: tuple[Condition, ...]
    """All of them have to hold."""
    failed: int
    """Failures in the region."""
    trials: int
    """Evaluated trials in the region."""
    failed_elsewhere: int
    trials_elsewhere: int

    def __str__(self) -> str:
        return " and ".join(map(str, self.conditions))


@dataclass(frozen=True)
class Levels:
    """The values of trials as indices of sorted values: sorted once, and then only counted."""

    values: tuple[Floats, ...]
    """The different values of each parameter, ascending."""
    index: NDArray[np.int32]
    """(d, n), -1 inactive."""

    def among(self, chosen: Bools) -> "Levels":
        """Return the levels of some of the trials."""
        return Levels(self.values, self.index[:, chosen])


def levels_of(coordinates: Floats) -> Levels:
    """Return the levels of coordinates ``(n, d)``."""
    index = np.full(coordinates.shape[::-1], -1, dtype=np.int32)
    values = []
    for row, x in zip(index, coordinates.T, strict=True):
        active = ~np.isnan(x)
        known, row[active] = np.unique(x[active], return_inverse=True)
        values.append(known)
    return Levels(tuple(values), index)


def failure_rule(axes: Sequence[Axis], coordinates: Floats, failed: Bools, levels: Levels | None = None) -> Rule | None:
    """Return the rule that tells failures best; None where no parameter tells more than chance would.

    One condition after the other is chosen by the likelihood ratio (G) of a split into two parts within the region so
    far, over all thresholds of numbers, all sets of choices in order of their failures (which hold the best split,
    Breiman et al. 1984, section 4.2) and over being active, and kept where its p times the number of splits tried is
    below 1 %.

    Parameters
    ----------
    axes
        The d parameters.
    coordinates
        ``(n, d)`` of evaluated trials, NaN inactive.
    failed
        ``(n,)``.
    levels
        Of the coordinates, where they are known.
    """
    levels = levels_of(coordinates) if levels is None else levels
    inside = np.ones(len(failed), dtype=np.bool_)
    conditions: list[Condition] = []
    for _ in range(CONDITIONS):
        found = _best(axes, levels if inside.all() else levels.among(inside), failed[inside])
        if found is None:
            break
        column = list(axes).index(found.axis)
        inside &= found.holds(coordinates[:, column])
        conditions.append(found)
        if failed[inside].mean() >= ENOUGH:
            break
    if not conditions:
        return None
    total, bad = int(inside.sum()), int(failed[inside].sum())
    return Rule(_joined(conditions), bad, total, int(failed.sum()) - bad, len(failed) - total)


def _best(axes: Sequence[Axis], levels: Levels, failed: Bools) -> Condition | None:
    """Return the most telling condition under which failures are more frequent, or None."""
    best: tuple[float, Condition] | None = None
    tried = 0
    for axis, values, index in zip(axes, levels.values, levels.index, strict=True):
        for gain, count, condition in (_activity(axis, index, failed), _split(axis, values, index, failed)):
            tried += count
            if condition is not None and (best is None or gain > best[0] * (1 + 1e-12)):
                best = gain, condition
    if best is None or chi2.sf(best[0], 1) * tried > LEVEL:
        return None
    return best[1]


def _activity(axis: Axis, index: NDArray[np.int32], failed: Bools) -> tuple[float, int, Condition | None]:
    active = index >= 0
    if active.all() or not active.any():
        return 0.0, 0, None
    inside, caught = np.array([float(active.sum())]), np.array([float(failed[active].sum())])
    gain = float(_gain(inside, caught, len(index), int(failed.sum()))[0])
    more = failed[active].mean() > failed[~active].mean()
    return gain, 1, Condition(axis, active=bool(more))


def _split(axis: Axis, values: Floats, index: NDArray[np.int32], failed: Bools) -> tuple[float, int, Condition | None]:
    """Return gain, number of splits tried and condition of the best split of the active trials against all others."""
    count: Floats = np.bincount(index + 1, minlength=len(values) + 1)[1:].astype(np.float64)
    hits: Floats = np.bincount(index[failed] + 1, minlength=len(values) + 1)[1:].astype(np.float64)
    there = count > 0
    levels, count, hits = values[there], count[there], hits[there]
    if len(levels) < 2:
        return 0.0, 0, None
    n, total = len(index), int(failed.sum())
    if axis.kind == "category":
        order = np.argsort(-hits / count, kind="stable")
        inside, caught = np.cumsum(count[order])[:-1], np.cumsum(hits[order])[:-1]
        gains = np.where(caught / inside > total / n, _gain(inside, caught, n, total), 0.0)
        k = int(np.argmax(gains))
        chosen = tuple(axis.labels[int(level)] for level in np.sort(levels[order[: k + 1]]))
        return float(gains[k]), len(gains), Condition(axis, choices=chosen) if gains[k] > 0 else None
    below, below_hits = np.cumsum(count)[:-1], np.cumsum(hits)[:-1]
    above, above_hits = float(count.sum()) - below, float(hits.sum()) - below_hits
    down = np.where(below_hits / below > total / n, _gain(below, below_hits, n, total), 0.0)
    up = np.where(above_hits / above > total / n, _gain(above, above_hits, n, total), 0.0)
    i, j = int(np.argmax(down)), int(np.argmax(up))
    if max(down[i], up[j]) <= 0:
        return 0.0, len(below), None
    if down[i] > up[j]:
        return float(down[i]), len(below), Condition(axis, high=_between(levels[i], levels[i + 1], axis))
    return float(up[j]), len(below), Condition(axis, low=_between(levels[j], levels[j + 1], axis))


def _gain(inside: Floats, caught: Floats, n: int, total: int) -> Floats:
    """Return G of the 2 x 2 table of a region against the rest, for each region: twice the gain in log-likelihood."""
    outside, missed = n - inside, total - caught
    return np.asarray(
        2
        * (
            _likelihood(caught, inside)
            + _likelihood(missed, outside)
            - _likelihood(np.array(float(total)), np.array(float(n)))
        )
    )


def _likelihood(hits: Floats, count: Floats) -> Floats:
    """Return the log-likelihood of a share, 0 for an empty part."""
    misses = count - hits
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(
            np.where(hits > 0, hits * np.log(hits / count), 0.0)
            + np.where(misses > 0, misses * np.log(misses / count), 0.0)
        )


def _between(low: float, high: float, axis: Axis) -> float:
    """Return a short number from ``low`` to below ``high``: what lies between two values that were tried."""
    if axis.integer:
        return float(low)
    middle = math.sqrt(low * high) if axis.log else (low + high) / 2
    for digits in range(1, 17):
        short = float(f"{middle:.{digits}g}")
        if low <= short < high:
            return short
    return float(low)


def _text(value: float) -> str:
    """Return a threshold without rounding it, since trials may lie close to it."""
    return f"{value:.0f}" if value == round(value) and abs(value) < 1e15 else f"{value:.15g}"


def _joined(conditions: Sequence[Condition]) -> tuple[Condition, ...]:
    """Return conditions with those of one number joined to a range, and those of one category to what both allow."""
    merged: dict[tuple[str, bool], Condition] = {}
    for each in conditions:
        key = each.axis.name, each.active is not None
        old = merged.get(key)
        if old is None:
            merged[key] = each
        elif each.axis.kind == "category" and each.active is None:
            both = tuple(choice for choice in old.choices if choice in each.choices)
            merged[key] = Condition(each.axis, choices=both)
        else:
            merged[key] = Condition(each.axis, max(old.low, each.low), min(old.high, each.high), active=each.active)
    return tuple(merged.values())
