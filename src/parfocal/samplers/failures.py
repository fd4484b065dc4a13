"""Where trials failed, by the nearest trial: enough to keep a sampler without a model out of forbidden regions."""

from collections.abc import Callable

import numpy as np

from parfocal.samplers.distance import MEMORY, nearest
from parfocal.samplers.selection import Selection
from parfocal.space import Space
from parfocal.trials import History
from parfocal.typing import Bools, Floats, Ints

ROUNDS = 5
"""How often rows next to failures are drawn again."""


def next_to_failures(space: Space, history: History, selection: Selection, X: Floats) -> Bools:
    """Return which rows of ``X (n, d)`` lie nearer to a selected FAILED trial than to any COMPLETE one, ``(n,)``."""
    rows = np.sort(selection.rows)
    bad = rows[history.failed[rows]][-MEMORY:]
    fine = rows[history.complete[rows]][-MEMORY:]
    if not len(bad) or not len(fine) or not len(X):
        return np.zeros(len(X), dtype=np.bool_)
    return np.asarray(nearest(space, X, history.X[bad]) < nearest(space, X, history.X[fine]))


def away_from_failures(
    space: Space, history: History, selection: Selection, n: int, draw: Callable[[Ints], Floats]
) -> Floats:
    """Return rows ``draw(arange(n))`` ``(n, d)``; those next to failures are drawn again, by position, some times."""
    X = draw(np.arange(n))
    for _ in range(ROUNDS):
        poor = np.flatnonzero(next_to_failures(space, history, selection, X))
        if not len(poor):
            break
        X[poor] = draw(poor)
    return X
