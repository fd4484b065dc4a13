"""The engine of one machine: worker processes that are started, tended and stopped."""

import contextlib
import os
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from subprocess import Popen, TimeoutExpired
from types import TracebackType
from typing import Any, Literal

from parfocal.checks import positive
from parfocal.engines.base import WorkerPlan
from parfocal.engines.commands import require_shared
from parfocal.engines.cores import available_cores, thread_limits
from parfocal.engines.patience import Patience
from parfocal.errors import InvalidInput, StudyStopped
from parfocal.evaluation import processes
from parfocal.evaluation.channel import guard, launch, pack, send
from parfocal.storage import Storage, reap_dead
from parfocal.workers.outage import briefly
from parfocal.workers.process import LEAVE


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
        self._patience = Patience(positive(patience, "patience"))
        self._places: list[_Place] = []
        self._started = 0

    @classmethod
    def from_dict(
        cls, options: Mapping[str, Any], workers: int | Literal["auto"] | None = None, folder: Path | None = None
    ) -> "LocalEngine":
        """Return the engine of an experiment's keys; it has no options of its own."""
        for key in options:
            raise InvalidInput(f"The engine 'local' has no option '{key}'; 'workers' stands at the top of the file.")
        return cls("auto" if workers is None else workers)

    def start(self, storage: Storage, plan: WorkerPlan) -> "LocalEngine":
        """Start the workers.

        Parameters
        ----------
        storage
            Where the study is. Other processes must be able to open it.
        plan
            Where the evaluator or the objective is None, every worker rebuilds it from the study's definition.

        Raises
        ------
        InvalidInput
            If the storage lives in this process's memory, or the evaluator cannot be sent to another process.
        """
        guard()
        require_shared(storage)
        self._storage, self._study = storage, storage.open_study(plan.study)
        self._plan = replace(plan, folder=None if plan.folder is None else os.path.abspath(plan.folder))
        pack(self._plan)  # what cannot travel is refused before anything is started
        self._folder = tempfile.TemporaryDirectory(prefix="parfocal-", ignore_cleanup_errors=True)
        try:
            for _ in range(self.size):
                self._places.append(self._launch())
        except BaseException:
            self.stop(0)
            raise
        return self

    def preview(self, plan: WorkerPlan) -> str:
        """Return what :meth:`start` would start, for people to read."""
        plural = "" if self.size == 1 else "es"
        return f"{self.size} worker process{plural} of this machine for the study '{plan.study}'."

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
            reap_dead(self._storage, self._study.id, self._plan.max_attempts)
            if self._patience.ended(len(dead), self._storage.counts(self._study.id).finished):
                raise StudyStopped(self._last_words(dead[-1]))
            for place in dead:
                _close(place.process)
                self._places[self._places.index(place)] = self._launch()
        return len(self.pids)

    def _last_words(self, place: _Place) -> str:
        code = processes.code_text(place.process.returncode)
        said = processes.tail_of(place.log, 2_000).splitlines()
        blind = self._plan.isolation == "none" and not any(line.strip() for line in said)
        hint = "; isolation 'process' would end the trial alone" if blind else ""
        return self._patience.last_words(said, f"{code}{hint}")

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
            briefly(lambda: reap_dead(self._storage, self._study.id, self._plan.max_attempts))
        if self._started:
            self._folder.cleanup()

    def logs(self) -> Iterator[tuple[str, str]]:
        """Yield the process of each worker and the tail of what it has printed."""
        for place in self._places:
            yield f"process {place.process.pid}", processes.tail_of(place.log, 16_384)

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
