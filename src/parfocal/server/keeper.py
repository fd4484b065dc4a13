"""What all requests of a server share: the storage and its threads, the answers, those who wait, the numbers."""

import asyncio
import itertools
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Literal, TypeVar

from parfocal.errors import StorageError
from parfocal.server.answers import Answers
from parfocal.server.metrics import Metrics
from parfocal.server.watches import Watches
from parfocal.storage import MemoryStorage, Storage
from parfocal.storage.records import StudyState

T = TypeVar("T")
Kind = Literal["memory", "sqlite", "postgresql", "other"]

_READERS = 8
_WRITERS: dict[Kind, int] = {"memory": 1, "sqlite": 1, "postgresql": 8, "other": 1}
"""Threads that write: writers of a file wait for each other anyway, in good order only in a queue of this process."""
_LABELS = 100


class Keeper:
    """Keeps the storage of a server; its coroutines belong to the server's event loop.

    Those who wait sleep in the event loop, not in a thread, so that they never keep anybody from claiming.

    Parameters
    ----------
    storage
        Where the studies are.
    """

    def __init__(self, storage: Storage) -> None:
        self.storage = storage
        self.kind = kind_of(storage)
        self.answers = Answers()
        self.watches = Watches(self._state)
        self.metrics = Metrics(self)
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="parfocal-read")
        self._writers = ThreadPoolExecutor(_WRITERS[self.kind], thread_name_prefix="parfocal-write")
        self._names: dict[int, str] = {}
        self._lock = threading.Lock()

    async def read(self, work: Callable[[Storage], T]) -> T:
        """Return what ``work`` reads, in a thread."""
        return await self._run(self._readers, work)

    async def write(self, work: Callable[[Storage], T]) -> T:
        """Return what ``work`` changes, in a thread; where that is best in the order of the calls."""
        return await self._run(self._writers, work)

    async def _run(self, pool: ThreadPoolExecutor, work: Callable[[Storage], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(pool, work, self.storage)

    async def _state(self, study: int) -> StudyState:
        return await self.read(lambda storage: storage.state(study))

    def name(self, study: int) -> str:
        """Return a study's name for a metric; for the first hundred studies only, so that there is an end to them.

        It may read the storage, so call it from a thread.
        """
        with self._lock:
            if study not in self._names and len(self._names) < _LABELS:
                for record in itertools.islice(self.storage.studies(), _LABELS):
                    self._names.setdefault(record.id, record.name)
            return self._names.get(study, "(other)")

    def named(self) -> dict[int, str]:
        """Return the studies that exist and have a name in metrics."""
        return {record.id: record.name for record in self.storage.studies() if self.name(record.id) == record.name}

    def close(self) -> None:
        """Finish what is at work, and close the storage."""
        for pool in (self._writers, self._readers):
            pool.shutdown(wait=True, cancel_futures=True)
        self.storage.close()


def kind_of(storage: Storage) -> Kind:
    """Return what keeps the studies."""
    if isinstance(storage, MemoryStorage):
        return "memory"
    scheme = storage.url.partition(":")[0]
    kinds: dict[str, Kind] = {"sqlite": "sqlite", "postgresql": "postgresql", "postgres": "postgresql"}
    return kinds.get(scheme, "other")


def of_database(error: Exception) -> bool:
    """Whether an error says that the database failed, not that somebody asked for what does not exist."""
    return isinstance(error, StorageError) and error.__cause__ is not None


__all__ = ["Keeper", "Kind", "kind_of", "of_database"]
