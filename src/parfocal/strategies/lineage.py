"""What evolutions share: results in the order told, how they stand to each other, and the selection around parents."""

from typing import ClassVar

import numpy as np

from parfocal.samplers.distance import MEMORY
from parfocal.samplers.selection import Selection, best_first
from parfocal.space import Space
from parfocal.strategies.base import Candidates
from parfocal.strategies.feasibility import likely_first
from parfocal.trials import History
from parfocal.typing import Floats, Ints


class Evolution:
    """What the strategies have in common that select parents alone: their sampler's draws are evaluated in order.

    The pool is larger than one only so that draws that will rather fail can be left out.
    """

    learns: ClassVar[bool] = True
    pool: ClassVar[int] = 16
    neighbours: ClassVar[int] = 0

    def choose(self, space: Space, history: History, candidates: Candidates, n: int, rng: np.random.Generator) -> Ints:
        """Return the first ``n`` candidates, those that are likely to succeed before others."""
        return likely_first(space, history, candidates.X, rng)[:n]


def results(history: History) -> Ints:
    """Return the rows ``(k,)`` that an evolution counts, in the order told: complete and failed ones."""
    told = history.finished_order
    return told[(history.complete | history.failed)[told]]


def standing(history: History, rows: Ints) -> Floats:
    """Return how rows ``(k,)`` stand to each other, ``(k,)``: smaller is better, equal is a tie, failed is infinite.

    This is the loss where all have one fidelity; otherwise a rank, as any loss of a higher fidelity stands before all
    of a lower one. Comparable within one call only.
    """
    loss = np.where(history.complete[rows], history.loss[rows], np.inf)
    fidelity = history.fidelity[rows]
    if not rows.size or bool((fidelity == fidelity[0]).all()):
        return loss
    order = np.lexsort((loss, -fidelity))
    step = (np.diff(loss[order]) != 0) | (np.diff(fidelity[order]) != 0)
    rank = np.empty(rows.size)
    rank[order] = np.concatenate([[0.0], np.cumsum(step)])
    return np.where(np.isinf(loss), np.inf, rank)


def best(history: History, rows: Ints, count: int) -> Ints:
    """Return the ``count`` best complete ones among rows ``(k,)``, best first; equal ones by trial number."""
    rows = rows[history.complete[rows]]
    if rows.size > count:
        key = standing(history, rows)
        rows = rows[key <= np.partition(key, count - 1)[count - 1]]  # sorting a few costs less than sorting all
    return best_first(history, rows)[:count]


def around(history: History, good: Ints) -> Selection:
    """Return a selection whose good rows are ``good`` (k,), among the latest results: the cost of an ask stays flat.

    The latest complete rows join, not good, and the latest failed ones behind them, so that a sampler knows failures
    from successes; as many of either as :mod:`parfocal.samplers.failures` looks at.
    """
    rows = best_first(history, np.union1d(good, np.flatnonzero(history.complete)[-MEMORY:]).astype(np.int64))
    rows = np.concatenate([rows, np.flatnonzero(history.failed)[-MEMORY:]])
    return Selection(rows, np.isin(rows, good), np.full(len(rows), -1, dtype=np.int64))
