"""A storage that does not answer: who works waits for it, who leaves does not."""

import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TypeVar

from parfocal.errors import StorageError, StorageUnavailable
from parfocal.evaluation import Stop
from parfocal.storage import Storage

T = TypeVar("T")
PATIENCE = 600.0
"""Seconds to wait for a storage that does not answer, beyond the storage's own patience."""
BRIEF = 2.0
"""Seconds that the last calls of one who leaves may take."""
_LONGEST = 30.0  # s between two attempts
_SOON = 0.5  # s


def insist(call: Callable[[], T], stop: Stop) -> T:
    """Call the storage; while it does not answer, go on until it does, someone asks to stop, or patience ends."""
    deadline, pause = math.inf, 0.1
    while True:
        try:
            return call()
        except StorageUnavailable:
            deadline = min(deadline, time.monotonic() + PATIENCE)
            if time.monotonic() >= deadline or stop.wait(pause):
                raise
            pause = min(2 * pause, _LONGEST)


def briefly(*calls: Callable[[], object]) -> None:
    """Make the last calls to a storage, each once and for some seconds in all: what they give back ends by itself."""

    def run() -> None:
        for call in calls:
            with suppress(StorageError):
                call()

    thread = threading.Thread(target=run, name="parfocal-leave", daemon=True)
    thread.start()
    thread.join(BRIEF)


@contextmanager
def hurrying(stop: Stop, storage: Storage) -> Iterator[None]:
    """Let a storage that does not answer give up soon when someone asks to stop within this context."""
    hurry: Callable[[], None] | None = getattr(storage, "hurry", None)
    end = threading.Event()

    def watch(hurry: Callable[[], None]) -> None:
        while not end.wait(_SOON):
            if stop.is_set() and not end.wait(_SOON):  # one that answers needs no hurry, and may be used again
                hurry()
                return

    if hurry is not None:
        threading.Thread(target=watch, args=(hurry,), name="parfocal-hurry", daemon=True).start()
    try:
        yield
    finally:
        end.set()


__all__ = ["BRIEF", "PATIENCE", "briefly", "hurrying", "insist"]
