"""Trials in a process of their own: one that serves them one after another, replaced when it breaks."""

import contextlib
import itertools
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from parfocal.errors import InvalidInput
from parfocal.evaluation.base import Evaluator, Job
from parfocal.evaluation.channel import pack
from parfocal.evaluation.host import Broken, TrialProcess
from parfocal.evaluation.judge import noted, with_texts
from parfocal.evaluation.limits import Limits
from parfocal.evaluation.loop import has_post_hook
from parfocal.trials import Objective, Outcome, Reason
from parfocal.trials.outcome import LOG_LIMIT

STOPPED_POST = 4.0
"""Seconds that a post-hook has left once someone asked to stop."""


class Isolated:
    """Evaluates jobs in a trial process, and starts another one where it breaks.

    Parameters
    ----------
    evaluator, objective, limits
        See :class:`~parfocal.evaluation.Runner`.
    keep
        Whether what a trial prints is kept whole, as ``log.txt`` in its work folder, where it is longer than the tail
        that the outcome holds.

    Raises
    ------
    InvalidInput
        If the evaluator cannot be sent to another process, or cannot be rebuilt there.
    """

    def __init__(self, evaluator: Evaluator, objective: Objective, limits: Limits, *, keep: bool = False) -> None:
        self._evaluator = evaluator
        self._limits = limits
        self._keep = keep
        self._content = pack((evaluator, objective.to_dict()))
        self._folder = tempfile.TemporaryDirectory(prefix="parfocal-", ignore_cleanup_errors=True)
        self._numbers = itertools.count()
        self._process: TrialProcess | None = None
        self._proved = False

    def run(self, job: Job, stop: Callable[[], bool]) -> Outcome:
        """Return the outcome of a job; ``stop`` says whether to break it off."""
        begin = time.monotonic()
        process = self._ready(stop)
        if isinstance(process, Broken):
            return Outcome.failed(process.reason, process.message, runtime=time.monotonic() - begin)
        begin = time.monotonic()
        process.begin(job)
        answer = process.reply(self._limits, stop)
        if isinstance(answer, Broken):
            outcome = Outcome.failed(answer.reason, answer.message, runtime=time.monotonic() - begin)
            log = self._log(process, job)
            self._process = None
            return with_log(self._post(job, outcome, stop), log)
        last, outcome = answer
        if not last:
            outcome = self._finish(process, outcome, stop)
        return with_log(outcome, self._log(process, job))

    def close(self) -> None:
        """End the trial process."""
        if self._process is not None:
            self._process.close()
            self._process = None
        self._folder.cleanup()

    def _ready(self, stop: Callable[[], bool]) -> TrialProcess | Broken:
        """Return a process that waits for a job."""
        if self._process is not None:
            return self._process
        external = bool(getattr(self._evaluator, "external", False))
        spool = Path(self._folder.name, f"{next(self._numbers)}.log")
        spool.parent.mkdir(parents=True, exist_ok=True)  # temporary folders are swept on some machines
        process = TrialProcess(self._content, spool, external=external)
        problem = process.ready(stop)
        if problem is None:
            self._process, self._proved = process, True
            return process
        log = process.log()
        process.end(0)
        if isinstance(problem, str):
            problem = Broken(Reason.ERROR, f"The evaluation cannot be prepared in another process: {problem}")
            if not self._proved:
                raise InvalidInput(problem.message)
        last = log.strip().rpartition("\n")[2]
        return Broken(
            problem.reason, f"{problem.message} {last}".strip() if last not in problem.message else problem.message
        )

    def _finish(self, process: TrialProcess, outcome: Outcome, stop: Callable[[], bool]) -> Outcome:
        """Wait for the end of the post-hook; a hook that breaks the process does not touch the outcome."""
        answer = process.reply(self._limits, _patient(stop))
        if isinstance(answer, Broken):
            self._process = None
            return noted(outcome, f"The post-hook failed: {answer.message}")
        return answer[1]

    def _post(self, job: Job, outcome: Outcome, stop: Callable[[], bool]) -> Outcome:
        """Run the post-hook of a trial whose process had to be ended, in a new one."""
        if not has_post_hook(self._evaluator):
            return outcome
        process = self._ready(_patient(stop))
        if isinstance(process, Broken):
            return noted(outcome, f"The post-hook was not run: {process.message}")
        process.begin(job, outcome)
        answer = process.reply(self._limits, _patient(stop))
        return self._finish(process, outcome, stop) if not isinstance(answer, Broken) else outcome

    def _log(self, process: TrialProcess, job: Job) -> str:
        """Return what the trial printed, and what the evaluator itself kept."""
        printed = process.log()
        if self._keep and len(printed) >= LOG_LIMIT // 4:
            with contextlib.suppress(OSError):
                if process.spool.stat().st_size > LOG_LIMIT:
                    shutil.copyfile(process.spool, job.work_folder() / "log.txt")
        own: Any = getattr(self._evaluator, "log", None)
        if own is not None:
            with contextlib.suppress(Exception):
                printed += own(job)
        return printed


def _patient(stop: Callable[[], bool]) -> Callable[[], bool]:
    """Return a ``stop`` that holds only some seconds after the request: cleaning up is not broken off at once."""
    since: list[float] = []

    def patient() -> bool:
        if stop() and not since:
            since.append(time.monotonic())
        return bool(since) and time.monotonic() - since[0] > STOPPED_POST

    return patient


def with_log(outcome: Outcome, printed: str) -> Outcome:
    """Return the outcome with what was printed in front of its log."""
    if not printed:
        return outcome
    return with_texts(outcome, outcome.message, f"{printed.rstrip()}\n{outcome.log}".rstrip())
