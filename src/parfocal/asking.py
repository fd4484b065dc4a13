"""Asking beside other work: in a thread, while it is this process's turn, and as early as the workers need it."""

import logging
import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from types import TracebackType
from typing import Literal

from parfocal.errors import ParfocalError, StorageError, StorageUnavailable
from parfocal.logs import about
from parfocal.search import Search
from parfocal.storage import LEASE, Storage, StudyRecord, StudyState, WorkerRecord, dead, reap_dead, this_worker
from parfocal.workers.heartbeat import Heartbeat
from parfocal.workers.outage import BRIEF, briefly

_LOG = logging.getLogger("parfocal.asking")
_NAMES = ("asker-", "ask-")  # begin the ids of those who ask and do not evaluate


class Asking:
    """Asks for a study in a thread of its own, while it is this process's turn; a context manager.

    A worker that waits for work enters it, so that somebody asks as long as one of the workers lives. Where an ask
    fails, by a package that this host lacks for example, this process gives the lead back and does not take it again.

    Parameters
    ----------
    search
        Its ``asker`` is the id of a registered worker.
    batch
        Trials that shall wait, always; by default as many as :class:`Pace` says.
    company
        How many workers must live for it to begin.
    watch
        Called when results have come, also of asks by others; what it raises, and why asking failed, is raised by
        :meth:`check`. Without it results are of interest to who asks only, and what failed is logged.
    """

    def __init__(
        self, search: Search, batch: int | None = None, company: int = 1, watch: Callable[[], None] | None = None
    ) -> None:
        self.workers = 1
        """How many workers of the study live."""
        self.expected = 1
        """How many workers are at least on their way, as the one who starts them knows."""
        self._search, self._batch, self._company, self._watch = search, batch, company, watch
        self._error: Exception | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="parfocal-asker", daemon=True)

    def __enter__(self) -> "Asking":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join(BRIEF)
        if self._thread.is_alive():  # in the midst of an ask: what comes of it is refused without the lead
            briefly(self._search.resign)

    @property
    def active(self) -> bool:
        """Whether enough workers live for it to ask."""
        return self.workers >= self._company

    def check(self) -> None:
        """Raise what has ended the asking, if anything has."""
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        search = self._search
        with about(study=search.record.name, worker=search.asker):
            try:
                with search.keeping():
                    self._ask()
            except Exception as error:  # of an optimizer or of a plug-in, too
                self._error = error
                if self._watch is None:
                    said = str(error) if isinstance(error, ParfocalError) else f"{type(error).__name__}: {error}"
                    _LOG.error("This process does not ask for '%s' any more: %s", search.record.name, said)
                    _LOG.debug("It failed here:", exc_info=True)
            finally:
                search.resign()

    def _ask(self) -> None:
        pace, look, stopped = Pace(self._search), -math.inf, self._stop.is_set
        search = self._search
        while not stopped():
            try:
                if time.monotonic() > look:  # whoever waits looks after the others: the dead one may be who asks
                    self.workers = max(1, tidy(search.storage, search.record.id))
                    look = time.monotonic() + _COUNT + self.workers / 20
                leads = self.active and search.leads()
                if leads:
                    search.fill(self._batch or pace.queue(search.state(), max(self.workers, self.expected)), stopped)
                if self.active and (leads or self._watch is not None):
                    search.refresh()
                    if self._watch is not None:
                        self._watch()
                    search.storage.wait_for_change(search.record.id, search.history.seen, 1.0, stopped)
                else:
                    self._stop.wait(1.0)
            except StorageUnavailable as error:
                _LOG.warning("%s", error)
                self._stop.wait(1.0)


@contextmanager
def asker(
    storage: Storage, study: int, job: str = "", name: Literal["asker", "ask"] = "asker"
) -> Iterator[WorkerRecord]:
    """Register one who asks and does not evaluate, so that its death is noticed; yield its record."""
    record = this_worker(name, study, job)
    storage.register(record)
    try:
        with Heartbeat(storage, study, record, LEASE):
            yield record
    finally:
        briefly(lambda: storage.unregister(record.id))


class AskingForAll:
    """Asks for each study of a storage that has a budget to spend, new ones too; a context manager."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._begun: set[int] = set()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="parfocal-askers", daemon=True)

    def __enter__(self) -> "AskingForAll":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join(3 * BRIEF)

    def _run(self) -> None:
        with ExitStack() as stack:
            while True:
                try:
                    for record in self._storage.studies():
                        if record.id not in self._begun:
                            self._begin(stack, record)
                except StorageError as unanswered:  # or the study has just been deleted
                    _LOG.warning("%s", unanswered)
                if self._stop.wait(_COUNT):
                    return

    def _begin(self, stack: ExitStack, record: StudyRecord) -> None:
        state = self._storage.state(record.id)
        if state.budget is None or state.spent >= state.budget:
            return
        try:
            search = Search.of(self._storage, record)
            search.begin(stack.enter_context(asker(self._storage, record.id, "serve")).id)
            default = record.definition.get("default")
            search.enqueue([] if default is None else [(default, "default")])
            stack.enter_context(Asking(search))
        except StorageError:
            raise
        except Exception as error:  # a part that is not installed here, for example
            _LOG.error("This server does not ask for '%s': %s", record.name, error)
        self._begun.add(record.id)


_COUNT = 5.0  # s, between two looks at who lives; the more there are, the longer
_SILENT = 20 * LEASE  # s, after which a worker of which nothing was heard is struck off


class Pace:
    """How many trials must wait so that no worker does.

    An optimizer that learns should ask as late as it can. What waits must bridge the time that an ask takes: one trial
    for each idle worker, and what the others will take meanwhile.
    """

    def __init__(self, search: Search) -> None:
        self._search = search
        self._when, self._finished = time.monotonic(), -1
        self._rate = 0.0

    def queue(self, state: StudyState, workers: int) -> int:
        """Return how many shall wait now, at this look, with so many workers."""
        now, finished = time.monotonic(), state.counts.finished
        if self._finished >= 0 and now > self._when:
            share = 1 - math.exp((self._when - now) / _MEMORY)
            self._rate += share * ((finished - self._finished) / (now - self._when) - self._rate)
        self._when, self._finished = now, finished
        workers = max(workers, state.counts.running)
        if not self._search.composition.learns:
            return 100 * workers
        idle = max(0, workers - state.counts.running)
        return min(idle + max(1, math.ceil(self._rate * self._search.seconds)), 4 * workers)


_MEMORY = 2.0  # s, over which the rate of results is averaged


def tidy(storage: Storage, study: int) -> int:
    """Strike off workers that are dead or have long been silent; return how many of the study live.

    One lives that has shown a sign of life within a lease; who only asks does not count.
    """
    workers, now = storage.workers(), storage.state(study).now
    if dead(workers):
        reap_dead(storage, study)
    for worker in workers:
        if worker.study == study and now - worker.seen > _SILENT:
            storage.unregister(worker.id)
    evaluating = [worker for worker in workers if worker.study == study and not worker.id.startswith(_NAMES)]
    return sum(now - worker.seen < LEASE for worker in evaluating)
