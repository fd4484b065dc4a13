"""The coordinator's side of a search: ask, store, and learn from what came back, until the budget is spent.

Workers never see this module: they claim what lies in the storage. The coordinator alone appends trials, keeps the
queue filled, and keeps its columnar history in step with the storage by the revisions that every change carries.
"""

import logging
import math
import re
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from parfocal import seeds
from parfocal.engines import Engine, WorkerPlan
from parfocal.errors import SpaceExhausted, StudyStopped
from parfocal.evaluation import Evaluator, Interrupted, Isolation, Limits, Runner, Stop
from parfocal.optimizers import Composed, propose
from parfocal.optimizers.seen import Seen
from parfocal.space import Space
from parfocal.storage import Counts, Storage, StudyRecord, reap_dead, sync
from parfocal.trials import FULL, History, Objective, Provenance, State
from parfocal.typing import Ints
from parfocal.workers import Worker, common_failure, stop_on_signals

_LOG = logging.getLogger("parfocal.search")


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
    """One study's coordinator; the only one that appends trials."""

    storage: Storage
    record: StudyRecord
    space: Space
    objective: Objective
    composition: Composed
    seed: int
    warmup: int
    history: History
    repeats: float = 0.0
    exhausted: str | None = field(default=None, init=False)
    """Why the space has nothing left to ask for, once that is so."""

    def refresh(self) -> int:
        """Bring the history in step with the storage and return how many trials had changed; costs only these."""
        return sync(self.history, self.storage, self.record.id, self.space, self.objective)

    def ask(self, n: int) -> int:
        """Ask for ``n`` trials and queue them; return how many came (fewer where a finite space ends, then none)."""
        try:
            options: dict[str, Any] = {"seed": self.seed, "warmup": self.warmup, "repeats": self.repeats}
            proposal = propose(self.space, self.composition, self.history, n, **options)
        except SpaceExhausted as error:
            self.exhausted = str(error)
            return 0
        first = len(self.history)
        self._add(self.space.decode(proposal.X), proposal.provenances(self.history.seen))
        for share in proposal.shares:
            _LOG.info("%d from trial %d on by %s", share.count, first, share)
            first += share.count
        return len(proposal)

    def enqueue(self, given: Sequence[tuple[Mapping[str, Any], str]]) -> int:
        """Queue configurations that a person chose, each with a note, and return how many; all at once or none.

        One that is a trial already is left out, so that going on with a study queues nothing twice. The optimizer
        learns from them like from its own.
        """
        self.refresh()
        new = Seen.of(self.space, self.history).first(self.space.encode([configuration for configuration, _ in given]))
        chosen = [given[row] for row in new]
        first, seen = len(self.history), self.history.seen
        notes = [Provenance("given", "none", first, seen, row, note) for row, (_, note) in enumerate(chosen)]
        if chosen:
            self._add([configuration for configuration, _ in chosen], notes)
        return len(chosen)

    def value_of(self, configuration: Mapping[str, Any]) -> float | None:
        """Return the user's own value of the first complete trial of a configuration, or None."""
        same = self.space.keys(self.history.X) == self.space.keys(self.space.encode([configuration]))
        rows = np.flatnonzero(same & self.history.complete)
        return self.objective.value(float(self.history.loss[rows[0]])) if rows.size else None

    def _add(self, configurations: Sequence[Mapping[str, Any]], provenances: Sequence[Provenance]) -> None:
        numbers = np.arange(len(self.history), len(self.history) + len(configurations))
        trial_seeds = seeds.trial_seeds(self.seed, numbers).tolist()
        self.storage.add(self.record.id, configurations, trial_seeds, FULL, provenances)
        self.refresh()

    def wanted(self, budget: int, queue: int) -> int:
        """Return how many trials to ask for, so that ``queue`` wait and no more than ``budget`` ever finish.

        A LOST trial has taught nothing and is replaced; every other one counts, failed ones too.
        """
        alive = len(self.history) - int(np.count_nonzero(self.history.state == State.LOST))
        waiting = int(np.count_nonzero(self.history.state == State.WAITING))
        return 0 if self.exhausted else max(0, min(queue - waiting, budget - alive))

    def left(self, budget: int) -> int:
        """Return how many more trials may finish; more may be queued, by a run with a larger budget."""
        finished = ~(self.history.pending | self.history.lost)
        return max(0, budget - int(np.count_nonzero(finished)))

    def done(self, budget: int) -> bool:
        """Whether the budget is spent, or nothing is left to do."""
        return self.left(budget) == 0 or not (self.history.pending.any() or self.wanted(budget, 1))

    def fill(self, budget: int, queue: int) -> None:
        """Ask until ``queue`` trials wait, or budget or space are used up."""
        wanted = self.wanted(budget, queue)
        if wanted:
            self.ask(wanted)


class Clock:
    """Turns a search into :class:`Progress`: knows when this run began and what had been finished by then."""

    def __init__(self, search: Search, budget: int) -> None:
        self.search = search
        self.budget = budget
        self.start = time.monotonic()
        self.before = search.storage.counts(search.record.id).finished

    def progress(self) -> Progress:
        """Return how far the search is now."""
        search = self.search
        counts = search.storage.counts(search.record.id)
        seconds = time.monotonic() - self.start
        here = counts.finished - self.before
        left = max(0, self.budget - (counts.finished - counts.lost))
        best = search.history.best
        value = None if best is None else float(search.objective.value(float(search.history.loss[best])))
        return Progress(self.budget, counts, value, seconds, seconds / here * left if here else math.nan)


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
    """Return where a study keeps the work folders and logs of its trials: beside its database, if it has one."""
    url = storage.url.removeprefix("sqlite:///")
    return Path(f"{url}-trials", re.sub(r"[^\w.-]|^\.+", "_", name)) if storage.shared else None


Report = Callable[[Progress], None]


def run_here(search: Search, setup: Setup, budget: int, queue: int, report: Report | None = None) -> None:
    """Search with evaluations in this process, or one after another in its isolated child.

    Parameters
    ----------
    budget
        Trials in total, finished ones included.
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

        def evaluate() -> None:
            worked = None
            with suppress(Interrupted):  # the request to stop stands, whatever it broke off
                worked = worker.step(search.left(budget))
            if worked is None:  # all that is pending is in the hands of helpers
                stop.wait(_PAUSE[1])
            if stop.is_set():
                raise KeyboardInterrupt

        _loop(search, setup, budget, lambda: queue, evaluate, report)


def run_with_workers(
    search: Search,
    setup: Setup,
    budget: int,
    queue: Callable[[int], int],
    engine: Engine,
    report: Report | None = None,
) -> None:
    """Search with the workers of an engine, which are stopped at the end; see :func:`run_here`.

    Parameters
    ----------
    queue
        From the number of workers that live to that of trials that are to wait for them: what waits in front of workers
        that have not begun was asked without knowing the results of those that have.
    """
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
        stack.callback(engine.stop)
        engine.start(search.storage, plan)
        live = engine.tend()
        pause = _PAUSE[0]
        revision = search.history.seen

        def evaluate() -> None:
            nonlocal live, pause, revision
            changed, revision = revision != search.history.seen, search.history.seen
            pause = _PAUSE[0] if changed else min(1.5 * pause, _PAUSE[1])
            time.sleep(pause)
            live = engine.tend()

        def ahead() -> int:
            running = int(
                np.count_nonzero(search.history.state == State.RUNNING)
            )  # an engine may know of new ones late
            return queue(max(live, min(running, engine.size), 1))

        _loop(search, setup, budget, ahead, evaluate, report)


_PAUSE = (0.002, 0.1)  # s, shortest and longest time between two looks at the storage


def _loop(
    search: Search,
    setup: Setup,
    budget: int,
    queue: Callable[[], int],
    evaluate: Callable[[], None],
    report: Report | None,
) -> None:
    """Keep the queue filled and let ``evaluate`` make progress, until the budget is spent or the space exhausted."""
    clock = Clock(search, budget)
    reap_dead(search.storage, search.record.id)  # claims of an earlier run that was killed
    search.refresh()
    before = np.flatnonzero(~search.history.pending)
    while True:
        search.fill(budget, queue())
        if report is not None:
            report(clock.progress())
        if search.done(budget):
            return
        evaluate()
        search.refresh()
        _stop_if_hopeless(search, setup.stop_after_failures, before)


def _stop_if_hopeless(search: Search, first: int, before: Ints) -> None:
    """Raise :class:`StudyStopped` when nothing ever succeeded and the first trials of this run all failed.

    Trials that had ended ``before`` this run do not count: what made them fail may have been mended since.
    """
    history = search.history
    if first < 1 or len(history) - len(before) < first or history.complete.any():
        return
    numbers = np.setdiff1d(np.arange(len(history)), before)[:first]
    if history.failed[numbers].all():
        trials = [search.storage.trial(search.record.id, number) for number in numbers.tolist()]
        fixed = [name for name in search.space.names if name not in search.space.columns]
        sentence = common_failure(trials, first, fixed)
        if sentence is not None:
            raise StudyStopped(sentence)
