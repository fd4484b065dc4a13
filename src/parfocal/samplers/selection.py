"""What a strategy lets a sampler build on, and how trials are ranked for it."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from parfocal.errors import InvalidInput
from parfocal.trials import History
from parfocal.typing import Bools, Floats, Ints


def _none() -> Ints:
    return np.empty(0, dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Selection:
    """Rows of a history that a sampler may build on: the strategy's one message to the sampler.

    Attributes
    ----------
    rows : Ints (m,)
        Rows of the history (= trial numbers), **best first**. A strategy may put failed rows behind the finished
        ones, and pending rows behind those, when its sampler is to keep away from them.
    good : Bools (m,)
        The rows that a density or local sampler is to be drawn to, for example the best quantile gamma.
    generations : Ints (m,)
        Index of the generation of each row in the order told, from 0; -1 while the row's generation is not complete.
        All -1 where a strategy knows no generations. Ranks within a generation follow from the order of ``rows``, so
        that population samplers work on ranks alone and a failed trial needs no invented number.
    score : callable ``X (k, d) -> Floats (k,)``, or None
        The strategy's judgement of any rows, higher is better, fitted to the same history: for samplers that climb.
    """

    rows: Ints = field(default_factory=_none)
    good: Bools = field(default_factory=lambda: np.empty(0, dtype=np.bool_))
    generations: Ints = field(default_factory=_none)
    score: Callable[[Floats], Floats] | None = None

    def __post_init__(self) -> None:
        if not len(self.rows) == len(self.good) == len(self.generations):
            raise InvalidInput(
                "A Selection needs rows, good and generations of one length; got "
                f"{len(self.rows)}, {len(self.good)} and {len(self.generations)}."
            )

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def good_rows(self) -> Ints:
        """Return the good rows of the history, best first, shape (k,)."""
        return self.rows[self.good]

    def swapped(self) -> "Selection":
        """Return the selection with good and bad exchanged (the density of the bad ones is that of the swapped one)."""
        return replace(self, good=~self.good)


EMPTY = Selection()
"""Nothing to build on: what samplers that do not learn are given."""


def best_first(history: History, rows: Ints) -> Ints:
    """Return ``rows`` (m,) by loss, smallest first; equal losses by trial number, rows without loss last.

    A loss of higher fidelity counts before any of a lower one, as in ``History.best``.
    """
    order = np.lexsort((rows, history.loss[rows], -history.fidelity[rows]))
    return rows[order]


def of_best(history: History, count: int, *, failed: bool = False, pending: bool = False) -> Selection:
    """Return the complete rows best first, ``count`` of them good; failed and pending rows may follow, never good.

    Parameters
    ----------
    history : History
    count : int
        How many are good; at most all complete ones are.
    failed, pending : bool
        Append the FAILED, then the WAITING and RUNNING rows, by trial number.
    """
    parts = [best_first(history, np.flatnonzero(history.complete))]
    good = min(count, len(parts[0]))
    if failed:
        parts.append(np.flatnonzero(history.failed))
    if pending:
        parts.append(np.flatnonzero(history.pending))
    rows = np.concatenate(parts)
    return Selection(rows, np.arange(len(rows)) < good, np.full(len(rows), -1, dtype=np.int64))
