"""The asker's side of a search: ask, store, and learn from what came back, until the budget is spent.

Workers claim what lies in the storage. One process at a time has the lead of a study: it alone asks, keeps the queue
filled, and keeps its columnar history in step with the storage by the revisions that every result carries. When it
dies, another one that runs the study takes the lead.
"""

import logging
import math
import re
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from parfocal import seeds
from parfocal.engines import Engine, WorkerPlan
from parfocal.errors import OutOfStep, SpaceExhausted, StorageError, StorageUnavailable, StudyStopped
from parfocal.evaluation import Evaluator, Interrupted, Isolation, Limits, Runner, Stop
from parfocal.optimizers import Composed, propose
from parfocal.optimizers.seen import Seen
from parfocal.space import Space
from parfocal.storage import LEASE, Counts, Storage, StudyRecord, StudyState, dead, reap_dead, sync, this_worker
from parfocal.trials import FULL, History, Objective, Provenance, State
from parfocal.typing import Ints
from parfocal.workers import Worker, common_failure, stop_on_signals

_LOG = logging.getLogger("parfocal.search")
LEAD = 30.0
"""Seconds that the lead of a study holds, if it is not renewed: how long nobody asks after an asker's host has died."""


@dataclass(frozen=True)
class Progress:
    """How far a search is: what a progress bar shows.

    Attributes
    ----------
    budget
        Trials wanted in total, finished ones of earlier runs included.
    counts
        Trials in each state.
    best
        The best value so far in the user's own metric; None before the first complete trial.
    seconds, remaining
        Time since the start of this run, and the estimate of what is left (NaN before this run's first result).
    """

    budget: int
    counts: Counts
    best: float | None
    seconds: float
    remaining: float

    @property
    def done(self) -> int:
        """Trials that count against the budget and are finished; a LOST one is replaced."""
        return self.counts.finished - self.counts.lost


@dataclass
class Search:
    """One process's view of a study, from which it asks when it has the lead; others help meanwhile."""

    storage: Storage
    record: StudyRecord
    space: Space
    objective: Objective
    composition: Composed
    seed: int
    warmup: int
    repeats: float = 0.0
    asker: str = ""
    """Under which name it asks: the id of a registered worker, so that its death is noticed."""
    exhausted: str | None = field(default=None, init=False)
    """Why the space has nothing left to ask for, once that is so."""
    seconds: float = field(default=0.0, init=False)
    """What an ask takes, until its trials can be claimed: a moving average."""

    def __post_init__(self) -> None:
        self.history = History(self.space.dimension, objectives=len(self.objective.all))
        self._tried, self._leads, self._longest = -math.inf, False, 0.0

    def refresh(self) -> int:
        """Bring the history in step with the storage and return how many trials had changed; costs only these."""
        return sync(self.history, self.storage, self.record.id, self.space, self.objective)

    def state(self) -> StudyState:
        """Return how far the study is."""
        return self.storage.state(self.record.id)

    def leads(self) -> bool:
        """Whether it is this process that asks: take the lead where it is free, and renew it in time."""
        now = time.monotonic()
        if now - self._tried > (LEAD / 3 if self._leads else LEAD / 6):
            self._tried = now
            # a long ask needs a long lead: nothing renews it meanwhile
            self._leads = self.storage.lead(self.record.id, self.asker, max(LEAD, 4 * self._longest))
        return self._leads

    def lead(self, seconds: float, until: Callable[[], bool]) -> bool:
        """Take the lead as soon as it is free; give up after some seconds, or when ``until`` says so."""
        deadline = time.monotonic() + seconds
        while not self.leads():
            if time.monotonic() > deadline or until():
                return False
            time.sleep(0.1)
            self._tried = -math.inf
        return True

    def resign(self) -> None:
        """Give the lead back, so that another one takes it at once."""
        self._tried, self._leads = -math.inf, False
        with suppress(StorageError):  # it ends by itself
            self.storage.resign(self.record.id, self.asker)

    def ask(self, n: int) -> int:
        """Ask for ``n`` trials and queue them; return how many came.

        None come where somebody else has added trials meanwhile: what was proposed did not know them. Fewer come where
        a finite space ends, then none.
        """
        begin = time.perf_counter()
        try:
            options: dict[str, Any] = {"seed": self.seed, "warmup": self.warmup, "repeats": self.repeats}
            proposal = propose(self.space, self.composition, self.history, n, **options)
        except SpaceExhausted as error:
            self.exhausted = str(error)
            return 0
        first = len(self.history)
        try:
            self._add(self.space.decode(proposal.X), proposal.provenances(self.history.seen, n), self.asker)
        except OutOfStep as error:
            _LOG.info("%s", error)
            self._tried, self._leads = -math.inf, False
            return 0
        took = time.perf_counter() - begin
        self.seconds += (took - self.seconds) / (5 if self.seconds else 1)
        self._longest = max(self._longest, took)
        for share in proposal.shares:
            _LOG.info("%d from trial %d on by %s", share.count, first, share)
            first += share.count
        return len(proposal)

    def enqueue(self, given: Sequence[tuple[Mapping[str, Any], str]]) -> int:
        """Queue configurations that a person chose, each with a note, and return how many; all at once or none.

        One that is a trial already is left out, so that going on with a study queues nothing twice. The optimizer
        learns from them like from its own.
        """
        while given:
            self.refresh()
            rows = self.space.encode([configuration for configuration, _ in given])
            chosen = [given[row] for row in Seen.of(self.space, self.history).first(rows)]
            first, seen = len(self.history), self.history.seen
            notes = [Provenance("given", "none", first, seen, row, note) for row, (_, note) in enumerate(chosen)]
            with suppress(OutOfStep):
                if chosen:
                    self._add([configuration for configuration, _ in chosen], notes, None)
                return len(chosen)
        return 0

    def value_of(self, configuration: Mapping[str, Any]) -> float | None:
        """Return the user's own value of the first complete trial of a configuration, or None."""
        same = self.space.keys(self.history.X) == self.space.keys(self.space.encode([configuration]))
        rows = np.flatnonzero(same & self.history.complete)
        return self.objective.value(float(self.history.loss[rows[0]])) if rows.size else None

    def _add(
        self, configurations: Sequence[Mapping[str, Any]], provenances: Sequence[Provenance], asker: str | None
    ) -> None:
        start = len(self.history)
        numbers = np.arange(start, start + len(configurations))
        trial_seeds = seeds.trial_seeds(self.seed, numbers).tolist()
        self.storage.add(self.record.id, configurations, trial_seeds, FULL, provenances, start=start, asker=asker)
        self.refresh()

    def wanted(self, state: StudyState, queue: int) -> int:
        """Return how many trials to ask for, so that ``queue`` wait and no more than the budget ever finish.

        A LOST trial has taught nothing and is replaced; every other one counts, failed ones too.
        """
        room = math.inf if state.budget is None else state.budget - (state.counts.total - state.counts.lost)
        return 0 if self.exhausted else int(max(0, min(queue - state.counts.waiting, room)))

    def done(self, state: StudyState) -> bool:
        """Whether the budget is spent, or nothing is left to do."""
        spent = state.budget is not None and state.spent >= state.budget
        return spent or not (state.counts.pending or self.wanted(state, 1))

    def fill(self, queue: int) -> None:
        """Ask until ``queue`` trials wait, or budget or space are used up, if it is this process that asks."""
        while self.leads() and (wanted := self.wanted(self.state(), queue)):
            self.refresh()
            if self.ask(wanted) or self.exhausted:
                return


class Clock:
    """Turns a search into :class:`Progress`: knows when this run began and what had been finished by then."""

    def __init__(self, search: Search) -> None:
        self.search = search
        self.start = time.monotonic()
        self.before = search.state().counts.finished

    def progress(self, state: StudyState) -> Progress:
        """Return how far the search is."""
        history, budget = self.search.history, state.budget or 0
        seconds = time.monotonic() - self.start
        here = state.counts.finished - self.before
        left = max(0, budget - state.spent)
        best = history.best
        value = None if best is None else float(self.search.objective.value(float(history.loss[best])))
        return Progress(budget, state.counts, value, seconds, seconds / here * left if here else math.nan)


@dataclass(frozen=True)
class Setup:
    """How the trials of a search are evaluated.

    Attributes
    ----------
    evaluator, isolation, limits
        See :class:`~parfocal.evaluation.Runner`.
    folder
        Where work folders and logs of trials are kept; None: temporary.
    stop_after_failures
        Stop when that many first trials of a run all fail and none has ever succeeded; 0 for never.
    """

    evaluator: Evaluator
    isolation: Isolation
    limits: Limits
    folder: Path | None
    stop_after_failures: int


def trial_folder(storage: Storage, name: str) -> Path | None:
    """Return where a study keeps the work folders and logs of its trials: beside its database, if that is a file."""
    scheme = "sqlite:///"
    if not storage.url.startswith(scheme):
        return None
    return Path(f"{storage.url.removeprefix(scheme)}-trials", re.sub(r"[^\w.-]|^\.+", "_", name))


Report = Callable[[Progress], None]


def run_here(search: Search, setup: Setup, queue: int, report: Report | None = None) -> None:
    """Search with evaluations in this process, or one after another in its isolated child, until the budget is spent.

    Parameters
    ----------
    queue
        Trials to ask for at once.
    report
        Called with the progress after every change.

    Raises
    ------
    KeyboardInterrupt
        On Ctrl-C or SIGTERM, after the trial of the moment was ended and the claims were given back.
    """
    stop = Stop()
    with ExitStack() as stack:
        stack.enter_context(stop_on_signals(stop))
        runner = Runner(
            setup.evaluator,
            search.objective,
            limits=setup.limits,
            isolation=setup.isolation,
            folder=setup.folder,
            stop=stop,
        )
        worker = stack.enter_context(Worker(search.storage, search.record, stack.enter_context(runner)))
        search.asker = worker.record.id

        def evaluate(state: StudyState) -> None:
            worked = None
            with suppress(Interrupted):  # the request to stop stands, whatever it broke off
                worked = worker.step()
            if worked is None:  # all that is pending is in the hands of helpers
                search.storage.wait_for_change(search.record.id, state.revision, _LOOK, stop.is_set)
            if stop.is_set():
                raise KeyboardInterrupt

        _loop(search, setup, lambda state: queue, evaluate, report)


def run_with_workers(
    search: Search, setup: Setup, engine: Engine, batch: int | None = None, report: Report | None = None
) -> None:
    """Search with the workers of an engine, which are stopped at the end; see :func:`run_here`.

    Parameters
    ----------
    batch
        Trials that shall wait, always; by default as many as keep all workers busy, and no more, so that the optimizer
        knows as many results as it can when it asks.
    """
    record = this_worker("asker", search.record.id)
    search.asker = record.id
    pace = Pace(search)
    plan = WorkerPlan(
        search.storage.url,
        search.record.name,
        setup.evaluator,
        search.objective,
        isolation=setup.isolation,
        limits=setup.limits,
        folder=None if setup.folder is None else str(setup.folder),
    )
    with ExitStack() as stack:
        search.storage.register(record)
        stack.callback(search.storage.unregister, record.id)
        stack.callback(engine.stop)
        engine.start(search.storage, plan)
        live = engine.tend()

        def queue(state: StudyState) -> int:
            # an engine may know late of workers that have come up
            return batch or pace.queue(state, max(live, min(state.counts.running, engine.size), 1))

        def evaluate(state: StudyState) -> None:
            nonlocal live
            search.storage.wait_for_change(search.record.id, search.history.seen, _LOOK)
            live = engine.tend()

        _loop(search, setup, queue, evaluate, report)


_LOOK = 0.25  # s, after which a coordinator looks after its workers, also where nothing has changed


def _loop(
    search: Search,
    setup: Setup,
    queue: Callable[[StudyState], int],
    evaluate: Callable[[StudyState], None],
    report: Report | None,
) -> None:
    """Keep the queue filled and let ``evaluate`` make progress, until the budget is spent or the space exhausted."""
    clock = Clock(search)
    reap_dead(search.storage, search.record.id)  # claims of an earlier run that was killed
    search.refresh()
    before = np.flatnonzero(~search.history.pending)
    try:
        while True:
            search.fill(queue(search.state()))
            state = search.state()
            if report is not None:
                report(clock.progress(state))
            if search.done(state):
                return
            evaluate(state)
            search.refresh()
            _stop_if_hopeless(search, setup.stop_after_failures, before)
    finally:
        search.resign()


class Asking:
    """Asks for a study in a thread of its own, while it is this process's turn; a context manager.

    A worker that waits for work enters it, so that somebody asks as long as one of the workers lives.

    Parameters
    ----------
    search
        Its ``asker`` is the id of a registered worker.
    batch
        See :func:`run_with_workers`.
    """

    def __init__(self, search: Search, batch: int | None = None) -> None:
        self._search, self._batch = search, batch
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="parfocal-asker", daemon=True)

    def __enter__(self) -> "Asking":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        search, pace, workers = self._search, Pace(self._search), 1
        look = -math.inf
        while not self._stop.is_set():
            try:
                if time.monotonic() > look:  # whoever waits looks after the others: the dead one may be who asks
                    workers = max(1, tidy(search.storage, search.record.id))
                    look = time.monotonic() + _COUNT + workers / 20
                if not search.leads():
                    self._stop.wait(1.0)
                    continue
                search.fill(self._batch or pace.queue(search.state(), workers))
                search.refresh()
                search.storage.wait_for_change(search.record.id, search.history.seen, 1.0, self._stop.is_set)
            except StorageUnavailable as error:
                _LOG.warning("%s", error)
                self._stop.wait(1.0)
            except StorageError as error:  # the study was deleted, for example: there is nothing more to ask for
                _LOG.error("Asking ends: %s", error)
                return
        search.resign()


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
        if not self._search.composition.learns:
            return 100 * workers
        idle = max(0, workers - state.counts.running)
        return min(idle + max(1, math.ceil(self._rate * self._search.seconds)), 4 * workers)


_MEMORY = 2.0  # s, over which the rate of results is averaged


def tidy(storage: Storage, study: int) -> int:
    """Strike off workers that are dead or have long been silent; return how many of the study live.

    One lives that has shown a sign of life within a lease.
    """
    workers, now = storage.workers(), storage.state(study).now
    if dead(workers):
        reap_dead(storage, study)
    for worker in workers:
        if worker.study == study and now - worker.seen > _SILENT:
            storage.unregister(worker.id)
    return sum(worker.study == study and now - worker.seen < LEASE for worker in workers)


def _stop_if_hopeless(search: Search, first: int, before: Ints) -> None:
    """Raise :class:`StudyStopped` when nothing ever succeeded and the first trials of this run all failed.

    Trials that had ended ``before`` this run do not count: what made them fail may have been mended since.
    """
    history = search.history
    if first < 1 or len(history) - len(before) < first or history.complete.any():
        return
    numbers = np.setdiff1d(np.arange(len(history)), before)[:first]
    if (history.state[numbers] == State.FAILED).all():
        trials = [search.storage.trial(search.record.id, number) for number in numbers.tolist()]
        fixed = [name for name in search.space.names if name not in search.space.columns]
        sentence = common_failure(trials, first, fixed)
        if sentence is not None:
            raise StudyStopped(sentence)
