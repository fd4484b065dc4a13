"""Functional ANOVA of a forest: how much of the variance over the space each parameter and each pair explains.

Hutter, Hoos and Leyton-Brown, ICML 2014. The mean over all other parameters is exact, since a tree is constant in
boxes; here the boxes are weighed within each pattern of active parameters, so that a parameter is judged where it is
active only, and the share of the space in which it is active counts (see :mod:`parfocal.analysis.importance`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from parfocal.analysis.bagging import Bags
from parfocal.analysis.lattice import INACTIVE, Lattice
from parfocal.typing import Floats


@dataclass(frozen=True)
class Parts:
    """Shares of the variance: of the whole forest, and of each of its bags."""

    share: Floats
    """(k,)"""
    of_bags: Floats
    """(bags, k)"""


def main_effects(bags: Bags, lattice: Lattice) -> Parts:
    """Return the share of each parameter on its own.

    For parameter j it is P(active) Var(E[f | x_j]) / Var(f), mean and variance over the configurations in which j is
    active. Cost: trees x leaves x cells x (parameters + patterns).
    """
    d = len(lattice.counts)
    sums = [np.zeros((len(bags.trees), len(lattice.patterns), count + 1)) for count in lattice.counts]
    for b, bag in enumerate(bags.trees):
        for tree in bag:
            value, cover = _leaves(tree, lattice)
            for p, pattern in enumerate(lattice.patterns):
                mass = np.stack([cover[j] @ pattern.masses[j] for j in range(d)], axis=1)
                others = _without_each(mass)
                for j in np.flatnonzero(pattern.active).tolist():
                    sums[j][b, p] += (value * others[:, j]) @ cover[j] / len(bag)
    parts = np.zeros((len(bags.trees) + 1, d))
    for j in range(d):
        weights = np.stack(
            [pattern.share * pattern.masses[j] * pattern.active[j] for pattern in lattice.patterns]
        )  # (patterns, cells)
        parts[:, j] = _variance(_with_mean(sums[j]), weights)
    return _shares(parts, bags, lattice)


def pair_effects(bags: Bags, lattice: Lattice, pairs: Sequence[tuple[int, int]]) -> Parts:
    """Return the share of each pair of parameters beyond what both explain on their own.

    Judged over the configurations in which both are active, as for :func:`main_effects`.
    """
    d, counts = len(lattice.counts), lattice.counts
    sums = [np.zeros((len(bags.trees), len(lattice.patterns), counts[j] + 1, counts[k] + 1)) for j, k in pairs]
    for b, bag in enumerate(bags.trees):
        for tree in bag:
            value, cover = _leaves(tree, lattice)
            for p, pattern in enumerate(lattice.patterns):
                mass = np.stack([cover[j] @ pattern.masses[j] for j in range(d)], axis=1)
                for i, (j, k) in enumerate(pairs):
                    if pattern.active[j] and pattern.active[k]:
                        others = np.prod(np.delete(mass, (j, k), axis=1), axis=1)
                        sums[i][b, p] += (cover[j] * (value * others)[:, None]).T @ cover[k] / len(bag)
    parts = np.zeros((len(bags.trees) + 1, len(pairs)))
    for i, (j, k) in enumerate(pairs):
        weights = np.stack(
            [
                pattern.share * pattern.active[j] * pattern.active[k] * np.outer(pattern.masses[j], pattern.masses[k])
                for pattern in lattice.patterns
            ]
        )
        parts[:, i] = _joint(_with_mean(sums[i]), weights)
    return _shares(parts, bags, lattice)


def _leaves(tree: Any, lattice: Lattice) -> tuple[Floats, list[Floats]]:
    """Return the value of each leaf (l,) and the share of each cell that it covers, (l, cells + 1) a parameter."""
    d = len(lattice.counts)
    low, high = np.full((tree.node_count, d), -np.inf), np.full((tree.node_count, d), np.inf)
    left, right = tree.children_left.tolist(), tree.children_right.tolist()
    feature, threshold = tree.feature.tolist(), tree.threshold.tolist()
    for node in range(tree.node_count):  # a parent comes before its children
        if left[node] < 0:
            continue
        j, at = feature[node], threshold[node]
        for child in (left[node], right[node]):
            low[child], high[child] = low[node], high[node]
        high[left[node], j] = min(high[node, j], at)
        low[right[node], j] = max(low[node, j], at)
    leaf = np.flatnonzero(tree.children_left < 0)
    low, high = low[leaf], high[leaf]
    cover = []
    for j, count in enumerate(lattice.counts):
        cells = np.arange(count)
        upper = np.clip(np.clip(high[:, j], 0, 1)[:, None] * count - cells, 0, 1)
        lower = np.clip(np.clip(low[:, j], 0, 1)[:, None] * count - cells, 0, 1)
        inside = (low[:, j] < INACTIVE) & (high[:, j] >= INACTIVE)
        cover.append(np.concatenate([upper - lower, inside[:, None]], axis=1))
    return np.asarray(tree.value[leaf, 0, 0]), cover


def _without_each(mass: Floats) -> Floats:
    """Return for each column the product of all others, (l, d)."""
    before, after = np.ones_like(mass), np.ones_like(mass)
    before[:, 1:] = np.cumprod(mass[:, :-1], axis=1)
    after[:, :-1] = np.cumprod(mass[:, :0:-1], axis=1)[:, ::-1]
    return before * after


def _with_mean(sums: Floats) -> Floats:
    """Return the mean over bags, and then each bag."""
    return np.concatenate([sums.mean(axis=0, keepdims=True), sums])


def _variance(means: Floats, weights: Floats) -> Floats:
    """Return the weighted variance over cells of ``means`` (b, patterns, cells), patterns put together first: (b,)."""
    weight = weights.sum(axis=0)
    total = weight.sum()
    if total <= 0:
        return np.zeros(len(means))
    value = np.sum(means * weights, axis=1) / np.where(weight > 0, weight, 1.0)
    centre = (value @ weight / total)[:, None]
    return np.asarray((value - centre) ** 2 @ weight)


def _joint(means: Floats, weights: Floats) -> Floats:
    """Return the variance over the cells of a pair beyond that of its rows and of its columns, (b,), at least 0."""
    weight = weights.sum(axis=0)
    total = weight.sum()
    if total <= 0:
        return np.zeros(len(means))
    value = np.sum(means * weights, axis=1) / np.where(weight > 0, weight, 1.0)
    centre = np.tensordot(value, weight, 2)[:, None, None] / total
    off = value - centre
    rows, columns = weight.sum(axis=1), weight.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        by_row = np.nan_to_num(np.sum(off * weight, axis=2) / rows)
        by_column = np.nan_to_num(np.sum(off * weight, axis=1) / columns)
    both = np.tensordot(off**2, weight, 2)
    return np.asarray(np.maximum(both - by_row**2 @ rows - by_column**2 @ columns, 0.0))


def _shares(parts: Floats, bags: Bags, lattice: Lattice) -> Parts:
    """Return variances as shares of the variance over the space."""
    said = bags.predict(np.ascontiguousarray(lattice.samples, dtype=np.float32))
    whole = np.concatenate([[said.mean(axis=0).var()], said.var(axis=1)])
    floor = 1e-12 * max(float(np.abs(bags.target).max(initial=0.0)) ** 2, 1e-300)
    with np.errstate(invalid="ignore", divide="ignore"):
        shares = np.where(whole[:, None] > floor, np.clip(parts / whole[:, None], 0.0, 1.0), 0.0)
    return Parts(shares[0], shares[1:])
