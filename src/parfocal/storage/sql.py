"""The storage in a database: studies that outlive their processes and that many processes share."""

import os
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, delete, insert, select, update

from parfocal import checks
from parfocal.storage import codec, inputs, schema, sqlqueue, sqlread, sqltags
from parfocal.storage.base import LEASE, MAX_ATTEMPTS, WITHDRAWN, never
from parfocal.storage.database import Database, Mode, Topic
from parfocal.storage.records import Changes, Counts, Reaped, StudyRecord, StudyState, Tag, Times, WorkerRecord
from parfocal.storage.sqlite import Durability, SqliteDatabase
from parfocal.trials import FULL, GIVEN, Fidelity, Outcome, Provenance, Trial
from parfocal.typing import Bools, Values

T = TypeVar("T")
_END = (1 << 63) - 1
_STUDY = (schema.studies.c.id, schema.studies.c.name, schema.studies.c.definition, schema.studies.c.created)


class SqlStorage:
    """Studies in an SQLite file or on a PostgreSQL server; see :class:`~parfocal.storage.Storage`.

    A file is safe for threads and processes of one host, a server for workers anywhere.

    Parameters
    ----------
    location
        A path: an SQLite file, which is made if it does not exist; its folder must exist. Or a URL that libpq
        understands, ``postgresql://user@host:port/database``, without a password: that comes from the environment
        (``PGPASSWORD``, ``PGPASSFILE``) or from ``~/.pgpass``.
    durability
        ``process``: what a method has done survives the death of every process at any moment (kill -9), and a power
        cut can cost the last moments, never the file. ``power``: survives a power cut too, at one disk flush a
        transaction. A server is always as durable as it was set up.
    timeout
        Seconds to wait for other writers of a file.
    patience
        Seconds to wait for a server that has stopped to answer, once it has answered.
    clock
        Returns seconds since 1970; for tests. By default it is this host's for a file, and the server's.
    readonly
        Never write, not even the schema: for a look at a database that belongs to others.

    Raises
    ------
    StorageError
        If the database cannot be used; the text says why and what to do.
    SchemaVersionError
        If a newer parfocal wrote it.
    """

    def __init__(
        self,
        location: str | os.PathLike[str],
        *,
        durability: Durability = "process",
        timeout: float = 60.0,
        patience: float = 120.0,
        clock: Callable[[], float] | None = None,
        readonly: bool = False,
    ) -> None:
        self.database: Database
        text = os.fspath(location)
        if text.startswith(("postgresql://", "postgres://")):
            from parfocal.storage.postgres import PostgresDatabase

            self.database = PostgresDatabase(text, patience, clock, readonly)
        else:
            self.database = SqliteDatabase(text, durability, timeout, clock or time.time, readonly)

    def __repr__(self) -> str:
        return f"SqlStorage({self.url!r})"

    @property
    def url(self) -> str:
        """``sqlite:///`` and the absolute path, or the server's url; it never holds a password."""
        return self.database.url

    @property
    def path(self) -> Path | None:
        """The SQLite file; None for a server."""
        return getattr(self.database, "path", None)

    @property
    def shared(self) -> bool:
        """True: other processes open it by its url."""
        return True

    # ------------------------------------------------------------ studies

    def create_study(
        self, name: str, definition: Mapping[str, Any], *, free: Collection[str] = ("budget",)
    ) -> StudyRecord:
        """See :meth:`Storage.create_study`."""
        name, text = inputs.study_name(name), codec.definition_text(definition)
        table = schema.studies

        def work(connection: Connection) -> StudyRecord:
            row = connection.execute(select(*_STUDY).where(table.c.name == name)).one_or_none()
            if row is None:
                values = {"name": name, "definition": text, "created": self.database.time(connection)}
                connection.execute(insert(table), values)
            else:
                new = codec.definition_text(
                    inputs.merged(name, codec.definition(row.definition), codec.definition(text), free)
                )
                if new == row.definition:  # looking at a study changes nothing, also where nothing can be changed
                    return _record(row)
                connection.execute(update(table).where(table.c.id == row.id).values(definition=new))
            return _record(connection.execute(select(*_STUDY).where(table.c.name == name)).one())

        known = self._read(lambda c: c.execute(select(*_STUDY).where(table.c.name == name)).one_or_none())
        if known is not None and codec.definition(known.definition) == codec.definition(text):
            return _record(known)
        return self._write(work)

    def open_study(self, name: str) -> StudyRecord:
        """See :meth:`Storage.open_study`."""
        row = self._read(lambda c: c.execute(select(*_STUDY).where(schema.studies.c.name == name)).one_or_none())
        if row is None:
            raise inputs.no_study(name, (record.name for record in self.studies()))
        return _record(row)

    def studies(self) -> list[StudyRecord]:
        """See :meth:`Storage.studies`."""
        return [_record(row) for row in self._read(lambda c: c.execute(select(*_STUDY).order_by(_STUDY[0])).all())]

    def delete_study(self, study: int) -> None:
        """See :meth:`Storage.delete_study`."""

        def work(connection: Connection) -> None:
            sqlqueue.ledger(connection, study)
            connection.execute(delete(schema.studies).where(schema.studies.c.id == study))

        self._write(work)

    # ------------------------------------------------------------ the queue

    def add(
        self,
        study: int,
        configurations: Sequence[Values],
        seeds: Iterable[int],
        fidelities: Fidelity | Sequence[Fidelity] = FULL,
        provenances: Provenance | Sequence[Provenance] = GIVEN,
        *,
        start: int | None = None,
        asker: str | None = None,
    ) -> range:
        """See :meth:`Storage.add`."""
        batch = inputs.batch(configurations, seeds, fidelities, provenances)

        first: list[int] = []  # where the batch began at the first try

        def work(connection: Connection, again: bool) -> range:
            if again and first and sqlqueue.stored(connection, study, batch, first[0]):
                return range(first[0], first[0] + len(batch.seeds))  # that try did come to its end
            first[:] = [sqlqueue.ledger(connection, study).total]
            numbers = sqlqueue.add(connection, study, batch, start, asker, self.database.time(connection))
            self._notify(connection, study, "work", "change")
            return numbers

        return self.database.run(work, "write")

    def claim(
        self, study: int, worker: str, n: int = 1, lease: float = LEASE, max_attempts: int = MAX_ATTEMPTS
    ) -> list[Trial]:
        """See :meth:`Storage.claim`."""
        n, lease = checks.positive(n, "n"), inputs.lease(lease)
        max_attempts = checks.positive(max_attempts, "max_attempts")
        queue = self.database.queue

        def work(reaped: bool) -> list[Trial] | None:
            return self._single(lambda c, _: queue.claim(c, study, worker, n, lease, max_attempts, reaped, self._now()))

        trials = work(False)
        if trials is None:
            self.reap(study, (), max_attempts)
            trials = work(True)
        return trials or []

    def heartbeat(self, study: int, worker: str, numbers: Iterable[int], lease: float = LEASE) -> list[int]:
        """See :meth:`Storage.heartbeat`."""
        wanted, lease = [int(number) for number in numbers], inputs.lease(lease)
        queue = self.database.queue
        return self._single(lambda c, _: queue.heartbeat(c, study, worker, wanted, lease, self._now()))

    def report(self, study: int, worker: str, results: Sequence[tuple[int, int, Outcome, float]]) -> Bools:
        """See :meth:`Storage.report`."""
        for number, _, outcome, loss in results:
            inputs.result(number, outcome, loss)
        queue = self.database.queue
        return self._single(lambda c, again: queue.report(c, study, worker, results, again, self._now()))

    def release(self, study: int, worker: str, numbers: Iterable[int] | None = None) -> int:
        """See :meth:`Storage.release`."""
        wanted = None if numbers is None else [int(number) for number in numbers]

        def work(connection: Connection) -> int:
            released = sqlqueue.release(connection, study, worker, wanted)
            if released:
                self._notify(connection, study, "work")
            return released

        return self._write(work)

    def reap(self, study: int, workers: Collection[str] = (), max_attempts: int = MAX_ATTEMPTS) -> Reaped:
        """See :meth:`Storage.reap`."""
        limit = checks.positive(max_attempts, "max_attempts")

        def work(connection: Connection) -> Reaped:
            reaped = sqlqueue.reap(connection, study, workers, limit, self.database.time(connection))
            if any(reaped):
                self._notify(connection, study, "work", *(("change",) if reaped.lost else ()))
            return reaped

        return self._write(work)

    def withdraw(self, study: int, numbers: Iterable[int] | None = None, message: str = WITHDRAWN) -> int:
        """See :meth:`Storage.withdraw`."""
        wanted = None if numbers is None else [int(number) for number in numbers]

        def work(connection: Connection) -> int:
            now = self.database.time(connection)
            withdrawn = sqlqueue.withdraw(connection, study, wanted, message, now)
            if withdrawn:
                self._notify(connection, study, "work", "change")
            return withdrawn

        return self._write(work)

    # ------------------------------------------------------------ who asks

    def lead(self, study: int, asker: str, lease: float = LEASE) -> bool:
        """See :meth:`Storage.lead`."""
        lease = inputs.lease(lease)
        return self._write(lambda c: sqlqueue.lead(c, study, asker, lease, self.database.time(c)))

    def resign(self, study: int, asker: str | None = None) -> None:
        """See :meth:`Storage.resign`."""
        self._write(lambda c: sqlqueue.resign(c, study, None if asker is None else [asker]))

    def set_budget(self, study: int, budget: int | None) -> None:
        """See :meth:`Storage.set_budget`."""
        budget = inputs.budget(budget)
        if self.state(study).budget == budget:
            return

        def work(connection: Connection) -> None:
            connection.execute(update(schema.studies).where(schema.studies.c.id == study).values(budget=budget))
            self._notify(connection, study, "work")

        self._write(work)

    # ------------------------------------------------------------ reading

    def state(self, study: int) -> StudyState:
        """See :meth:`Storage.state`."""
        return self._read(lambda c: sqlqueue.state(c, study, self.database.time(c)))

    def counts(self, study: int) -> Counts:
        """See :meth:`Storage.counts`."""
        return self.state(study).counts

    def running(self, study: int) -> list[Trial]:
        """See :meth:`Storage.running`."""
        return self._read(lambda c: sqlread.read_running(c, study))

    def changes(self, study: int, since: int = 0) -> Changes:
        """See :meth:`Storage.changes`."""
        read = self.database.reader.read_changes
        return self._read(lambda c: read(c, study, since, sqlqueue.ledger(c, study)))

    def wait_for_change(
        self, study: int, since: int, timeout: float = LEASE, until: Callable[[], bool] = never
    ) -> bool:
        """See :meth:`Storage.wait_for_change`."""

        def ready(connection: Connection) -> bool:
            return sqlqueue.ledger(connection, study).revision > since

        return self.database.wait(study, "change", ready, timeout, until)

    def wait_for_work(self, study: int, timeout: float = LEASE, until: Callable[[], bool] = never) -> bool:
        """See :meth:`Storage.wait_for_work`."""

        def ready(connection: Connection) -> bool:
            return sqlqueue.state(connection, study, 0.0).claimable > 0

        return self.database.wait(study, "work", ready, timeout, until)

    def configurations(self, study: int, start: int = 0, stop: int | None = None) -> list[dict[str, Any]]:
        """See :meth:`Storage.configurations`."""
        return self._span(study, start, stop, self.database.reader.read_configurations)

    def trial(self, study: int, number: int) -> Trial:
        """See :meth:`Storage.trial`."""
        found = self.trials(study, number, number + 1) if number >= 0 else []
        if not found:
            raise inputs.no_trial(number, self.counts(study).total)
        return found[0]

    def trials(self, study: int, start: int = 0, stop: int | None = None) -> list[Trial]:
        """See :meth:`Storage.trials`."""
        return self._span(study, start, stop, sqlread.read_trials)

    def times(self, study: int) -> Times:
        """See :meth:`Storage.times`."""
        read = self.database.reader.read_times

        def work(connection: Connection) -> Times:
            sqlqueue.ledger(connection, study)
            return read(connection, study)

        return self._read(work)

    # ------------------------------------------------------------ tags

    def tag(self, study: int, number: int, tag: str, image: str = "", author: str = "") -> None:
        """See :meth:`Storage.tag`."""
        new = inputs.tag(number, tag, image, author)
        self._write(lambda c: sqltags.tag(c, study, replace(new, created=self.database.time(c))))

    def untag(self, study: int, number: int, tag: str, image: str = "") -> None:
        """See :meth:`Storage.untag`."""
        old = inputs.tag(number, tag, image)
        self._write(lambda c: sqltags.untag(c, study, old))

    def tags(self, study: int) -> list[Tag]:
        """See :meth:`Storage.tags`."""
        return self._read(lambda c: sqltags.read_tags(c, study))

    # ------------------------------------------------------------ workers

    def register(self, worker: WorkerRecord) -> None:
        """See :meth:`Storage.register`."""
        self._write(lambda c: sqlqueue.register(c, worker, self.database.time(c)))

    def unregister(self, worker: str) -> None:
        """See :meth:`Storage.unregister`."""
        self._write(lambda c: c.execute(delete(schema.workers).where(schema.workers.c.id == worker)))

    def workers(self) -> list[WorkerRecord]:
        """See :meth:`Storage.workers`."""
        rows = self._read(lambda c: c.execute(select(schema.workers).order_by(schema.workers.c.id)).all())
        return [WorkerRecord(**row._mapping) for row in rows]

    def hurry(self) -> None:
        """See :meth:`Storage.hurry`."""
        self.database.hurry()

    def close(self) -> None:
        """Close the connections; the storage opens them again when it is used again."""
        self.database.close()

    # ------------------------------------------------------------ inside

    def _now(self) -> float:
        return self.database.now()

    def _run(self, work: Callable[[Connection], T], mode: Mode) -> T:
        return self.database.run(lambda connection, again: work(connection), mode)

    def _read(self, work: Callable[[Connection], T]) -> T:
        return self._run(work, "read")

    def _write(self, work: Callable[[Connection], T]) -> T:
        return self._run(work, "write")

    def _single(self, work: Callable[[Connection, bool], T]) -> T:
        return self.database.run(work, "single")

    def _notify(self, connection: Connection, study: int, *topics: Topic) -> None:
        for topic in topics:
            self.database.notify(connection, study, topic)

    def _span(self, study: int, start: int, stop: int | None, read: Callable[[Connection, int, int, int], T]) -> T:
        """Read the trials [start, stop) of a study that exists."""
        inputs.span(start, stop)

        def work(connection: Connection) -> T:
            sqlqueue.ledger(connection, study)
            return read(connection, study, start, _END if stop is None else stop)

        return self._read(work)


def _record(row: Any) -> StudyRecord:
    return StudyRecord(row.id, row.name, codec.definition(row.definition), row.created)
