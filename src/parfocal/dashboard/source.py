"""What the pages read: studies of one storage, kept in step with it by what changed, and tables made of them once.

A page never waits for a table that another one computes of the same results, and is never ended by a database that
is away: it shows what was known, and :attr:`Source.trouble` says why.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from parfocal.dashboard.watch import Board, Watch
from parfocal.errors import InvalidInput, ParfocalError, StorageError
from parfocal.evaluation import Evaluator, evaluator_from_dict
from parfocal.operations.status import StudyStatus
from parfocal.space import Space
from parfocal.storage import Storage, StudyRecord, open_storage, sync
from parfocal.trials import History, Objective, Trial

T = TypeVar("T")
FRESH = 0.5
"""Seconds for which what was read is taken as it is: how often a study is read, however many look at it."""
_AWAY = 2.0  # s, in which a database that did not answer is not asked again
_TABLES = 64
_STUDIES = 16  # that are kept in memory


@dataclass(frozen=True)
class View:
    """One study at one moment; nothing in it changes."""

    record: StudyRecord
    space: Space
    objective: Objective
    history: History
    version: int
    """Grows with each change: the same version has the same trials."""

    @property
    def name(self) -> str:
        """The study's name."""
        return self.record.name


@dataclass(frozen=True)
class Later(Generic[T]):
    """What a computation in the background has come to."""

    value: T | None
    """The last result; None before the first one."""
    version: int
    """Of the view that it was computed from, -1 before the first one."""
    busy: bool
    error: str = ""
    trials: int = 0
    """Finished trials that it was computed from."""


@dataclass
class _Opened:
    """A study that somebody looks at."""

    record: StudyRecord
    space: Space
    objective: Objective
    history: History
    lock: threading.Lock = field(default_factory=threading.Lock)
    read: float = float("-inf")
    view: View | None = None


class Source:
    """The studies of a storage, for all threads of one process.

    Parameters
    ----------
    location
        What :func:`~parfocal.storage.open_storage` takes.
    edit
        Whether :meth:`change` may write.
    """

    def __init__(self, location: str, *, edit: bool = False) -> None:
        self.edit = edit
        self.closing: list[Callable[[], None]] = []
        """What is to be called when the dashboard ends."""
        self.trouble = ""
        """Why the storage cannot be read now; "" where it can."""
        self._location = location
        self._lock = threading.Lock()  # of everything below; never held while something is read or computed
        self._storage: Storage | None = None
        self._failed = float("-inf")
        self._opened: dict[str, _Opened] = {}
        self._tables: OrderedDict[Hashable, Any] = OrderedDict()
        self._making: dict[Hashable, threading.Lock] = {}
        self._later: dict[Hashable, Later[Any]] = {}
        self._pool = ThreadPoolExecutor(1, "parfocal-dashboard")
        self._looking = threading.Lock()
        self._watch: Watch | None = None
        self._board: Board | None = None
        self._looked = float("-inf")

    # ------------------------------------------------------------ reading

    def read(self, call: Callable[[Storage], T]) -> T:
        """Return what a call reads from the storage.

        Raises
        ------
        StorageError
            If the storage cannot be read; :attr:`trouble` says it too, until it can be read again.
        """
        if self.trouble and time.monotonic() - self._failed < _AWAY:
            raise StorageError(self.trouble)
        try:
            result = self._call(call)
        except StorageError as error:
            self.trouble, self._failed = str(error), time.monotonic()
            raise
        self.trouble = ""
        return result

    def _call(self, call: Callable[[Storage], T]) -> T:
        with self._lock:
            if self._storage is None:
                self._storage = open_storage(self._location, readonly=not self.edit)
            storage = self._storage
        return call(storage)

    def change(self, call: Callable[[Storage], T]) -> T:
        """Return what a call does that writes into the storage.

        Raises
        ------
        InvalidInput
            If the dashboard was started to be looked at only.
        """
        if not self.edit:
            raise InvalidInput("This dashboard only shows: start it with  parfocal dashboard --edit  to change things.")
        return self.read(call)

    def status(self) -> Board | None:
        """Return how all studies and workers are; where the storage is away the last that was known, None at first."""
        if time.monotonic() - self._looked > FRESH and self._looking.acquire(blocking=self._board is None):
            try:
                if time.monotonic() - self._looked > FRESH:
                    self._board = self.read(self._look)
                    self._looked = time.monotonic()
            except StorageError:
                pass  # read has noted it: the banner tells it, and what was known stays
            finally:
                self._looking.release()
        return self._board

    def study(self, name: str) -> StudyStatus | None:
        """Return how one study is; None where it is not known."""
        board = self.status()
        return None if board is None else next((study for study in board.studies if study.name == name), None)

    def _look(self, storage: Storage) -> Board:
        if self._watch is None:
            self._watch = Watch(storage)
        return self._watch.look()

    def warm(self) -> None:
        """Read from another thread what will be asked for first: how all studies are, and the newest one."""

        def work() -> None:
            with suppress(ParfocalError):
                records = self.read(lambda storage: storage.studies())
                for record in records[-1:]:
                    self.view(record.name)
                self.status()

        threading.Thread(target=work, name="parfocal-dashboard-warm", daemon=True).start()

    def view(self, name: str) -> View:
        """Return a study as it is now; where the storage is away, or another thread reads it, as it was last known.

        Raises
        ------
        InvalidInput
            If there is no study of this name.
        StorageError
            If the storage is away and nothing is known of the study yet.
        """
        with self._lock:
            opened = self._opened.get(name)
        if opened is None:
            opened = self._open(name)
        if time.monotonic() - opened.read > FRESH and opened.lock.acquire(blocking=opened.view is None):
            try:
                if time.monotonic() - opened.read > FRESH:
                    self.read(lambda storage: self._follow(storage, opened))
            except StorageError:
                if self._gone(opened):
                    raise InvalidInput(f"The study '{name}' was deleted.") from None
                if opened.view is None:
                    raise
            finally:
                opened.lock.release()
        if opened.view is None:
            raise StorageError("The study cannot be read now.")
        return opened.view

    def _open(self, name: str) -> _Opened:
        record = next((each for each in self.read(lambda storage: storage.studies()) if each.name == name), None)
        if record is None:
            raise InvalidInput(f"There is no study '{name}' in this storage.")
        space = Space.from_dict(record.definition["space"])
        objective = Objective.from_dict(record.definition["objective"])
        history = History(space.dimension, objectives=len(objective.all))
        with self._lock:
            while len(self._opened) >= _STUDIES:
                self._opened.pop(next(iter(self._opened)))
            return self._opened.setdefault(name, _Opened(record, space, objective, history))

    def _follow(self, storage: Storage, opened: _Opened) -> None:
        """Read what has changed; what a page is looking at stays as it is."""
        history = opened.history
        sync(history, storage, opened.record.id, opened.space, opened.objective)
        if opened.view is None or opened.view.version != history.version:
            still = history.at(len(history), len(history.finished_order))
            opened.view = View(opened.record, opened.space, opened.objective, still, history.version)
        opened.read = time.monotonic()

    def _gone(self, opened: _Opened) -> bool:
        """Whether a study that could not be read is not there any more; it is forgotten then."""
        try:
            there = any(record.id == opened.record.id for record in self._call(lambda storage: storage.studies()))
        except StorageError:
            return False
        if not there:
            self.trouble = ""
            with self._lock:
                self._opened.pop(opened.record.name, None)
        return not there

    def trials(self, view: View, start: int, stop: int) -> list[Trial]:
        """Return the trials [start, stop) of a study in full."""
        return self.read(lambda storage: storage.trials(view.record.id, start, stop))

    def evaluator(self, view: View) -> Evaluator | None:
        """Return a study's evaluator, None where it has none or this host cannot build it."""
        definition = view.record.definition.get("evaluation")

        def build() -> Evaluator | None:
            try:
                return None if definition is None else evaluator_from_dict(definition)
            except (ParfocalError, OSError):
                return None

        return self.once(("evaluator", view.record.id), build)

    # ------------------------------------------------------------ computing

    def table(self, view: View, key: Hashable, compute: Callable[[], T]) -> T:
        """Return a table of a view: computed by the first who asks, others wait for that one and get the same."""
        return self.once((view.record.id, view.version, key), compute)

    def once(self, place: Hashable, compute: Callable[[], T]) -> T:
        """Return what is kept for a place, made by the first who asks."""
        with self._lock:
            if place in self._tables:
                self._tables.move_to_end(place)
                found: T = self._tables[place]
                return found
            making = self._making.setdefault(place, threading.Lock())
        with making:
            with self._lock:
                if place in self._tables:
                    found = self._tables[place]
                    return found
            try:
                made = compute()
                with self._lock:
                    self._tables[place] = made
                    while len(self._tables) > _TABLES:
                        self._tables.popitem(last=False)
                return made
            finally:
                with self._lock:
                    self._making.pop(place, None)

    def later(self, view: View, key: Hashable, compute: Callable[[], T], *, again: bool = True) -> Later[T]:
        """Return what is known of a slow table, and have it computed in the background where that is not of this view.

        With ``again=False`` it is computed only where nothing is known of it yet.
        """
        place = (view.record.id, key)
        with self._lock:
            known: Later[T] = self._later.get(place, Later(None, -1, False))
            if known.busy or known.version == view.version or (known.version >= 0 and not again):
                return known
            known = Later(known.value, known.version, True, trials=known.trials)
            self._later[place] = known

        def work() -> None:
            try:
                done: Later[T] = Later(compute(), view.version, False, trials=len(view.history.finished_order))
            except Exception as error:  # told on the page: a figure that fails must not end the others
                text = str(error) if isinstance(error, ParfocalError) else f"{type(error).__name__}: {error}"
                done = Later(known.value, view.version, False, text, known.trials)
            with self._lock:
                self._later[place] = done

        self._pool.submit(work)
        return known

    def close(self) -> None:
        """Let go of the storage, and compute nothing any more."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        for close in self.closing:
            close()
        with self._lock:
            if self._storage is not None:
                self._storage.close()
