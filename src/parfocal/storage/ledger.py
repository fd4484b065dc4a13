"""A study's running account: its revision and its numbers of trials, changed with every trial that is new or final."""

from collections.abc import Sequence

from parfocal.storage.records import Counts
from parfocal.trials import State

FINAL = tuple(state for state in State if state.finished)
"""The states that the account counts; how many run is counted among the leases, the others wait."""


class Ledger:
    """Revision and counts of one study during one transaction.

    Parameters
    ----------
    revision
        The last revision that was given out.
    total
        Trials in all.
    final
        Trials in each state of :data:`FINAL`.
    """

    __slots__ = ("final", "revision", "total")

    def __init__(self, revision: int = 0, total: int = 0, final: Sequence[int] = (0,) * len(FINAL)) -> None:
        self.revision = revision
        self.total = total
        self.final = list(final)

    def enter(self, n: int) -> range:
        """Account for ``n`` new trials and return their numbers."""
        self.total += n
        return range(self.total - n, self.total)

    def finish(self, state: State) -> int:
        """Account for one final result and return its revision."""
        self.final[FINAL.index(state)] += 1
        return self.next()

    def next(self) -> int:
        """Return the next revision."""
        self.revision += 1
        return self.revision

    def as_counts(self, running: int) -> Counts:
        """Return the counts as a record, of which ``running`` are claimed."""
        return Counts(self.total - sum(self.final) - running, running, *self.final)
