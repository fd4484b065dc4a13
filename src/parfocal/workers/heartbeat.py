"""The thread that keeps a worker's leases alive while it evaluates, and shows that it lives while it rests."""

import threading
import time
from collections.abc import Iterable
from types import TracebackType

from parfocal.errors import StorageError
from parfocal.storage import Storage, WorkerRecord
from parfocal.workers.outage import BRIEF


class Heartbeat:
    """Renews the leases of the trials that are held, three times a lease; a context manager.

    Parameters
    ----------
    storage, study, worker
        Whose leases. One that was struck off while it could not be heard is entered again.
    lease
        Seconds.
    """

    def __init__(self, storage: Storage, study: int, worker: WorkerRecord, lease: float) -> None:
        self._storage, self._study, self._worker, self._lease = storage, study, worker, lease
        self._held: frozenset[int] = frozenset()
        self._lost: frozenset[int] = frozenset()
        self._lock = threading.Lock()
        self._end = threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> "Heartbeat":
        self._thread = threading.Thread(target=self._beat, name="parfocal-heartbeat", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end.set()
        if self._thread is not None:
            self._thread.join(BRIEF)

    def hold(self, numbers: Iterable[int]) -> None:
        """Say which trials are held from now on."""
        with self._lock:
            self._held, self._lost = frozenset(numbers), frozenset()

    def drop(self, numbers: Iterable[int]) -> None:
        """Say which trials are held no more."""
        with self._lock:
            self._held = self._held.difference(numbers)

    def lost(self, number: int) -> bool:
        """Whether a trial was taken away, since its lease had run out (the machine slept, or the storage was away)."""
        return number in self._lost

    def _beat(self) -> None:
        heard = time.time()  # goes on while the machine sleeps
        while not self._end.wait(self._lease / 3):
            held = self._held
            try:
                if time.time() - heard > self._lease:
                    self._storage.register(self._worker)
                owned = self._storage.heartbeat(self._study, self._worker.id, sorted(held), self._lease)
            except StorageError:
                continue  # the next beat tries again; the worker itself meets the error where it matters
            heard = time.time()
            with self._lock:
                if self._held is held:
                    self._lost = held.difference(owned)
