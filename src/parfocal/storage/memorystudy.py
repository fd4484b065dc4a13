"""One study in RAM: rows of plain attributes, a heap of waiting numbers, and the log of changes."""

import heapq
import math
from collections.abc import Collection, Iterable, Sequence
from typing import Any

import numpy as np

from parfocal.storage import codec, inputs
from parfocal.storage.ledger import Ledger
from parfocal.storage.records import Changes, Reaped, StudyRecord
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
        self._waiting: list[int] = []
        self._running: dict[int, _Row] = {}
        self._next_expiry = math.inf  # no lease runs out before

    def add(self, batch: inputs.Batch, now: float) -> range:
        """Append WAITING trials."""
        numbers = self.ledger.enter(len(batch.seeds))
        for number, configuration, seed, fidelity, provenance in zip(numbers, *batch, strict=True):
            self.rows.append(_Row(number, self.ledger.next(), now, configuration, seed, fidelity, provenance))
            heapq.heappush(self._waiting, number)
        self._log.extend(numbers)
        return numbers

    def claim(self, worker: str, n: int, deadline: float, now: float) -> list[Trial]:
        """Give the lowest waiting numbers to ``worker``."""
        trials = []
        for _ in range(min(n, len(self._waiting))):
            row = self.rows[heapq.heappop(self._waiting)]
            self._move(row, State.RUNNING)
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

    def reap(self, workers: Collection[str], max_attempts: int, now: float) -> Reaped:
        """Take back the claims of dead workers and those whose lease has run out."""
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
            _column(rows, "state", np.int64),
            _column(rows, "loss", np.float64),
            np.array([row.outcome.runtime if row.outcome else math.nan for row in rows], dtype=np.float64),
            np.array(
                [row.outcome.reason.code if row.outcome and row.outcome.reason else -1 for row in rows], dtype=np.int8
            ),
            np.array([row.fidelity.fraction for row in rows], dtype=np.float64),
            np.array([row.provenance.ask for row in rows], dtype=np.int64),
            np.array([row.provenance.member for row in rows], dtype=np.int64),
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

    def _move(self, row: _Row, state: State) -> None:
        row.revision = self.ledger.move(row.state, state)
        row.state = state
        self._log.append(row.number)

    def _finish(self, row: _Row, outcome: Outcome, loss: float, now: float) -> None:
        del self._running[row.number]
        self._move(row, outcome.state)
        row.outcome, row.loss, row.finished, row.lease = outcome, loss, now, math.nan

    def _requeue(self, row: _Row) -> None:
        del self._running[row.number]
        self._move(row, State.WAITING)
        row.worker, row.started, row.lease = None, None, math.nan
        heapq.heappush(self._waiting, row.number)


def _column(rows: Sequence[_Row], name: str, kind: type) -> Any:
    return np.array([getattr(row, name) for row in rows], dtype=kind)
