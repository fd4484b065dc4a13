"""How studies, their workers and their database are: frozen tables, read without writing anything."""

import math
import re
import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from parfocal.operations.results import Pace, Results
from parfocal.storage import LEASE, Counts, Storage, StudyRecord, StudyState, WorkerRecord, dead
from parfocal.trials import Objective, Trial

Health = Literal["working", "asking", "idle", "silent", "dead", "unknown"]
"""``asking``: it has the lead of a study. ``silent``: no sign of life for more than a lease. ``dead``: a process of
this host that is gone. ``unknown``: it has claimed trials and is not registered, as where files are handed out."""
_ID = re.compile(r"(?P<host>.+)-\d+-[0-9a-f]{8}")


@dataclass(frozen=True, slots=True)
class WorkerStatus:
    """One worker; ages are seconds by the storage's clock, NaN where unknown."""

    id: str
    host: str
    pid: int | None
    job: str
    study: str
    health: Health
    heartbeat: float
    """Age of the last sign of life."""
    trials: tuple[tuple[int, float], ...]
    """Number of each trial that it evaluates, and since how many seconds."""


@dataclass(frozen=True, slots=True)
class Lead:
    """Who asks for a study."""

    asker: str
    host: str
    left: float
    """Seconds until it runs out, unless it is renewed; negative where it has."""


@dataclass(frozen=True, slots=True)
class StudyStatus:
    """One study.

    Attributes
    ----------
    value, best
        The best value in the user's own metric, and its trial; None before there is one.
    remaining
        Estimate of the seconds until the budget is spent; NaN where nothing is known of it.
    """

    name: str
    objective: str
    metric: str
    optimizer: str
    counts: Counts
    reasons: Mapping[str, int]
    budget: int | None
    spent: int
    value: float | None
    best: int | None
    pace: Pace
    remaining: float
    lead: Lead | None
    revision: int


@dataclass(frozen=True, slots=True)
class Status:
    """Everything at one moment.

    Attributes
    ----------
    lag
        Seconds of one round trip to the database.
    clock
        Seconds that the storage's clock is ahead of this host's.
    """

    url: str
    studies: tuple[StudyStatus, ...]
    workers: tuple[WorkerStatus, ...]
    lag: float
    clock: float

    def to_dict(self) -> dict[str, Any]:
        """Return everything as a JSON-ready dictionary; None where a number is unknown."""
        content: dict[str, Any] = _finite(asdict(self))
        for worker in content["workers"]:
            worker["trials"] = [{"number": number, "seconds": seconds} for number, seconds in worker["trials"]]
        return content


class Monitor:
    """Looks at a storage again and again: what it knows of the results is kept, and only what changed is read.

    Parameters
    ----------
    storage
        Only read.
    study
        A study's name; None for all of them.

    Raises
    ------
    StorageError
        If there is no study of this name.
    """

    def __init__(self, storage: Storage, study: str | None = None) -> None:
        self.storage = storage
        self._wanted = None if study is None else storage.open_study(study)
        self._results: dict[int, Results] = {}
        self._busy: tuple[int, int] | None = None

    def look(self) -> Status:
        """Return how everything is now."""
        records = self.storage.studies()
        states, lag, clock = {}, math.nan, 0.0
        for record in records:
            before, begin = time.time(), time.perf_counter()
            states[record.id] = self.storage.state(record.id)
            if math.isnan(lag):
                lag = time.perf_counter() - begin
                clock = states[record.id].now - (before + lag / 2)
        now = max((state.now for state in states.values()), default=time.time())
        registered = self.storage.workers()
        shown = [record for record in records if self._wanted is None or record.id == self._wanted.id]
        running = {record.id: self.storage.running(record.id) for record in shown if states[record.id].counts.running}
        studies = tuple(self._study(record, states[record.id], registered) for record in shown)
        askers = {state.asker for state in states.values() if state.asker is not None and state.lead_ends > state.now}
        workers = worker_table(registered, shown, running, now, askers=askers, everyone=self._wanted is None)
        busy = [record for record in shown if states[record.id].counts.pending] or shown[-1:]
        self._busy = (busy[0].id, states[busy[0].id].revision) if busy else None
        return Status(self.storage.url, studies, workers, lag, clock)

    def wait(self, seconds: float) -> None:
        """Sleep until something has changed, for ``seconds`` at most."""
        if self._busy is None:
            time.sleep(seconds)
        else:
            self.storage.wait_for_change(*self._busy, timeout=seconds)

    def _study(self, record: StudyRecord, state: StudyState, workers: Iterable[WorkerRecord]) -> StudyStatus:
        results = self._results.setdefault(record.id, Results(self.storage, record.id))
        results.update()
        return study_status(record, state, results, workers)


def study_status(
    record: StudyRecord, state: StudyState, results: Results, workers: Iterable[WorkerRecord]
) -> StudyStatus:
    """Return one study by what is known of its results, and by how far it is."""
    objective = Objective.from_dict(record.definition["objective"])
    number, loss = results.best or (None, math.nan)
    pace = results.pace(state.now)
    return StudyStatus(
        record.name,
        str(objective),
        objective.metric,
        str(record.definition.get("optimizer", "")),
        state.counts,
        dict(results.reasons.most_common()),
        state.budget,
        state.spent,
        None if number is None else objective.value(loss),
        number,
        pace,
        remaining(state, pace),
        lead_of(state, workers),
        state.revision,
    )


def remaining(state: StudyState, pace: Pace) -> float:
    """Return the seconds until the budget is spent at the recent pace, else at the overall one; NaN if unknown."""
    if state.budget is None:
        return math.nan
    left = max(0, state.budget - state.spent)
    rate = pace.recent or (pace.overall if state.counts.running else 0.0)
    if not left:
        return 0.0
    return 60 * left / rate if rate > 0 else math.nan


def lead_of(state: StudyState, workers: Iterable[WorkerRecord]) -> Lead | None:
    """Return who asks; the host is that of the process of this id where it is registered, else the id says it."""
    if state.asker is None:
        return None
    hosts = {worker.id: worker.host for worker in workers}
    named = _ID.fullmatch(state.asker)
    host = hosts.get(state.asker, named["host"] if named else "")
    return Lead(state.asker, host, state.lead_ends - state.now)


def worker_table(
    registered: Iterable[WorkerRecord],
    studies: Iterable[StudyRecord],
    running: Mapping[int, Iterable[Trial]],
    now: float,
    *,
    askers: Collection[str] = (),
    everyone: bool = True,
) -> tuple[WorkerStatus, ...]:
    """Return all workers: the registered ones, and those that hold trials without being registered.

    Parameters
    ----------
    running
        The running trials of each study.
    now
        The storage's clock.
    askers
        Those who have the lead of a study.
    everyone
        Whether workers without a study, or of others than ``studies``, are shown too.
    """
    names = {record.id: record.name for record in studies}
    held: dict[str, list[tuple[int, float]]] = {}
    place: dict[str, str] = {}
    for key, trials in running.items():
        for trial in trials:
            since = math.nan if trial.started is None else now - trial.started
            held.setdefault(trial.worker or "", []).append((trial.number, since))
            place[trial.worker or ""] = names[key]
    registered = list(registered)
    gone = set(dead(registered))
    table = []
    for worker in registered:
        study = names.get(worker.study) or place.get(worker.id, "")
        if everyone or study:
            age, trials_held = now - worker.seen, tuple(held.get(worker.id, ()))
            health = _health(worker.id in gone, age, bool(trials_held), worker.id in askers)
            table.append(WorkerStatus(worker.id, worker.host, worker.pid, worker.job, study, health, age, trials_held))
    strangers = sorted(held.keys() - {worker.id for worker in registered})
    for stranger in strangers:
        trials_held = tuple(held[stranger])
        table.append(WorkerStatus(stranger, "", None, "", place[stranger], "unknown", math.nan, trials_held))
    return tuple(table)


def _health(gone: bool, age: float, busy: bool, asks: bool) -> Health:
    if gone:
        return "dead"
    if age > LEASE and not asks:  # a lead that is renewed is a sign of life, too
        return "silent"
    return "working" if busy else "asking" if asks else "idle"


def _finite(value: Any) -> Any:
    """Return a value with None for numbers that are not finite, inside of it too."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(each) for key, each in value.items()}
    return [_finite(each) for each in value] if isinstance(value, list | tuple) else value
