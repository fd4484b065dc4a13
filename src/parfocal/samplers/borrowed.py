"""What samplers of other packages share: which trials they are told, and the unit cube as plain values.

Numbers travel as their code in [0, 1], so that another package sees the prior as a uniform one; discrete levels
travel as their index.
"""

from dataclasses import dataclass

import numpy as np

from parfocal.samplers.selection import best_first
from parfocal.space import Space
from parfocal.trials import History, Reason, State
from parfocal.typing import Bools, Floats, Ints


def told(history: History, most: int) -> Ints:
    """Return the rows to tell again, in the order told, at most ``most``: all finished ones that say something.

    LOST ones do not, and neither do those that a server failed. Of a longer history these are the best complete ones
    (half of ``most``) and the latest others.
    """
    order = history.finished_order
    silent = history.lost[order] | (history.reason[order] == Reason.SERVER.code)
    rows: Ints = order[~silent]
    if len(rows) <= most:
        return rows
    best = best_first(history, rows[history.complete[rows]])[: most // 2]
    others = rows[~np.isin(rows, best)]
    kept = np.concatenate([best, others[len(others) - (most - len(best)) :]])
    return rows[np.isin(rows, kept)]


def losses(history: History, rows: Ints) -> Floats:
    """Return one finite loss ``(k,)`` a row: the worst of the complete ones where a trial has none; 0 without any."""
    complete = history.state[rows] == State.COMPLETE
    loss = history.loss[rows]
    worst = loss[complete].max() if complete.any() else 0.0
    return np.where(complete, loss, worst)


@dataclass(frozen=True, eq=False)
class Cube:
    """The columns of a space as plain numbers: a code where continuous, the index of the level where discrete."""

    space: Space

    def numbers(self, X: Floats) -> Floats:
        """Return plain numbers ``(n, d)`` of canonical rows; NaN where inactive."""
        index = np.where(np.isnan(X), np.nan, self.space.indices(X))
        return np.where(self.space.levels == 0, X, index)

    def filled(self, X: Floats) -> Floats:
        """Return plain numbers ``(n, d)`` of canonical rows; those of the default where inactive."""
        return self.numbers(np.where(np.isnan(X), self.space.layout.start, X))

    def codes(self, numbers: Floats) -> Floats:
        """Return the codes ``(n, d)`` of plain numbers, NaN where those are; not canonical yet."""
        U = np.array(numbers, dtype=np.float64)
        layout = self.space.layout
        for position, name in enumerate(layout.columns):
            levels = layout.axes[name].codes
            if levels is not None:
                index = np.clip(np.nan_to_num(U[:, position]), 0, levels.count - 1).astype(np.int64)
                U[:, position] = np.where(np.isnan(U[:, position]), np.nan, levels.code(index))
            else:
                U[:, position] = np.clip(U[:, position], 0.0, 1.0)
        return U

    def active(self, numbers: Floats, position: int) -> bool:
        """Whether a column is active in a row ``(d,)`` whose columns before it (parents first) are known."""
        U = self.codes(numbers[None, :])
        return not bool(np.isnan(self.space.canonical(U)[0, position]))

    @property
    def order(self) -> list[int]:
        """Columns, parents first."""
        space = self.space
        later = [space.layout.position[name] for name in space.layout.order if name in space.layout.position]
        return [*np.flatnonzero(~space.conditional).tolist(), *later]

    def unordered(self) -> Bools:
        """Return which columns ``(d,)`` are options without order."""
        return self.space.categorical
