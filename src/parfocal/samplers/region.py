"""The state of a trust region as a replay of results in the order told (Eriksson et al., NeurIPS 2019, section 3)."""

from collections.abc import Hashable
from dataclasses import dataclass, replace

import numpy as np

from parfocal.samplers.memo import notebook
from parfocal.samplers.variation import numbers, widths
from parfocal.space import Space
from parfocal.trials import History
from parfocal.typing import Bools, Floats

LONGEST = 1.6
"""Largest side (TuRBO)."""
GAIN = 1e-3
"""Share of the incumbent's loss, in absolute value, by which a success improves on it (TuRBO)."""


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
    """

    side: float
    centre: int = -1
    loss: float = np.inf
    fidelity: float = 0.0
    seen: int = 0
    wins: int = 0
    losses: int = 0
    number: int = 0


def region(space: Space, history: History, rules: Rules, owner: Hashable) -> Region:
    """Return the region after all results of a history; between asks only new results are walked through."""
    notes = notebook(history)
    done: int
    here: Region
    done, here = notes.get(owner, (0, Region(rules.side)))
    told = history.finished_order[done:]
    told = told[(history.complete | history.failed)[told]]
    count, half = numbers(space), widths(space)
    for row in told.tolist():
        here = after(here, rules, history, row, count, half)
    notes[owner] = len(history.finished_order), here
    return here


def after(here: Region, rules: Rules, history: History, row: int, columns: Bools, width: Floats) -> Region:
    """Return the region after one result.

    What other samplers evaluated outside of the box is no failure of it; but a better trial is its centre wherever it
    lies. The first ``initial`` results only find the centre.
    """
    loss, fidelity = float(history.loss[row]), float(history.fidelity[row])
    seen = here.seen + 1
    failed = not np.isfinite(loss)
    better = not failed and (here.centre < 0 or (-fidelity, loss) < (-here.fidelity, here.loss))
    success = better and (here.centre < 0 or here.loss - loss > GAIN * abs(here.loss))
    inside = here.centre >= 0 and contains(history.X[here.centre], here.side, history.X[row], columns, width)
    moved = replace(here, seen=seen)
    if better:
        moved = replace(moved, centre=row, loss=loss, fidelity=fidelity)
    if seen <= rules.initial or here.centre < 0:
        return moved
    if success:
        moved = replace(moved, wins=here.wins + 1, losses=0)
    elif inside and (failed or fidelity >= here.fidelity):
        moved = replace(moved, wins=0, losses=here.losses + 1)
    if moved.wins >= rules.successes:
        moved = replace(moved, side=min(LONGEST, 2 * here.side), wins=0)
    if moved.losses >= rules.patience:
        moved = replace(moved, side=here.side / 2, losses=0)
    if moved.side < rules.shortest:
        return Region(rules.side, number=here.number + 1)
    return moved


def contains(centre: Floats, side: float, x: Floats, columns: Bools, width: Floats) -> bool:
    """Whether the numbers of a row ``x (d,)`` that are active in both lie in the box; a level's reach is always in."""
    gap = np.abs(x - centre)[columns]
    return bool((np.isnan(gap) | (gap <= np.maximum(side / 2, 1.5 * width[columns]) + 1e-9)).all())
