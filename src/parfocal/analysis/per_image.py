"""Per image: which images drive the score, which ones disagree with the optimum, and what each gains over the default.

All of it is said of the trials that were read, the best ones and an even choice of the others, on the images that the
search was tuned on.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from parfocal.analysis.image_scores import ImageScores, image_scores
from parfocal.analysis.influence import average_ranks
from parfocal.analysis.paired import Paired, mean_interval, paired
from parfocal.analysis.runs import Histories, Run, as_runs, comparable
from parfocal.analysis.surface import even
from parfocal.errors import InvalidInput
from parfocal.space import Space
from parfocal.trials import Objective
from parfocal.typing import Floats, Ints, Values

OTHER = "other"
"""The group of images that no mapping or expression names."""
LOW = 0.3
"""Rank correlation with the other images below which an image is said to disagree."""
_TOP = 60
_ROWS = 60
_SHOWN = 200


@dataclass(frozen=True)
class GroupScore:
    """The images of one group under the default and the best configuration: means with 95 % intervals over images."""

    label: str
    index: Ints
    """Which images."""
    best: float
    best_interval: tuple[float, float]
    """NaN with fewer than two images."""
    default: float
    """NaN where the default was not evaluated."""
    default_interval: tuple[float, float]
    gain: float
    """Mean of the paired gains, positive where the best configuration is better."""
    gain_interval: tuple[float, float]


@dataclass(frozen=True)
class PerImage:
    """Scores of images, columns (m,) in the order of ``scores.images``; a score is in the metric's own units."""

    scores: ImageScores
    best: int | None
    """Index of the chosen optimum among the trials that were read: the best one that has scores of images."""
    default: int | None
    """Index of the default configuration's trial; None where it was not evaluated."""
    chosen: Floats
    """Score of each image at the chosen optimum."""
    own: Floats
    """Best score of each image in any trial that was read: what its own best configuration reaches."""
    own_index: Ints
    """Index of that trial; the chosen optimum where it does as well."""
    suffered: Floats
    """What each image loses at the chosen optimum against its own best, at least 0. Where scores are noisy, the best of
    many is too good, and so is this."""
    share: Floats
    """Share of the variance of the mean over images that comes from each; they sum to 1, and a negative one damps.
    NaN where nothing varies."""
    correlation: Floats
    """Pearson correlation of each image's score with the study's value; NaN where one of them does not vary."""
    agreement: Floats
    """Spearman rank correlation of each image's score with the mean of the other images'; NaN for a single image."""
    order: Ints
    """Images, hardest first: by their own best score, then by their mean over the best trials."""
    shown: Ints
    """Images for a heat map in that order: all, or an even choice of 200."""
    top: Ints
    """Trials for a heat map, best first: at most 60."""
    paired: Paired | None
    """The default against the best, image by image; None where one of them was not read."""
    groups: tuple[GroupScore, ...]
    """In the order of their names; empty where no groups are named."""

    @property
    def images(self) -> tuple[str, ...]:
        """Names of the images."""
        return self.scores.images

    @property
    def disagreeing(self) -> Ints:
        """Images whose scores hardly follow those of the others, or go against them, worst first."""
        low = np.flatnonzero(self.agreement < LOW)
        return low[np.argsort(self.agreement[low], kind="stable")]

    @property
    def by_gain(self) -> Ints:
        """Images with a known gain, most improved first: all, or an even choice of 60 with both ends."""
        if self.paired is None:
            return np.empty(0, dtype=np.int64)
        known = np.flatnonzero(~np.isnan(self.paired.gain))
        return even(known[np.argsort(-self.paired.gain[known], kind="stable")], _ROWS)

    @property
    def label(self) -> str:
        """The metric with its direction, for axes."""
        return f"{self.scores.metric} ({'higher' if self.scores.maximize else 'lower'} is better)"


def per_image(
    space: Space,
    histories: Histories,
    objective: Objective,
    *,
    default: Values | None = None,
    metric: str | None = None,
    groups: Mapping[str, str] | str | None = None,
    best: int = 100,
    others: int = 200,
    seed: int = 0,
) -> PerImage:
    """Return what the scores of single images say.

    Parameters
    ----------
    space
    histories
        Runs with access to their trials (:func:`as_runs`).
    objective
        Says which trial is best; its direction is taken for the images' metric.
    default
        The default configuration, for the gain of each image.
    metric
        Which score of an image; None: the objective's (:func:`image_scores`).
    groups
        Image to group, or a regular expression whose first group (else the whole match, at the beginning of a name)
        names it, such as ``"[a-z]+"``.
    best, others
        How many trials are read: the best, and an even choice of the others.
    seed
        Of the resampling behind the intervals.

    Raises
    ------
    InvalidInput
        For an unknown metric, or an expression that is none.
    """
    runs = as_runs(histories)
    at = None if default is None else _trial_of(space, runs, default)
    scores = image_scores(runs, objective, metric=metric, best=best, others=others, keep=[at] if at else ())
    score = scores.score if scores.maximize else -scores.score
    t, m = score.shape
    chosen = 0 if t else None
    first = None
    if at is not None:
        where = np.flatnonzero((scores.run == at[0]) & (scores.number == at[1]))
        first = int(where[0]) if len(where) else None
    value = scores.value if scores.maximize else -scores.value
    own, own_index = _own_best(score)
    at_best = score[0] if t else np.full(m, np.nan)
    top = np.arange(min(t, _TOP), dtype=np.int64)
    order = np.lexsort((_means(score[top], 0), own))
    gains = None
    if chosen is not None and first is not None:
        gains = paired(scores.score[first], scores.score[chosen], maximize=scores.maximize, seed=seed)
    return PerImage(
        scores,
        chosen,
        first,
        scores.score[0] if t else np.full(m, np.nan),
        own if scores.maximize else -own,
        own_index,
        own - at_best,
        _share(score),
        np.array([_pearson(column, value) for column in score.T]),
        _agreement(score),
        order,
        even(order, _SHOWN),
        top,
        gains,
        _groups(scores, groups, chosen, first, seed),
    )


def _trial_of(space: Space, runs: tuple[Run, ...], configuration: Values) -> tuple[int, int] | None:
    """Return (run, number) of the first comparable trial with this configuration."""
    key = space.keys(space.encode([configuration]))[0]
    for i, run in enumerate(runs):
        rows = np.flatnonzero(comparable(run.history))
        same = rows[space.keys(run.history.X[rows]) == key] if len(rows) else rows
        if len(same):
            return i, int(same[0])
    return None


def _own_best(score: Floats) -> tuple[Floats, Ints]:
    """Return the highest score of each image and the first trial, best ones first, that has it; NaN and -1 for none."""
    if not score.size:
        return np.full(score.shape[1], np.nan), np.full(score.shape[1], -1, dtype=np.int64)
    filled = np.where(np.isnan(score), -np.inf, score)
    index = np.argmax(filled, axis=0).astype(np.int64)
    high = filled[index, np.arange(score.shape[1])]
    none = np.isneginf(high)
    return np.where(none, np.nan, high), np.where(none, -1, index)


def _means(score: Floats, axis: int) -> Floats:
    """Return means that leave NaN out; NaN where nothing is left."""
    known = ~np.isnan(score)
    count = known.sum(axis=axis)
    total = np.where(known, score, 0.0).sum(axis=axis)
    return np.asarray(np.where(count > 0, total / np.maximum(count, 1), np.nan))


def _share(score: Floats) -> Floats:
    """Return cov(image, mean) / (m var(mean)), (m,): they sum to 1; a missing score counts as the image's mean."""
    m = score.shape[1]
    if not score.size:
        return np.full(m, np.nan)
    centred = np.nan_to_num(score - _means(score, 0))
    mean = centred.sum(axis=1)
    variance = float(mean @ mean)
    if variance <= 1e-24 * max(float(np.nanmax(np.abs(score), initial=0.0)) ** 2, 1e-300) * score.size:
        return np.full(m, np.nan)
    return np.asarray(centred.T @ mean / variance)


def _pearson(a: Floats, b: Floats) -> float:
    known = ~(np.isnan(a) | np.isnan(b))
    if known.sum() < 2:
        return float("nan")
    a, b = a[known], b[known]
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        return float("nan")
    a, b = a - a.mean(), b - b.mean()
    return float(np.clip(a @ b / np.sqrt(float(a @ a) * float(b @ b)), -1.0, 1.0))


def _agreement(score: Floats) -> Floats:
    """Return Spearman's rank correlation of each image with the mean of the others, (m,)."""
    m = score.shape[1]
    known = ~np.isnan(score)
    total, count = np.where(known, score, 0.0).sum(axis=1), known.sum(axis=1)
    result = np.full(m, np.nan)
    for i in range(m):
        left = count - known[:, i]
        use = known[:, i] & (left > 0)
        if use.sum() >= 2:
            others = (total[use] - score[use, i]) / left[use]
            result[i] = _pearson(average_ranks(score[use, i]), average_ranks(np.round(others, 12)))
    return result


def _groups(
    scores: ImageScores, groups: Mapping[str, str] | str | None, best: int | None, default: int | None, seed: int
) -> tuple[GroupScore, ...]:
    if groups is None or best is None:
        return ()
    names = _named(scores.images, groups)
    found = []
    for label in sorted(set(names)):
        index = np.array([i for i, name in enumerate(names) if name == label], dtype=np.int64)
        after = scores.score[best, index]
        before = scores.score[default, index] if default is not None else np.full(len(index), np.nan)
        pair = paired(before, after, maximize=scores.maximize, seed=seed)
        found.append(
            GroupScore(
                label,
                index,
                float(_means(after, 0)),
                mean_interval(after[~np.isnan(after)], seed),
                float(_means(before, 0)),
                mean_interval(before[~np.isnan(before)], seed),
                pair.mean,
                (pair.low, pair.high),
            )
        )
    return tuple(found)


def _named(images: tuple[str, ...], groups: Mapping[str, str] | str) -> list[str]:
    """Return the group of each image."""
    if isinstance(groups, Mapping):
        return [str(groups.get(image, OTHER)) for image in images]
    try:
        pattern = re.compile(groups)
    except re.error as error:
        raise InvalidInput(f"'{groups}' is no regular expression ({error}): write one such as '[a-z]+'.") from None
    found = [pattern.match(image) for image in images]
    return [OTHER if match is None else (match[1] if pattern.groups else match[0]) or OTHER for match in found]
