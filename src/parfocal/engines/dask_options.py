"""The options of the engine ``dask``, and what of them belongs to dask-jobqueue."""

import inspect
import signal
import threading
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field

from parfocal.engines.options import Options, WrongOption
from parfocal.extras import require
from parfocal.sentences import unknown_key

CLUSTERS: dict[str, str] = {
    "slurm": "SLURMCluster",
    "pbs": "PBSCluster",
    "lsf": "LSFCluster",
    "sge": "SGECluster",
    "htcondor": "HTCondorCluster",
}
"""Batch system to the class of :mod:`dask_jobqueue`."""
_OWN = ("n_workers", "job_cls", "asynchronous", "loop", "scheduler_cls", "scheduler", "name", "self")
_REFUSED = ("host", "dashboard_address", "extra", "job_extra", "env_extra", "header_skip", "project")
"""Arguments that dask-jobqueue has only to say that they have another name by now."""
_HANDED = ("cores", "memory", "processes", "queue", "walltime", "job_script_prologue", "job_extra_directives",
           "worker_extra_args")  # fmt: skip
_JOBS = ("jobs", *_HANDED)


class DaskOptions(Options):
    """What ``engine: {kind: dask, ...}`` may say; for a batch system, all that its class in dask-jobqueue knows, too.

    Attributes
    ----------
    address
        Of a scheduler that runs already.
    cluster
        ``local``, or the batch system in which Dask workers are started.
    workers
        With ``cluster: local`` or an ``address``: how many at most.
    jobs, cores, memory, processes, queue, walltime, job_script_prologue, job_extra_directives, worker_extra_args
        Jobs in the batch system, and what each of them is given; it holds one worker for each of its ``cores``.
    minimum, maximum
        Jobs (``cluster: local``: workers) to keep at least and to have at most, in place of a fixed number.
    idle
        Seconds without a trial after which a worker leaves, where their number may change.
    target
        What workers open instead of the coordinator's own storage: the url of a `parfocal serve`, for example.
    logs
        Folder of the jobs' log files; default: beside the study.
    """

    model_config = ConfigDict(extra="allow")

    address: str | None = None
    cluster: Literal["local", "slurm", "pbs", "lsf", "sge", "htcondor"] | None = None
    workers: Annotated[int, Field(ge=1)] | None = None
    jobs: Annotated[int, Field(ge=1)] | None = None
    cores: Annotated[int, Field(ge=1)] | None = None
    memory: str | None = None
    processes: Annotated[int, Field(ge=1)] | None = None
    queue: str | None = None
    walltime: str | None = None
    job_script_prologue: list[str] | None = None
    job_extra_directives: list[str] | None = None
    worker_extra_args: list[str] | None = None
    minimum: Annotated[int, Field(ge=0)] | None = None
    maximum: Annotated[int, Field(ge=1)] | None = None
    idle: Annotated[int, Field(ge=1)] = 30
    target: str | None = None
    logs: str | None = None

    @classmethod
    def of(cls, kind: str, fields: Mapping[str, Any]) -> Self:
        """Return the checked options, or raise the first mistake."""
        options = super().of(kind, fields)
        problem = options._conflict()
        if problem is not None:
            raise WrongOption(kind, *problem)
        return options

    @property
    def batch(self) -> bool:
        """Whether Dask workers are started in a batch system."""
        return self.cluster in CLUSTERS

    @property
    def elastic(self) -> bool:
        """Whether the number of workers follows the number of trials."""
        return self.maximum is not None

    @property
    def most(self) -> int | None:
        """The number of workers, the largest where it may change; None: all that an existing cluster has."""
        if self.batch:
            return (self.maximum or self.jobs or 1) * (self.cores or 1)
        return self.maximum or self.workers

    @property
    def threads(self) -> int:
        """Threads of one Dask worker, each of which holds one worker."""
        return max(1, (self.cores or 1) // (self.processes or self.cores or 1)) if self.batch else 1

    @property
    def more(self) -> dict[str, Any]:
        """What is handed over to dask-jobqueue."""
        own = {name: getattr(self, name) for name in _HANDED}
        own["processes"] = self.processes or self.cores  # one thread each: a crash of Dask's takes one worker along
        return {name: value for name, value in {**own, **(self.model_extra or {})}.items() if value is not None}

    def _conflict(self) -> tuple[tuple[str, ...], str] | None:
        """Return the key that does not fit the others, and a sentence."""
        given = self.model_fields_set
        if self.address is not None and self.cluster is not None:
            return ("cluster",), "a scheduler's 'address' is given already; remove one of the two."
        if self.minimum is not None and self.maximum is None:
            return ("minimum",), "it needs the key 'maximum', too."
        if self.maximum is not None and (self.minimum or 0) > self.maximum:
            return ("minimum",), f"must be at most 'maximum' ({self.maximum}), got {self.minimum}."
        if self.batch:
            return self._batch_conflict(given)
        where = f"the cluster '{self.cluster or 'local'}'" if self.address is None else "a scheduler that runs already"
        strange = [name for name in (*_JOBS, *(self.model_extra or {})) if name in given]
        known = [name for name in type(self).model_fields if name not in _JOBS]
        if strange and strange[0] not in _JOBS:
            return (strange[0],), unknown_key(strange[0], known)
        if self.address is not None:
            strange += [name for name in ("minimum", "maximum") if name in given]
        if strange:
            return (strange[0],), f"{where} has no such option; remove it, or write 'cluster: slurm' or the like."
        if self.maximum is not None and self.workers is not None:
            return ("workers",), "'maximum' says already how many; remove one of the two."
        return None

    def _batch_conflict(self, given: set[str]) -> tuple[tuple[str, ...], str] | None:
        if "workers" in given:
            return ("workers",), "in a batch system write 'jobs' and 'cores': each job holds one worker a core."
        if (self.jobs is None) == (self.maximum is None):
            return ("jobs",), "write either the number of 'jobs', or 'minimum' and 'maximum'."
        for name in ("cores", "memory"):
            if getattr(self, name) is None:
                return (name,), "this key is missing; a job needs 'cores' and 'memory'."
        return None

    def check_more(self) -> None:
        """Raise :class:`WrongOption` where dask-jobqueue does not know an option; it needs that package."""
        known = self._known()
        for name in self.more:
            if name not in known:
                mine = [field for field in type(self).model_fields if field not in ("address", "workers")]
                raise WrongOption("dask", (name,), unknown_key(name, [*mine, *sorted(known - set(mine))]))

    def _known(self) -> set[str]:
        """Return the names of all arguments of the batch system's class, those of its parents included."""
        found = jobqueue_class(self)
        classes = [*found.__mro__, *found.job_cls.__mro__]
        names: set[str] = set()
        for each in classes:
            if each.__module__.startswith("dask_jobqueue"):
                arguments = inspect.signature(each.__init__).parameters.values()
                names |= {a.name for a in arguments if a.kind not in (a.VAR_KEYWORD, a.VAR_POSITIONAL)}
        return names.difference(_OWN, _REFUSED)


def jobqueue_class(options: DaskOptions) -> Any:
    """Return the class of dask-jobqueue for a batch system, or raise :class:`MissingPackage`."""
    handler = signal.getsignal(signal.SIGINT)
    module = require("dask_jobqueue", "dask")
    if threading.current_thread() is threading.main_thread():
        signal.signal(
            signal.SIGINT, handler
        )  # the package takes Ctrl-C for itself when it is imported, and exits with 0
    return getattr(module, CLUSTERS[options.cluster or ""])
