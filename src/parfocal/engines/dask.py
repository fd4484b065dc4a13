"""The engine of a Dask cluster: one long task a worker, on any scheduler of ``distributed``."""

import logging
import secrets
import shlex
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from parfocal.engines import dask_cluster, dask_task, slurm_queue
from parfocal.engines.base import WorkerPlan
from parfocal.engines.commands import commands_study, log_folder, safe, worker_arguments
from parfocal.engines.cores import THREADS
from parfocal.engines.dask_options import DaskOptions
from parfocal.engines.patience import Patience, Silence
from parfocal.errors import EngineError, StudyStopped
from parfocal.evaluation import processes
from parfocal.extras import require
from parfocal.storage import Storage, reap_dead
from parfocal.workers.outage import briefly
from parfocal.workers.process import LEAVE

_LOG = logging.getLogger("parfocal.engines")
_LOOK = 0.5  # s between two looks at the cluster
_ANSWER = 5.0  # s that the scheduler has to answer
_CONNECT = 30.0  # s until the first answer
_AWAY = 15.0  # s without an answer after which the scheduler is gone


class DaskEngine:
    """Keeps a worker on every thread of a Dask cluster, at most so many as are wanted.

    Each worker is one task, pinned to one Dask worker. When that one is gone, the task is dropped, and another one
    submitted as soon as a Dask worker has a free thread. When the coordinator is gone, Dask drops its tasks, and the
    workers give back their claims and leave.

    Parameters
    ----------
    options
        Which cluster.
    folder
        Where a relative folder of logs begins.
    patience
        Deaths in a row, without a single trial finished between them, after which the engine gives up; default: twice
        the number of workers, at least 6.
    """

    def __init__(self, options: DaskOptions, folder: Path | None = None, *, patience: int | None = None) -> None:
        self.options = options
        self._base = folder
        self._limit = patience
        self._client: Any = None
        self._cluster: Any = None
        self._jobs: dask_cluster.Jobs | None = None
        self._tasks: dict[str, tuple[str, Any]] = {}
        self._threads: dict[str, int] = {}
        self._token = secrets.token_hex(8)
        self._looked = self._answered = -float("inf")
        self._wanted = options.minimum or 0
        self._silence = Silence()

    @classmethod
    def from_dict(
        cls, options: Mapping[str, Any], workers: int | Literal["auto"] | None = None, folder: Path | None = None
    ) -> "DaskEngine":
        """Return the engine of an experiment's keys."""
        checked = DaskOptions.of("dask", options)
        if isinstance(workers, int) and checked.most is None:
            checked = checked.model_copy(update={"workers": workers})
        return cls(checked, folder)

    @property
    def size(self) -> int:
        """How many workers are wanted, the largest number where that may change."""
        from parfocal.engines.cores import available_cores

        if self.options.most is not None:
            return self.options.most
        return available_cores() if self.options.address is None else max(1, sum(self._threads.values()))

    def start(self, storage: Storage, plan: WorkerPlan) -> "DaskEngine":
        """Start or find the cluster, and submit a task to each free thread that there is already.

        Raises
        ------
        MissingPackage, EngineError
            If Dask is not installed, or its scheduler does not answer.
        """
        self._storage, self._study = storage, commands_study(storage, plan.study)
        distributed = require("distributed", "dask")
        self._logs = self._logs_at(plan)
        self._cluster = dask_cluster.make_cluster(self.options, _job_name(plan), self._logs)
        address = self.options.address or self._cluster.scheduler_address
        try:
            self._client = distributed.Client(address, timeout=_CONNECT, set_as_default=False)
        except (OSError, ValueError, TimeoutError) as error:
            raise EngineError(
                f"There is no Dask scheduler at {address} ({type(error).__name__}): start it by `dask scheduler`, or "
                "correct the key 'address'."
            ) from None
        self._address = address
        self._arguments = self._command(plan)
        if self.options.elastic:
            dask_cluster.adapt(self._cluster, self.options, lambda: max(self._wanted, len(self._tasks)))
        if self.options.batch:
            queue = slurm_queue.mine if self.options.cluster == "slurm" else None
            self._jobs = dask_cluster.Jobs(self._cluster, self.options.jobs, queue)
        self._answered = time.monotonic()
        self._patience = Patience(self._limit or max(6, 2 * self.size))
        return self

    def preview(self, plan: WorkerPlan) -> str:
        """Return the script of one job, or what is started where no script is needed."""
        words = shlex.join(["parfocal", *self._command(plan)])
        if self.options.batch:
            script = dask_cluster.job_script(self.options, _job_name(plan), self._logs_at(plan))
            return f"{script.rstrip()}\n# each Dask worker then runs: {words}"
        require("distributed", "dask")
        where = self.options.address or "a scheduler that is started on this machine"
        return f"Tasks on {where}, each of which runs: {words}"

    def _command(self, plan: WorkerPlan) -> list[str]:
        idle = ["--idle", f"{self.options.idle} s"] if self.options.elastic else []
        return [*worker_arguments(plan, self.options.target), *idle]

    def _logs_at(self, plan: WorkerPlan) -> Path:
        return log_folder(plan, "dask", self.options.logs, self._base)

    def tend(self) -> int:
        """Drop tasks that are lost and submit others; return how many workers live.

        Raises
        ------
        StudyStopped
            If the scheduler is gone, or workers die one after another and no trial gets finished.
        """
        now = time.monotonic()
        if now - self._looked < _LOOK:
            return len(self._tasks)
        self._looked = now
        threads = self._ask()
        if threads is None:
            return len(self._tasks)
        self._threads = threads
        if self._wanted:
            where = f"look at the queue of your jobs, and at their logs in {self._logs}" if self.options.batch else ""
            self._silence.look(len(threads), where or f"the scheduler at {self._address} has no Dask workers")
        deaths, words = self._drop()
        if self._jobs is not None and (stillborn := self._jobs.tend()):
            deaths, words = deaths + stillborn, (f"its job, whose log is in {self._logs}", "")
        if deaths:
            reap_dead(self._storage, self._study.id)
            if self._patience.ended(deaths, self._storage.counts(self._study.id).finished):
                raise StudyStopped(self._patience.last_words(words[1].splitlines(), words[0]))
        self._fill()
        return len(self._tasks)

    def _ask(self) -> dict[str, int] | None:
        """Return the threads of each Dask worker; None where the scheduler does not answer for a moment."""
        try:
            answer: dict[str, int] = self._client.sync(self._client.scheduler.ncores, callback_timeout=_ANSWER)
            self._answered = time.monotonic()
            return answer
        except Exception as error:  # closed connections, timeouts: Dask has many names for it
            if time.monotonic() - self._answered > _AWAY or self._client.status in ("closed", "closing"):
                raise StudyStopped(
                    f"The Dask scheduler at {self._address} does not answer any more ({type(error).__name__}): "
                    "finished trials are safe; start it again and run the same command to go on."
                ) from None
            return None

    def _drop(self) -> tuple[int, tuple[str, str]]:
        """Forget tasks that have ended and those whose Dask worker is gone; return how many died, and last words."""
        deaths, words = 0, ("no words", "")
        for key, (address, future) in list(self._tasks.items()):
            status = future.status
            if status == "pending" and address in self._threads:
                continue
            del self._tasks[key]
            if status == "finished":
                code, said = future.result()
                if code == 0:  # it left in good order
                    continue
                words = (processes.code_text(code), said)
            elif status == "error":
                words = ("an error of Dask's", repr(future.exception()))
            else:
                words = (f"its Dask worker at {address}", words[1])
            deaths += 1
            _LOG.info("dask: a worker at %s died with %s", address, words[0])
            self._client.cancel([future], force=True)
        return deaths, words

    def _fill(self) -> None:
        """Submit a task to each free thread, as long as more workers are wanted."""
        self._wanted = self.size
        if self.options.elastic:
            counts = self._storage.counts(self._study.id)
            # while anything waits, more workers would have something to do; at the end of the budget nothing does
            self._wanted = self.size if counts.waiting else min(self.size, counts.pending)
            if not counts.waiting:
                return
        taken = [address for address, _ in self._tasks.values()]
        limits = dict.fromkeys(THREADS, "1")
        for address, threads in self._threads.items():
            for _ in range(min(threads - taken.count(address), self._wanted - len(self._tasks))):
                key = f"parfocal-{self._study.name}-{secrets.token_hex(6)}"
                future = self._client.submit(
                    dask_task.run_worker, self._token, key, self._arguments, limits, key=key, workers=[address],
                    allow_other_workers=False, pure=False,
                )  # fmt: skip
                self._tasks[key] = (address, future)

    def stop(self, seconds: float = LEAVE + 3) -> None:
        """Cancel all tasks, and wait until their workers have given back their claims; close what was started here."""
        client, self._client = self._client, None
        if client is not None:
            futures = [future for _, future in self._tasks.values()]
            self._tasks = {}
            try:
                client.cancel(futures, force=True)
                deadline = time.monotonic() + seconds
                while futures and self._left(client) and time.monotonic() < deadline:
                    time.sleep(0.1)
            except Exception as error:  # the scheduler is gone: workers leave by themselves
                _LOG.info("dask: %s", error)
            client.close(timeout=5)
        if self._cluster is not None:
            dask_cluster.close(self._cluster)
            self._cluster = None
        if client is not None:
            briefly(lambda: reap_dead(self._storage, self._study.id))

    def _left(self, client: Any) -> int:
        """Return how many workers of this engine still run."""
        counts = client.run(dask_task.count, self._token, on_error="ignore")
        return sum(counts.values())

    def logs(self) -> Iterator[tuple[str, str]]:
        """Yield each worker (address of its Dask worker and key of its task) and the tail of what it prints."""
        found = self._client.run(dask_task.tails, self._token, on_error="ignore")
        for address, texts in found.items():
            for key, text in texts.items():
                yield f"{address} {key}", text


def _job_name(plan: WorkerPlan) -> str:
    return f"parfocal-{safe(plan.study)}"
