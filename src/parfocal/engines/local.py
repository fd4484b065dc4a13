"""The engine of one machine: worker processes that are started, tended and stopped."""

import contextlib
import os
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from subprocess import Popen, TimeoutExpired
from types import TracebackType
from typing import Literal

from parfocal.checks import positive
from parfocal.engines.cores import available_cores, thread_limits
from parfocal.errors import InvalidInput, StudyStopped
from parfocal.evaluation import Evaluator, Isolation, Limits, processes
from parfocal.evaluation.channel import guard, launch, pack, send
from parfocal.storage import LEASE, MAX_ATTEMPTS, Storage, open_storage, reap_dead
from parfocal.trials import Objective
from parfocal.workers.process import LEAVE, WorkerPlan


@dataclass
class _Place:
    """One of the engine's places: its worker process of now, and what that prints."""

    process: "Popen[bytes]"
    log: Path


class LocalEngine:
    """Starts worker processes on this machine; a context manager.

    Each worker is a Python process in a session of its own, so that Ctrl-C reaches this process only, which then stops
    its workers in good order. Workers end by themselves when this process dies, however it dies. A worker that dies is
    replaced by :meth:`tend`.

    Parameters
    ----------
    workers
        How many, or ``auto``: one for each available physical core.
    patience
        Deaths in a row, without a single trial finished between them, after which the engine gives up.
    """

    def __init__(self, workers: int | Literal["auto"] = "auto", *, patience: int = 6) -> None:
        self.size = available_cores() if workers == "auto" else positive(workers, "workers")
        self._patience = positive(patience, "patience")
        self._places: list[_Place] = []
        self._started = 0
        self._streak, self._finished = 0, -1

    def start(
        self,
        storage: Storage | str,
        study: str,
        evaluator: Evaluator | None = None,
        objective: Objective | None = None,
        *,
        isolation: Isolation = "process",
        limits: Limits | None = None,
        folder: str | os.PathLike[str] | None = None,
        batch: int | None = None,
        lease: float = LEASE,
        max_attempts: int = MAX_ATTEMPTS,
    ) -> "LocalEngine":
        """Start the workers.

        Parameters
        ----------
        storage
            The storage, or its url. Other processes must be able to open it.
        study
            The study's name.
        evaluator, objective
            None: every worker rebuilds them from the study's definition.
        isolation, limits, folder, batch, lease, max_attempts
            See :func:`~parfocal.workers.work`.

        Raises
        ------
        InvalidInput
            If the storage lives in this process's memory, or the evaluator cannot be sent to another process.
        """
        guard()
        self._storage = open_storage(storage) if isinstance(storage, str) else storage
        if not self._storage.shared:
            raise InvalidInput(
                "A study in memory cannot have workers in other processes: give it a file, for example "
                "storage='study.db', or use one worker."
            )
        self._study = self._storage.open_study(study)
        plan = WorkerPlan(
            self._storage.url,
            study,
            evaluator,
            objective,
            isolation=isolation,
            limits=limits or Limits(),
            folder=None if folder is None else os.path.abspath(folder),
            batch=batch,
            lease=lease,
            max_attempts=max_attempts,
        )
        self._plan, self._max_attempts = plan, max_attempts
        pack(plan)  # what cannot travel is refused before anything is started
        self._folder = tempfile.TemporaryDirectory(prefix="parfocal-", ignore_cleanup_errors=True)
        try:
            for _ in range(self.size):
                self._places.append(self._launch())
        except BaseException:
            self.stop(0)
            raise
        return self

    def _launch(self) -> _Place:
        """Start one worker."""
        log = Path(self._folder.name, f"worker-{self._started}.log")
        environment = {**os.environ, **thread_limits(self.size, os.environ)}
        with log.open("ab") as stream:
            process = launch("parfocal.workers.process:main", stdout=stream, stderr=stream, env=environment)
        with contextlib.suppress(OSError):  # one that died at once is seen by tend
            if process.stdin is not None:
                send(process.stdin, pack(replace(self._plan, name=f"w{self._started}")))
        self._started += 1
        return _Place(process, log)

    @property
    def pids(self) -> tuple[int, ...]:
        """Process ids of the workers that live."""
        return tuple(place.process.pid for place in self._places if place.process.poll() is None)

    def tend(self) -> int:
        """Replace workers that have died, and take back what they had claimed; return how many live. Call it often.

        Raises
        ------
        StudyStopped
            If workers die one after another and no trial gets finished; the text holds their last words.
        """
        dead = [place for place in self._places if place.process.poll() is not None]
        if dead:
            reap_dead(self._storage, self._study.id, self._max_attempts)
            finished = self._storage.counts(self._study.id).finished
            self._streak = len(dead) + (self._streak if finished == self._finished else 0)
            self._finished = finished
            if self._streak >= self._patience:
                raise StudyStopped(self._last_words(dead[-1]))
            for place in dead:
                _close(place.process)
                self._places[self._places.index(place)] = self._launch()
        return len(self.pids)

    def _last_words(self, place: _Place) -> str:
        code = processes.code_text(place.process.returncode)
        text = processes.tail_of(place.log, 2_000).strip().rpartition("\n")[2]
        hint = "; isolation 'process' would end the trial alone" if self._plan.isolation == "none" and not text else ""
        said = f": {text}" if text else "."
        return f"{self._streak} workers in a row died without finishing a trial, the last with {code}{hint}{said}"

    def stop(self, seconds: float = LEAVE + 3) -> None:
        """Stop all workers: each ends its trial with all its processes and gives back its claims.

        Parameters
        ----------
        seconds
            To wait for that; then the workers are ended by force.
        """
        places, self._places = self._places, []
        for place in places:
            _close(place.process)  # its standard input is the engine's word; no more words: leave
        deadline = time.monotonic() + seconds
        for place in places:
            with contextlib.suppress(TimeoutExpired):
                place.process.wait(max(0.0, deadline - time.monotonic()))
        for place in places:
            if place.process.poll() is None:
                processes.end_tree(place.process.pid, grace=0)
                place.process.wait()
        if places:
            reap_dead(self._storage, self._study.id, self._max_attempts)
        if self._started:
            self._folder.cleanup()

    def logs(self) -> Iterator[tuple[int, str]]:
        """Yield the process id of each worker and the tail of what it has printed."""
        for place in self._places:
            yield place.process.pid, processes.tail_of(place.log, 16_384)

    def __enter__(self) -> "LocalEngine":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _close(process: "Popen[bytes]") -> None:
    if process.stdin is not None:
        with contextlib.suppress(OSError):
            process.stdin.close()
