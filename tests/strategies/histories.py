"""Histories of given losses, told in a given order."""

import numpy as np

from parfocal.space import Float, Space
from parfocal.trials import History, State

SPACE = Space({"x": Float(0, 1), "y": Float(0, 1)})


def told(losses, order=None, **columns) -> History:
    """Return a history whose row i has the loss i (NaN: failed, infinite: LOST), told in ``order``."""
    losses = np.asarray(losses, dtype=np.float64)
    history = History(SPACE.dimension)
    history.append(SPACE.sample(len(losses), np.random.default_rng(0)), **columns)
    order = np.arange(len(losses)) if order is None else np.asarray(order, dtype=np.int64)
    state = np.where(np.isnan(losses), State.FAILED, np.where(np.isinf(losses), State.LOST, State.COMPLETE))
    history.tell(order, state[order], np.where(np.isfinite(losses), losses, np.nan)[order])
    return history


def good(strategy, history, seed=0) -> list[int]:
    """Return what a strategy selects as good, best first."""
    return strategy.select(SPACE, history, np.random.default_rng(seed)).good_rows.tolist()
