"""A PostgreSQL server as a shared database: one statement for each call of a worker, and patience while it is away."""

import logging
import math
import os
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.exc import SQLAlchemyError

from parfocal.errors import SchemaVersionError, StorageError
from parfocal.extras import require
from parfocal.storage import pgqueue, pgread, schema
from parfocal.storage.base import LEASE
from parfocal.storage.database import Mode, Queue, Reader, Topic
from parfocal.storage.patience import Patience
from parfocal.storage.pgerrors import COLLISIONS, CROWDED, READ_ONLY, checked, is_away, sql_state, translated
from parfocal.trials import State

T = TypeVar("T")
_LOG = logging.getLogger("parfocal.storage")
_OPTIONS: dict[Mode, dict[str, Any]] = {
    "read": {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True},
    "write": {"isolation_level": "READ COMMITTED"},
    "single": {"isolation_level": "AUTOCOMMIT"},
}
_LOOK = 5.0  # s, after which one who waits looks for himself, should a notice have been lost
_ASK = 0.1  # s, between two times that `until` is asked
_SCHEMA_LOCK = 0x70617266  # "parf": held while the schema is made, so that only one process makes it
_MOST_COLLISIONS = 10
_OPENING = 30.0  # s, to wait for a crowded or starting server
_GRACE = LEASE  # s, that the living have to renew their leases after an outage
_LONG = 5.0  # s; an outage that one client noticed for so long, others have had too
# A lease says that its worker is dead when nothing was heard of it, and nothing can be heard while the server is away.
# So what ended in an outage, or ends soon after it, holds for some time more: who lives renews it by then. The second
# half of that time is left as it is, so that of many who come back only the first one finds something to do.
_KEEP = f"""
WITH clock AS MATERIALIZED (
  SELECT extract(epoch FROM clock_timestamp())::float8 AS now,
         extract(epoch FROM CASE WHEN %(outage)s THEN clock_timestamp() ELSE pg_postmaster_start_time() END)::float8
           AS back
)
UPDATE trials SET lease = back + %(grace)s FROM clock
WHERE state = {State.RUNNING:d} AND lease > 0 AND lease < back + %(grace)s / 2 AND now < back + %(grace)s / 2
"""


@dataclass(slots=True)
class _Call:
    """One call on its way: whether it writes, since when nothing was heard (s, monotonic), and the attempts since."""

    writes: bool
    heard: float = field(default_factory=time.monotonic)
    attempts: int = 0
    collisions: int = 0

    def answered(self) -> None:
        self.heard, self.attempts = time.monotonic(), 0


class PostgresDatabase:
    """The server of :class:`~parfocal.storage.sql.SqlStorage`; see there for the arguments."""

    def __init__(self, url: str, patience: float, clock: Callable[[], float] | None, readonly: bool = False) -> None:
        require("psycopg", "postgres")
        self._url = checked(url)
        self._patience = Patience(patience)
        self._clock = clock
        self._readonly = readonly
        self._engine: Engine | None = None
        self._pid = 0
        self._answered = self._wrote = False
        self._lost = math.inf  # since when the server is away (s, monotonic), until something is written again
        self._told = False  # that it is away
        self._queue = pgqueue.PostgresQueue()
        enough = schema.readable if readonly else schema.current
        if not self.run(lambda connection, _: enough(connection, url), "read"):
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
        from parfocal.storage.pgconnection import connect

        return connect(self._url, self._patience)

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
        if self._readonly and mode != "read":
            raise StorageError(f"'{self._url}' cannot be written to: it was opened to be read only.")
        return self._run(work, mode, _Call(mode != "read"))

    def _run(self, work: Callable[[Connection, bool], T], mode: Mode, call: _Call) -> T:
        bound = self.engine().execution_options(**_OPTIONS[mode])
        while True:
            try:
                with bound.begin() as connection:
                    about = connection.info  # of the connection to the server, as long as that lives
                    if call.writes and self._answered and self._clock is None and _KEEP not in about:
                        outage = time.monotonic() - self._lost > _LONG
                        connection.exec_driver_sql(_KEEP, {"outage": outage, "grace": _GRACE})
                    result = work(connection, call.attempts > 0)
                if call.writes:
                    about[_KEEP] = self._wrote = True
                    self._lost = math.inf
                if self._told:
                    self._told = False
                    _LOG.warning("The server of '%s' answers again.", self._url)
                return result
            except (SQLAlchemyError, OSError) as error:
                if not self._again(error, call):
                    raise translated(error, self._url) from error

    def _again(self, error: Exception, call: _Call) -> bool:
        """Sleep before another attempt; False: there is none."""
        state, pause = sql_state(error), random.uniform(0.5, 1.0) * 2 ** min(call.attempts, 30)
        call.attempts += 1
        if state in COLLISIONS and call.collisions < _MOST_COLLISIONS:
            call.collisions += 1
            time.sleep(min(1.0, 0.01 * pause))
            return True
        if not is_away(error):
            return False
        if self._answered and not self._told and self._patience.seconds > 0:
            self._told = True
            _LOG.warning("The server of '%s' does not answer; waiting for it.", self._url)
        self._lost = min(self._lost, call.heard)
        if state == READ_ONLY:  # another server may have become the one that can be written to
            self.engine().dispose()
        known = self._wrote if state == READ_ONLY else self._answered
        limit = None if known else min(self._patience.seconds, _OPENING) if state in CROWDED else 0.0
        return self._patience.pause(min(2.0, 0.05 * pause), call.heard, limit)

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
        call = _Call(writes=False)

        def listen(connection: Connection, _: bool) -> bool:
            raw: Any = connection.connection.driver_connection
            channel = f"{pgqueue.CHANNELS[topic]}{study:d}"
            connection.exec_driver_sql(f"LISTEN {channel}")
            try:
                while True:
                    if ready(connection):
                        return True
                    call.answered()
                    look = min(deadline, time.monotonic() + _LOOK)
                    noticed = False
                    while not noticed:
                        left = look - time.monotonic()
                        if left <= 0:
                            break
                        if self._patience.ended or until():
                            return False
                        noticed = any(True for _ in raw.notifies(timeout=min(left, _ASK), stop_after=1))
                    if not noticed and time.monotonic() >= deadline:
                        return ready(connection)
            finally:
                if not raw.closed:
                    connection.exec_driver_sql(f"UNLISTEN {channel}")

        return self._run(listen, "single", call)

    def hurry(self) -> None:
        """See :meth:`~parfocal.storage.database.Database.hurry`."""
        self._patience.hurry()

    def close(self) -> None:
        """Close the connections; they are opened again when they are needed."""
        if self._engine is not None and self._pid == os.getpid():
            self._engine.dispose()
        self._engine = None
