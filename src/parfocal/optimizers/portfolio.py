"""Several optimizers as one: who proposes the next trials, decided from what each of them has brought so far.

The history knows which member proposed a row (:attr:`History.member`), so that a portfolio is a pure function of seed
and history like any other optimizer. Members see each other's trials: a result teaches all of them.
"""

from dataclasses import dataclass
from typing import ClassVar, Protocol, TypeAlias

import numpy as np

from parfocal.space import Space
from parfocal.trials import History
from parfocal.typing import Floats, Ints

GOLDEN = (5**0.5 - 1) / 2
WINDOW = 200
"""Latest results, of all members together, that are looked at."""
MEMORY = 0.97
"""A result counts that much less with each one after it: what a member can do changes in the course of a search."""
TIP = 0.1
"""The share of best losses that count as success, beside new records."""


@dataclass(frozen=True, slots=True)
class Turn:
    """Consecutive trials of an ask for one member: its index, how many, and why."""

    member: int
    count: int
    why: str


Plan: TypeAlias = tuple[Turn, ...]


class Policy(Protocol):
    """Who proposes next: a frozen dataclass of its options."""

    name: ClassVar[str]
    """The name in the text form, such as ``"auto"``."""
    learns: ClassVar[bool]

    @property
    def texts(self) -> tuple[str, ...]:
        """The members, as names of the zoo or compositions; a member's index never changes."""
        ...

    def plan(self, space: Space, history: History, n: int, seed: int) -> Plan:
        """Return whose turn the next ``n`` trials are; pure. Dear members come first within an ask."""
        ...


def credits(history: History, members: int) -> tuple[Floats, Floats]:
    """Return what each member's latest trials brought, and how many they were, both with :data:`MEMORY`, ``(k,)``.

    A trial brings 1 for a new record, 0.3 for a loss among the best :data:`TIP` of all, else 0; failures bring 0. LOST
    and pending trials say nothing. (Compare the area-under-curve bandit of Fialho et al., GECCO 2010, as in OpenTuner.)
    """
    told = history.finished_order
    known = told[history.complete[told] | history.failed[told]]
    latest = known[-WINDOW:]
    owner = history.member[latest]
    gain, count = np.zeros(members), np.zeros(members)
    fine = history.complete[known]
    if not fine.any():
        return gain, count
    loss = np.where(fine, history.loss[known], np.inf)
    before = np.minimum.accumulate(loss)
    record = np.append(fine[:1], loss[1:] < before[:-1])[-WINDOW:]
    tip = loss[-WINDOW:] < np.quantile(loss[fine], TIP)
    weight = MEMORY ** np.arange(len(latest) - 1, -1, -1.0)
    brought = np.where(record, 1.0, np.where(tip, 0.3, 0.0))
    for member in range(members):
        own = owner == member
        gain[member], count[member] = (weight * brought)[own].sum(), weight[own].sum()
    return gain, count


def worth(history: History, members: int, prior: float) -> Floats:
    """Return the success of a trial of each member ``(k,)``: each is believed to have had ``prior`` average ones."""
    gain, count = credits(history, members)
    average = (gain.sum() + 0.1) / (count.sum() + 1.0)
    return np.asarray((gain + prior * average) / (count + prior))


def spread(shares: Floats, start: int, n: int, seed: int) -> Ints:
    """Return how many of the trials ``start`` to ``start + n`` each member takes by its share, ``(k,)``.

    By a golden-ratio sequence over the trial numbers: shares are met closely over any stretch of trials, however the
    asks cut it.
    """
    u = (np.arange(start, start + n) * GOLDEN + (seed * GOLDEN) % 1.0) % 1.0
    edges = np.cumsum(shares / shares.sum())[:-1]
    return np.bincount(np.searchsorted(edges, u, side="right"), minlength=len(shares))
