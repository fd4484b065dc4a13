"""Repeated evaluations: the best configuration against the default, where results are noisy and both were repeated."""

import math
from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student

from parfocal.analysis.best import best_table
from parfocal.analysis.runs import Histories, as_runs, comparable
from parfocal.space import Space
from parfocal.trials import Objective
from parfocal.typing import Floats, Values

LEVEL = 0.95


@dataclass(frozen=True)
class RepeatedGain:
    """Means over repeated evaluations of two configurations, in the user's own units."""

    default: Floats
    """Values of the default's evaluations."""
    best: Floats
    """Values of the evaluations of the configuration with the best single value."""
    gain: float
    """Difference of the means, positive where the best configuration is better."""
    low: float
    high: float
    """95 % interval of the gain (Welch 1947). The best was chosen for one lucky value among these, so that the gain is
    too large, the less so the more often it was repeated."""


def repeated_gain(space: Space, histories: Histories, objective: Objective, default: Values) -> RepeatedGain | None:
    """Return the gain over repeats; None unless default and best were both evaluated twice or more, and differ at all.

    Where all repeats of both agree, evaluations have no noise, and there is nothing to be said.
    """
    runs = as_runs(histories)
    chosen, row = best_table(space, runs, 1)
    if not len(row):
        return None
    top = runs[int(chosen[0])].history.X[int(row[0])][None]
    keys = [int(space.keys(X)[0]) for X in (space.encode([default]), top)]
    if keys[0] == keys[1]:
        return None
    found: list[list[float]] = [[], []]
    for run in runs:
        rows = np.flatnonzero(comparable(run.history))
        if not len(rows):
            continue
        own = space.keys(run.history.X[rows])
        for values, key in zip(found, keys, strict=True):
            values += run.history.loss[rows[own == key]].tolist()
    before, after = (np.array(losses, dtype=np.float64) for losses in found)
    if min(len(before), len(after)) < 2 or (np.ptp(before) == 0 and np.ptp(after) == 0):
        return None
    gain, half = float(before.mean() - after.mean()), _half_width(before, after)
    return RepeatedGain(objective.value(before), objective.value(after), gain, gain - half, gain + half)


def _half_width(a: Floats, b: Floats) -> float:
    """Return half of the interval of the difference of two means with unequal variances."""
    parts = [float(each.var(ddof=1)) / len(each) for each in (a, b)]
    freedom = sum(parts) ** 2 / sum(part**2 / (len(each) - 1) for part, each in zip(parts, (a, b), strict=True) if part)
    return float(student.ppf((1 + LEVEL) / 2, freedom)) * math.sqrt(sum(parts))
