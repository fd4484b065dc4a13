"""Where evaluations fail: a small forest over finished trials, shared by the strategies."""

from dataclasses import dataclass

import numpy as np

from parfocal.space import Space
from parfocal.surrogates.forest import Forest, ForestModel
from parfocal.trials import History
from parfocal.typing import Floats, Ints

MOST = 250
"""Failed and complete trials, each, that are looked at: the last ones."""
_FOREST = Forest(trees=10, leaf=3, share=1.0, random_splits=False)


@dataclass(frozen=True, eq=False)
class Feasibility:
    """A forest over 0 (complete) and 1 (failed)."""

    model: ForestModel

    def __call__(self, X: Floats) -> Floats:
        """Return the probability that an evaluation succeeds at rows ``(k, d)``, in [0, 1]."""
        failure = self.model.predict(X).mean
        return np.asarray(1.0 - np.clip(failure, 0.0, 1.0))


def feasibility(space: Space, history: History, rng: np.random.Generator) -> Feasibility | None:
    """Return what the history teaches about failures; None when nothing failed, or nothing succeeded.

    Parameters
    ----------
    space, history
        LOST and pruned trials say nothing.
    rng
        Seeds of the trees.
    """
    failed = np.flatnonzero(history.failed)[-MOST:]
    fine = np.flatnonzero(history.complete)[-MOST:]
    if not len(failed) or not len(fine):
        return None
    outcome = np.repeat([1.0, 0.0], [len(failed), len(fine)])
    return Feasibility(_FOREST.fit(space, history.X[np.concatenate([failed, fine])], outcome, rng))


def likely_first(space: Space, history: History, X: Floats, rng: np.random.Generator) -> Ints:
    """Return the indices of all rows ``X (n, d)`` in their order, those that will rather fail than succeed last."""
    order = np.arange(len(X), dtype=np.int64)
    likely = feasibility(space, history, rng)
    return order if likely is None else order[np.argsort(likely(X) < 0.5, kind="stable")]
