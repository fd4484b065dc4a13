"""The process of one worker that an engine has started; its standard input is the engine's word."""

import _thread
import contextlib
import os
import signal
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from parfocal import logs
from parfocal.errors import StorageError
from parfocal.evaluation import Evaluator, Isolation, Limits, Stop, evaluator_from_dict, processes
from parfocal.evaluation.channel import Inbox, outlive_parent_by, take_stdin, unpack
from parfocal.storage import LEASE, MAX_ATTEMPTS, open_storage
from parfocal.trials import Objective
from parfocal.workers.jobs import job_name
from parfocal.workers.worker import work

LEAVE = 7.0
"""Seconds that a worker has to leave in good order once its engine has ended; then it ends by force."""


@dataclass(frozen=True)
class WorkerPlan:
    """All that a worker process needs to know.

    Parameters
    ----------
    url, study
        The storage's url and the study's name.
    evaluator, objective
        None: rebuilt from the study's definition (its keys ``evaluation`` and ``objective``).
    name, isolation, limits, folder, batch, lease, max_attempts
        See :func:`~parfocal.workers.work`.
    """

    url: str
    study: str
    evaluator: Evaluator | None = None
    objective: Objective | None = None
    name: str = ""
    isolation: Isolation = "process"
    limits: Limits = field(default_factory=Limits)
    folder: str | None = None
    batch: int | None = None
    lease: float = LEASE
    max_attempts: int = MAX_ATTEMPTS


def carry_out(plan: WorkerPlan, stop: Stop | None = None) -> None:
    """Work by a plan until someone asks to stop."""
    storage = open_storage(plan.url)
    record = storage.open_study(plan.study)
    evaluator, objective = plan.evaluator, plan.objective
    if evaluator is None:
        evaluator = evaluator_from_dict(_part(record.definition, "evaluation", plan.study))
    if objective is None:
        objective = Objective.from_dict(_part(record.definition, "objective", plan.study))
    try:
        work(
            storage,
            record,
            evaluator,
            objective,
            worker_id=plan.name,
            job=job_name(),
            isolation=plan.isolation,
            limits=plan.limits,
            folder=plan.folder,
            batch=plan.batch,
            lease=plan.lease,
            max_attempts=plan.max_attempts,
            stop=stop,
        )
    finally:
        storage.close()


def _part(definition: Mapping[str, Any], key: str, study: str) -> Mapping[str, Any]:
    part = definition.get(key)
    if not isinstance(part, Mapping):
        raise StorageError(f"The study '{study}' has no '{key}' in its definition: give the evaluator to the worker.")
    return part


def main() -> None:
    """Work by the plan that comes first on standard input; stop when it is closed, or when the parent is gone."""
    logs.from_environment()
    stop = Stop()
    inbox = Inbox(take_stdin())
    plan: WorkerPlan = unpack(inbox.get())
    outlive_parent_by(lambda: _leave(stop), inbox)
    carry_out(plan, stop)


def interrupt() -> None:
    """Let the main thread's signal handler run; a sleep ends by that only where threads can get signals."""
    if hasattr(signal, "pthread_kill"):
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGTERM)
    else:
        _thread.interrupt_main()


def _leave(stop: Stop) -> None:
    """Ask to stop, in the midst of an evaluation too; after some seconds end this process and all its own by force."""
    stop.set()
    deadline = time.monotonic() + LEAVE
    while time.monotonic() < deadline:
        if stop.armed:  # without isolation only a signal can break off what the main thread does
            with contextlib.suppress(Exception):
                interrupt()
        time.sleep(0.2)
    with contextlib.suppress(Exception):
        processes.end_tree(os.getpid(), spare_root=True, grace=0)
    os._exit(1)
