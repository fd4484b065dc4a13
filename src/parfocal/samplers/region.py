"""The state of a trust region as a replay of results in the order told (Eriksson et al., NeurIPS 2019, section 3)."""

from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np

from parfocal.samplers.memo import notebook
from parfocal.samplers.variation import numbers, widths
from parfocal.space import Space
from parfocal.trials import History
from parfocal.typing import Ints

LONGEST = 1.6
"""Largest side (TuRBO)."""
GAIN = 1e-3
"""Share of the incumbent's loss, in absolute value, by which a success improves on it (TuRBO)."""
RECENT = 20
"""Results, the latest, that tell how many trials are in flight."""
BLOCK = 64
"""Rows whose distance to a new centre is looked at first; twice as many each time that they were not enough."""


@dataclass(frozen=True)
class Rules:
    """When a box grows, shrinks and ends; see :class:`parfocal.samplers.trust_region.TrustRegion`."""

    side: float
    shortest: float
    successes: int
    patience: int
    initial: int


@dataclass(frozen=True)
class Region:
    """One box.

    Attributes
    ----------
    side : float
        Length of its sides in the unit cube.
    centre : int
        Row of the incumbent, -1 while there is none.
    loss, fidelity : float
        Of the incumbent.
    seen : int
        Results since the box was opened.
    wins, losses : int
        Successes and failures in a row.
    number : int
        How many boxes were given up before.
    since : int
        Trials that existed when it was opened: what was asked for before was drawn for another box, and is left out.
    """

    side: float
    centre: int = -1
    loss: float = np.inf
    fidelity: float = 0.0
    seen: int = 0
    wins: int = 0
    losses: int = 0
    number: int = 0
    since: int = 0


def region(space: Space, history: History, rules: Rules, owner: Hashable) -> Region:
    """Return the region after all results of a history; between asks only new results are walked through."""
    notes = notebook(history)
    known: tuple[Space, Rules, int, Region] | None = notes.get(owner)
    if known is None or known[0] is not space or known[1] != rules:
        known = space, rules, 0, Region(rules.side)
    done, here = known[2:]
    if len(history.finished_order) > done:
        here = walked(here, rules, history, done, Gaps(space, history, done))
        notes[owner] = space, rules, len(history.finished_order), here
    return here


def walked(here: Region, rules: Rules, history: History, done: int, gaps: "Gaps") -> Region:
    """Return the region after the results from the position ``done`` on, one after the other.

    What other samplers evaluated outside of the box is no failure of it; but a better trial is its centre wherever it
    lies. The first ``initial`` results only find the centre. FAILED trials count, LOST and pruned ones do not.
    """
    rows = history.finished_order[done:]
    asked = np.where(history.ask[rows] > 0, history.ask[rows], rows)  # 0: by the user, or of the very first ones
    columns = (rows, history.complete[rows], history.failed[rows], asked)
    values = (history.loss[rows], history.fidelity[rows])
    side, centre, best, level = here.side, here.centre, here.loss, here.fidelity
    seen, wins, losses, number, since = here.seen, here.wins, here.losses, here.number, here.since
    existing: Ints | None = None
    turns = zip(*(column.tolist() for column in (*columns, *values)), strict=True)
    for place, (row, complete, failed, asked, loss, fidelity) in enumerate(turns):
        if not (complete or failed) or asked < since:
            continue
        seen += 1
        open_ = centre < 0
        better = complete and (open_ or fidelity > level or (fidelity == level and loss < best))
        success = better and (open_ or best - loss > GAIN * abs(best))
        if seen > rules.initial and not open_:
            if success:
                wins, losses = wins + 1, 0
            elif (failed or fidelity >= level) and gaps.of(place, centre) <= side / 2 + 1e-9:
                wins, losses = 0, losses + 1
            if losses >= rules.patience:
                side, losses = side / 2, 0
            elif wins >= rules.successes:
                side, wins = min(LONGEST, 2 * side), 0
        if better:
            centre, best, level = row, loss, fidelity
        if side < rules.shortest:
            existing = trials_by(history) if existing is None else existing
            side, centre, best, level = rules.side, -1, np.inf, 0.0
            seen, wins, losses, number, since = 0, 0, 0, number + 1, int(existing[done + place])
    return Region(side, centre, best, level, seen, wins, losses, number, since)


def trials_by(history: History) -> Ints:
    """Return how many trials existed when each result came ``(k,)``, as far as the order of results tells.

    There are as many as the largest number told has, at least; and as many more than results as the latest results
    have shown to be in flight. Where trials are asked for one by one, and told in that order, this is exact.
    """
    order = history.finished_order
    place = np.arange(len(order))
    ahead = np.concatenate([np.zeros(RECENT - 1, dtype=np.int64), order - place])
    flying = np.lib.stride_tricks.sliding_window_view(ahead, RECENT).max(axis=1)
    return np.asarray(np.maximum(np.maximum.accumulate(order), place + flying) + 1)


class Gaps:
    """How far results lie from a centre: computed in blocks, since most are asked for in a row and for one centre."""

    def __init__(self, space: Space, history: History, done: int) -> None:
        columns = numbers(space)
        self._X, self._columns = history.X, columns
        self._rows = history.finished_order[done:]
        self._level = 1.5 * widths(space)[columns] + 1e-9
        self._centre, self._first, self._size = -1, 0, BLOCK
        self._gaps: list[float] = []

    def of(self, place: int, centre: int) -> float:
        """Return the largest gap in a number that is active in both; a level's reach is none."""
        if centre != self._centre:
            self._centre, self._gaps, self._size = centre, [], BLOCK
        if not self._first <= place < self._first + len(self._gaps):
            self._first = place
            gap = np.abs(self._X[self._rows[place : place + self._size]] - self._X[centre])[:, self._columns]
            gap[gap <= self._level] = 0.0
            self._gaps = np.fmax.reduce(gap, axis=1, initial=0.0).tolist()
            self._size *= 2
        return self._gaps[place - self._first]
