"""Influence: a rough order of the parameters, to choose which pairs are worth looking at first."""

from dataclasses import dataclass

import numpy as np

from parfocal.analysis.cells import adaptive_cells, level_cells
from parfocal.analysis.rows import Rows
from parfocal.typing import Floats, Ints


@dataclass(frozen=True)
class Influence:
    """Share of the variance of the ranks of the loss that each parameter explains on its own."""

    names: tuple[str, ...]
    """Parameters, most influential first."""
    share: Floats
    """(d,) in [0, 1], corrected for the number of groups (epsilon squared, Kelley 1935); 0 where nothing is known."""


def influence(rows: Rows, groups: int = 8) -> Influence:
    """Return the parameters by influence.

    Trials are grouped by each parameter (one group a level or choice, else ``groups`` narrow where many trials lie;
    inactive trials are a group) and the ranks of their losses are compared between groups. This says nothing about
    interactions, and trials of an optimizer are no random sample: it is a guide for the eye, not a test.
    """
    done = ~np.isnan(rows.loss)
    ranks = average_ranks(rows.loss[done])
    share = np.zeros(len(rows.axes))
    for j, axis in enumerate(rows.axes):
        x = rows.coordinates[done, j]
        inactive = bool(np.isnan(x).any())
        few = axis.kind == "category" or 0 < len(axis.levels) <= groups
        cells = level_cells(axis, inactive) if few else adaptive_cells(axis, x, groups, inactive)
        share[j] = explained(cells.locate(x), ranks)
    order = np.argsort(-share, kind="stable")
    return Influence(tuple(rows.axes[j].name for j in order), share[order])


def average_ranks(values: Floats) -> Floats:
    """Return the ranks of ``values`` from 1; equal ones share the mean of theirs, so that their order is no matter."""
    _, which, count = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(count) - (count - 1) / 2)[which], dtype=np.float64)


def explained(group: Ints, value: Floats) -> float:
    """Return epsilon squared of ``value`` over groups: 1 - (residual mean square) / (total mean square), at least 0."""
    n, used = len(value), np.unique(group)
    if n - len(used) < 1 or len(used) < 2:
        return 0.0
    total = float(np.sum((value - value.mean()) ** 2)) / (n - 1)
    count = np.bincount(group)
    mean = np.bincount(group, weights=value) / np.maximum(count, 1)
    within = float(np.sum((value - mean[group]) ** 2)) / (n - len(used))
    return max(0.0, 1.0 - within / total) if total > 0 else 0.0
