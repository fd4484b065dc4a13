"""The storage in RAM: for quick objectives in one process, and the reference that the others are compared with."""

import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from parfocal import checks
from parfocal.storage import codec, inputs
from parfocal.storage.base import LEASE, MAX_ATTEMPTS, WITHDRAWN, never
from parfocal.storage.memorystudy import MemoryStudy
from parfocal.storage.records import Changes, Counts, Reaped, StudyRecord, StudyState, Tag, Times, WorkerRecord
from parfocal.trials import FULL, GIVEN, Fidelity, Outcome, Provenance, Trial
from parfocal.typing import Bools, Values

_LOOK = 0.1  # s, between two times that `until` is asked


class MemoryStorage:
    """Studies in the memory of this process, safe for threads; see :class:`~parfocal.storage.Storage`.

    Parameters
    ----------
    clock
        Returns seconds since 1970; for tests.
    """

    def __init__(self, *, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._lock = threading.RLock()
        self._changed = threading.Condition(self._lock)
        self._studies: dict[int, MemoryStudy] = {}
        self._workers: dict[str, WorkerRecord] = {}
        self._ids = 0

    def __repr__(self) -> str:
        return f"MemoryStorage({len(self._studies)} studies)"

    @property
    def url(self) -> str:
        """``memory``: nobody else can open it."""
        return "memory"

    @property
    def shared(self) -> bool:
        """False: it dies with its process."""
        return False

    def create_study(
        self, name: str, definition: Mapping[str, Any], *, free: Collection[str] = ("budget",)
    ) -> StudyRecord:
        """See :meth:`Storage.create_study`."""
        name, definition = inputs.study_name(name), codec.definition(codec.definition_text(definition))
        with self._lock:
            for study in self._studies.values():
                if study.record.name == name:
                    new = inputs.merged(name, study.record.definition, definition, free)
                    study.record = replace(study.record, definition=new)
                    return study.record
            self._ids += 1
            record = StudyRecord(self._ids, name, definition, self._clock())
            self._studies[record.id] = MemoryStudy(record)
            return record

    def open_study(self, name: str) -> StudyRecord:
        """See :meth:`Storage.open_study`."""
        studies = self.studies()
        for record in studies:
            if record.name == name:
                return record
        raise inputs.no_study(name, (record.name for record in studies))

    def studies(self) -> list[StudyRecord]:
        """See :meth:`Storage.studies`."""
        with self._lock:
            return [study.record for study in self._studies.values()]

    def delete_study(self, study: int) -> None:
        """See :meth:`Storage.delete_study`."""
        with self._lock:
            del self._studies[self._study(study).record.id]

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
        with self._changing():
            return self._study(study).add(batch, start, asker, self._clock())

    def claim(
        self, study: int, worker: str, n: int = 1, lease: float = LEASE, max_attempts: int = MAX_ATTEMPTS
    ) -> list[Trial]:
        """See :meth:`Storage.claim`."""
        n, lease = checks.positive(n, "n"), inputs.lease(lease)
        max_attempts = checks.positive(max_attempts, "max_attempts")
        with self._lock:
            queue, now = self._study(study), self._clock()
            queue.reap((), max_attempts, now)
            return queue.claim(worker, n, now + lease, now)

    def heartbeat(self, study: int, worker: str, numbers: Iterable[int], lease: float = LEASE) -> list[int]:
        """See :meth:`Storage.heartbeat`."""
        lease = inputs.lease(lease)
        with self._lock:
            self._alive(worker)
            return self._study(study).heartbeat(worker, numbers, self._clock() + lease)

    def report(self, study: int, worker: str, results: Sequence[tuple[int, int, Outcome, float]]) -> Bools:
        """See :meth:`Storage.report`."""
        for number, _, outcome, loss in results:
            inputs.result(number, outcome, loss)
        with self._changing():
            return self._study(study).report(worker, results, self._clock())

    def release(self, study: int, worker: str, numbers: Iterable[int] | None = None) -> int:
        """See :meth:`Storage.release`."""
        with self._changing():
            return self._study(study).release(worker, numbers)

    def reap(self, study: int, workers: Collection[str] = (), max_attempts: int = MAX_ATTEMPTS) -> Reaped:
        """See :meth:`Storage.reap`."""
        with self._changing():
            return self._study(study).reap(workers, checks.positive(max_attempts, "max_attempts"), self._clock())

    def withdraw(self, study: int, numbers: Iterable[int] | None = None, message: str = WITHDRAWN) -> int:
        """See :meth:`Storage.withdraw`."""
        wanted = None if numbers is None else [int(number) for number in numbers]
        with self._changing():
            return self._study(study).withdraw(wanted, message, self._clock())

    def lead(self, study: int, asker: str, lease: float = LEASE) -> bool:
        """See :meth:`Storage.lead`."""
        lease = inputs.lease(lease)
        with self._lock:
            self._alive(asker)
            return self._study(study).lead(asker, lease, self._clock())

    def resign(self, study: int, asker: str | None = None) -> None:
        """See :meth:`Storage.resign`."""
        with self._lock:
            self._study(study).resign(None if asker is None else [asker])

    def set_budget(self, study: int, budget: int | None) -> None:
        """See :meth:`Storage.set_budget`."""
        with self._changing():
            self._study(study).budget = inputs.budget(budget)

    def state(self, study: int) -> StudyState:
        """See :meth:`Storage.state`."""
        with self._lock:
            return self._study(study).state(self._clock())

    def counts(self, study: int) -> Counts:
        """See :meth:`Storage.counts`."""
        return self.state(study).counts

    def running(self, study: int) -> list[Trial]:
        """See :meth:`Storage.running`."""
        with self._lock:
            return self._study(study).running()

    def wait_for_change(
        self, study: int, since: int, timeout: float = LEASE, until: Callable[[], bool] = never
    ) -> bool:
        """See :meth:`Storage.wait_for_change`."""
        return self._wait(lambda: self.state(study).revision > since, timeout, until)

    def wait_for_work(self, study: int, timeout: float = LEASE, until: Callable[[], bool] = never) -> bool:
        """See :meth:`Storage.wait_for_work`."""
        return self._wait(lambda: self.state(study).claimable > 0, timeout, until)

    def changes(self, study: int, since: int = 0) -> Changes:
        """See :meth:`Storage.changes`."""
        with self._lock:
            return self._study(study).changes(since)

    def configurations(self, study: int, start: int = 0, stop: int | None = None) -> list[dict[str, Any]]:
        """See :meth:`Storage.configurations`."""
        with self._lock:
            return [row.configuration.to_dict() for row in self._study(study).rows[inputs.span(start, stop)]]

    def trial(self, study: int, number: int) -> Trial:
        """See :meth:`Storage.trial`."""
        with self._lock:
            return self._study(study).row(number).trial()

    def trials(self, study: int, start: int = 0, stop: int | None = None) -> list[Trial]:
        """See :meth:`Storage.trials`."""
        with self._lock:
            return [row.trial() for row in self._study(study).rows[inputs.span(start, stop)]]

    def times(self, study: int) -> Times:
        """See :meth:`Storage.times`."""
        with self._lock:
            return self._study(study).times()

    def tag(self, study: int, number: int, tag: str, image: str = "", author: str = "") -> None:
        """See :meth:`Storage.tag`."""
        new = inputs.tag(number, tag, image, author, self._clock())
        with self._lock:
            found = self._study(study)
            found.row(new.number)
            found.tags.setdefault((new.number, new.image, new.tag), new)

    def untag(self, study: int, number: int, tag: str, image: str = "") -> None:
        """See :meth:`Storage.untag`."""
        old = inputs.tag(number, tag, image)
        with self._lock:
            found = self._study(study)
            found.row(old.number)
            found.tags.pop((old.number, old.image, old.tag), None)

    def tags(self, study: int) -> list[Tag]:
        """See :meth:`Storage.tags`."""
        with self._lock:
            return [tag for _, tag in sorted(self._study(study).tags.items())]

    def register(self, worker: WorkerRecord) -> None:
        """See :meth:`Storage.register`."""
        with self._lock:
            self._workers[worker.id] = replace(worker, seen=self._clock())

    def unregister(self, worker: str) -> None:
        """See :meth:`Storage.unregister`."""
        with self._lock:
            self._workers.pop(worker, None)

    def workers(self) -> list[WorkerRecord]:
        """See :meth:`Storage.workers`."""
        with self._lock:
            return sorted(self._workers.values(), key=lambda worker: worker.id)

    def hurry(self) -> None:
        """Do nothing: no call waits for anything."""

    def close(self) -> None:
        """Do nothing: what is in memory stays."""

    def _alive(self, worker: str) -> None:
        if worker in self._workers:
            self._workers[worker] = replace(self._workers[worker], seen=self._clock())

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """Hold the lock, and wake those who wait."""
        with self._changed:
            yield
            self._changed.notify_all()

    def _wait(self, ready: Callable[[], bool], timeout: float, until: Callable[[], bool]) -> bool:
        deadline = time.monotonic() + timeout
        with self._changed:
            while not ready():
                left = deadline - time.monotonic()
                if left <= 0 or until():
                    return False
                self._changed.wait(min(left, _LOOK))
        return True

    def _study(self, study: int) -> MemoryStudy:
        found = self._studies.get(study)
        if found is None:
            raise inputs.no_study(study, (each.record.name for each in self._studies.values()))
        return found
