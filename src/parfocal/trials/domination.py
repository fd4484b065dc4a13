"""Domination among losses of several objectives: fronts, crowding distance and hypervolume; pure numpy.

A row dominates another one that it is nowhere worse than and somewhere better. Equal rows do not dominate each other.
"""

import numpy as np

from parfocal.typing import Bools, Floats, Ints

_BLOCK = 64  # rows that are compared with all others at once


def front(losses: Floats) -> Bools:
    """Return which rows of ``losses (n, m)`` no other row dominates, ``(n,)``.

    O(n log n) for one or two objectives, O(n k m) with k rows on the front for more.
    """
    member = np.zeros(len(losses), dtype=np.bool_)
    order = np.lexsort(losses.T[::-1])  # what dominates a row stands before it
    member[order[_leading(losses[order])]] = True
    return member


def fronts(losses: Floats, enough: int | None = None) -> Ints:
    """Return the front of each row of ``losses (n, m)``, from 0, ``(n,)``: non-dominated sorting.

    Each front is what is not dominated once all earlier ones are taken away (Deb et al., IEEE TEC 6, 2002, section
    III A; here front by front from rows in lexicographic order).

    Parameters
    ----------
    losses
        Smaller is better; no NaN.
    enough
        Stop once so many rows have their front; the others get the number of fronts that were found. None: all.
    """
    enough = len(losses) if enough is None else min(enough, len(losses))
    found = np.full(len(losses), -1, dtype=np.int64)
    left = np.lexsort(losses.T[::-1])
    number = 0
    while len(losses) - len(left) < enough:
        leading = _leading(losses[left])
        found[left[leading]] = number
        left, number = left[~leading], number + 1
    found[left] = number
    return found


def crowding(losses: Floats) -> Floats:
    """Return the crowding distance of each row of one front ``(k, m)``, ``(k,)``; infinite at the ends.

    Sum over the objectives of the gap between both neighbours, as a share of the range (Deb et al. 2002, section
    III B). An objective in which all are equal tells nothing and adds nothing.
    """
    distance = np.zeros(len(losses))
    for column in losses.T:
        span = float(np.ptp(column)) if len(column) else 0.0
        if span > 0:
            order = np.argsort(column, kind="stable")
            sorted_ = column[order]
            distance[order[1:-1]] += (sorted_[2:] - sorted_[:-2]) / span
            distance[order[[0, -1]]] = np.inf
    return distance


def hypervolume(losses: Floats, reference: Floats) -> float:
    """Return the volume that rows ``(n, m)`` dominate within the box below ``reference (m,)``.

    By slices along the last objective (While et al., IEEE TEC 10, 2006, section II): quick for two and three
    objectives and some hundred rows.
    """
    rows = losses[(losses < reference).all(axis=1)]
    if not len(rows):
        return 0.0
    if losses.shape[1] == 1:
        return float(reference[0] - rows.min())
    if losses.shape[1] == 2:
        rows = rows[front(rows)]
        rows = rows[np.argsort(rows[:, 0], kind="stable")]
        heights = np.concatenate([[reference[1]], rows[:-1, 1]]) - rows[:, 1]
        return float(((reference[0] - rows[:, 0]) * heights).sum())
    rows = rows[np.argsort(rows[:, -1], kind="stable")]
    tops = np.concatenate([rows[1:, -1], reference[-1:]])
    slices = (
        (top - row[-1]) * hypervolume(rows[: count + 1, :-1], reference[:-1])
        for count, (row, top) in enumerate(zip(rows, tops.tolist(), strict=True))
        if top > row[-1]
    )
    return float(sum(slices))


def _leading(rows: Floats) -> Bools:
    """Return which of rows ``(n, m)`` in lexicographic order no other one dominates, ``(n,)``."""
    if rows.shape[1] == 1 or not len(rows):
        return np.asarray((rows == rows[:1]).all(axis=1))
    if rows.shape[1] == 2:
        # undominated: the best second loss among equal first ones, and better than all with a smaller first one
        first = np.concatenate([[True], rows[1:, 0] != rows[:-1, 0]])
        group = np.cumsum(first) - 1
        lowest = rows[first, 1]
        before = np.concatenate([[np.inf], np.minimum.accumulate(lowest)[:-1]])
        held = rows[:, 1] == lowest[group]
        return np.asarray(held & ((rows[:, 1] < before[group]) | (group == 0)))
    leading = np.zeros(len(rows), dtype=np.bool_)
    left = np.arange(len(rows))
    while len(left):
        block, left = left[:_BLOCK], left[_BLOCK:]
        block = block[~_dominated(rows[block], rows[block])]
        leading[block] = True
        left = left[~_dominated(rows[left], rows[block])]
    return leading


def _dominated(rows: Floats, by: Floats) -> Bools:
    """Return which of ``rows (n, m)`` any row of ``by (k, m)`` dominates, ``(n,)``."""
    nowhere_worse, better = (
        np.ones((len(rows), len(by)), dtype=np.bool_),
        np.zeros((len(rows), len(by)), dtype=np.bool_),
    )
    for mine, theirs in zip(rows.T, by.T, strict=True):
        nowhere_worse &= theirs[None, :] <= mine[:, None]
        better |= theirs[None, :] < mine[:, None]
    return np.asarray((nowhere_worse & better).any(axis=1))
