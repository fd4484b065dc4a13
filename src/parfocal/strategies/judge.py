"""Surrogate times acquisition: a model of the losses, one of the failures, and a diverse choice among candidates."""

from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from parfocal.errors import OptimizerError
from parfocal.samplers.selection import Selection, best_first
from parfocal.space import Space
from parfocal.strategies.acquisitions import ACQUISITIONS
from parfocal.strategies.base import Candidates
from parfocal.strategies.feasibility import Feasibility, feasibility
from parfocal.surrogates.base import Model, Prediction, Surrogate
from parfocal.surrogates.features import features
from parfocal.trials import History
from parfocal.typing import Floats, Ints


class Judging(Protocol):
    """A strategy whose selection carries a judge."""

    @property
    def random_share(self) -> float:
        """Share of random choices."""
        ...

    def select(self, space: Space, history: History, rng: np.random.Generator) -> Selection:
        """Return a selection with a :class:`Judge` as its score."""
        ...


LARGEST = 600
"""Complete trials that a model is fitted to at most: the best half of them, and the rest drawn at random."""


@dataclass(frozen=True, eq=False)
class Judge:
    """A fitted opinion about any rows, higher is better; carried by :attr:`Selection.score`.

    Attributes
    ----------
    space : Space
    model : Model
        Of transformed losses (:func:`normal_scores`).
    best : float
        The smallest transformed loss.
    acquisition : str
    likely : Feasibility or None
        Probability of success; None when nothing failed.
    waiting : Floats (p, d)
        Pending rows.
    seed : int
        Of the acquisition's own randomness.
    """

    space: Space
    model: Model
    best: float
    acquisition: str
    likely: Feasibility | None
    waiting: Floats
    seed: int

    def __call__(self, X: Floats) -> Floats:
        """Return scores ``(k,)`` of rows ``(k, d)``."""
        return self.score(self.model.predict(features(self.space, X)), self.success(X))

    def success(self, X: Floats) -> Floats:
        """Return the probability that an evaluation succeeds, ``(k,)``."""
        return np.ones(len(X)) if self.likely is None else self.likely(X)

    def score(self, prediction: Prediction, success: Floats, best: float | None = None) -> Floats:
        """Return the acquisition, weighted by the square of the probability of success (Gelbart et al., UAI 2014).

        Squared, since a failure costs an evaluation and teaches little. The other acquisitions are logarithms or in
        units of :func:`normal_scores`, where the logarithm of that square is a fair price.
        """
        rng = np.random.default_rng(self.seed)
        value = ACQUISITIONS[self.acquisition](prediction, self.best if best is None else best, rng)
        if self.likely is None:
            return value
        if self.acquisition == "ei":
            return np.asarray(value * success**2)
        return np.asarray(value + 2 * np.log(np.maximum(success, 1e-6)))


def fit(
    space: Space, history: History, surrogate: Surrogate, acquisition: str, rng: np.random.Generator
) -> Judge | None:
    """Return the judge of a history, or None while nothing is complete."""
    seeds = rng.integers(2**31, size=3)
    rows = np.flatnonzero(history.complete)
    if not len(rows):
        return None
    waiting = np.flatnonzero(history.pending)
    target = normal_scores(history.loss[rows])
    rows, target = _thinned(rows, target, rng)
    model = surrogate.fit(features(space, history.X[rows]), target, np.random.default_rng(seeds[0]))
    likely = feasibility(space, history, np.random.default_rng(seeds[1]))
    return Judge(space, model, float(target.min()), acquisition, likely, history.X[waiting[-200:]], int(seeds[2]))


def normal_scores(loss: Floats) -> Floats:
    """Return losses ``(n,)`` with a scale that outliers cannot bend: standardized by median and the better half's
    spread, and compressed above.

    Bad losses only have to be known as bad: what lies above the median by more than that spread grows as a logarithm.
    """  # noqa: D205
    middle = float(np.median(loss))
    spread, span = middle - float(loss.min()), float(np.ptp(loss))
    if spread <= 1e-100 * span:  # all of the better half is equal, or differs by less than a float can divide by
        spread = span or 1.0
    z = (loss - middle) / spread
    return np.where(z > 0, np.log1p(np.maximum(z, 0.0)), z)


def selection(history: History, good: int, judge: Judge | None) -> Selection:
    """Return the complete rows best first, the first ``good`` of them good, and the judge as their score."""
    rows = best_first(history, np.flatnonzero(history.complete))
    return Selection(rows, np.arange(len(rows)) < good, np.full(len(rows), -1, dtype=np.int64), judge)


def pick(judge: Judge, X: Floats, n: int, random_share: float, rng: np.random.Generator) -> Ints:
    """Return indices of ``n`` diverse candidates by kriging believer without refitting.

    Each choice, and each pending row before it, is believed to turn out as predicted: at points that fall into the
    same leaves the variance shrinks by the square of the share of trees that put both together, and the incumbent
    becomes at least as good as expected (Ginsbourger, Le Riche and Carraro 2010, for a forest's own kernel).
    """
    n = min(n, len(X))
    table = features(judge.space, X)
    prediction, success = judge.model.predict(table), judge.success(X)
    best = judge.best
    believing = n > 1 or len(judge.waiting) > 0
    leaves = judge.model.leaves(table) if believing else None
    if leaves is not None and len(judge.waiting):
        asked = features(judge.space, judge.waiting)
        for leaf in judge.model.leaves(asked):
            prediction = _believe(prediction, (leaves == leaf).mean(axis=1))
        best = min(best, float(judge.model.predict(asked).mean.min()))
    chosen: list[int] = []
    open_ = np.ones(len(X), dtype=np.bool_)
    lottery = rng.random(n) < random_share
    for turn in range(n):
        if lottery[turn]:
            left = np.flatnonzero(open_)
            safe = left[success[left] >= 0.5]
            left = safe if len(safe) else left
            index = int(left[rng.integers(len(left))])
        else:
            score = np.where(open_, judge.score(prediction, success, best), -np.inf)
            top = np.flatnonzero(score == score.max())
            index = int(top[rng.integers(len(top))])
        chosen.append(index)
        open_[index] = False
        if leaves is not None and turn + 1 < n:
            best = min(best, float(prediction.mean[index]))
            prediction = _believe(prediction, (leaves == leaves[index]).mean(axis=1))
    return np.array(chosen, dtype=np.int64)


def choose(
    strategy: "Judging", space: Space, history: History, candidates: Candidates, n: int, rng: np.random.Generator
) -> Ints:
    """Return indices of ``n`` candidates by the judge that the selection carries, or by a fresh one."""
    opinion = candidates.selection.score
    if not isinstance(opinion, Judge):
        opinion = strategy.select(space, history, rng).score
    if not isinstance(opinion, Judge):
        return rng.permutation(len(candidates))[:n]
    return pick(opinion, candidates.X, n, strategy.random_share, rng)


def _believe(prediction: Prediction, alike: Floats) -> Prediction:
    """Return the prediction after a point is believed to be known that shares the leaves ``alike (m,)``."""
    return replace(prediction, variance=prediction.variance * (1 - 0.98 * alike**2))


def _thinned(rows: Ints, target: Floats, rng: np.random.Generator) -> tuple[Ints, Floats]:
    """Return at most ``LARGEST`` rows, and their targets: the better half always, the others at random."""
    if len(rows) <= LARGEST:
        return rows, target
    order = np.argsort(target, kind="stable")
    elite = order[: LARGEST // 2]
    others = rng.choice(order[LARGEST // 2 :], LARGEST - len(elite), replace=False)
    kept = np.sort(np.concatenate([elite, others]))
    return rows[kept], target[kept]


def check(acquisition: str, pool: int, neighbours: int, random_share: float) -> None:
    """Raise :class:`OptimizerError` for an impossible option of a strategy with a model."""
    if acquisition not in ACQUISITIONS:
        raise OptimizerError(f"acquisition must be one of {', '.join(ACQUISITIONS)}; got {acquisition!r}.")
    if pool < 2 or neighbours < 0:
        raise OptimizerError(f"pool must be at least 2 and neighbours at least 0; got {pool} and {neighbours}.")
    if not 0 <= random_share <= 1:
        raise OptimizerError(f"random_share must be a share from 0 to 1; got {random_share!r}.")
