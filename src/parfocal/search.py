"""The asker's side of a search: ask, store, and learn from what came back, until the budget is spent.

Workers claim what lies in the storage. One process at a time has the lead of a study: it alone asks, keeps the queue
filled, and keeps its columnar history in step with the storage by the revisions that every result carries. When it
dies, or has nothing to ask for any more, another one that runs the study takes the lead.
"""

import logging
import math
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from parfocal import seeds
from parfocal.errors import OutOfStep, SpaceExhausted, StorageError
from parfocal.optimizers import Composed, compose, propose
from parfocal.optimizers.seen import Seen
from parfocal.space import Space
from parfocal.storage import Counts, Storage, StudyRecord, StudyState, sync
from parfocal.storage.base import never
from parfocal.trials import FULL, History, Objective, Provenance, State
from parfocal.typing import Ints
from parfocal.workers import common_failure

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
    """One process's view of a study, from which it asks when it has the lead; others help meanwhile.

    Two threads may use it: filling the queue and refreshing the history exclude each other.
    """

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
        self.lock = threading.RLock()
        self._leading = threading.Lock()  # one at a time takes, renews or gives back the lead
        self._ended_at = (0, 0)
        self.begin(self.asker)

    @classmethod
    def of(cls, storage: Storage, record: StudyRecord) -> "Search":
        """Return the view of a study that follows from its definition alone."""
        parts = record.definition
        space, objective = Space.from_dict(parts["space"]), Objective.from_dict(parts["objective"])
        optimizer, numbers = compose(parts["optimizer"]), (parts["seed"], parts["warmup"], parts.get("repeats", 0.0))
        return cls(storage, record, space, objective, optimizer, *numbers)

    def begin(self, asker: str) -> None:
        """Ask under a name from now on, and look anew whether there is anything to ask for."""
        self.asker, self.exhausted = asker, None
        self._tried, self._leads = -math.inf, False

    def refresh(self) -> int:
        """Bring the history in step with the storage and return how many trials had changed; costs only these."""
        with self.lock:
            return sync(self.history, self.storage, self.record.id, self.space, self.objective)

    def state(self) -> StudyState:
        """Return how far the study is."""
        return self.storage.state(self.record.id)

    # ------------------------------------------------------------ the lead

    def leads(self) -> bool:
        """Whether it is this process that asks: take the lead where it is free and needed, and renew it in time.

        It is looked at before it is tried, since to look writes nothing.
        """
        if time.monotonic() - self._tried > (LEAD / 3 if self._leads else LEAD / 6):
            self._tried, state = time.monotonic(), self.state()
            mine, free = state.asker == self.asker, state.asker is None or state.lead_ends <= state.now
            with self._leading:
                self._leads = (mine or (free and not self.satisfied(state))) and self._taken()
        return self._leads

    def _taken(self) -> bool:
        return self.storage.lead(self.record.id, self.asker, LEAD)

    @contextmanager
    def keeping(self) -> Iterator[None]:
        """Renew the lead meanwhile from a thread, however long asks and evaluations take."""
        end = threading.Event()

        def renew() -> None:
            while not end.wait(LEAD / 4):
                with suppress(StorageError), self._leading:
                    if self._leads and not end.is_set():
                        self._tried, self._leads = time.monotonic(), self._taken()

        threading.Thread(target=renew, name="parfocal-lead", daemon=True).start()
        try:
            yield
        finally:
            end.set()

    def lead(self, seconds: float, until: Callable[[], bool]) -> bool:
        """Take the lead as soon as it is free; give up after some seconds, or when ``until`` says so."""
        deadline, pause = time.monotonic() + seconds, 0.1
        while not self.leads():
            if time.monotonic() > deadline or until():
                return False
            time.sleep(pause)
            self._tried, pause = -math.inf, min(2 * pause, 1.0)
        return True

    def resign(self) -> None:
        """Give the lead back, if it has it, so that another one takes it at once."""
        with suppress(StorageError), self._leading:  # it ends by itself
            led, self._leads = self._leads, False
            if led:
                self.storage.resign(self.record.id, self.asker)

    # ------------------------------------------------------------ asking

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
            self._ended_at = len(self.history), int(self.history.lost.sum())
            self.exhausted = str(error)
            return 0
        first = len(self.history)
        try:
            self._add(self.space.decode(proposal.X), proposal.provenances(self.history.seen, n), self.asker)
        except OutOfStep as error:
            _LOG.info("%s", error)
            self._tried = -math.inf  # it may have lost the lead
            return 0
        took = time.perf_counter() - begin
        self.seconds += (took - self.seconds) / (5 if self.seconds else 1)
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
        """Return how many trials to ask for, so that ``queue`` wait and no more than the budget ever finish."""
        return 0 if self.satisfied(state) else int(min(max(0, queue - state.counts.waiting), _room(state)))

    def satisfied(self, state: StudyState) -> bool:
        """Whether there is nothing to ask for: all that the budget allows is there, or all that the space has.

        What the space has is another question once trials came from elsewhere, or were LOST and may be asked for again.
        """
        if self._ended_at != (state.counts.total, state.counts.lost):
            self.exhausted = None
        return self.exhausted is not None or _room(state) <= 0

    def done(self, state: StudyState) -> bool:
        """Whether the budget is spent, or nothing is left to do."""
        spent = state.budget is not None and state.spent >= state.budget
        return spent or not (state.counts.pending or self.wanted(state, 1))

    def fill(self, queue: int, until: Callable[[], bool] = never) -> None:
        """Ask until ``queue`` trials wait, if it is this process that asks; resign where nothing is left to ask for.

        ``until`` gives up between two asks.
        """
        with self.lock:
            while not until() and self.leads():
                state = self.state()
                if self.satisfied(state):
                    self.resign()
                    return
                wanted = self.wanted(state, queue)
                if not wanted:
                    return
                self.refresh()
                if self.ask(wanted):
                    return

    # ------------------------------------------------------------ stopping early

    def hopeless(self, first: int, before: Ints | None = None) -> str | None:
        """Return what the failures have in common when nothing ever succeeded and the first trials all failed.

        Parameters
        ----------
        first
            How many must fail; 0 for never.
        before
            Trials that do not count, since they had ended before: what made them fail may have been mended since.
        """
        with self.lock:
            history, old = self.history, np.empty(0, dtype=np.int64) if before is None else before
            if first < 1 or len(history) - len(old) < first or history.complete.any():
                return None
            numbers = np.setdiff1d(np.arange(len(history)), old)[:first]
            if not (history.state[numbers] == State.FAILED).all():
                return None
        trials = [self.storage.trial(self.record.id, number) for number in numbers.tolist()]
        return common_failure(trials, first, [name for name in self.space.names if name not in self.space.columns])


def _room(state: StudyState) -> float:
    """Return how many trials the budget has room for; a LOST one has taught nothing and is replaced."""
    return math.inf if state.budget is None else state.budget - (state.counts.total - state.counts.lost)


class Clock:
    """Turns a search into :class:`Progress`: knows when this run began and what had been finished by then."""

    def __init__(self, search: Search) -> None:
        self.search = search
        self.start = time.monotonic()
        self.before = search.state().counts.finished
        self.best: float | None = None

    def progress(self, state: StudyState) -> Progress:
        """Return how far the search is."""
        budget = state.budget or 0
        seconds = time.monotonic() - self.start
        here = state.counts.finished - self.before
        left = max(0, budget - state.spent)
        return Progress(budget, state.counts, self._value(), seconds, seconds / here * left if here else math.nan)

    def _value(self) -> float | None:
        """Return the best value; that of before as long as another thread asks."""
        search = self.search
        if search.lock.acquire(blocking=False):
            try:
                best = search.history.best
                self.best = None if best is None else float(search.objective.value(float(search.history.loss[best])))
            finally:
                search.lock.release()
        return self.best
