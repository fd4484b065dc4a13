"""What an engine is: it starts workers where the hardware is, replaces those that die, and stops them.

A worker anywhere is one command, ``parfocal worker TARGET --study NAME --wait``; it knows everything else from the
study's definition. So an engine needs to know little: where the study lies, and how many workers are wanted. It never
sees trials, and nothing is lost when it dies: claims are leases.
"""

from collections.abc import Iterator
from typing import Protocol, runtime_checkable

from parfocal.storage import Storage
from parfocal.workers.process import WorkerPlan


@runtime_checkable
class Engine(Protocol):
    """What starts workers. Another package adds one under the entry point ``parfocal.engines``.

    What the entry point names has ``from_dict(options, workers, folder)``, which returns an engine; see
    :func:`~parfocal.engines.kinds.engine_from_dict`.
    """

    @property
    def size(self) -> int:
        """How many workers are wanted, the largest number where that may change."""
        ...

    def start(self, storage: Storage, plan: WorkerPlan) -> object:
        """Start the workers, or find those again that an earlier run has left at work; return without waiting for them.

        Parameters
        ----------
        storage
            The coordinator's own way to the study.
        plan
            What a worker is told; an engine that starts commands uses ``url`` and ``study`` only.
        """
        ...

    def tend(self) -> int:
        """Replace workers that have died; return how many live. It is called often and must return soon.

        Raises
        ------
        StudyStopped
            If workers die one after another and no trial gets finished, or the hardware cannot be reached any more.
        """
        ...

    def stop(self) -> None:
        """Stop all workers so that they give back their claims; harmless where nothing was started."""
        ...

    def logs(self) -> Iterator[tuple[str, str]]:
        """Yield the name of each worker and the tail of what it has printed."""
        ...

    def preview(self, plan: WorkerPlan) -> str:
        """Return what :meth:`start` would start, for people to read; start nothing."""
        ...


__all__ = ["Engine", "WorkerPlan"]
