"""What the SQL storage needs of a database: transactions, a clock, a way to sleep until something happens."""

from collections.abc import Callable, Collection, Sequence
from typing import Any, Literal, Protocol, TypeAlias, TypeVar

from sqlalchemy import Connection

from parfocal.storage.ledger import Ledger
from parfocal.storage.records import Changes, Times
from parfocal.trials import Outcome, Trial
from parfocal.typing import Bools

T = TypeVar("T")
Mode: TypeAlias = Literal["read", "write", "single"]
"""``read``: sees one moment, changes nothing. ``write``: changes, wholly or not at all. ``single``: one statement that
changes; cheaper than ``write`` where the database is a server."""
Topic: TypeAlias = Literal["change", "work"]
"""What one waits for: a new revision of a study, or a trial that can be claimed."""


class Queue(Protocol):
    """The three calls that a study's workers make all the time, each in one transaction of mode ``single``."""

    def claim(
        self,
        connection: Connection,
        study: int,
        worker: str,
        n: int,
        lease: float,
        max_attempts: int,
        reaped: bool,
        now: float,
    ) -> list[Trial] | None:
        """Give the lowest waiting numbers to ``worker``; None: leases have run out, and are to be ``reaped`` first."""
        ...

    def heartbeat(
        self, connection: Connection, study: int, worker: str, numbers: Collection[int], lease: float, now: float
    ) -> list[int]:
        """Extend leases, and enter the worker's sign of life; return the numbers that it owns."""
        ...

    def report(
        self,
        connection: Connection,
        study: int,
        worker: str,
        results: Sequence[tuple[int, int, Outcome, float]],
        again: bool,
        now: float,
    ) -> Bools:
        """Enter results; ``again`` after an attempt of which it is not known whether it was stored."""
        ...


class Reader(Protocol):
    """Bulk reading, each call a part of one transaction of mode ``read``."""

    def read_changes(self, connection: Connection, study: int, since: int, account: Ledger) -> Changes:
        """Return what is new or final since a revision, in order."""
        ...

    def read_configurations(self, connection: Connection, study: int, start: int, stop: int) -> list[dict[str, Any]]:
        """Return the configurations of the trials [start, stop)."""
        ...

    def read_times(self, connection: Connection, study: int) -> Times:
        """Return when each trial was created, claimed and finished, and by whom."""
        ...


class Database(Protocol):
    """A database with parfocal's schema."""

    @property
    def url(self) -> str:
        """What opens it again; it holds no password."""
        ...

    @property
    def queue(self) -> Queue:
        """The calls of workers, in the database's own best way."""
        ...

    @property
    def reader(self) -> Reader:
        """Bulk reading, in the database's own best way."""
        ...

    def run(self, work: Callable[[Connection, bool], T], mode: Mode) -> T:
        """Return ``work(connection, again)`` of one transaction.

        ``work`` may run more than once (the database was busy, or away), so it must change nothing but the database;
        ``again`` says that it is not the first time.
        """
        ...

    def time(self, connection: Connection) -> float:
        """Return the storage's clock: seconds since 1970."""
        ...

    def now(self) -> float:
        """Return the clock for the statements of :attr:`queue`; NaN where a statement asks the database for it."""
        ...

    def notify(self, connection: Connection, study: int, topic: Topic) -> None:
        """Wake those who wait for a topic, when the transaction ends."""
        ...

    def wait(
        self, study: int, topic: Topic, ready: Callable[[Connection], bool], timeout: float, until: Callable[[], bool]
    ) -> bool:
        """Sleep until ``ready``, for ``timeout`` seconds at most and while ``until`` is not; return whether it is."""
        ...

    def hurry(self) -> None:
        """Let no call of this process wait any more for a database that is away or busy; for a quick stop."""
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...
