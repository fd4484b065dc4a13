"""The storage in an SQLite file: studies that outlive their processes and that many processes share."""

import os
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, delete, insert, select, update

from parfocal import checks
from parfocal.storage import codec, inputs, schema, sqlite, sqlqueue, sqlread
from parfocal.storage.base import LEASE, MAX_ATTEMPTS
from parfocal.storage.ledger import Ledger
from parfocal.storage.records import Changes, Counts, Reaped, StudyRecord, WorkerRecord
from parfocal.trials import FULL, GIVEN, Fidelity, Outcome, Provenance, Trial
from parfocal.typing import Bools, Values

T = TypeVar("T")
_END = (1 << 63) - 1
_STUDY = (schema.studies.c.id, schema.studies.c.name, schema.studies.c.definition, schema.studies.c.created)


class SqlStorage:
    """Studies in an SQLite file, safe for threads and processes of one host; see :class:`~parfocal.storage.Storage`.

    Parameters
    ----------
    path
        The file; it is made if it does not exist. Its folder must exist.
    durability
        ``process``: what a method has done survives the death of every process at any moment (kill -9), and a power
        cut can cost the last moments, never the file. ``power``: survives a power cut too, at one disk flush a
        transaction.
    timeout
        Seconds to wait for other writers.
    clock
        Returns seconds since 1970; for tests.

    Raises
    ------
    StorageError
        If the file cannot be used; the text says why and what to do.
    SchemaVersionError
        If a newer parfocal wrote it.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        durability: sqlite.Durability = "process",
        timeout: float = 60.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.path = Path(path).expanduser().absolute()
        self._clock = clock
        self._options = (durability, timeout)
        self._engine: Engine | None = None
        self._pid = 0
        sqlite.check_path(self.path)
        sqlite.prepare(self._connect(), str(self.path))

    def __repr__(self) -> str:
        return f"SqlStorage({str(self.path)!r})"

    @property
    def url(self) -> str:
        """``sqlite:///`` and the absolute path."""
        return f"sqlite:///{self.path.as_posix()}"

    @property
    def shared(self) -> bool:
        """True: other processes open it by its url."""
        return True

    def create_study(
        self, name: str, definition: Mapping[str, Any], *, free: Collection[str] = ("budget",)
    ) -> StudyRecord:
        """See :meth:`Storage.create_study`."""
        name, text = inputs.study_name(name), codec.definition_text(definition)

        def work(connection: Connection) -> StudyRecord:
            table = schema.studies
            row = connection.execute(select(*_STUDY).where(table.c.name == name)).one_or_none()
            if row is None:
                values = {"name": name, "definition": text, "created": self._clock()}
                connection.execute(insert(table), values)
            else:
                new = inputs.merged(name, codec.definition(row.definition), codec.definition(text), free)
                values = {"definition": codec.definition_text(new)}
                connection.execute(update(table).where(table.c.id == row.id).values(values))
            return _record(connection.execute(select(*_STUDY).where(table.c.name == name)).one())

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

    def add(
        self,
        study: int,
        configurations: Sequence[Values],
        seeds: Iterable[int],
        fidelities: Fidelity | Sequence[Fidelity] = FULL,
        provenances: Provenance | Sequence[Provenance] = GIVEN,
    ) -> range:
        """See :meth:`Storage.add`."""
        batch = inputs.batch(configurations, seeds, fidelities, provenances)
        return self._change(study, lambda c, account: sqlqueue.add(c, study, account, batch, self._clock()))

    def claim(
        self, study: int, worker: str, n: int = 1, lease: float = LEASE, max_attempts: int = MAX_ATTEMPTS
    ) -> list[Trial]:
        """See :meth:`Storage.claim`."""
        n, lease = checks.positive(n, "n"), inputs.lease(lease)
        max_attempts = checks.positive(max_attempts, "max_attempts")

        def work(connection: Connection, account: Ledger) -> list[Trial]:
            now = self._clock()
            sqlqueue.reap(connection, study, account, (), max_attempts, now)
            return sqlqueue.claim(connection, study, account, worker, n, now + lease, now)

        return self._change(study, work)

    def heartbeat(self, study: int, worker: str, numbers: Iterable[int], lease: float = LEASE) -> list[int]:
        """See :meth:`Storage.heartbeat`."""
        wanted, lease = list(numbers), inputs.lease(lease)

        def work(connection: Connection) -> list[int]:
            now = self._clock()
            table = schema.workers
            connection.execute(update(table).where(table.c.id == worker).values(seen=now))
            sqlqueue.ledger(connection, study)
            return sqlqueue.heartbeat(connection, study, worker, wanted, now + lease)

        return self._write(work)

    def report(self, study: int, worker: str, results: Sequence[tuple[int, int, Outcome, float]]) -> Bools:
        """See :meth:`Storage.report`."""
        for number, _, outcome, loss in results:
            inputs.result(number, outcome, loss)
        return self._change(
            study, lambda c, account: sqlqueue.report(c, study, account, worker, results, self._clock())
        )

    def release(self, study: int, worker: str, numbers: Iterable[int] | None = None) -> int:
        """See :meth:`Storage.release`."""
        wanted = None if numbers is None else list(numbers)
        return self._change(study, lambda c, account: sqlqueue.release(c, study, account, worker, wanted))

    def reap(self, study: int, workers: Collection[str] = (), max_attempts: int = MAX_ATTEMPTS) -> Reaped:
        """See :meth:`Storage.reap`."""
        limit = checks.positive(max_attempts, "max_attempts")
        return self._change(study, lambda c, account: sqlqueue.reap(c, study, account, workers, limit, self._clock()))

    def counts(self, study: int) -> Counts:
        """See :meth:`Storage.counts`."""
        return self._read(lambda c: sqlqueue.ledger(c, study)).as_counts()

    def changes(self, study: int, since: int = 0) -> Changes:
        """See :meth:`Storage.changes`."""
        return self._read(lambda c: sqlread.read_changes(c, study, since, sqlqueue.ledger(c, study)))

    def configurations(self, study: int, start: int = 0, stop: int | None = None) -> list[dict[str, Any]]:
        """See :meth:`Storage.configurations`."""
        return self._span(study, start, stop, sqlread.read_configurations)

    def trial(self, study: int, number: int) -> Trial:
        """See :meth:`Storage.trial`."""
        found = self.trials(study, number, number + 1) if number >= 0 else []
        if not found:
            raise inputs.no_trial(number, self.counts(study).total)
        return found[0]

    def trials(self, study: int, start: int = 0, stop: int | None = None) -> list[Trial]:
        """See :meth:`Storage.trials`."""
        return self._span(study, start, stop, sqlread.read_trials)

    def register(self, worker: WorkerRecord) -> None:
        """See :meth:`Storage.register`."""
        self._write(lambda c: sqlqueue.register(c, worker, self._clock()))

    def unregister(self, worker: str) -> None:
        """See :meth:`Storage.unregister`."""
        self._write(lambda c: c.execute(delete(schema.workers).where(schema.workers.c.id == worker)))

    def workers(self) -> list[WorkerRecord]:
        """See :meth:`Storage.workers`."""
        rows = self._read(lambda c: c.execute(select(schema.workers).order_by(schema.workers.c.id)).all())
        return [WorkerRecord(*row) for row in rows]

    def close(self) -> None:
        """Close the file's connections; the storage opens them again when it is used again."""
        if self._engine is not None and self._pid == os.getpid():
            self._engine.dispose()
        self._engine = None

    # ------------------------------------------------------------ inside

    def _connect(self) -> Engine:
        """Return this process's engine: a connection must never cross a fork."""
        if self._engine is None or self._pid != os.getpid():
            if self._engine is not None:
                self._engine.dispose(close=False)
            self._engine, self._pid = sqlite.make_engine(self.path, *self._options), os.getpid()
        return self._engine

    def _read(self, work: Callable[[Connection], T]) -> T:
        return sqlite.transaction(self._connect(), work, str(self.path), write=False)

    def _write(self, work: Callable[[Connection], T]) -> T:
        return sqlite.transaction(self._connect(), work, str(self.path), write=True)

    def _change(self, study: int, work: Callable[[Connection, Ledger], T]) -> T:
        """Do ``work`` on a study's queue and save its account, in one writing transaction."""

        def whole(connection: Connection) -> T:
            account = sqlqueue.ledger(connection, study)
            before = account.revision
            result = work(connection, account)
            if account.revision != before:
                sqlqueue.save(connection, study, account)
            return result

        return self._write(whole)

    def _span(self, study: int, start: int, stop: int | None, read: Callable[[Connection, int, int, int], T]) -> T:
        """Read the trials [start, stop) of a study that exists."""
        inputs.span(start, stop)

        def work(connection: Connection) -> T:
            sqlqueue.ledger(connection, study)
            return read(connection, study, start, _END if stop is None else stop)

        return self._read(work)


def _record(row: Any) -> StudyRecord:
    return StudyRecord(row.id, row.name, codec.definition(row.definition), row.created)
