"""A worker: claim, evaluate, report, until nothing is left or someone asks to stop."""

import contextlib
import functools
import logging
import math
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from os import PathLike
from types import TracebackType
from typing import Any, TypeVar

from parfocal.errors import StorageError, StorageUnavailable
from parfocal.evaluation import Evaluator, Interrupted, Isolation, Limits, Runner, Stop
from parfocal.evaluation.runner import never
from parfocal.logs import about
from parfocal.storage import LEASE, MAX_ATTEMPTS, Storage, StudyRecord, this_worker
from parfocal.trials import Objective, Outcome, Reason, State, Trial
from parfocal.workers.batch import Batch
from parfocal.workers.heartbeat import Heartbeat
from parfocal.workers.outage import briefly, hurrying, insist
from parfocal.workers.signals import stop_on_signals

T = TypeVar("T")

_LOG = logging.getLogger("parfocal.workers")
_FLUSH = 0.2  # s, after which results that have gathered are reported
_LARGEST = 256  # trials, claimed at once where they are cheap
_IDLE = 30.0  # s, longest sleep where nothing waits


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
        Should they turn out dear, those that are not begun after a second are given back.
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
        self._beat = Heartbeat(storage, self.study, self.record, lease)
        self._lock = threading.Lock()
        self._results: list[tuple[int, int, Outcome, float]] = []  # that are not reported yet
        self._worked = Worked()  # in the step of now

    def __enter__(self) -> "Worker":
        self._insist(lambda: self.storage.register(self.record))
        self._beat.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._beat.__exit__(kind, error, trace)
        owner = self.record.id
        briefly(lambda: self.storage.release(self.study, owner), lambda: self.storage.unregister(owner))

    def step(self) -> Worked | None:
        """Claim some trials, evaluate them and report; return None if nothing waited."""
        owner, count = self.record.id, self._batch
        trials = self._insist(lambda: self.storage.claim(self.study, owner, count, self._lease, self._max_attempts))
        if not trials:
            return None
        self._beat.hold(trial.number for trial in trials)
        begin = time.perf_counter()
        self._worked = Worked()
        try:
            with Batch(trials, self._share, share=self._fixed is None) as batch:
                self._evaluate(batch)
        finally:
            self._beat.hold(())
        if self.runner.stop.is_set():
            return self._leave(trials)
        if self._fixed is None:
            each = (time.perf_counter() - begin) / max(1, batch.begun)
            self._batch = min(max(1, int(0.1 / each)), 2 * self._batch, _LARGEST)
        return self._worked

    def rest(self, until: Callable[[], bool] = never) -> None:
        """Sleep until something waits to be claimed, or ``until`` is True."""
        self._insist(lambda: self.storage.wait_for_work(self.study, _IDLE, until))

    def _evaluate(self, trials: Iterable[Trial]) -> None:
        """Evaluate trials one by one; report what has gathered when enough time has gone by."""
        runner, lost = self.runner, self._beat.lost
        since = time.perf_counter()
        for trial in trials:
            number = trial.number
            if lost(number):
                continue
            if runner.stop.is_set():
                break
            with about(trial=number):
                outcome = runner.run(runner.job(trial), functools.partial(lost, number))
                _LOG.debug("%s after %.3g s", outcome.state.name, outcome.runtime)
            if outcome.reason == Reason.INTERRUPTED and (runner.stop.is_set() or lost(number)):
                continue  # broken off from outside: no result; given back afterwards, or already someone else's
            result = (number, trial.attempts, outcome, loss_of(outcome, runner.objective))
            with self._lock:
                self._results.append(result)
            if time.perf_counter() - since > _FLUSH:
                self._report()
                since = time.perf_counter()
        self._report()

    def _report(self) -> None:
        """Report what has gathered."""
        with self._lock:
            results = self._results
            if not results:
                return
            accepted = self._insist(lambda: self.storage.report(self.study, self.record.id, results))
            states = [
                outcome.state
                for (number, attempt, outcome, _), taken in zip(results, accepted, strict=True)
                if taken or self._stored(number, attempt)
            ]
            complete = sum(state == State.COMPLETE for state in states)
            self._results = []
            self._worked += Worked(complete, len(states) - complete, len(results) - len(states))

    def _stored(self, number: int, attempt: int) -> bool:
        """Whether a result that was refused is the one that is stored: its report was repeated after an outage."""
        trial = self._insist(lambda: self.storage.trial(self.study, number))
        return is_result_of(trial, self.record.id, attempt)

    def _share(self, numbers: list[int]) -> None:
        """Report what is known of a batch that turned out dear, and let others have what was not begun.

        Where that fails, reports are made later, and leases end by themselves.
        """
        self._beat.drop(numbers)
        with contextlib.suppress(StorageError):
            if numbers:
                self.storage.release(self.study, self.record.id, numbers)
            self._report()

    def _insist(self, call: Callable[[], T]) -> T:
        return insist(call, self.runner.stop)

    def _leave(self, trials: Sequence[Trial]) -> Worked:
        """Give back what is still claimed."""
        numbers = [trial.number for trial in trials]
        released = self._insist(lambda: self.storage.release(self.study, self.record.id, numbers))
        return replace(self._worked, released=released)


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
        stack.enter_context(hurrying(stop, storage))
        runner = Runner(evaluator, objective, limits=limits, isolation=isolation, folder=folder, stop=stop)
        stack.enter_context(runner)
        options: dict[str, Any] = {"batch": batch, "lease": lease, "max_attempts": max_attempts}
        stack.enter_context(_quiet(stop))
        worker = stack.enter_context(Worker(storage, study, runner, name=worker_id, job=job, **options))
        stack.enter_context(about(study=getattr(study, "name", study), worker=worker.record.id))
        if beside is not None:
            stack.enter_context(beside(worker.record.id))
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


@contextlib.contextmanager
def _quiet(stop: Stop) -> Iterator[None]:
    """Let what a request to stop has broken off end in good order."""
    try:
        yield
    except Interrupted:  # in the narrow gaps around an evaluation
        pass
    except StorageUnavailable as error:
        if not stop.is_set():
            raise
        _LOG.warning("What is claimed here comes back with its lease, since it cannot be given back: %s", error)


def _enough(stop: Stop, until: Callable[[], bool], deadline: float) -> bool:
    return stop.is_set() or until() or time.monotonic() >= deadline


def loss_of(outcome: Outcome, objective: Objective) -> float:
    """Return the loss of a COMPLETE outcome; NaN of every other one."""
    return objective.loss(outcome.metrics, outcome.scores) if outcome.state == State.COMPLETE else math.nan


def is_result_of(trial: Trial, worker: str, attempt: int) -> bool:
    """Whether a trial's result is that of this very claim; a LOST trial has none."""
    finished = trial.state.finished and trial.state != State.LOST
    return finished and (trial.attempts, trial.worker) == (attempt, worker)
