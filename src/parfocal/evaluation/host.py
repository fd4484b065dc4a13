"""The parent's side of a trial process: start it, give it a job, watch time and memory, end it with its whole tree."""

import contextlib
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen
from typing import IO, Any

import psutil

from parfocal.errors import EvaluationError
from parfocal.evaluation import processes
from parfocal.evaluation.base import Job
from parfocal.evaluation.channel import Closed, Inbox, launch, send
from parfocal.evaluation.limits import Limits
from parfocal.trials import Outcome, Reason

STARTUP = 300.0
"""Seconds for a trial process to start and to import what the evaluation needs."""
_SPOOL_LIMIT = 256 * 2**20
_TAIL = 16_384


@dataclass(frozen=True, slots=True)
class Broken:
    """A trial process that was ended, or that ended itself."""

    reason: Reason
    message: str


class TrialProcess:
    """One child process that evaluates jobs one after another.

    Parameters
    ----------
    content
        Evaluator and objective, packed.
    spool
        File for what the process prints; emptied before each job.
    external
        Whether only the memory of the process's own children counts.
    """

    def __init__(self, content: bytes, spool: Path, *, external: bool = False) -> None:
        self.spool = spool
        self._external = external
        self._known: dict[int, psutil.Process] = {}
        self._kills = processes.oom_kills()
        with spool.open("ab") as stream:
            self._process = launch("parfocal.evaluation.child:main", stderr=stream)
        self._requests, self._replies = _pipes(self._process)
        self._inbox = Inbox(self._replies)
        self._send(content)

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def ready(self, stop: Callable[[], bool]) -> str | Broken | None:
        """Wait until the process has loaded the evaluator; return what is wrong, or None."""
        answer = self._answer(STARTUP, None, stop)
        return answer if isinstance(answer, str | Broken) else None

    def begin(self, job: Job, before: Outcome | None = None) -> None:
        """Hand over a job; with the outcome of an evaluation that was broken off ``before``, for its post-hook only."""
        self._send((job, before))

    def reply(self, limits: Limits, stop: Callable[[], bool]) -> "tuple[bool, Outcome] | Broken":
        """Wait for the job's next outcome, and whether it is the last: with a post-hook one comes ahead of it."""
        answer: tuple[bool, Outcome] | Broken = self._answer(limits.seconds, limits.memory, stop)
        return answer

    def log(self) -> str:
        """Return the tail of what was printed since the job began."""
        try:
            return processes.tail_of(self.spool, _TAIL) if os.path.getsize(self.spool) else ""
        except OSError:
            return ""

    def _send(self, value: Any) -> None:
        # a process that is gone is noticed when its answer is awaited
        with contextlib.suppress(OSError, ValueError):
            send(self._requests, value)

    def _answer(self, seconds: float | None, memory: int | None, stop: Callable[[], bool]) -> Any:
        """Wait for the next reply and watch meanwhile; return the reply, or :class:`Broken` after the end."""
        begin = time.monotonic()
        interval = 0.02 if memory is not None else 0.1
        while True:
            elapsed = time.monotonic() - begin
            left = interval if seconds is None else min(interval, max(0.0, seconds - elapsed))
            try:
                return self._inbox.get(left)
            except Closed:
                return self._crashed(stop)
            except TimeoutError:
                pass
            if self._process.poll() is not None:
                with contextlib.suppress(Closed, TimeoutError):  # its last words may still be in the pipe
                    return self._inbox.get(0.2)
                return self._crashed(stop)
            if stop():
                return self._ended(Reason.INTERRUPTED, "Stopped from outside.")
            if seconds is not None and time.monotonic() - begin >= seconds:
                return self._ended(Reason.TIMEOUT, f"Not finished after {seconds:g} s, the limit of time.")
            held = self._look(memory is not None)
            if memory is not None and held > memory:
                text = f"Held {held / 2**20:,.0f} MiB, more than the limit of {memory / 2**20:,.0f} MiB."
                return self._ended(Reason.MEMORY, text, grace=0)

    def _look(self, weigh: bool) -> int:
        """Remember the descendants of now; return the memory of the tree (0 if it is not asked for)."""
        pids = processes.tree(self.pid)
        for pid in pids[1:]:
            if pid not in self._known:
                with contextlib.suppress(psutil.Error):
                    self._known[pid] = psutil.Process(pid)
        if len(pids) == 1 and self._known:
            self._known = {pid: process for pid, process in self._known.items() if process.is_running()}
        if self.spool.exists() and self.spool.stat().st_size > _SPOOL_LIMIT:
            with contextlib.suppress(OSError):
                os.truncate(self.spool, 0)
        return processes.memory(pids[1:] if self._external else pids) if weigh else 0

    def _ended(self, reason: Reason, message: str, grace: float = processes.GRACE) -> Broken:
        self.end(grace)
        return Broken(reason, message)

    def _crashed(self, stop: Callable[[], bool]) -> Broken:
        """Return what can be said about a process that has ended, or fell silent, without a reply."""
        with contextlib.suppress(Exception):
            self._process.wait(2.0)
        code = self._process.returncode
        self.end(0)
        if code == -15 and _soon(stop):
            return Broken(Reason.INTERRUPTED, "Stopped from outside.")
        if code == -9 and processes.oom_kills() > self._kills:
            return Broken(Reason.MEMORY, "The system ended the process because memory ran out.")
        text = f"The process ended in the midst of the evaluation with {processes.code_text(code)}"
        hint = ", as os._exit does." if code is not None and 0 <= code < 256 else ", a crash in compiled code."
        return Broken(Reason.ERROR, text + (hint if code not in (None, -9, -15) else ", sent from outside."))

    def end(self, grace: float = processes.GRACE) -> None:
        """End the process and its whole tree by force."""
        processes.end_tree(self.pid, known=self._known.values(), grace=grace)
        self._release()

    def close(self) -> None:
        """Let the process end by itself, for two seconds; then end what is left."""
        self._send(None)
        with contextlib.suppress(Exception):
            self._process.wait(2.0)
        self.end(0)

    def _release(self) -> None:
        with contextlib.suppress(Exception):
            self._process.wait(2.0)
        for stream in (self._requests, self._replies):
            # the reading thread holds the stream until it ends; a foreign process may keep it open
            if stream is self._requests or self._inbox.join(1.0):
                with contextlib.suppress(OSError):
                    stream.close()


def _soon(stop: Callable[[], bool], seconds: float = 0.5) -> bool:
    # batch systems send SIGTERM to all processes of a job, and this one may get it later than its trial's
    deadline = time.monotonic() + seconds
    while not stop():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def _pipes(process: "Popen[bytes]") -> tuple[IO[bytes], IO[bytes]]:
    """Return the two pipes of a process that was started with both."""
    if process.stdin is None or process.stdout is None:
        raise EvaluationError("The trial process has no pipes: start it by 'launch'.")
    return process.stdin, process.stdout
