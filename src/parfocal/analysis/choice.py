"""Choice: a few trials that stand for many: the best, the worst, or evenly spaced between them."""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from parfocal.analysis.runs import comparable
from parfocal.errors import InvalidInput
from parfocal.trials import History, Objective
from parfocal.typing import Floats, Ints

How = Literal["top", "even", "worst"]


@dataclass(frozen=True)
class Choice:
    """Trials in the order of their value, best first; with ``worst``, worst first."""

    number: Ints
    """(k,)"""
    value: Floats
    """(k,) in the user's own units."""
    rank: Ints
    """(k,) 1 for the best of all."""
    total: int
    """Trials that could be chosen: complete, at the highest fidelity."""


@dataclass(frozen=True)
class Rank:
    """Where a trial stands among those that can be compared."""

    rank: int | None
    """1 for the best; None where it cannot be compared. Equal losses stand in the order of their numbers."""
    total: int


def rank(history: History, number: int) -> Rank:
    """Return where a trial stands."""
    good = comparable(history)
    if not 0 <= number < len(history) or not good[number]:
        return Rank(None, int(good.sum()))
    loss = history.loss
    ahead = good & ((loss < loss[number]) | ((loss == loss[number]) & (np.arange(len(loss)) < number)))
    return Rank(int(ahead.sum()) + 1, int(good.sum()))


def choice(
    history: History, objective: Objective, how: How = "top", n: int = 24, start: int = 0, among: Ints | None = None
) -> Choice:
    """Return up to ``n`` trials.

    Parameters
    ----------
    history
        One run.
    objective
        Gives the units.
    how
        ``top``: the best; ``worst``: the worst; ``even``: from the best to the worst in even steps of rank.
    n, start
        How many, and behind how many others: the pages of a gallery. ``even`` knows one page only.
    among
        Choose among these numbers only.

    Raises
    ------
    InvalidInput
        If ``how`` is none of these, or ``n`` or ``start`` is negative.
    """
    if how not in get_args(How):
        raise InvalidInput(f"Trials are chosen as one of {', '.join(get_args(How))}; got {how!r}.")
    if n < 0 or start < 0:
        raise InvalidInput(f"A choice has at least 0 trials behind at least 0 others; got {n} behind {start}.")
    good = np.flatnonzero(comparable(history))
    order = good[np.argsort(history.loss[good], kind="stable")]
    ranks = np.arange(1, len(order) + 1)
    if among is not None:
        inside = np.isin(order, among)
        order, ranks = order[inside], ranks[inside]
    if how == "even":
        picked = np.unique(np.round(np.linspace(0, len(order) - 1, min(n, len(order)))).astype(np.int64))
        picked = picked if start == 0 else picked[:0]
    else:
        picked = np.arange(len(order))[:: 1 if how == "top" else -1][start : start + n]
    numbers = order[picked]
    return Choice(numbers, objective.value(history.loss[numbers]), ranks[picked], len(order))
