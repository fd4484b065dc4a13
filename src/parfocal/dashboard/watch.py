"""How all studies and workers are, looked at again and again in a bounded time, however many results there are."""

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass

from parfocal.operations.results import Results
from parfocal.operations.standing import Standing, standing
from parfocal.operations.status import StudyStatus, WorkerStatus, study_status, worker_table
from parfocal.storage import Storage, StudyRecord, StudyState


@dataclass(frozen=True)
class Board:
    """Everything at one moment.

    Attributes
    ----------
    studies
        The one that has changed last comes first.
    standings
        How each one is, by its name.
    now
        The storage's clock, NaN where there is no study.
    reading
        Names of the studies whose results are not all read yet: what is known of their best is a part.
    """

    url: str
    studies: tuple[StudyStatus, ...]
    workers: tuple[WorkerStatus, ...]
    standings: Mapping[str, Standing]
    created: Mapping[str, float]
    now: float
    reading: frozenset[str]


class Watch:
    """Looks at a storage; what it knows of results is kept, and only what has changed is read. Not for two threads."""

    def __init__(self, storage: Storage) -> None:
        self.storage = storage
        self._results: dict[int, Results] = {}

    def look(self, seconds: float = 0.5) -> Board:
        """Return how everything is now; results of studies are read for some ``seconds``, at least those of one."""
        records, deadline = self.storage.studies(), time.monotonic() + seconds
        states = {record.id: self.storage.state(record.id) for record in records}
        registered = self.storage.workers()
        running = {record.id: self.storage.running(record.id) for record in records if states[record.id].counts.running}
        reading = self._read(records, states, deadline)
        studies = [study_status(record, states[record.id], self._known(record.id), registered) for record in records]
        now = max((state.now for state in states.values()), default=math.nan)
        askers = {state.asker for state in states.values() if state.asker is not None and state.lead_ends > state.now}
        workers = worker_table(registered, records, running, now, askers=askers)
        created = {record.name: record.created for record in records}

        def changed(study: StudyStatus) -> tuple[bool, float]:
            last = study.pace.last
            return bool(study.counts.running), created[study.name] if math.isnan(last) else last

        return Board(
            self.storage.url,
            tuple(sorted(studies, key=changed, reverse=True)),
            workers,
            {study.name: standing(study, workers) for study in studies},
            created,
            now,
            reading,
        )

    def _known(self, study: int) -> Results:
        return self._results.setdefault(study, Results(self.storage, study))

    def _read(self, records: list[StudyRecord], states: Mapping[int, StudyState], deadline: float) -> frozenset[str]:
        """Read what has changed, the newest study first, and return the names of those that had to wait."""
        left, read = [], 0
        for record in reversed(records):
            results = self._known(record.id)
            if results.revision == states[record.id].revision:
                continue
            if read and results.revision == 0 and time.monotonic() > deadline:
                left.append(record.name)
            else:
                read += 1
                results.update()
        return frozenset(left)
