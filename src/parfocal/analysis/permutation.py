"""Permutation importance: what a forest's error on unseen trials grows by when a parameter is shuffled (Breiman 2001).

Halved and divided by the variance of the loss it estimates a *total* effect: the share of variance that is gone when
the parameter is unknown, interactions included, over the trials as they were chosen.
"""

import numpy as np

from parfocal.analysis.bagging import Bags
from parfocal.analysis.lattice import INACTIVE
from parfocal.typing import Floats

REPEATS = 8


def total_effects(bags: Bags, rng: np.random.Generator) -> Floats:
    """Return (repeats, d) shares; a parameter is shuffled among the trials in which it is active."""
    said = bags.outside_mean(bags.table)
    known = ~np.isnan(said)
    variance = float(bags.target[known].var()) if known.any() else 0.0
    d = bags.table.shape[1]
    shares = np.zeros((REPEATS, d))
    if variance <= 0:
        return shares
    before = np.mean((bags.target[known] - said[known]) ** 2)
    for j in range(d):
        active = np.flatnonzero(bags.table[:, j] != INACTIVE)
        for r in range(REPEATS if len(np.unique(bags.table[active, j])) > 1 else 0):
            table = bags.table.copy()
            table[active, j] = table[rng.permutation(active), j]
            after = np.mean((bags.target[known] - bags.outside_mean(table)[known]) ** 2)
            shares[r, j] = (after - before) / (2 * variance)
    return np.clip(shares, 0.0, 1.0)
