"""Which trials a person has chosen: by brushing lanes of the parallel coordinates, and by a condition in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from parfocal.analysis import INACTIVE, Parallel, Rows, parallel, rows_of, where
from parfocal.dashboard.source import Source, View
from parfocal.errors import ParfocalError
from parfocal.typing import Bools

VALUE = "(value)"
"""The lane of the objective, among those that have a parameter's name."""


@dataclass(frozen=True)
class Chosen:
    """The trials that are chosen.

    Attributes
    ----------
    mask
        (n,), None for all.
    rows
        All of them.
    key
        The same key and version mean the same trials.
    """

    mask: Bools | None
    rows: Rows
    key: str
    error: str = ""

    @property
    def only(self) -> Rows:
        """The rows that are chosen."""
        return self.rows if self.mask is None else self.rows.only(self.mask)

    @property
    def count(self) -> int:
        """How many are chosen."""
        return len(self.rows.loss) if self.mask is None else int(self.mask.sum())


def rows(source: Source, view: View) -> Rows:
    """Return all rows of a view."""
    return source.table(view, "rows", lambda: rows_of(view.space, view.history))


def lanes(source: Source, view: View, names: Sequence[str], words: str) -> Parallel:
    """Return the lines of the trials that fulfil a condition."""
    every = rows(source, view)
    mask, _ = _worded(view, words)
    key = ("parallel", tuple(names), words)
    only = every if mask is None else every.only(mask)
    return source.table(view, key, lambda: parallel(view.space, only, view.objective, list(names)))


def chosen(source: Source, view: View, choice: Mapping[str, Any] | None) -> Chosen:
    """Return the trials that a choice ``{"brush": {lane: ranges}, "lanes": [...], "words": condition}`` means."""
    choice = choice or {}
    brush, words = choice.get("brush") or {}, choice.get("words") or ""
    every, key = rows(source, view), repr((sorted(brush.items()), words))
    return source.table(view, ("chosen", key), lambda: _chosen(source, view, every, choice, key))


def _chosen(source: Source, view: View, every: Rows, choice: Mapping[str, Any], key: str) -> Chosen:
    brush, words = choice.get("brush") or {}, choice.get("words") or ""
    mask, error = _worded(view, words)
    if brush:
        names = [name for name in choice.get("lanes") or () if name != VALUE]
        table = lanes(source, view, names, "" if error else words)
        order = [*names, VALUE]
        within = table.select(every, {order.index(name): ranges for name, ranges in brush.items() if name in order})
        mask = within if mask is None else mask & within
    return Chosen(mask, every, key, error)


def _worded(view: View, words: str) -> tuple[Bools | None, str]:
    if not words.strip():
        return None, ""
    try:
        return where(view.space, view.history, view.objective, words), ""
    except ParfocalError as error:
        return None, str(error)


def told(table: Parallel, ranges: Sequence[Sequence[float]], index: int) -> str:
    """Return what a brush of one lane means, in the user's own units."""
    lane = table.lanes[index]
    axis = lane.axis
    idle = [INACTIVE] if any(low <= lane.inactive <= high for low, high in ranges) else []
    if axis is not None and axis.kind == "category":
        held = [label for i, label in enumerate(axis.labels) if any(low <= i <= high for low, high in ranges)]
        return f"{lane.title}: {', '.join(held + idle) or 'none'}"
    if axis is None:
        spans = [f"{low:.4g} to {high:.4g}" for low, high in ranges]
    else:
        bottom = float(axis.scale(np.array(axis.low)))
        ends = [axis.unscale(np.clip(np.array(pair), bottom, None)).tolist() for pair in ranges if pair[1] >= bottom]
        spans = [f"{axis.text(low)} to {axis.text(high)}" for low, high in ends]
    return f"{lane.title}: {' or '.join(spans + idle)}"
