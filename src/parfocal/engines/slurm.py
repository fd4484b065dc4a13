"""The engine of a cluster under Slurm: one job array, submitted by plain ``sbatch``."""

import hashlib
import logging
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from parfocal.engines import slurm_queue
from parfocal.engines.base import WorkerPlan
from parfocal.engines.commands import commands_study, log_folder, safe, target_of, worker_arguments
from parfocal.engines.patience import Patience, Silence
from parfocal.engines.slurm_queue import QueueUnreachable, Task
from parfocal.engines.slurm_script import SlurmOptions, script
from parfocal.errors import StorageError, StudyStopped
from parfocal.evaluation import processes
from parfocal.storage import Storage, reap_dead
from parfocal.workers.outage import briefly

_LOG = logging.getLogger("parfocal.engines")
_GRACE = 20.0  # s that workers have to leave when all are stopped
_WORKING = ("RUNNING", "COMPLETING")


class SlurmEngine:
    """Keeps a job array at work, one worker a task.

    The array belongs to the study, not to this process: when the coordinator dies, the workers go on with what is
    queued, and the next run finds them again by the name of their job. :meth:`stop` ends them.

    Parameters
    ----------
    options
        What is submitted.
    folder
        Where a relative folder of logs begins.
    patience
        Deaths in a row, without a single trial finished between them, after which the engine gives up; default: twice
        the number of workers, at least 6.
    """

    def __init__(self, options: SlurmOptions, folder: Path | None = None, *, patience: int | None = None) -> None:
        self.options = options
        self.size = options.workers
        self._base = folder
        self._patience = Patience(max(6, 2 * self.size) if patience is None else patience)
        self._name = ""
        self._working = 0
        self._looked = -float("inf")
        self._known: set[int] = set()
        self._said = ""
        self._silence = Silence()

    @classmethod
    def from_dict(
        cls, options: Mapping[str, Any], workers: int | Literal["auto"] | None = None, folder: Path | None = None
    ) -> "SlurmEngine":
        """Return the engine of an experiment's keys."""
        default = {"workers": workers} if isinstance(workers, int) else {}
        return cls(SlurmOptions.of("slurm", {**default, **options}), folder)

    def start(self, storage: Storage, plan: WorkerPlan) -> "SlurmEngine":
        """Submit the array, or find the one again that an earlier run has submitted.

        Raises
        ------
        EngineError
            If Slurm is not there, or refuses the script.
        """
        self._storage, self._study = storage, commands_study(storage, plan.study)
        self.logs_at = log_folder(plan, "slurm", self.options.logs, self._base)
        running = slurm_queue.tasks(name := job_name_of(plan))
        self.logs_at.mkdir(parents=True, exist_ok=True)
        self._script = self.logs_at / "workers.sh"
        self._script.write_text(self.preview(plan))
        self._name = name
        if running:
            _LOG.info("%d tasks of the array '%s' are found again", len(running), name)
        surplus = [task for task in running if not 0 <= task.index < self.size]
        slurm_queue.signal([task.id for task in surplus if task.state in _WORKING])
        slurm_queue.cancel([task.id for task in surplus if task.state not in _WORKING])
        self._count(running)
        self._submit(self._missing(running))
        return self

    def preview(self, plan: WorkerPlan) -> str:
        """Return the job script."""
        logs = log_folder(plan, "slurm", self.options.logs, self._base)
        return script(self.options, job_name_of(plan), worker_arguments(plan, self.options.target), logs)

    def tend(self) -> int:
        """Submit the tasks that are missing; return how many workers ran when Slurm was last asked.

        Raises
        ------
        StudyStopped
            If workers die one after another and no trial gets finished; the text holds their last words.
        """
        if time.monotonic() - self._looked < self.options.poll:
            return self._working
        try:
            found = slurm_queue.tasks(self._name)
            self._count(found)
            missing = self._missing(found)
            if missing:
                self._bear(missing)
                self._submit(missing)
        except (QueueUnreachable, StorageError) as error:  # workers need neither squeue nor this process
            self._say(str(error), logging.WARNING)
            self._looked = time.monotonic()
        return self._working

    def _count(self, found: list[Task]) -> None:
        self._looked = time.monotonic()
        self._working = sum(task.state in _WORKING for task in found)
        waiting = [task for task in found if task.state not in _WORKING]
        reasons = ", ".join(sorted({task.reason for task in waiting}))
        self._silence.look(self._working, f"Slurm says '{reasons}'; its queue: squeue --name={self._name}")
        self._say(f"{self._working} tasks run, {len(waiting)} wait{f' ({reasons})' if reasons else ''}")

    def _say(self, text: str, level: int = logging.INFO) -> None:
        if text != self._said:
            self._said = text
            _LOG.log(level, "slurm, %s: %s", self._name, text)

    def _missing(self, found: list[Task]) -> set[int]:
        return set(range(self.size)) - {task.index for task in found}

    def _submit(self, indices: set[int]) -> None:
        if indices:
            job = slurm_queue.submit(self._script, indices)
            _LOG.info("submitted the tasks %s as job %s", slurm_queue.ranges(indices), job)
            self._known |= indices

    def _bear(self, missing: set[int]) -> None:
        """Take back what workers of this host had claimed, and give up where worker after worker dies."""
        reap_dead(self._storage, self._study.id)
        if self._patience.ended(len(missing & self._known), self._storage.counts(self._study.id).finished):
            logs = self._files()
            said = processes.tail_of(logs[-1], 2_000).splitlines() if logs else []
            raise StudyStopped(self._patience.last_words(said, f"this in its log (folder {self.logs_at})"))

    def stop(self, seconds: float = _GRACE) -> None:
        """End the array: waiting tasks at once, running ones after ``seconds`` in which they give back their claims."""
        if not self._name:
            return
        name, self._name = self._name, ""
        try:
            found = slurm_queue.tasks(name)
            slurm_queue.cancel([task.id for task in found if task.state not in _WORKING])
            slurm_queue.signal([task.id for task in found if task.state in _WORKING])
            deadline = time.monotonic() + seconds
            while found and time.monotonic() < deadline:
                time.sleep(2.0)  # what administrators of a cluster put up with
                found = slurm_queue.tasks(name)
            slurm_queue.cancel([task.id for task in found])
        except QueueUnreachable as error:
            _LOG.warning("The workers could not be stopped; do it by  scancel --name=%s  (%s)", name, error)
        briefly(lambda: reap_dead(self._storage, self._study.id))

    def logs(self) -> Iterator[tuple[str, str]]:
        """Yield the name of each task and the tail of its log file, the oldest first."""
        for path in self._files():
            yield f"task {path.stem}", processes.tail_of(path, 16_384)

    def _files(self) -> list[Path]:
        return sorted(self.logs_at.glob("*_*.log"), key=lambda path: path.stat().st_mtime)


def job_name_of(plan: WorkerPlan) -> str:
    """Return the name of a study's array: readable, and its own even where another database has one of that name."""
    digest = hashlib.sha256(f"{target_of(plan.url)}\n{plan.study}".encode()).hexdigest()[:8]
    return f"parfocal-{safe(plan.study)}-{digest}"
