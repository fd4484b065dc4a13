"""Permutation importance: what a forest's error on unseen trials grows by when a parameter is shuffled (Breiman 2001).

Halved and divided by the variance of the loss it estimates a *total* effect: the share of variance that is gone when
the parameter is unknown, interactions included, over the trials as they were chosen.

Where a shuffled parameter switches others, they go to sleep or wake with it, at the value that the other trial has.
"""

import numpy as np

from parfocal.analysis.bagging import Bags
from parfocal.analysis.coordinates import tied_of
from parfocal.analysis.lattice import INACTIVE, Lattice
from parfocal.space import Space
from parfocal.typing import Floats

REPEATS = 8


def total_effects(bags: Bags, lattice: Lattice, X: Floats, rng: np.random.Generator) -> Floats:
    """Return (repeats, d) shares; a parameter is shuffled among the trials ``X`` (n, d) in which it is active."""
    said = bags.outside_mean(bags.table)
    known = ~np.isnan(said)
    variance = float(bags.target[known].var()) if known.any() else 0.0
    d = bags.table.shape[1]
    shares = np.zeros((REPEATS, d))
    if variance <= 0:
        return shares
    before = np.mean((bags.target[known] - said[known]) ** 2)
    tied = tied_of(lattice.space)
    for j in range(d):
        active = np.flatnonzero(bags.table[:, j] != INACTIVE)
        for r in range(REPEATS if len(np.unique(bags.table[active, j])) > 1 else 0):
            other = rng.permutation(active)
            table = bags.table.copy()
            if tied[j]:
                table[active] = lattice.codes(_switched(lattice.space, X[active], X[other], j))
            else:
                table[active, j] = table[other, j]
            after = np.mean((bags.target[known] - bags.outside_mean(table)[known]) ** 2)
            shares[r, j] = (after - before) / (2 * variance)
    return np.clip(shares, 0.0, 1.0)


def _switched(space: Space, X: Floats, other: Floats, j: int) -> Floats:
    """Return rows (n, d) with parameter j of other rows, and what wakes by it at the value that the other row has."""
    moved = np.where(np.isnan(X), other, X)
    moved[:, j] = other[:, j]
    return space.canonical(moved)
