"""Dask clusters of the engine ``dask``: one that runs already, a local one, or jobs in a batch system."""

import contextlib
import logging
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from parfocal.engines.cores import available_cores
from parfocal.engines.dask_options import DaskOptions, jobqueue_class
from parfocal.errors import EngineError
from parfocal.extras import require

_LOG = logging.getLogger("parfocal.engines")
_OF_THE_CLUSTER = ("scheduler_options", "shared_temp_directory", "silence_logs")
_ASK = 10.0  # s between two questions to the queue, asked only while a job has not come up
_LOST = 20.0  # s without any of its Dask workers after which a job that had some is given up


def make_cluster(options: DaskOptions, name: str, logs: Path) -> Any:
    """Return a cluster of Dask's, or None where a scheduler runs already.

    Raises
    ------
    MissingPackage, EngineError
        If Dask is not installed, or what it needs is not there.
    """
    if options.address is not None:
        return None
    distributed = require("distributed", "dask")
    try:
        if options.batch:
            options.check_more()
            logs.mkdir(parents=True, exist_ok=True)
            return jobqueue_class(options)(**jobqueue_options(options, name, logs))
        count = (options.minimum or 0) if options.elastic else options.workers or available_cores()
        return distributed.LocalCluster(
            n_workers=count, threads_per_worker=1, dashboard_address=":0", silence_logs=logging.ERROR
        )
    except (OSError, ValueError, TypeError, RuntimeError) as error:
        raise EngineError(
            f"The Dask cluster '{options.cluster or 'local'}' cannot be started: {_first(error)}"
        ) from None


def jobqueue_options(options: DaskOptions, name: str, logs: Path) -> dict[str, Any]:
    """Return the arguments for a class of dask-jobqueue."""
    own: dict[str, Any] = {"job_name": name, "scheduler_options": {"dashboard_address": ":0"}}
    if not any(character.isspace() for character in str(logs)):  # dask-jobqueue writes it without quotes
        own["log_directory"] = str(logs)
    return {**own, **options.more}


def job_script(options: DaskOptions, name: str, logs: Path) -> str:
    """Return the script of one job; no scheduler is started for it."""
    options.check_more()
    found = jobqueue_class(options)
    of_jobs = {k: v for k, v in jobqueue_options(options, name, logs).items() if k not in _OF_THE_CLUSTER}
    try:
        text: str = found.job_cls("tcp://ADDRESS-OF-THE-SCHEDULER:PORT", name="NAME", **of_jobs).job_script()
    except (ValueError, TypeError) as error:
        raise EngineError(f"The job for the cluster '{options.cluster}' cannot be written: {_first(error)}") from None
    return text


def adapt(cluster: Any, options: DaskOptions, wanted: Callable[[], int]) -> None:
    """Let the number of Dask workers follow ``wanted``, the number of parfocal workers that have something to do.

    Dask's own measure would not do: it is made for many short tasks, and takes long ones for little work.
    """
    from distributed.deploy.adaptive import Adaptive

    class ByTrials(Adaptive):
        async def target(self) -> int:
            return -(-wanted() // options.threads)

    unit = "_jobs" if options.batch else ""
    bounds = {f"minimum{unit}": options.minimum or 0, f"maximum{unit}": options.maximum}
    grouped = {"worker_key": _job} if options.more.get("processes", 1) > 1 else {}
    cluster.adapt(Adaptive=ByTrials, **bounds, **grouped)


def _job(worker: Any) -> str:
    """Return the job of a Dask worker where each has several: a job is closed as a whole."""
    return str(worker.name).rpartition("-")[0]


class Jobs:
    """Watches jobs in a batch system, and replaces those that are gone.

    A job is lost when it has been without all its Dask workers for some seconds: its time was up, its node failed, or
    somebody ended it. One that ends before any of them came up is *stillborn*; only a queue that can be asked tells it
    from one that waits.

    Parameters
    ----------
    cluster
        Of dask-jobqueue.
    wanted
        How many jobs there shall be; None where Dask's ``adapt`` decides.
    queue
        Returns the ids of the jobs that wait or run; None where nobody can be asked.
    """

    def __init__(self, cluster: Any, wanted: int | None, queue: Callable[[], set[str]] | None) -> None:
        self._cluster, self._wanted, self._queue = cluster, wanted, queue
        self._seen: dict[str, float] = {}
        self._asked = time.monotonic()
        if wanted is not None:
            cluster.scale(jobs=wanted)

    def tend(self) -> int:
        """Look at the jobs, and start others for those that are gone; return how many of them were stillborn."""
        now = time.monotonic()
        up = {str(name) for name in self._cluster.observed}
        gone, new = [], []
        for name, places in self._places():
            if up.intersection(places):
                self._seen[name] = now
            elif name not in self._seen:
                new.append(name)
            elif now - self._seen[name] > _LOST:
                gone.append(name)
        stillborn = self._stillborn(new, now)
        if gone or stillborn:
            _LOG.info("dask: the jobs %s are gone and are replaced", ", ".join(gone + stillborn))
            for name in gone:
                del self._seen[name]
            self._cluster.sync(self._cluster.scale_down, gone + stillborn)
            if self._wanted is not None:
                self._cluster.scale(jobs=self._wanted)
        return len(stillborn)

    def _stillborn(self, new: list[str], now: float) -> list[str]:
        """Return which of the jobs without any worker so far are not in the queue any more."""
        if self._queue is None or not new or now - self._asked < _ASK:
            return []
        self._asked = now
        ids = {name: getattr(self._cluster.workers.get(name), "job_id", None) for name in new}
        try:
            alive = self._queue()
        except EngineError as error:
            _LOG.info("dask: %s", error)
            return []
        up = {str(name) for name in self._cluster.observed}  # one may have come up while the queue was asked
        return [n for n, p in self._places() if ids.get(n) is not None and ids[n] not in alive and not up & p]

    def _places(self) -> Iterator[tuple[str, set[str]]]:
        """Yield the name of each job, and those of its Dask workers."""
        for name, spec in list(self._cluster.worker_spec.items()):
            yield str(name), {f"{name}{suffix}" for suffix in spec.get("group", [""])}


def close(cluster: Any) -> None:
    """Close a cluster, with all its jobs."""
    with contextlib.suppress(Exception):  # whatever is left of a broken one
        cluster.close(timeout=30)


def _first(error: Exception) -> str:
    """Return the first line of an error's text, with a full stop."""
    text = (str(error).strip().splitlines() or [type(error).__name__])[0]
    return text.rstrip(".") + "."
