"""Distances between rows of any kind of column, and how near rows lie to good trials and to bad ones."""

import numpy as np

from parfocal.samplers.selection import Selection
from parfocal.space import Space
from parfocal.trials import History
from parfocal.typing import Floats

MEMORY = 500
"""Trials of either kind that are looked at: the cost of an ask stays flat."""


def nearest(space: Space, X: Floats, others: Floats) -> Floats:
    """Return the squared distance of each row of ``X (n, d)`` to the nearest of ``others (m, d)``, ``(n,)``.

    The distance is Euclidean over the columns of the cube; two categories, or an active and an inactive value, are 1
    apart.
    """
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


def promise(space: Space, history: History, selection: Selection, X: Floats) -> Floats:
    """Return a judgement of rows ``(k,)``, higher is better: the selection's score, or nearness to good trials.

    Without a score it is the distance to the nearest bad row of the selection less that to the nearest good one.
    """
    if selection.score is not None:
        return selection.score(X)
    good, bad = selection.good_rows[:MEMORY], selection.rows[~selection.good][-MEMORY:]
    if not len(good):
        return np.zeros(len(X))
    near = np.sqrt(nearest(space, X, history.X[good]))
    return np.asarray((np.sqrt(nearest(space, X, history.X[bad])) if len(bad) else 0.0) - near)
