"""Spans: who evaluated which trial from when to when, as columns; what a timeline is made of."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from parfocal.errors import InvalidInput
from parfocal.storage import Times
from parfocal.trials import Trial
from parfocal.typing import Floats, Ints

_ID = re.compile(r"^(?:(?P<name>w\d+)-)?(?P<host>.+)-(?P<pid>\d+)-[0-9a-f]{6}-[0-9a-f]+-[0-9a-f]{6}$")


@dataclass(frozen=True)
class Spans:
    """The times of trials, (n,) each, in seconds since 1970; NaN where there is none (yet).

    Only the last claim of a trial is known: what an earlier worker spent on it before it died is not.
    """

    number: Ints
    worker: Ints
    """Index into ``workers``, -1 where nobody has claimed the trial."""
    created: Floats
    started: Floats
    finished: Floats
    state: Ints
    """Codes of :class:`~parfocal.trials.State`."""
    workers: tuple[str, ...]
    """Ids of the workers."""
    runtime: Floats = field(default_factory=lambda: np.empty(0))
    """Seconds of the evaluation alone, or empty where unknown."""

    def __post_init__(self) -> None:
        sizes = {len(column) for column in (self.number, self.worker, self.created, self.started, self.finished)}
        if sizes != {len(self.state)} or len(self.runtime) not in (0, len(self.state)):
            raise InvalidInput(f"All columns of spans must have the same length; got {sorted(sizes)}.")
        if len(self.worker) and not -1 <= int(self.worker.min()) <= int(self.worker.max()) < len(self.workers):
            raise InvalidInput(f"Workers are numbered from -1 to {len(self.workers) - 1}; got {self.worker.max()}.")

    def __len__(self) -> int:
        return len(self.number)


def spans_of(trials: Sequence[Trial] | Times) -> Spans:
    """Return the spans of full trials, or of the times of all trials as a storage reads them in bulk."""
    if isinstance(trials, Times):
        number = np.arange(len(trials), dtype=np.int64)
        times = trials.created, trials.started, trials.finished
        return Spans(number, trials.worker, *times, trials.state, trials.workers, trials.runtime)
    return spans(
        [trial.number for trial in trials],
        [trial.worker for trial in trials],
        [trial.created for trial in trials],
        [trial.started for trial in trials],
        [trial.finished for trial in trials],
        [int(trial.state) for trial in trials],
        [np.nan if trial.outcome is None else trial.outcome.runtime for trial in trials],
    )


def spans(
    number: ArrayLike,
    worker: Sequence[str | None],
    created: Sequence[float | None] | ArrayLike,
    started: Sequence[float | None] | ArrayLike,
    finished: Sequence[float | None] | ArrayLike,
    state: ArrayLike,
    runtime: Sequence[float | None] | ArrayLike | None = None,
) -> Spans:
    """Return the spans of columns as a database gives them: None or NaN where there is no time, ids of workers."""
    known: dict[str, int] = {}
    index = [-1 if name is None else known.setdefault(name, len(known)) for name in worker]
    return Spans(
        np.asarray(number, dtype=np.int64),
        np.array(index, dtype=np.int64),
        np.asarray(created, dtype=np.float64),
        np.asarray(started, dtype=np.float64),
        np.asarray(finished, dtype=np.float64),
        np.asarray(state, dtype=np.int64),
        tuple(known),
        np.empty(0) if runtime is None else np.asarray(runtime, dtype=np.float64),
    )


def hosts_of(workers: Sequence[str], known: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return (host, short name) of each worker: from ``known`` (id to host), else from an id that parfocal made."""
    found = []
    for worker in workers:
        parts = _ID.match(worker)
        host = known.get(worker, parts["host"] if parts else "")
        name = " ".join(filter(None, (parts["name"], parts["pid"]))) if parts else worker
        found.append((host, name))
    return found
