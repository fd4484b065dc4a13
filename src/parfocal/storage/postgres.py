"""A PostgreSQL server as a shared database: one statement for each call of a worker, and patience while it is away."""

import os
import random
import time
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlsplit

from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from parfocal.errors import SchemaVersionError, StorageError, StorageUnavailable
from parfocal.extras import require
from parfocal.storage import pgqueue, pgread, schema
from parfocal.storage.database import Mode, Queue, Reader, Topic

T = TypeVar("T")
_OPTIONS: dict[Mode, dict[str, Any]] = {
    "read": {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True},
    "write": {"isolation_level": "READ COMMITTED"},
    "single": {"isolation_level": "AUTOCOMMIT"},
}
_LOOK = 5.0  # s, after which one who waits looks for himself, should a notice have been lost
_ASK = 0.1  # s, between two times that `until` is asked
_SCHEMA_LOCK = 0x70617266  # "parf": held while the schema is made, so that only one process makes it
_AWAY = ("08", "57P01", "57P02", "57P03", "53300")
"""Beginnings of SQL states that say that the server is not there for now."""
_COLLISIONS = ("40001", "40P01", "23505")
"""SQL states of transactions that met another one: at once again."""
_MOST_COLLISIONS = 10
_MEANINGS = {
    "28P01": "refuses the password: set PGPASSWORD, or write it into ~/.pgpass",
    "28000": "refuses this user: check the name, and the server's pg_hba.conf",
    "3D000": "has no such database: make it with  createdb NAME, or name another one",
    "42501": "does not let this user do that: grant it, or use another user",
    "42P01": "has lost a table: restore a backup, or name another database",
    "42703": "has lost a column: restore a backup, or name another database",
    "53100": "has no room left on its disk: make room; nothing stored is lost",
    "25006": "is read-only (a standby?): name the one that can be written to",
}
"""SQL state to what it means."""


class PostgresDatabase:
    """The server of :class:`~parfocal.storage.sql.SqlStorage`; see there for the arguments."""

    def __init__(self, url: str, patience: float, clock: Callable[[], float] | None, readonly: bool = False) -> None:
        require("psycopg", "postgres")
        self._url = checked(url)
        self._patience = patience
        self._clock = clock
        self._engine: Engine | None = None
        self._pid = 0
        self._answered = False
        self._queue = pgqueue.PostgresQueue()
        if not self.run(lambda connection, _: schema.current(connection, url), "read"):
            if readonly:
                self.close()
                raise SchemaVersionError(f"'{url}' {schema.BEHIND}")
            self.run(self._ensure, "write")
        self._answered = True

    def _ensure(self, connection: Connection, _: bool) -> None:
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_SCHEMA_LOCK})")
        schema.ensure(connection, self._url)
        # the queue lives in indices that must be cleared of what was claimed, also where the table is large
        connection.exec_driver_sql(
            "ALTER TABLE trials SET (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 2000)"
        )

    @property
    def url(self) -> str:
        """The URL, which has no password."""
        return self._url

    @property
    def queue(self) -> Queue:
        """One statement a call."""
        return self._queue

    @property
    def reader(self) -> Reader:
        """Columns as they lie on the wire."""
        return pgread

    def _connect(self) -> Any:
        import psycopg

        return psycopg.connect(
            self._url,
            connect_timeout=10,
            application_name="parfocal",
            keepalives_idle=30,
            keepalives_interval=10,
            keepalives_count=3,
        )

    def engine(self) -> Engine:
        """Return this process's engine: a connection must never cross a fork."""
        if self._engine is None or self._pid != os.getpid():
            if self._engine is not None:
                self._engine.dispose(close=False)
            self._engine = create_engine(
                "postgresql+psycopg://", creator=self._connect, pool_size=2, max_overflow=-1, pool_use_lifo=True
            )
            self._pid = os.getpid()
        return self._engine

    def run(self, work: Callable[[Connection, bool], T], mode: Mode) -> T:
        """See :meth:`~parfocal.storage.database.Database.run`."""
        bound = self.engine().execution_options(**_OPTIONS[mode])
        deadline = time.monotonic() + (self._patience if self._answered else 0)
        attempt = collisions = 0
        while True:
            try:
                with bound.begin() as connection:
                    return work(connection, attempt > 0)
            except (SQLAlchemyError, OSError) as error:
                state = sql_state(error)
                if state in _COLLISIONS and collisions < _MOST_COLLISIONS:
                    collisions += 1
                elif not is_away(error) or time.monotonic() > deadline:
                    raise self._translated(error) from error
                pause = 0.01 if state in _COLLISIONS else 0.05
                time.sleep(min(2.0, pause * 2**attempt) * random.uniform(0.5, 1.0))
                attempt = min(attempt + 1, 30)

    def time(self, connection: Connection) -> float:
        """Return the server's clock, or the one that was given."""
        if self._clock is not None:
            return self._clock()
        return float(connection.exec_driver_sql("SELECT extract(epoch FROM clock_timestamp())::float8").scalar_one())

    def now(self) -> float:
        """Return NaN: the server knows; or the time of the clock that was given."""
        return float("nan") if self._clock is None else self._clock()

    def notify(self, connection: Connection, study: int, topic: Topic) -> None:
        """Send a notice, which arrives when the transaction is committed."""
        connection.exec_driver_sql(f"NOTIFY {pgqueue.CHANNELS[topic]}{study:d}")

    def wait(
        self, study: int, topic: Topic, ready: Callable[[Connection], bool], timeout: float, until: Callable[[], bool]
    ) -> bool:
        """See :meth:`~parfocal.storage.database.Database.wait`; it costs the server nothing while nothing happens."""
        deadline = time.monotonic() + timeout

        def listen(connection: Connection, _: bool) -> bool:
            raw: Any = connection.connection.driver_connection
            channel = f"{pgqueue.CHANNELS[topic]}{study:d}"
            connection.exec_driver_sql(f"LISTEN {channel}")
            try:
                while True:
                    if ready(connection):
                        return True
                    look = min(deadline, time.monotonic() + _LOOK)
                    noticed = False
                    while not noticed:
                        left = look - time.monotonic()
                        if left <= 0:
                            break
                        if until():
                            return False
                        noticed = any(True for _ in raw.notifies(timeout=min(left, _ASK), stop_after=1))
                    if not noticed and time.monotonic() >= deadline:
                        return ready(connection)
            finally:
                if not raw.closed:
                    connection.exec_driver_sql(f"UNLISTEN {channel}")

        return self.run(listen, "single")

    def close(self) -> None:
        """Close the connections; they are opened again when they are needed."""
        if self._engine is not None and self._pid == os.getpid():
            self._engine.dispose()
        self._engine = None

    def _translated(self, error: Exception) -> StorageError:
        """Return a driver's error as one sentence."""
        text = " ".join(str(getattr(error, "orig", None) or error).split())
        meaning = _MEANINGS.get(sql_state(error))
        if meaning is not None:
            return StorageError(f"The server of '{self._url}' {meaning} ({text}).")
        if "password" in text and is_away(error):  # libpq has no state for what fails before there is a connection
            return StorageError(f"The server of '{self._url}' {_MEANINGS['28P01']} ({text}).")
        if "does not exist" in text and is_away(error):
            return StorageError(f"The server of '{self._url}' {_MEANINGS['3D000']} ({text}).")
        if is_away(error):
            return StorageUnavailable(
                f"The server of '{self._url}' does not answer: is it running, and can this host reach it? ({text})"
            )
        return StorageError(f"The database '{self._url}' cannot be used: {text}.")


def checked(url: str) -> str:
    """Return a URL that holds no password, or raise :class:`StorageError`."""
    try:
        parts = urlsplit(url)
        password = parts.password is not None or "password" in dict(parse_qsl(parts.query))
    except ValueError as error:
        raise StorageError(
            f"The url of a PostgreSQL storage is wrong ({error}): write postgresql://user@host:port/database."
        ) from None
    if password:
        raise StorageError(
            "A storage's url must not hold a password, since it is shown and stored: leave it out, and set PGPASSWORD "
            "or write it into ~/.pgpass."
        )
    return url


def sql_state(error: Exception) -> str:
    """Return the SQL state of an error, empty where it has none."""
    return getattr(getattr(error, "orig", None), "sqlstate", None) or ""


def is_away(error: Exception) -> bool:
    """Whether an error says that the server is not there for now: what was called may be called again."""
    import psycopg

    cause = error.orig if isinstance(error, DBAPIError) else error
    state = sql_state(error)
    if state:
        return state.startswith(_AWAY)
    lost = isinstance(error, DBAPIError) and error.connection_invalidated
    return lost or isinstance(cause, psycopg.OperationalError | psycopg.InterfaceError | OSError)
