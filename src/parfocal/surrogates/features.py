"""Rows of X as trees like them: float32, options one column each, inactive below everything."""

import numpy as np
from numpy.typing import NDArray

from parfocal.space import Space
from parfocal.typing import Floats

_WIDEST = 12
"""Options up to which a column is spread out; beyond, its codes stand for themselves."""
INACTIVE = -1.0


def features(space: Space, X: Floats) -> NDArray[np.float32]:
    """Return features ``(n, f)`` of canonical rows ``(n, d)``.

    Numbers keep their unit code (prior quantile); a column of 3 to 12 unordered options becomes one 0/1 column each;
    inactive entries are -1 (0 in spread-out columns), so that one split tells them from all active ones.
    """
    spread = np.flatnonzero(space.categorical & (space.levels > 2) & (space.levels <= _WIDEST))
    kept = np.ones(space.dimension, dtype=np.bool_)
    kept[spread] = False
    count = int(kept.sum())
    table = np.empty((len(X), count + int(space.levels[spread].sum())), dtype=np.float32)
    table[:, :count] = X[:, kept]
    np.nan_to_num(table[:, :count], copy=False, nan=INACTIVE)
    start = count
    if len(spread):
        index = space.indices(X)
    for j in spread:
        levels = int(space.levels[j])
        table[:, start : start + levels] = index[:, j, None] == np.arange(levels)
        start += levels
    return table
