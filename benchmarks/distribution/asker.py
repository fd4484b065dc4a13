"""What the one who asks needs for a large study: seconds to load and to ask, and memory, in a process of its own."""

import multiprocessing
import resource
import time
from typing import Any

from benchmarks.distribution import drive
from benchmarks.pipeline import SPACE

from parfocal.optimizers import propose
from parfocal.storage import open_storage

_SPAWN = multiprocessing.get_context("spawn")


def needs(url: str, name: str, optimizer: str) -> tuple[float, float, float]:
    """Return the seconds to load the history, the seconds of the first ask, and the largest memory (MiB)."""
    queue = _SPAWN.Queue()
    process = _SPAWN.Process(target=_ask, args=(url, name, optimizer, queue))
    process.start()
    found: tuple[float, float, float] = queue.get(timeout=600)
    process.join()
    return found


def _ask(url: str, name: str, optimizer: str, queue: Any) -> None:
    storage = open_storage(url)
    start = time.perf_counter()
    history = drive.history_of(storage, name)
    loaded = time.perf_counter()
    propose(SPACE, optimizer, history, 1)
    asked = time.perf_counter()
    storage.close()
    queue.put((loaded - start, asked - loaded, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024))
