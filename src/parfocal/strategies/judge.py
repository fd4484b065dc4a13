"""The judge: a model of the losses, one of the failures, and a diverse choice among candidates."""

from dataclasses import dataclass, replace

import numpy as np

from parfocal.samplers import notebook
from parfocal.space import Space
from parfocal.strategies.acquisitions import ACQUISITIONS
from parfocal.strategies.feasibility import Feasibility, feasibility
from parfocal.surrogates import Model, Prediction, Surrogate, Tunable
from parfocal.trials import History
from parfocal.typing import Floats, Ints

PENDING = 200
"""Pending trials, the latest, whose outcome is believed."""
RETUNED = 1.15
"""A surrogate's own parameters are learned again when there are that many times as many results."""


@dataclass(frozen=True, eq=False)
class Judge:
    """A fitted opinion about any rows, higher is better; carried by :attr:`Selection.score`.

    Attributes
    ----------
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

    model: Model
    best: float
    acquisition: str
    likely: Feasibility | None
    waiting: Floats
    seed: int

    def __call__(self, X: Floats) -> Floats:
        """Return scores ``(k,)`` of rows ``(k, d)``."""
        return self.score(self.model.predict(X), self.success(X))

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
    waiting = np.flatnonzero(history.pending)[-PENDING:]
    ready = _tuned(space, history, surrogate) if isinstance(surrogate, Tunable) else surrogate
    rows, target = _thinned(rows, normal_scores(history.loss[rows]), surrogate.most, rng)
    model = ready.fit(space, history.X[rows], target, np.random.default_rng(seeds[0]))
    likely = feasibility(space, history, np.random.default_rng(seeds[1]))
    return Judge(model, float(target.min()), acquisition, likely, history.X[waiting], int(seeds[2]))


def _tuned(space: Space, history: History, surrogate: Tunable) -> Surrogate:
    """Return the surrogate with parameters learned from the first results, up to a mark that moves in growing steps.

    The marks depend on the number of results alone, and what is learned on the results up to the mark: so a resumed
    search has the same parameters as the uninterrupted one, and most asks find them in the notebook.
    """
    told = history.finished_order
    told = told[history.complete[told]]
    mark = _mark(len(told))
    notes, owner = notebook(history), ("tuned", surrogate)
    known: tuple[int, Space, Surrogate] | None = notes.get(owner)
    if known is None or known[0] != mark or known[1] is not space:
        rows, target = _thinned(
            told[:mark], normal_scores(history.loss[told[:mark]]), surrogate.most, np.random.default_rng(mark)
        )
        known = notes[owner] = (mark, space, surrogate.tuned(space, history.X[rows], target))
    return known[2]


def _mark(count: int) -> int:
    """Return the largest mark of at most ``count``: each is :data:`RETUNED` times the one before, at least one more."""
    mark = 1
    while (after := max(mark + 1, int(mark * RETUNED))) <= count:
        mark = after
    return mark


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


def pick(judge: Judge, X: Floats, n: int, random_share: float, rng: np.random.Generator) -> Ints:
    """Return indices of ``n`` diverse candidates by kriging believer without refitting.

    Each choice, and each pending row before it, is believed to turn out as predicted: at points that are alike to the
    model the variance shrinks by the square of their kinship, and the incumbent becomes at least as good as expected
    (Ginsbourger, Le Riche and Carraro 2010, for any model that knows what is alike).
    """
    n = min(n, len(X))
    prediction, success, best = judge.model.predict(X), judge.success(X), judge.best
    alike = judge.model.kinship(X) if n > 1 or len(judge.waiting) else None
    if alike is not None and len(judge.waiting):
        prediction = _believe(prediction, alike(judge.waiting))
        best = min(best, float(judge.model.predict(judge.waiting).mean.min()))
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
        if alike is not None and turn + 1 < n:
            best = min(best, float(prediction.mean[index]))
            prediction = _believe(prediction, alike(X[index : index + 1]))
    return np.array(chosen, dtype=np.int64)


def _believe(prediction: Prediction, alike: Floats) -> Prediction:
    """Return the prediction after points are believed to be known that are ``alike (m, k)`` to the candidates."""
    left = np.prod(1 - 0.98 * alike**2, axis=1)
    return replace(prediction, variance=prediction.variance * left)


def _thinned(rows: Ints, target: Floats, most: int, rng: np.random.Generator) -> tuple[Ints, Floats]:
    """Return at most ``most`` rows, and their targets: the better half always, the others at random."""
    if len(rows) <= most:
        return rows, target
    order = np.argsort(target, kind="stable")
    elite = order[: most // 2]
    others = rng.choice(order[most // 2 :], most - len(elite), replace=False)
    kept = np.sort(np.concatenate([elite, others]))
    return rows[kept], target[kept]
