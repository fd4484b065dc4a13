"""What an engine is: it starts workers where the hardware is, replaces those that die, and stops them.

A worker anywhere is one command, ``parfocal worker TARGET --study NAME --wait``; it knows everything else from the
study's definition. So an engine needs to know little: where the study lies, and how many workers are wanted. It never
sees trials, and nothing is lost when it dies: claims are leases.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from parfocal.errors import InvalidInput
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


def require_shared(storage: Storage) -> None:
    """Raise :class:`InvalidInput` if other processes cannot open a storage."""
    if not storage.shared:
        raise InvalidInput(
            "A study in memory cannot have workers in other processes: give it a file, for example "
            "storage='study.db', or use one worker."
        )


def target_of(url: str) -> str:
    """Return the TARGET by which the command line opens a storage: the path of a file, any other url as it is."""
    return str(Path(url.removeprefix("sqlite:///")).absolute()) if "://" not in url or is_file(url) else url


def is_file(url: str) -> bool:
    """Whether a storage is a file, which workers on other machines cannot share."""
    return "://" not in url or url.startswith("sqlite:")


def worker_arguments(plan: WorkerPlan, target: str | None = None) -> list[str]:
    """Return the arguments of ``parfocal`` that make a worker of a plan; ``target`` stands above the plan's own."""
    return ["worker", target_of(target or plan.url), "--study", plan.study, "--wait"]


def log_folder(plan: WorkerPlan, kind: str, given: str | None, base: Path | None) -> Path:
    """Return the folder for the logs of an engine's workers: the ``given`` one, or one beside the study.

    Relative to ``base`` (the experiment's folder; default: the current one) where it was given, and where the study is
    no file.
    """
    here = (base or Path.cwd()).absolute()
    name = safe(plan.study)
    if given is not None:
        return here / given / name
    return Path(f"{target_of(plan.url)}-{kind}", name) if is_file(plan.url) else here / f"parfocal-{kind}" / name


def safe(name: str) -> str:
    """Return a name that is one plain word: for files, and for the names of jobs."""
    return re.sub(r"[^\w.-]|^[.-]+", "_", name)


@dataclass
class Patience:
    """Counts deaths of workers in a row, without a single trial finished between them.

    Parameters
    ----------
    limit
        Deaths after which an engine gives up.
    """

    limit: int
    streak: int = 0
    _finished: int = -1

    def ended(self, deaths: int, finished: int) -> bool:
        """Count new deaths, when so many trials were finished; return whether patience is at its end."""
        self.streak = deaths + (self.streak if finished == self._finished else 0)
        self._finished = finished
        return self.streak >= self.limit

    def last_words(self, said: Sequence[str], how: str) -> str:
        """Return the sentence to stop with; ``said`` is what the last of them printed, line by line."""
        text = next((line.strip() for line in reversed(said) if line.strip()), "")
        words = f": {text}" if text else "."
        return f"{self.streak} workers in a row died without finishing a trial, the last with {how}{words}"


__all__ = [
    "Engine", "Patience", "WorkerPlan", "is_file", "log_folder", "require_shared", "safe", "target_of",
    "worker_arguments",
]  # fmt: skip
