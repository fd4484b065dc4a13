"""A storage that does not answer: who works waits for it, who leaves does not."""

import math
import threading
import time
from collections.abc import Callable
from contextlib import suppress
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


def hurry_on(stop: Stop, storage: Storage) -> None:
    """Let a storage that does not answer give up at once when someone asks to stop, if it can."""
    hurry = getattr(storage, "hurry", None)
    if hurry is not None:
        stop.then(hurry)


__all__ = ["BRIEF", "PATIENCE", "briefly", "hurry_on", "insist"]
