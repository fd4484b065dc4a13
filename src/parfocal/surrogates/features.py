"""Rows of X as models like them: options one column each, and inactive entries apart from all active ones."""

import numpy as np
from numpy.typing import NDArray

from parfocal.space import Space
from parfocal.typing import Floats, Ints

_WIDEST = 12
"""Options up to which a column is spread out; beyond, its codes stand for themselves."""
INACTIVE = -1.0


def features(space: Space, X: Floats) -> NDArray[np.float32]:
    """Return features ``(n, f)`` for trees of canonical rows ``(n, d)``.

    Numbers keep their unit code (prior quantile); a column of 3 to 12 unordered options becomes one 0/1 column each;
    inactive entries are -1 (0 in spread-out columns), so that one split tells them from all active ones.
    """
    spread = _spread(space)
    kept = np.ones(space.dimension, dtype=np.bool_)
    kept[spread] = False
    count = int(kept.sum())
    table = np.empty((len(X), count + int(space.levels[spread].sum())), dtype=np.float32)
    table[:, :count] = X[:, kept]
    np.nan_to_num(table[:, :count], copy=False, nan=INACTIVE)
    table[:, count:] = options(space, X, spread)
    return table


def coordinates(space: Space, X: Floats) -> Floats:
    """Return features ``(n, f)`` in [-1, 1] for linear models and networks of canonical rows ``(n, d)``.

    Numbers run from -1 to 1 and are 0 where inactive; a column of 3 to 12 unordered options becomes one 0/1 column
    each; each conditional column adds one that says whether it is active, 0 or 1.
    """
    spread = _spread(space)
    kept = np.ones(space.dimension, dtype=np.bool_)
    kept[spread] = False
    numbers = np.nan_to_num(2.0 * X[:, kept] - 1.0, nan=0.0)
    active = (~np.isnan(X[:, space.conditional])).astype(np.float64)
    return np.concatenate([numbers, options(space, X, spread), active], axis=1)


def options(space: Space, X: Floats, columns: Ints) -> Floats:
    """Return one 0/1 column for each option of discrete ``columns`` side by side, ``(n, l)``; all 0 where inactive."""
    levels = space.levels[columns]
    table = np.zeros((len(X), int(levels.sum())))
    if len(columns):
        index, active = space.indices(X)[:, columns], ~np.isnan(X[:, columns])
        row, column = np.nonzero(active)
        table[row, (np.cumsum(levels) - levels)[column] + index[row, column]] = 1.0
    return table


def _spread(space: Space) -> Ints:
    return np.flatnonzero(space.categorical & (space.levels > 2) & (space.levels <= _WIDEST))
