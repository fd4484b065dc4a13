"""One study in RAM: rows of plain attributes, a heap of waiting numbers, and the log of changes."""

import heapq
import math
from collections.abc import Collection, Iterable, Sequence
from typing import Any

import numpy as np

from parfocal.errors import OutOfStep
from parfocal.storage import codec, inputs
from parfocal.storage.ledger import FINAL, Ledger
from parfocal.storage.records import Changes, Reaped, StudyRecord, StudyState, Tag, Times
from parfocal.trials import Configuration, Fidelity, Outcome, Provenance, State, Trial
from parfocal.typing import Bools


class _Row:
    """One trial, changeable."""

    __slots__ = (
        "attempts", "configuration", "created", "fidelity", "finished", "lease", "loss", "number", "outcome",
        "provenance", "released", "revision", "seed", "started", "state", "worker",
    )  # fmt: skip

    def __init__(
        self,
        number: int,
        revision: int,
        created: float,
        configuration: Configuration,
        seed: int,
        fidelity: Fidelity,
        provenance: Provenance,
    ) -> None:
        self.number = number
        self.revision = revision
        self.created = created
        self.configuration = configuration
        self.seed = seed
        self.fidelity = fidelity
        self.provenance = provenance
        self.state = State.WAITING
        self.attempts = self.released = 0
        self.worker: str | None = None
        self.lease = self.loss = math.nan
        self.started: float | None = None
        self.finished: float | None = None
        self.outcome: Outcome | None = None

    def trial(self) -> Trial:
        return Trial(
            self.number, self.configuration, self.fidelity, self.seed, self.state, self.attempts, self.provenance,
            self.outcome, self.worker, self.created, self.started, self.finished, self.loss, self.revision,
        )  # fmt: skip


class MemoryStudy:
    """The queue of one study; every method wants the storage's lock to be held."""

    def __init__(self, record: StudyRecord) -> None:
        self.record = record
        self.ledger = Ledger()
        self.rows: list[_Row] = []
        self._log: list[int] = []  # number of the trial that took revision i + 1
        self._waiting: list[int] = []  # a heap; those that were withdrawn stay in it until they come up
        self._running: dict[int, _Row] = {}
        self._next_expiry = math.inf  # no lease runs out before
        self.budget: int | None = None
        self.tags: dict[tuple[int, str, str], Tag] = {}  # by number, image and word
        self._asker: str | None = None
        self._lead = math.nan

    def state(self, now: float) -> StudyState:
        """Return how far the study is."""
        counts = self.ledger.as_counts(len(self._running))
        return StudyState(self.ledger.revision, counts, self.budget, self._asker, self._lead, now)

    def lead(self, asker: str, lease: float, now: float) -> bool:
        """Take the lead, or keep it."""
        free = self._asker in (None, asker) or self._lead <= now
        if free:
            self._asker, self._lead = asker, now + lease
        return free

    def resign(self, askers: Collection[str] | None) -> None:
        """Give the lead back; None takes it from whoever has it."""
        if askers is None or self._asker in askers:
            self._asker, self._lead = None, math.nan

    def add(self, batch: inputs.Batch, start: int | None, asker: str | None, now: float) -> range:
        """Append WAITING trials."""
        if asker is not None:
            inputs.leading(asker, self._asker)
        if start is not None and start != self.ledger.total:
            raise OutOfStep(f"Trials from {start} on cannot be added: the study has {self.ledger.total} by now.")
        numbers = self.ledger.enter(len(batch.seeds))
        for number, configuration, seed, fidelity, provenance in zip(numbers, *batch, strict=True):
            self.rows.append(_Row(number, self.ledger.next(), now, configuration, seed, fidelity, provenance))
            heapq.heappush(self._waiting, number)
        self._log.extend(numbers)
        return numbers

    def claim(self, worker: str, n: int, deadline: float, now: float) -> list[Trial]:
        """Give the lowest waiting numbers to ``worker``."""
        trials: list[Trial] = []
        horizon = math.inf if self.budget is None else self.budget + self.ledger.final[FINAL.index(State.LOST)]
        most = min(n, self.state(now).claimable)
        while len(trials) < most and self._waiting and self._waiting[0] < horizon:
            row = self.rows[heapq.heappop(self._waiting)]
            if row.state != State.WAITING:
                continue
            row.state = State.RUNNING
            row.attempts += 1
            row.worker, row.lease, row.started = worker, deadline, now
            self._running[row.number] = row
            trials.append(row.trial())
        self._next_expiry = min(self._next_expiry, deadline)
        return trials

    def heartbeat(self, worker: str, numbers: Iterable[int], deadline: float) -> list[int]:
        """Extend leases."""
        owned = self.owned(worker, numbers)
        for row in owned:
            row.lease = deadline
        self._next_expiry = min(self._next_expiry, deadline)
        return [row.number for row in owned]

    def report(self, worker: str, results: Sequence[tuple[int, int, Outcome, float]], now: float) -> Bools:
        """Enter results."""
        for number, _, _, _ in results:
            self.row(number)
        accepted = np.zeros(len(results), dtype=np.bool_)
        for i, (number, attempt, outcome, loss) in enumerate(results):
            row = self._running.get(number)
            if row is None or row.worker != worker or row.attempts != attempt:
                continue
            self._finish(row, outcome, loss, now)
            accepted[i] = True
        return accepted

    def release(self, worker: str, numbers: Iterable[int] | None) -> int:
        """Give claims back without counting the attempt."""
        owned = self.owned(worker, self._running if numbers is None else numbers)
        for row in owned:
            row.released += 1
            self._requeue(row)
        return len(owned)

    def withdraw(self, numbers: Collection[int] | None, message: str, now: float) -> int:
        """Make pending trials LOST."""
        wanted = None if numbers is None else set(numbers)
        pending = [row for row in self.rows if row.state.pending and (wanted is None or row.number in wanted)]
        for row in pending:
            self._finish(row, Outcome(State.LOST, message=message), math.nan, now)
        return len(pending)

    def running(self) -> list[Trial]:
        """Return the trials that are claimed."""
        return [self._running[number].trial() for number in sorted(self._running)]

    def reap(self, workers: Collection[str], max_attempts: int, now: float) -> Reaped:
        """Take back the claims of dead workers and those whose lease has run out, and the lead of a dead worker."""
        self.resign(workers)
        if not workers and now < self._next_expiry:
            return Reaped(0, 0)
        dead = [row for row in self._running.values() if row.lease <= now or row.worker in workers]
        lost = 0
        for row in sorted(dead, key=lambda row: row.number):
            used = row.attempts - row.released
            if used >= max_attempts:
                self._finish(row, Outcome(State.LOST, message=codec.lost_message(used)), math.nan, now)
                lost += 1
            else:
                self._requeue(row)
        self._next_expiry = min((row.lease for row in self._running.values()), default=math.inf)
        return Reaped(len(dead) - lost, lost)

    def changes(self, since: int) -> Changes:
        """Return what changed after a revision, in order."""
        rows = [
            self.rows[number]
            for revision, number in enumerate(self._log[since:], since + 1)
            if self.rows[number].revision == revision
        ]
        return Changes(
            self.ledger.revision,
            len(self.rows),
            _column(rows, "number", np.int64),
            _column(rows, "revision", np.int64),
            np.array([State.WAITING if row.state.pending else row.state for row in rows], dtype=np.int64),
            _column(rows, "loss", np.float64),
            np.array([row.outcome.runtime if row.outcome else math.nan for row in rows], dtype=np.float64),
            np.array(
                [row.outcome.reason.code if row.outcome and row.outcome.reason else -1 for row in rows], dtype=np.int8
            ),
            np.array([row.fidelity.fraction for row in rows], dtype=np.float64),
            np.array([row.provenance.ask for row in rows], dtype=np.int64),
            np.array([row.provenance.member for row in rows], dtype=np.int64),
        )

    def times(self) -> Times:
        """Return when each trial was created, claimed and finished, and by whom."""
        workers = sorted({row.worker for row in self.rows if row.worker is not None})
        index = {worker: i for i, worker in enumerate(workers)}
        return Times(
            np.array([row.state for row in self.rows], dtype=np.int64),
            _column(self.rows, "created", np.float64),
            _column(self.rows, "started", np.float64),
            _column(self.rows, "finished", np.float64),
            np.array([row.outcome.runtime if row.outcome else math.nan for row in self.rows], dtype=np.float64),
            np.array([-1 if row.worker is None else index[row.worker] for row in self.rows], dtype=np.int64),
            tuple(workers),
        )

    def row(self, number: int) -> _Row:
        """Return one row, or raise :class:`~parfocal.errors.StorageError`."""
        if not 0 <= number < len(self.rows):
            raise inputs.no_trial(number, len(self.rows))
        return self.rows[number]

    def owned(self, worker: str, numbers: Iterable[int]) -> list[_Row]:
        """Return the running rows of ``worker`` among ``numbers``, by number."""
        found = (self._running.get(int(number)) for number in sorted(set(numbers)))
        return [row for row in found if row is not None and row.worker == worker]

    def _finish(self, row: _Row, outcome: Outcome, loss: float, now: float) -> None:
        self._running.pop(row.number, None)
        row.revision, row.state = self.ledger.finish(outcome.state), outcome.state
        self._log.append(row.number)
        row.outcome, row.loss, row.finished, row.lease = outcome, loss, now, math.nan

    def _requeue(self, row: _Row) -> None:
        del self._running[row.number]
        row.state = State.WAITING
        row.worker, row.started, row.lease = None, None, math.nan
        heapq.heappush(self._waiting, row.number)


def _column(rows: Sequence[_Row], name: str, kind: type) -> Any:
    return np.array([getattr(row, name) for row in rows], dtype=kind)
