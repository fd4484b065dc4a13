"""Where trials failed, by the nearest trial: enough to keep a sampler without a model out of forbidden regions."""

import numpy as np

from parfocal.samplers.selection import Selection
from parfocal.space import Space
from parfocal.trials import History
from parfocal.typing import Bools, Floats

MEMORY = 500
"""Latest trials of either kind that are looked at: the cost of an ask stays flat."""


def next_to_failures(space: Space, history: History, selection: Selection, X: Floats) -> Bools:
    """Return which rows of ``X (n, d)`` lie nearer to a selected trial that FAILED than to any COMPLETE one, ``(n,)``.

    The distance is Euclidean over the columns of the cube; two categories, or an active and an inactive value, are 1
    apart.
    """
    rows = np.sort(selection.rows)
    bad = rows[history.failed[rows]][-MEMORY:]
    fine = rows[history.complete[rows]][-MEMORY:]
    if not len(bad) or not len(fine) or not len(X):
        return np.zeros(len(X), dtype=np.bool_)
    return np.asarray(_nearest(space, X, history.X[bad]) < _nearest(space, X, history.X[fine]))


def _nearest(space: Space, X: Floats, others: Floats) -> Floats:
    """Return the squared distance of each row of X to the nearest of ``others``, ``(n,)``."""
    total = np.zeros((len(X), len(others)))
    for column in range(space.dimension):
        gap = X[:, column, None] - others[None, :, column]
        one, two = np.isnan(X[:, column]), np.isnan(others[:, column])
        apart = one[:, None] != two[None, :]
        if space.categorical[column]:
            apart |= (gap != 0) & ~np.isnan(gap)
            gap = np.zeros_like(gap)
        total += np.where(apart, 1.0, np.nan_to_num(gap) ** 2)
    return np.asarray(total.min(axis=1))
