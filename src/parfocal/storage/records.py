"""What a storage hands out: frozen records of studies, counts, changes, times, tags and workers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from numpy.typing import NDArray

from parfocal.trials import Outcome, State
from parfocal.typing import Floats, Ints


@dataclass(frozen=True, slots=True)
class StudyRecord:
    """A study as the storage knows it; ``id`` is what all other methods take."""

    id: int
    name: str
    definition: Mapping[str, Any]
    created: float


@dataclass(frozen=True, slots=True)
class Counts:
    """How many trials of a study stand in each state."""

    waiting: int = 0
    running: int = 0
    complete: int = 0
    pruned: int = 0
    failed: int = 0
    lost: int = 0

    @property
    def total(self) -> int:
        """All trials: also the number of the next one."""
        return self.pending + self.finished

    @property
    def pending(self) -> int:
        """Trials whose result is awaited."""
        return self.waiting + self.running

    @property
    def finished(self) -> int:
        """Trials that will never change again."""
        return self.complete + self.pruned + self.failed + self.lost

    def __getitem__(self, state: State) -> int:
        return int(getattr(self, State(state).name.lower()))


@dataclass(frozen=True, slots=True)
class StudyState:
    """How far a study is.

    Attributes
    ----------
    revision
        The last revision that was given out.
    budget
        Trials that may finish in total, LOST ones not counted; None for any number.
    asker
        Who has the lead, None for nobody.
    lead_ends
        When the lead runs out (s since 1970, by the storage's clock), NaN where nobody has it.
    now
        The storage's clock at that time.
    """

    revision: int
    counts: Counts
    budget: int | None
    asker: str | None
    lead_ends: float
    now: float

    @property
    def spent(self) -> int:
        """Trials that count against the budget and are finished; a LOST one is replaced."""
        return self.counts.finished - self.counts.lost

    @property
    def claimable(self) -> int:
        """Trials that wait and may be claimed within the budget."""
        room = self.counts.waiting if self.budget is None else self.budget - self.spent - self.counts.running
        return max(0, min(self.counts.waiting, room))


class Report(NamedTuple):
    """One result on its way into the storage; a plain tuple of the same four parts serves as well."""

    number: int
    attempt: int
    """``Trial.attempts`` of the claim: the token that makes a stale report recognizable."""
    outcome: Outcome
    loss: float
    """Finite where COMPLETE, finite or NaN where PRUNED, NaN otherwise."""


class Reaped(NamedTuple):
    """How many claims were taken back: to be claimed again, or given up after too many attempts."""

    waiting: int
    lost: int


@dataclass(frozen=True, slots=True)
class Changes:
    """The trials that are new or final since a revision, as columns ``(k,)`` ordered by their revision.

    Attributes
    ----------
    revision
        The study's revision at the time of reading: pass it as ``since`` next time.
    total
        Number of trials of the study at that time.
    number, revisions, state, ask, member
        int64; a pending trial is WAITING, whether or not somebody has claimed it; ``ask`` and ``member`` are the
        provenance's.
    loss, runtime, fidelity
        float64, NaN where unknown; ``fidelity`` is the fraction of the full one.
    reason
        int8 codes of :class:`~parfocal.trials.Reason`, -1 for none.
    """

    revision: int
    total: int
    number: Ints
    revisions: Ints
    state: Ints
    loss: Floats
    runtime: Floats
    reason: NDArray[Any]
    fidelity: Floats
    ask: Ints
    member: Ints

    def __len__(self) -> int:
        return len(self.number)


@dataclass(frozen=True, slots=True)
class Times:
    """When each trial was created, claimed and finished, and by whom, as columns ``(n,)`` by number from 0.

    Attributes
    ----------
    state
        int64; RUNNING where it is claimed.
    created, started, finished
        float64, seconds since 1970 by the storage's clock, NaN where it has not come to that; ``started`` is that of
        the last claim.
    runtime
        float64, seconds of the evaluation alone, NaN where unknown.
    worker
        int64, index into ``workers``, -1 where nobody holds it or has finished it.
    workers
        Ids, sorted.
    """

    state: Ints
    created: Floats
    started: Floats
    finished: Floats
    runtime: Floats
    worker: Ints
    workers: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.state)


@dataclass(frozen=True, slots=True)
class Tag:
    """A short word that a person has put on a trial, or on one image of it: ``good``, ``bad``, ...

    Attributes
    ----------
    number
        The trial's.
    tag
        The word.
    image
        Name of the image, as in ``Outcome.scores``; empty for the trial as a whole.
    author
        Who says so; empty where that is not known.
    created
        When (s since 1970, by the storage's clock).
    """

    number: int
    tag: str
    image: str = ""
    author: str = ""
    created: float = 0.0


@dataclass(frozen=True, slots=True)
class WorkerRecord:
    """A worker process: host, process id and the process's start time together name it beyond doubt.

    Attributes
    ----------
    id
        Unique text; the ``worker`` of :meth:`Storage.claim`.
    started
        Start time of the *process* (s since 1970), since process ids are used again.
    seen
        Last sign of life (s since 1970).
    study
        Id of the study that it works for, 0 for none.
    job
        What started it, where that is known: ``slurm 123_4``.
    """

    id: str
    host: str
    pid: int
    started: float
    seen: float = 0.0
    study: int = 0
    job: str = ""
