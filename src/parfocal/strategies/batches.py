"""A diverse choice among candidates: each choice, and each pending trial, takes the interest from its surroundings.

``believer``: kriging believer (Ginsbourger, Le Riche and Carraro 2010) without refitting, for any model that knows what
is alike; ``penalty``: local penalization (Gonzalez et al., AISTATS 2016), with the cone of Alvi et al., ICML 2019,
which is 0 at its centre.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Literal, TypeAlias

import numpy as np

from parfocal.strategies.acquisitions import FOLLOWERS
from parfocal.strategies.judge import Judge, Outlook
from parfocal.surrogates import Prediction
from parfocal.surrogates.distance import squared_distances
from parfocal.typing import Bools, Floats, Ints

Batch: TypeAlias = Literal["believer", "penalty"]
Scores: TypeAlias = Callable[[list[int]], Floats]
"""``indices chosen so far -> scores (m,)``."""
SAFE = 0.5
"""Probability of success from which a candidate may be chosen at random."""
_ROWS = 64
"""Rows from which slopes to all others are measured."""
_STEEP = 0.99
"""Quantile of the slopes that stands for the largest one: steps of trees have no largest slope."""
_CLOSEST = 0.02
"""Smallest radius of a penalty, in diagonals of the cube."""


def pick(judge: Judge, X: Floats, n: int, random_share: float, batch: Batch, rng: np.random.Generator) -> Ints:
    """Return indices ``(min(n, m),)`` of diverse candidates among ``X (m, d)``, some of them random."""
    n = min(n, len(X))
    outlook = judge.outlook(X)
    scores: Scores
    if n == 1 and not len(judge.waiting):
        score = judge.score(outlook)
        scores = lambda _: score  # noqa: E731 - one choice, nothing to keep away from
    elif batch == "believer":
        scores = _Believer(judge, X, outlook)
    else:
        scores = _Penalty(judge, X, outlook, rng)
    return greedily(scores, n, outlook.success, random_share, rng)


def greedily(scores: Scores, n: int, success: Floats, random_share: float, rng: np.random.Generator) -> Ints:
    """Return ``n`` indices: each is the best one by ``scores`` after those before it, or random and likely a success.

    Parameters
    ----------
    scores
        Called each time with the indices chosen so far, one more than the time before.
    n
        At most the number of candidates.
    success : Floats (m,)
    random_share
        Share of random choices.
    """
    chosen: list[int] = []
    open_: Bools = np.ones(len(success), dtype=np.bool_)
    lottery = rng.random(n) < random_share
    for turn in range(n):
        score = np.where(open_, scores(chosen), -np.inf)
        if lottery[turn]:
            left = np.flatnonzero(open_)
            safe = left[success[left] >= SAFE]
            index = int(rng.choice(safe if len(safe) else left))
        else:
            top = np.flatnonzero(score == score.max())
            index = int(top[rng.integers(len(top))])
        chosen.append(index)
        open_[index] = False
    return np.array(chosen, dtype=np.int64)


class _Believer:
    """Choices and pending rows are believed to turn out as predicted.

    At points that are alike to the model the variance shrinks by the square of their kinship, and the incumbent becomes
    at least as good as expected. An acquisition that does not look at the variance is lowered by what shrank it.
    """

    def __init__(self, judge: Judge, X: Floats, outlook: Outlook) -> None:
        self._judge, self._X, self._outlook, self._best = judge, X, outlook, judge.best
        self._left = np.ones(len(X))
        self._alike = judge.model.kinship(X)
        if len(judge.waiting):
            self._believe(judge.waiting, judge.model.predict(judge.waiting).mean)

    def __call__(self, chosen: list[int]) -> Floats:
        if chosen:
            last = chosen[-1]
            self._believe(self._X[last : last + 1], self._outlook.prediction.mean[last : last + 1])
        score = self._judge.score(self._outlook, self._best, len(chosen))
        return self._judge.weighted(score, self._left) if self._judge.acquisition in FOLLOWERS else score

    def _believe(self, rows: Floats, mean: Floats) -> None:
        self._best = min(self._best, float(mean.min()))
        left = np.prod(1 - 0.98 * self._alike(rows) ** 2, axis=1)
        self._left = self._left * left
        self._outlook = replace(self._outlook, prediction=self._outlook.prediction.narrowed(left))


class _Penalty:
    """The gain shrinks linearly to 0 within a ball around each choice and pending row.

    The ball has the radius ``(|mean - best| + deviation) / L``: nearer than that the loss cannot fall below the best
    one, if it changes by at most L times the distance. L is measured between the candidates' expected losses.
    """

    def __init__(self, judge: Judge, X: Floats, outlook: Outlook, rng: np.random.Generator) -> None:
        self._judge, self._X, self._outlook = judge, X, outlook
        self._slope = steepness(judge, X, outlook.prediction.mean, rng)
        self._factor = np.ones(len(X))
        if len(judge.waiting):
            self._avoid(judge.waiting, judge.model.predict(judge.waiting))

    def __call__(self, chosen: list[int]) -> Floats:
        if chosen:
            row = self._X[chosen[-1] : chosen[-1] + 1]
            self._avoid(row, self._judge.model.predict(row))
        return self._judge.weighted(self._judge.score(self._outlook, turn=len(chosen)), self._factor)

    def _avoid(self, rows: Floats, there: Prediction) -> None:
        space = self._judge.space
        radius = (np.abs(there.mean - self._judge.best) + there.deviation) / self._slope
        radius = np.clip(radius, _CLOSEST * space.dimension**0.5, space.dimension**0.5)
        distance = np.sqrt(squared_distances(space, self._X, rows))
        self._factor = self._factor * np.minimum(distance / radius, 1.0).prod(axis=1)


def steepness(judge: Judge, X: Floats, mean: Floats, rng: np.random.Generator) -> float:
    """Return L: how much the expected loss changes per distance at most, among rows ``X (m, d)``."""
    some = rng.permutation(len(X))[:_ROWS]
    distance = np.sqrt(squared_distances(judge.space, X[some], X))
    slopes = np.abs(mean[some, None] - mean)[distance > 0] / distance[distance > 0]
    return max(float(np.quantile(slopes, _STEEP)), 1e-9) if len(slopes) else 1e-9
