"""Paired comparison: the same images under two configurations, with a test and an interval of the mean gain."""

import math
from dataclasses import dataclass

import numpy as np
from scipy.stats import norm, rankdata

from parfocal.analysis import bootstrap
from parfocal.errors import InvalidInput
from parfocal.typing import Floats

_EXACT = 100
"""Up to so many differences the distribution of the signed ranks is counted out, ties included."""
RESAMPLES = 4000
LEVEL = 0.95


@dataclass(frozen=True)
class Paired:
    """Two values of each image; a gain is positive where the second is better, whatever the direction."""

    before: Floats
    after: Floats
    gain: Floats
    """(n,) NaN where one of both is not known."""
    mean: float
    """Mean gain over the images; NaN without any."""
    low: float
    high: float
    """95 % interval of the mean gain, by resampling images; NaN with fewer than two. With fewer than some ten images
    it is too narrow."""
    p: float
    """Of the two-sided Wilcoxon signed-rank test that gains lie around 0; NaN without any pair."""
    better: int
    worse: int
    equal: int

    def __len__(self) -> int:
        return self.better + self.worse + self.equal


def paired(before: Floats, after: Floats, *, maximize: bool, seed: int = 0) -> Paired:
    """Return the comparison of the values ``(n,)`` of the same images before and after.

    Raises
    ------
    InvalidInput
        When there are not as many values before as after.
    """
    before, after = np.asarray(before, dtype=np.float64), np.asarray(after, dtype=np.float64)
    if before.shape != after.shape or before.ndim != 1:
        raise InvalidInput(f"Each image needs a value before and after; got {before.shape} and {after.shape}.")
    gain = after - before if maximize else before - after
    known = gain[~np.isnan(gain)]
    low, high = mean_interval(known, seed)
    return Paired(
        before,
        after,
        gain,
        float(known.mean()) if len(known) else math.nan,
        low,
        high,
        signed_rank_p(known),
        int(np.sum(known > 0)),
        int(np.sum(known < 0)),
        int(np.sum(known == 0)),
    )


def mean_interval(values: Floats, seed: int = 0) -> tuple[float, float]:
    """Return the 95 % percentile interval of the mean of values ``(n,)`` by resampling them; NaN for fewer than two."""
    low, high = bootstrap.mean_interval(values[:, None], LEVEL, RESAMPLES, seed)
    return float(low[0]), float(high[0])


def signed_rank_p(differences: Floats) -> float:
    """Return the two-sided p of the Wilcoxon signed-rank test; zeros are left out, ties share their ranks.

    Up to 100 differences the distribution under random signs is counted out; beyond, it is a normal one with the
    variance corrected for ties (Pratt & Gibbons, Concepts of Nonparametric Theory, 1981, chapter 3).
    """
    if not len(differences):
        return math.nan
    moved = differences[differences != 0]
    if not len(moved):
        return 1.0
    doubled = np.rint(2 * rankdata(np.abs(moved))).astype(np.int64)
    total, positive = int(doubled.sum()), int(doubled[moved > 0].sum())
    smaller = min(positive, total - positive)
    if len(moved) > _EXACT:
        deviation = 0.5 * math.sqrt(float(np.sum((doubled / 2) ** 2)))
        return float(2 * norm.sf(abs(positive / 2 - total / 4) / deviation))
    chance = np.zeros(total + 1)
    chance[0] = 1.0
    for rank in doubled.tolist():  # each rank counts as positive or as negative, with the same chance
        shifted = np.concatenate([np.zeros(rank), chance[: total + 1 - rank]])
        chance = (chance + shifted) / 2
    return float(min(1.0, 2 * chance[: smaller + 1].sum()))
