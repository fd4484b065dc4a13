"""Running a search to its end: evaluations in this process, or by the workers of an engine."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from parfocal.asking import Asking, asker
from parfocal.engines import Engine, WorkerPlan
from parfocal.errors import StorageUnavailable, StudyStopped
from parfocal.evaluation import Evaluator, Interrupted, Isolation, Limits, Runner, Stop
from parfocal.logs import about
from parfocal.search import Clock, Progress, Search
from parfocal.storage import Storage, StudyState, reap_dead
from parfocal.workers import Worker, stop_on_signals
from parfocal.workers.outage import hurrying, insist


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
_LOOK = 0.25  # s, after which a coordinator looks after its workers, also where nothing has changed


def run_here(search: Search, setup: Setup, batch: int | None = None, report: Report | None = None) -> None:
    """Search with evaluations in this process, or one after another in its isolated child, until the budget is spent.

    Alone, it asks and evaluates in turn. While others work at the study, too, it asks beside its evaluations.

    Parameters
    ----------
    batch
        Trials to ask for at once; by default one of an optimizer that learns, and 100 of others.
    report
        Called with the progress after every change.

    Raises
    ------
    KeyboardInterrupt
        On Ctrl-C or SIGTERM, after the trial of the moment was ended and the claims were given back.
    """
    alone = batch or (1 if search.composition.learns else 100)
    with ExitStack() as stack:
        stop = stack.enter_context(_stopping(search.storage))
        runner = Runner(
            setup.evaluator,
            search.objective,
            limits=setup.limits,
            isolation=setup.isolation,
            folder=setup.folder,
            stop=stop,
        )
        worker = stack.enter_context(Worker(search.storage, search.record, stack.enter_context(runner)))
        stack.enter_context(about(study=search.record.name, worker=worker.record.id))
        watch = _begin(search, worker.record.id, setup.stop_after_failures)
        asking = stack.enter_context(Asking(search, batch, company=2, watch=watch))

        def look() -> None:
            if not asking.active:
                search.refresh()
                watch()
                search.fill(alone, stop.is_set)

        def evaluate(state: StudyState) -> None:
            worked = None
            with suppress(Interrupted):  # the request to stop stands, whatever it broke off
                worked = worker.step()
            if worked is None:  # all that is pending is in the hands of helpers
                search.storage.wait_for_change(search.record.id, state.revision, _LOOK, stop.is_set)

        _loop(search, stop, asking, look, evaluate, report)
        search.refresh()
        watch()


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
        stop = stack.enter_context(_stopping(search.storage))
        record = stack.enter_context(asker(search.storage, search.record.id))
        stack.enter_context(about(study=search.record.name, worker=record.id))
        stack.callback(engine.stop)
        engine.start(search.storage, plan)
        watch = _begin(search, record.id, setup.stop_after_failures)
        asking = Asking(search, batch, watch=watch)

        def look() -> None:
            asking.expected = engine.tend()

        def wait(state: StudyState) -> None:
            search.storage.wait_for_change(search.record.id, state.revision, _LOOK, stop.is_set)

        look()
        stack.enter_context(asking)
        _loop(search, stop, asking, look, wait, report)
        search.refresh()
        watch()


@contextmanager
def _stopping(storage: Storage) -> Iterator[Stop]:
    """Yield what Ctrl-C and SIGTERM set: the search ends soon then, also where the storage does not answer."""
    stop = Stop()
    with stop_on_signals(stop), hurrying(stop, storage):
        yield stop


def _begin(search: Search, asker: str, first: int) -> Callable[[], None]:
    """Begin to ask; return what raises :class:`StudyStopped` once the ``first`` trials of this run have all failed."""
    search.begin(asker)
    reap_dead(search.storage, search.record.id)  # claims of an earlier run that was killed
    search.refresh()
    before = np.flatnonzero(~search.history.pending)

    def watch() -> None:
        sentence = search.hopeless(first, before)
        if sentence is not None:
            raise StudyStopped(sentence)

    return watch


def _loop(
    search: Search,
    stop: Stop,
    asking: Asking,
    look: Callable[[], None],
    go_on: Callable[[StudyState], None],
    report: Report | None,
) -> None:
    """Look after the search and go on with it until the budget is spent, the space exhausted, or someone asks to stop.

    A storage that does not answer is waited for as workers wait for it.
    """
    clock = Clock(search)

    def turn() -> bool:
        asking.check()
        look()
        state = search.state()
        if report is not None:
            report(clock.progress(state))
        if search.done(state):
            return True
        go_on(state)
        return False

    ended = False
    while not ended:
        try:
            ended = insist(turn, stop)
        except StorageUnavailable:
            if not stop.is_set():
                raise
        if stop.is_set() and not ended:
            raise KeyboardInterrupt
