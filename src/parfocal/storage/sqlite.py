"""An SQLite file as a shared database: WAL, foreign keys, waiting writers, and errors in plain words."""

import os
import random
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, TypeVar

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool, QueuePool

from parfocal.errors import SchemaVersionError, StorageError, StorageUnavailable
from parfocal.storage import schema, sqlqueue, sqlread
from parfocal.storage.database import Mode, Queue, Reader, Topic
from parfocal.storage.patience import Patience

T = TypeVar("T")
Durability = Literal["process", "power"]

_SYNCHRONOUS = {"process": "NORMAL", "power": "FULL"}
_BUSY = 0.25  # s that SQLite itself waits for another writer: neither Ctrl-C nor a hurry ends it
_LOOK = (0.002, 0.05)  # s, shortest and longest time between two looks whether the file has changed
_LOOK_ONLY = "only look at it: open_storage(..., readonly=True), or a command that writes nothing (parfocal status)"
_WRITE = "parfocal_write"
_SMALLEST = 512  # bytes; the smallest page


def check_path(path: Path) -> None:
    """Raise one clear sentence where a path can be no database to write to.

    The file itself is left to SQLite: closing a file drops all POSIX locks that this process has on it, also those
    of a transaction in another thread.
    """
    if path.is_dir():
        raise StorageError(f"'{path}' is a folder: name a file in it, for example '{path / 'study.db'}'.")
    if not path.parent.is_dir():
        raise StorageError(f"The folder '{path.parent}' does not exist: make it, or name another one.")
    if not os.access(path.parent, os.W_OK):
        raise StorageError(
            f"The folder '{path.parent}' cannot be written to: choose another one for the studies, or {_LOOK_ONLY}."
        )
    if path.exists() and not os.access(path, os.R_OK | os.W_OK):
        raise StorageError(
            f"The file '{path}' cannot be written to: change its permissions, name another one, or {_LOOK_ONLY}."
        )
    if path.exists() and 0 < path.stat().st_size < _SMALLEST:  # SQLite would take it for an empty file
        raise StorageError(f"'{path}' is no database of parfocal (no SQLite file): name another file for the studies.")


def check_readable(path: Path) -> None:
    """Raise one clear sentence where a path is no file that can be read."""
    if not path.is_file():
        raise StorageError(f"There is no database '{path}': check the name and the folder.")
    if not os.access(path, os.R_OK):
        raise StorageError(f"The file '{path}' cannot be read: change its permissions, or ask its owner.")
    if path.stat().st_size < _SMALLEST:
        raise StorageError(f"'{path}' is no database of parfocal (no SQLite file).")


def make_engine(path: Path, durability: Durability, busy: float, readonly: bool = False) -> Engine:
    """Return the engine of a file; its transactions begin as writers or as readers (:func:`transaction`)."""
    if readonly:
        pool = QueuePool if _writable(path) else NullPool
        engine = create_engine("sqlite://", creator=lambda: connect_read_only(path, busy), poolclass=pool)
    else:
        engine = create_engine(
            URL.create("sqlite", database=str(path)),
            connect_args={"timeout": busy, "check_same_thread": False},
            pool_size=4,
            max_overflow=-1,
        )
    synchronous = _SYNCHRONOUS[durability]

    @event.listens_for(engine, "connect")
    def _connect(connection: sqlite3.Connection, _: Any) -> None:
        connection.isolation_level = None  # transactions begin where we say, not where the driver guesses
        for pragma in (f"synchronous={synchronous}", "foreign_keys=ON", "cache_size=-32768", "temp_store=MEMORY"):
            connection.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # a reader that later turned writer could fail at once instead of waiting, so writers say so at the start
        write = connection.get_execution_options().get(_WRITE, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    return engine


def connect_read_only(path: Path, timeout: float = 60.0) -> sqlite3.Connection:
    """Return a connection that cannot write.

    SQLite keeps a log and its index beside the file. Who may write makes them and takes them away again; left by
    somebody else, they would lock the owner out. Who may not needs those of a writer, and where there are none, nobody
    writes, and the file is read as one that never changes.
    """
    log = path.with_name(f"{path.name}-wal")
    mode = "mode=rw" if _writable(path) else "mode=ro" if log.exists() else "immutable=1"
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?{mode}", uri=True, timeout=timeout, check_same_thread=False
    )
    connection.execute("PRAGMA query_only=ON").close()
    return connection


def _writable(path: Path) -> bool:
    return os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)


def prepare(database: "SqliteDatabase") -> None:
    """Make the schema in a new file or check that of an old one, and set the write-ahead log (it stays with the file).

    With it readers and the writer do not wait for each other.
    """
    where = str(database.path)
    enough = schema.readable if database.readonly else schema.current
    if database.run(lambda connection, _: enough(connection, where), "read"):
        return
    if database.readonly:
        raise SchemaVersionError(f"'{where}' {schema.BEHIND}")
    database.retried(lambda _: _set_wal(database.engine()))
    database.run(lambda connection, _: schema.ensure(connection, where), "write")


def _set_wal(engine: Engine) -> None:
    raw = engine.raw_connection()
    try:
        raw.cursor().execute("PRAGMA journal_mode=WAL").fetchone()
    finally:
        raw.close()


class SqliteDatabase:
    """The file of :class:`~parfocal.storage.sql.SqlStorage`; see there for the arguments."""

    def __init__(
        self,
        path: str | os.PathLike[str],
        durability: Durability,
        timeout: float,
        clock: Callable[[], float],
        readonly: bool = False,
    ) -> None:
        self.path = Path(path).expanduser().absolute()
        self.readonly = readonly
        self._clock = clock
        self._patience = Patience(timeout)
        self._options = (durability, min(timeout, _BUSY), readonly)
        self._engine: Engine | None = None
        self._pid = 0
        (check_readable if readonly else check_path)(self.path)
        prepare(self)

    @property
    def url(self) -> str:
        """``sqlite:///`` and the absolute path."""
        return f"sqlite:///{self.path.as_posix()}"

    @property
    def queue(self) -> Queue:
        """The portable one: a writer is alone in the file."""
        return sqlqueue

    @property
    def reader(self) -> Reader:
        """The portable one."""
        return sqlread

    def engine(self) -> Engine:
        """Return this process's engine: a connection must never cross a fork."""
        if self._engine is None or self._pid != os.getpid():
            if self._engine is not None:
                self._engine.dispose(close=False)
            self._engine, self._pid = make_engine(self.path, *self._options), os.getpid()
        return self._engine

    def run(self, work: Callable[[Connection, bool], T], mode: Mode) -> T:
        """See :meth:`~parfocal.storage.database.Database.run`."""
        bound = self.engine().execution_options(**{_WRITE: mode != "read"})

        def once(again: bool) -> T:
            with bound.begin() as connection:
                return work(connection, again)

        return self.retried(once)

    def retried(self, call: Callable[[bool], T]) -> T:
        """Return ``call(again)``; a busy database is tried again, other errors become one sentence."""
        begin, attempt = time.monotonic(), 0
        while True:
            try:
                return call(attempt > 0)
            except (DBAPIError, sqlite3.Error) as error:
                pause = random.uniform(0.5, 1.0) * min(0.01 * 2**attempt, _BUSY)
                if not (_busy(error) and self._patience.pause(pause, begin)):
                    raise translated(error, str(self.path)) from error
            attempt = min(attempt + 1, 30)

    def time(self, connection: Connection) -> float:
        """Return this host's clock, or the one that was given."""
        return self._clock()

    def now(self) -> float:
        """Return this host's clock, or the one that was given."""
        return self._clock()

    def notify(self, connection: Connection, study: int, topic: Topic) -> None:
        """Do nothing: those who wait see that the file has changed."""

    def wait(
        self, study: int, topic: Topic, ready: Callable[[Connection], bool], timeout: float, until: Callable[[], bool]
    ) -> bool:
        """See :meth:`~parfocal.storage.database.Database.wait`; a look costs some microseconds and no lock."""
        deadline, pause = time.monotonic() + timeout, _LOOK[0]
        raw = self.retried(lambda _: self.engine().raw_connection())
        try:
            cursor, version = raw.cursor(), None
            while True:
                now = self.retried(lambda _: cursor.execute("PRAGMA data_version").fetchone())
                if now != version:
                    version = now
                    if self.run(lambda connection, _: ready(connection), "read"):
                        return True
                left = deadline - time.monotonic()
                if left <= 0 or self._patience.ended or until():
                    return False
                time.sleep(min(pause, left))
                pause = min(1.2 * pause, _LOOK[1])
        finally:
            raw.close()

    def hurry(self) -> None:
        """See :meth:`~parfocal.storage.database.Database.hurry`."""
        self._patience.hurry()

    def close(self) -> None:
        """Close the file's connections; they are opened again when they are needed."""
        if self._engine is not None and self._pid == os.getpid():
            self._engine.dispose()
        self._engine = None


def _busy(error: Exception) -> bool:
    text = str(getattr(error, "orig", error)).lower()
    return "locked" in text or "busy" in text


_FOR_NOW = (("locked", "busy"), ("full",))
"""Words of the errors that somebody may mend while we wait."""
_MEANINGS = (
    (_FOR_NOW[0], "is locked by another program: close it, or wait until it is done, and start again"),
    (("not a database",), "is no database of parfocal (no SQLite file): name another file for the studies"),
    (("malformed", "corrupt"), "is damaged: restore a copy, or name another file"),
    (_FOR_NOW[1], "cannot grow, the disk is full: make room and start again, nothing stored is lost"),
    (("readonly", "read-only"), "cannot be written to: change the permissions of file and folder, or name another one"),
    (("unable to open",), "cannot be opened: do its folder and its permissions allow it?"),
    (("disk i/o", "protocol"), "cannot be used where it lies (a network folder?): put it on a local disk"),
    (("no such table", "no such column"), "has lost a table or a column: restore a copy, or name another file"),
)


def translated(error: Exception, where: str) -> StorageError:
    """Return a driver's error as one sentence."""
    text = str(getattr(error, "orig", error))
    for words, meaning in _MEANINGS:
        if any(word in text.lower() for word in words):
            kind = StorageUnavailable if words in _FOR_NOW else StorageError
            return kind(f"The database '{where}' {meaning} ({text}).")
    return StorageError(f"The database '{where}' cannot be used: {text}.")
