"""A study's running account: its revision and the number of trials in each state, changed with every transition."""

from collections.abc import Sequence

from parfocal.storage.records import Counts
from parfocal.trials import State


class Ledger:
    """Revision and counts of one study during one transaction.

    Parameters
    ----------
    revision
        The last revision that was given out.
    counts
        Trials in each state, in the order of :class:`State`.
    """

    __slots__ = ("counts", "revision")

    def __init__(self, revision: int = 0, counts: Sequence[int] = (0,) * len(State)) -> None:
        self.revision = revision
        self.counts = list(counts)

    def enter(self, n: int) -> range:
        """Account for ``n`` new WAITING trials and return their numbers."""
        total = sum(self.counts)
        self.counts[State.WAITING] += n
        return range(total, total + n)

    def move(self, old: State, new: State) -> int:
        """Account for one transition and return its revision."""
        self.counts[old] -= 1
        self.counts[new] += 1
        return self.next()

    def next(self) -> int:
        """Return the next revision."""
        self.revision += 1
        return self.revision

    def as_counts(self) -> Counts:
        """Return the counts as a record."""
        return Counts(*self.counts)
