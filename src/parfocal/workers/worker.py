"""A worker: claim, evaluate, report, until nothing is left or someone asks to stop."""

import contextlib
import functools
import math
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from os import PathLike
from types import TracebackType
from typing import Any, TypeVar

from parfocal.errors import StorageError, StorageUnavailable
from parfocal.evaluation import Evaluator, Interrupted, Isolation, Limits, Runner, Stop
from parfocal.evaluation.runner import never
from parfocal.storage import LEASE, MAX_ATTEMPTS, Storage, StudyRecord, this_worker
from parfocal.trials import Objective, Outcome, Reason, State, Trial
from parfocal.workers.heartbeat import Heartbeat
from parfocal.workers.signals import stop_on_signals

T = TypeVar("T")

_FLUSH = 0.2  # s, after which results that have gathered are reported
_LARGEST = 256  # trials, claimed at once where they are cheap
_IDLE = 30.0  # s, longest sleep where nothing waits
PATIENCE = 600.0
"""Seconds that a worker waits for a storage that does not answer, beyond the storage's own patience."""


@dataclass(frozen=True, slots=True)
class Worked:
    """What a worker did.

    Attributes
    ----------
    complete, failed
        Results that the storage accepted.
    refused
        Results that came too late: someone else had taken the trial over.
    released
        Trials that were given back when the worker was asked to stop.
    """

    complete: int = 0
    failed: int = 0
    refused: int = 0
    released: int = 0

    @property
    def finished(self) -> int:
        """All results that count."""
        return self.complete + self.failed

    def __add__(self, other: "Worked") -> "Worked":
        return Worked(
            self.complete + other.complete,
            self.failed + other.failed,
            self.refused + other.refused,
            self.released + other.released,
        )


class Worker:
    """Claims trials of one study and evaluates them; a context manager that registers the worker.

    Parameters
    ----------
    storage, study
        Where the trials are.
    runner
        What evaluates; it stays open.
    name
        Start of the worker's unique name.
    job
        What started it, for those who look at the workers: ``slurm 123_4``.
    batch
        Trials to claim at once; None: one, and more where they are so cheap that many fit into a tenth of a second.
    lease
        Seconds that a claim holds without a sign of life.
    max_attempts
        Claims of a trial after which it is LOST.
    """

    def __init__(
        self,
        storage: Storage,
        study: int | StudyRecord,
        runner: Runner,
        *,
        name: str = "",
        job: str = "",
        batch: int | None = None,
        lease: float = LEASE,
        max_attempts: int = MAX_ATTEMPTS,
    ) -> None:
        self.storage = storage
        self.study = study.id if isinstance(study, StudyRecord) else study
        self.runner = runner
        self.record = this_worker(name, self.study, job)
        self._fixed = batch
        self._batch = batch or 1
        self._lease, self._max_attempts = lease, max_attempts
        self._beat = Heartbeat(storage, self.study, self.record.id, lease)

    def __enter__(self) -> "Worker":
        self._insist(lambda: self.storage.register(self.record))
        self._beat.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._beat.__exit__(kind, error, trace)
        with contextlib.suppress(StorageError):  # leases end by themselves, and an error on its way out comes first
            self.storage.release(self.study, self.record.id)
            self.storage.unregister(self.record.id)

    def step(self) -> Worked | None:
        """Claim some trials, evaluate them and report; return None if nothing waited."""
        owner, count = self.record.id, self._batch
        trials = self._insist(lambda: self.storage.claim(self.study, owner, count, self._lease, self._max_attempts))
        if not trials:
            return None
        self._beat.hold(trial.number for trial in trials)
        begin = time.perf_counter()
        try:
            worked = self._evaluate(trials)
        finally:
            self._beat.hold(())
        if self._fixed is None:
            each = (time.perf_counter() - begin) / len(trials)
            self._batch = min(max(1, int(0.1 / each)), 2 * self._batch, _LARGEST)
        return worked

    def rest(self, until: Callable[[], bool] = never) -> None:
        """Sleep until something waits to be claimed, or ``until`` is True."""
        self._insist(lambda: self.storage.wait_for_work(self.study, _IDLE, until))

    def _evaluate(self, trials: Sequence[Trial]) -> Worked:
        """Evaluate trials one by one; report what has gathered when enough time has gone by."""
        runner, lost = self.runner, self._beat.lost
        gathered: list[tuple[int, int, Outcome, float]] = []
        worked, since = Worked(), time.perf_counter()
        for trial in trials:
            if lost(trial.number):
                continue
            if runner.stop.is_set():
                break
            number = trial.number
            outcome = runner.run(runner.job(trial), functools.partial(lost, number))
            if outcome.reason == Reason.INTERRUPTED and (runner.stop.is_set() or lost(number)):
                continue  # broken off from outside: no result; given back below, or already someone else's
            gathered.append((number, trial.attempts, outcome, loss_of(outcome, runner.objective)))
            if time.perf_counter() - since > _FLUSH:
                worked, since = worked + self._report(gathered), time.perf_counter()
                gathered = []
        worked += self._report(gathered)
        return self._leave(worked, trials) if runner.stop.is_set() else worked

    def _report(self, results: Sequence[tuple[int, int, Outcome, float]]) -> Worked:
        if not results:
            return Worked()
        accepted = self._insist(lambda: self.storage.report(self.study, self.record.id, results))
        states = [result[2].state for result, taken in zip(results, accepted, strict=True) if taken]
        complete = sum(state == State.COMPLETE for state in states)
        return Worked(complete, len(states) - complete, len(results) - len(states))

    def _insist(self, call: Callable[[], T]) -> T:
        """Call the storage; while it does not answer, go on until it does, someone asks to stop, or patience ends."""
        deadline, pause = time.monotonic() + PATIENCE, 0.1
        while True:
            try:
                return call()
            except StorageUnavailable:
                if time.monotonic() > deadline or self.runner.stop.wait(pause):
                    raise
                pause = min(2 * pause, 30.0)

    def _leave(self, worked: Worked, trials: Sequence[Trial]) -> Worked:
        """Give back what is still claimed."""
        numbers = [trial.number for trial in trials]
        released = self._insist(lambda: self.storage.release(self.study, self.record.id, numbers))
        return replace(worked, released=worked.released + released)


def work(
    storage: Storage,
    study: int | StudyRecord,
    evaluator: Evaluator,
    objective: Objective,
    *,
    worker_id: str = "",
    job: str = "",
    isolation: Isolation = "process",
    limits: Limits | None = None,
    folder: str | PathLike[str] | None = None,
    batch: int | None = None,
    lease: float = LEASE,
    max_attempts: int = MAX_ATTEMPTS,
    until: Callable[[], bool] = never,
    drain: bool = False,
    linger: float = 0.0,
    stop: Stop | None = None,
    beside: Callable[[str], AbstractContextManager[object]] | None = None,
) -> Worked:
    """Claim, evaluate and report trials of a study until someone asks to stop.

    Parameters
    ----------
    storage, study
        Where the trials are.
    evaluator, objective, isolation, limits, folder
        How they are evaluated: see :class:`~parfocal.evaluation.Runner`.
    worker_id, job
        Start of the worker's unique name, and what started it.
    batch, lease, max_attempts
        See :class:`Worker`.
    until
        Asked between claims; True ends the work.
    drain, linger
        End when nothing waits any more, and has not for ``linger`` seconds, instead of waiting for more.
    stop
        A request to stop. Ctrl-C and SIGTERM set it, too, if this is the main thread: the trial of the moment is ended
        with all its processes, and what was claimed is given back without counting as an attempt.
    beside
        Given the worker's id; what it returns is entered while the worker works (a thread that asks, for example).

    Returns
    -------
    Worked
        How many results were reported.
    """
    stop = stop or Stop()
    total, last = Worked(), time.monotonic()
    with contextlib.ExitStack() as stack:
        stack.enter_context(stop_on_signals(stop))
        runner = Runner(evaluator, objective, limits=limits, isolation=isolation, folder=folder, stop=stop)
        stack.enter_context(runner)
        options: dict[str, Any] = {"batch": batch, "lease": lease, "max_attempts": max_attempts}
        worker = stack.enter_context(Worker(storage, study, runner, name=worker_id, job=job, **options))
        if beside is not None:
            stack.enter_context(beside(worker.record.id))
        stack.enter_context(contextlib.suppress(Interrupted))  # in the narrow gaps around an evaluation
        while not (stop.is_set() or until()):
            worked = worker.step()
            if worked is not None:
                total, last = total + worked, time.monotonic()
            elif drain and time.monotonic() - last >= linger:
                break
            else:
                patience = last + linger if drain else math.inf
                worker.rest(functools.partial(_enough, stop, until, patience))
    return total


def _enough(stop: Stop, until: Callable[[], bool], deadline: float) -> bool:
    return stop.is_set() or until() or time.monotonic() >= deadline


def loss_of(outcome: Outcome, objective: Objective) -> float:
    """Return the loss of a COMPLETE outcome; NaN of every other one."""
    return objective.loss(outcome.metrics, outcome.scores) if outcome.state == State.COMPLETE else math.nan
