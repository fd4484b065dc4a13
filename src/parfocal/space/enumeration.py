"""All configurations of a few columns that belong together, grown column by column, parents first."""

from collections.abc import Mapping

import numpy as np

from parfocal.space.conditions import View
from parfocal.space.layout import Block, Layout
from parfocal.typing import Floats, Ints


class TooMany(Exception):
    """More rows than the caller wants to hold."""


def enumerate_block(layout: Layout, block: Block, codes: Mapping[str, Floats], most: int) -> Floats:
    """Return every canonical, feasible, distinct row of a block, in lexicographic order of its columns.

    Parameters
    ----------
    layout, block
        The block must hold the parents of each of its columns.
    codes
        For each column of the block the codes to combine, ascending.
    most
        How many rows may exist at any time.

    Returns
    -------
    array
        ``(m, len(block.columns))`` codes, NaN where inactive (sorted before any level).

    Raises
    ------
    TooMany
        If more than ``most`` rows would be held on the way.
    """
    conditional = [name for name in layout.order if name in block.columns]
    order = [name for name in block.columns if name not in layout.rules] + conditional
    indices: dict[str, Ints] = {}
    rows = 1
    waiting = list(block.constraints)
    for name in order:
        active = np.ones(rows, dtype=np.bool_)
        if name in layout.rules:
            active = layout.rules[name].holds(_view(layout, indices, codes, rows))
        repeats = np.where(active, len(codes[name]), 1)
        rows = int(repeats.sum())
        if rows > most:
            raise TooMany
        parent = np.repeat(np.arange(len(active)), repeats)
        first = np.repeat(np.cumsum(repeats) - repeats, repeats)
        level = np.where(active[parent], np.arange(rows) - first, -1)
        indices = {other: column[parent] for other, column in indices.items()} | {name: level}
        for rule in [rule for rule in waiting if _bound(layout, rule.expression.names, indices)]:
            waiting.remove(rule)
            kept = rule.holds(_view(layout, indices, codes, rows))
            indices = {other: column[kept] for other, column in indices.items()}
            rows = int(kept.sum())
    columns = [indices[name] for name in block.columns]
    sorting = np.lexsort(columns[::-1])
    return np.column_stack([_codes(codes[name], indices[name][sorting]) for name in block.columns])


def _bound(layout: Layout, names: frozenset[str], indices: Mapping[str, Ints]) -> bool:
    return all(name in indices or name not in layout.position for name in layout.ancestors(names))


def _codes(codes: Floats, index: Ints) -> Floats:
    return np.where(index < 0, np.nan, codes[index])


def _view(layout: Layout, indices: Mapping[str, Ints], codes: Mapping[str, Floats], rows: int) -> View:
    return View(layout.parameters, layout.axes, layout.rules, lambda name: _codes(codes[name], indices[name]), rows)
