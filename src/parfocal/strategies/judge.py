"""The judge: a model of the losses, one of the failures, and one of the seconds that evaluations take."""

from dataclasses import dataclass

import numpy as np

from parfocal.samplers import notebook
from parfocal.space import Space
from parfocal.strategies.acquisitions import ACQUISITIONS, GAINS
from parfocal.strategies.conformal import corrected, split_offsets
from parfocal.strategies.feasibility import Feasibility, feasibility
from parfocal.surrogates import Model, Prediction, Surrogate, Tunable
from parfocal.trials import History
from parfocal.typing import Bools, Floats, Ints

PENDING = 200
"""Pending trials, the latest, whose outcome is believed."""
FEWEST_TIMES = 5
"""Known runtimes from which on a model of them is believed."""
RETUNED = 1.15
"""A surrogate's own parameters are learned again when there are that many times as many results, ..."""
SETTLED = 250
"""... and, behind that many results, each time that they have doubled: they hardly change any more."""


@dataclass(frozen=True, eq=False)
class Outlook:
    """What is expected at m rows: the loss, the probability of success ``(m,)``, and the seconds ``(m,)``."""

    prediction: Prediction
    success: Floats
    seconds: Floats


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
    offsets : Floats or None
        Conformal corrections of the quantiles, where the acquisition follows quantiles.
    clock : Model or None
        Of the logarithm of seconds, where the acquisition asks for them and enough are known.
    """

    space: Space
    model: Model
    best: float
    acquisition: str
    likely: Feasibility | None
    waiting: Floats
    seed: int
    offsets: Floats | None = None
    clock: Model | None = None

    def __call__(self, X: Floats) -> Floats:
        """Return scores ``(k,)`` of rows ``(k, d)``."""
        return self.score(self.outlook(X))

    def outlook(self, X: Floats) -> Outlook:
        """Return what is expected at rows ``(k, d)``; all take one second while the clock knows nothing."""
        prediction = self.model.predict(X)
        if self.offsets is not None:
            prediction = corrected(prediction, self.offsets)
        success = np.ones(len(X)) if self.likely is None else self.likely(X)
        if self.clock is None:
            return Outlook(prediction, success, np.ones(len(X)))
        time = self.clock.predict(X)  # the mean of a log-normal variable
        return Outlook(prediction, success, np.exp(time.mean + np.minimum(time.variance, 2.0) / 2))

    def score(self, outlook: Outlook, best: float | None = None, turn: int = 0) -> Floats:
        """Return the acquisition, weighted by the square of the probability of success (Gelbart et al., UAI 2014).

        Squared, since a failure costs an evaluation and teaches little. Acquisitions that are no amounts of gain are
        logarithms or in units of :func:`normal_scores`, where the logarithm of that square is a fair price. Each
        ``turn`` of a batch has its own randomness.
        """
        rng = np.random.default_rng([self.seed, turn])
        value = ACQUISITIONS[self.acquisition](outlook.prediction, self.best if best is None else best, rng)
        return self.weighted(value, outlook.success**2 / outlook.seconds)

    def weighted(self, value: Floats, factor: Floats) -> Floats:
        """Return scores ``(k,)`` with their gain multiplied by ``factor (k,)``, at least 0."""
        if self.acquisition in GAINS:
            return np.asarray(value * factor)
        return np.asarray(value + np.log(np.maximum(factor, 1e-12)))


def fit(
    space: Space, history: History, surrogate: Surrogate, acquisition: str, rng: np.random.Generator
) -> Judge | None:
    """Return the judge of a history, or None while nothing is complete."""
    seeds = rng.integers(2**31, size=3)
    complete = np.flatnonzero(history.complete)
    if not len(complete):
        return None
    ready = _tuned(space, history, surrogate, "loss")
    rows, target = _thinned(complete, normal_scores(history.loss[complete]), surrogate.most, rng)
    model = ready.fit(space, history.X[rows], target, np.random.default_rng(seeds[0]))
    offsets = clock = None
    if acquisition == "conformal-quantile":
        offsets = split_offsets(space, history.X[rows], target, ready, np.random.default_rng([seeds[0], 1]))
    if acquisition == "ei-per-second":
        clock = _clock(space, history, surrogate, np.random.default_rng([seeds[0], 2]))
    return Judge(
        space,
        model,
        float(target.min()),
        acquisition,
        feasibility(space, history, np.random.default_rng(seeds[1])),
        history.X[np.flatnonzero(history.pending)[-PENDING:]],
        int(seeds[2]),
        offsets,
        clock,
    )


def _clock(space: Space, history: History, surrogate: Surrogate, rng: np.random.Generator) -> Model | None:
    """Return a model of the logarithm of the seconds that complete trials took; None while fewer than 5 are known."""
    rows = np.flatnonzero(_timed(history))
    if len(rows) < FEWEST_TIMES:
        return None
    rows, target = _thinned(rows, np.log(history.runtime[rows].astype(np.float64)), surrogate.most, rng)
    return _tuned(space, history, surrogate, "seconds").fit(space, history.X[rows], target, rng)


def _timed(history: History) -> Bools:
    return np.asarray(history.complete & np.isfinite(history.runtime) & (history.runtime > 0))


def _tuned(space: Space, history: History, surrogate: Surrogate, goal: str) -> Surrogate:
    """Return the surrogate with parameters learned from the first results, up to a mark that moves in growing steps.

    The marks depend on the number of results alone, and what is learned on the results up to the mark: so a resumed
    search has the same parameters as the uninterrupted one, and most asks find them in the notebook. The ``goal`` is
    ``loss`` or ``seconds``.
    """
    if not isinstance(surrogate, Tunable):
        return surrogate
    told = history.finished_order
    told = told[(history.complete if goal == "loss" else _timed(history))[told]]
    mark = _mark(len(told))
    notes, owner = notebook(history), ("tuned", goal, surrogate)
    known: tuple[int, Space, Surrogate] | None = notes.get(owner)
    if known is None or known[0] != mark or known[1] is not space:
        told = told[:mark]
        values = normal_scores(history.loss[told]) if goal == "loss" else np.log(history.runtime[told].astype(float))
        rows, target = _thinned(told, values, surrogate.most, np.random.default_rng(mark))
        known = notes[owner] = (mark, space, surrogate.tuned(space, history.X[rows], target))
    return known[2]


def _mark(count: int) -> int:
    """Return the largest mark of at most ``count``."""
    mark = 1
    while (after := 2 * mark if mark > SETTLED else max(mark + 1, int(mark * RETUNED))) <= count:
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


def _thinned(rows: Ints, target: Floats, most: int, rng: np.random.Generator) -> tuple[Ints, Floats]:
    """Return at most ``most`` rows, and their targets: the better half always, the others at random."""
    if len(rows) <= most:
        return rows, target
    order = np.argsort(target, kind="stable")
    elite = order[: most // 2]
    others = rng.choice(order[most // 2 :], most - len(elite), replace=False)
    kept = np.sort(np.concatenate([elite, others]))
    return rows[kept], target[kept]
