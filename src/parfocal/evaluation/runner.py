"""Evaluating jobs: in this process, or isolated in one that is watched, ended and replaced."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import replace
from types import TracebackType
from typing import Any, Literal, TypeAlias

from parfocal.errors import InvalidInput
from parfocal.evaluation import loop
from parfocal.evaluation.base import Evaluator, Job, Stop
from parfocal.evaluation.channel import guard
from parfocal.evaluation.limits import Limits
from parfocal.trials import Objective, Outcome, Trial

Isolation: TypeAlias = Literal["process", "none"]


def never() -> bool:
    """Return False."""
    return False


class Runner:
    """Evaluates jobs one after another; a context manager that owns the trial process and the work folders.

    Parameters
    ----------
    evaluator, objective
        What to evaluate, and which metric it must return.
    limits
        Of each trial; they need isolation ``process``.
    isolation
        ``process``: in a child process of its own session, which serves one trial after another. It is ended with all
        its descendants on a timeout, on too much memory and on a request to stop, and replaced then and after a crash.
        What a trial leaves running is ended with the trial.
        ``none``: in this process, for functions that are cheap and tame: no limits, no log of what is printed. Programs
        are processes of their own in any case, so that ``none`` means ``process`` for them.
    folder
        Where the work folders of the trials lie (``000012``; ``000012-2`` for a second attempt). Without it they are
        temporary and removed after each trial.
    stop
        A request to stop: the trial of the moment ends as FAILED(interrupted).

    Raises
    ------
    InvalidInput
        If the evaluator cannot be sent to another process, or limits cannot be set: one sentence.
    """

    def __init__(
        self,
        evaluator: Evaluator,
        objective: Objective,
        *,
        limits: Limits | None = None,
        isolation: Isolation = "process",
        folder: str | os.PathLike[str] | None = None,
        stop: Stop | None = None,
    ) -> None:
        if isolation not in ("process", "none"):
            raise InvalidInput(f"The isolation must be 'process' or 'none'; got {isolation!r}.")
        guard()
        self.evaluator = evaluator
        self.objective = objective
        self.limits = limits or Limits()
        self.stop = stop or Stop()
        self._folder = None if folder is None else os.path.abspath(folder)
        self._temporary: str | None = None
        isolated = isolation == "process" or bool(getattr(evaluator, "external", False))
        if self.limits and not isolated:
            raise InvalidInput("Limits of time and memory need isolation 'process': choose it, or remove the limits.")
        problem = self.limits.problem()
        if problem is not None:
            raise InvalidInput(problem)
        self._room: Any = None
        if isolated:
            from parfocal.evaluation.isolated import Isolated

            self._room = Isolated(evaluator, objective, self.limits, keep=folder is not None)

    def __enter__(self) -> "Runner":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the trial process and remove temporary folders."""
        if self._room is not None:
            self._room.close()
        if self._temporary is not None:
            shutil.rmtree(self._temporary, ignore_errors=True)
            self._temporary = None

    def job(self, trial: Trial) -> Job:
        """Return the job of a claimed trial."""
        return Job(trial.number, trial.configuration, trial.attempts, trial.seed, trial.fidelity, self.root)

    @property
    def root(self) -> str:
        """Where the work folders lie."""
        if self._folder is not None:
            return self._folder
        if self._temporary is None:
            self._temporary = tempfile.mkdtemp(prefix="parfocal-")
        return self._temporary

    def run(self, job: Job, cancelled: Callable[[], bool] = never) -> Outcome:
        """Return the outcome of a job; nothing that the trial does raises here.

        Parameters
        ----------
        job
            Without a root it gets one of the runner's.
        cancelled
            Asked some ten times a second (isolation ``process``): True ends the trial as FAILED(interrupted).
        """
        if job.root is None:
            job = replace(job, root=self.root)
        if self._room is None:
            outcome = loop.evaluate(self.evaluator, job, self.objective, self.stop)
            own: Any = getattr(self.evaluator, "log", None)
            if own is not None:
                from parfocal.evaluation.isolated import with_log

                with contextlib.suppress(Exception):
                    outcome = with_log(outcome, own(job))
        else:
            outcome = self._room.run(job, lambda: self.stop.is_set() or cancelled())
        if job.root == self._temporary:
            folder = f"{job.root}{os.sep}{job.name}"
            if os.path.isdir(folder):
                shutil.rmtree(folder, ignore_errors=True)
        return outcome


def run(
    evaluator: Evaluator,
    job: Job,
    objective: Objective,
    limits: Limits | None = None,
    isolation: Isolation = "process",
    folder: str | os.PathLike[str] | None = None,
) -> Outcome:
    """Evaluate one job: pre-hook, evaluation, post-hook (always). A :class:`Runner` does many at a lower price."""
    with Runner(evaluator, objective, limits=limits, isolation=isolation, folder=folder) as runner:
        return runner.run(job)
