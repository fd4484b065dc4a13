"""Functional ANOVA of a forest: how much of the variance over the space each parameter and each pair explains.

Hutter, Hoos and Leyton-Brown, ICML 2014. The mean over all other parameters is exact, since a tree is constant in
boxes; here the boxes are weighed within each pattern of active parameters, so that a parameter is judged where it is
active only, and the share of the space in which it is active counts (see :mod:`parfocal.analysis.importance`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from parfocal.analysis.bagging import Bags
from parfocal.analysis.lattice import INACTIVE, Lattice
from parfocal.typing import Bools, Floats, Ints

_ROUNDING = 1e-12
"""Shares below this are sums that did not come out as 0."""


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
    active. Cost: trees x leaves x parameters x (cells + patterns).
    """
    counts, kinds = lattice.counts, _kinds(lattice)
    sums = [np.zeros((len(bags.trees), count + 1)) for count in counts]
    for b, bag in enumerate(bags.trees):
        for tree in bag:
            value, cover = _leaves(tree, lattice)
            held = np.zeros((len(kinds.vectors), len(value)))
            for active, columns, some, mass, weight in _reached(value, cover, lattice, kinds):
                held[np.ix_(columns[active], some)] += (weight[:, None] / mass[:, active]).T
            for j, rows in enumerate(kinds.rows):
                sums[j][b] += np.sum((held[rows] @ cover[j]) * _of(kinds, rows, counts[j]), axis=0) / len(bag)
    parts = np.zeros((len(bags.trees) + 1, len(counts)))
    for j in range(len(counts)):
        weights = np.sum([p.share * p.masses[j] * p.active[j] for p in lattice.patterns], axis=0)
        parts[:, j] = _variance(_with_mean(sums[j]), weights)
    return _shares(parts, bags, lattice)


def pair_effects(bags: Bags, lattice: Lattice, pairs: Sequence[tuple[int, int]]) -> Parts:
    """Return the share of each pair of parameters beyond what both explain on their own.

    Judged over the configurations in which both are active, as for :func:`main_effects`.
    """
    counts, kinds = lattice.counts, _kinds(lattice)
    sums = [np.zeros((len(bags.trees), counts[j] + 1, counts[k] + 1)) for j, k in pairs]
    for b, bag in enumerate(bags.trees):
        for tree in bag:
            value, cover = _leaves(tree, lattice)
            held: dict[tuple[int, int, int], Floats] = {}
            for active, columns, some, mass, weight in _reached(value, cover, lattice, kinds):
                for i, (j, k) in enumerate(pairs):
                    if active[j] and active[k]:
                        kept = held.setdefault((i, columns[j], columns[k]), np.zeros(len(value)))
                        kept[some] += weight / (mass[:, j] * mass[:, k])
            for (i, first, second), leaves in held.items():
                j, k = pairs[i]
                both = (cover[j] * leaves[:, None]).T @ cover[k]
                rows, columns = kinds.vectors[first][: counts[j] + 1], kinds.vectors[second][: counts[k] + 1]
                sums[i][b] += both * np.outer(rows, columns) / len(bag)
    parts = np.zeros((len(bags.trees) + 1, len(pairs)))
    for i, (j, k) in enumerate(pairs):
        weights = np.sum(
            [p.share * p.active[j] * p.active[k] * np.outer(p.masses[j], p.masses[k]) for p in lattice.patterns], axis=0
        )
        parts[:, i] = _joint(_with_mean(sums[i]), weights)
    return _shares(parts, bags, lattice)


@dataclass(frozen=True)
class _Kinds:
    """The different distributions over cells that parameters have; most have one, or two where they may be inactive."""

    vectors: Floats
    """(kinds, most cells + 1), filled up with 0."""
    rows: tuple[slice, ...]
    """Kinds of each parameter."""
    columns: Ints
    """(patterns, d) kind of each parameter in each pattern."""


def _kinds(lattice: Lattice) -> _Kinds:
    width = max(lattice.counts) + 1
    vectors, rows, columns, first = [], [], [], 0
    for j, count in enumerate(lattice.counts):
        different, which = np.unique(np.stack([p.masses[j] for p in lattice.patterns]), axis=0, return_inverse=True)
        vectors.append(np.pad(different, ((0, 0), (0, width - count - 1))))
        rows.append(slice(first, first + len(different)))
        columns.append(which.ravel() + first)
        first += len(different)
    return _Kinds(np.concatenate(vectors), tuple(rows), np.stack(columns, axis=1))


def _of(kinds: _Kinds, rows: slice, count: int) -> Floats:
    return kinds.vectors[rows, : count + 1]


def _reached(
    value: Floats, cover: list[Floats], lattice: Lattice, kinds: _Kinds
) -> Iterator[tuple[Bools, Ints, Ints, Floats, Floats]]:
    """Yield what each pattern reaches: leaves where it has a probability, the others weigh nothing.

    Yields the active parameters (d,), the kind of each (d,), the leaves (l,), the probability of each of their sides
    (l, d), and value x probability x share of the pattern (l,).
    """
    every = np.concatenate(
        [cover[j] @ _of(kinds, rows, lattice.counts[j]).T for j, rows in enumerate(kinds.rows)], axis=1
    )
    for pattern, columns in zip(lattice.patterns, kinds.columns, strict=True):
        mass = every[:, columns]
        some = np.flatnonzero((mass > 0).all(axis=1))
        mass = mass[some]
        yield pattern.active, columns, some, mass, value[some] * mass.prod(axis=1) * pattern.share


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


def _with_mean(sums: Floats) -> Floats:
    """Return the mean over bags, and then each bag."""
    return np.concatenate([sums.mean(axis=0, keepdims=True), sums])


def _variance(sums: Floats, weight: Floats) -> Floats:
    """Return the variance over cells of ``sums`` (b, cells), weighed means, each with its weight (cells,): (b,)."""
    total = weight.sum()
    if total <= 0:
        return np.zeros(len(sums))
    value = sums / np.where(weight > 0, weight, 1.0)
    centre = (value @ weight / total)[:, None]
    return np.asarray((value - centre) ** 2 @ weight)


def _joint(sums: Floats, weight: Floats) -> Floats:
    """Return the variance over the cells of a pair beyond that of its rows and of its columns, (b,), at least 0."""
    total = weight.sum()
    if total <= 0:
        return np.zeros(len(sums))
    value = sums / np.where(weight > 0, weight, 1.0)
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
    shares[shares < _ROUNDING] = 0.0
    return Parts(shares[0], shares[1:])
