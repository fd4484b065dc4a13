"""What each operation of a study costs on a PostgreSQL server: of the server's time, and of the client's."""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import psutil
from benchmarks.distribution.drive import filled
from benchmarks.pipeline import SPACE

from parfocal.optimizers import propose
from parfocal.seeds import generator
from parfocal.storage import Storage, WorkerRecord
from parfocal.trials import History, Outcome, State

OUTCOME = Outcome.complete({"loss": 0.0, "precision": 0.5, "recall": 0.5}, runtime=1.0)


@dataclass(frozen=True)
class Cost:
    """Seconds of one call, a trial each unless it says otherwise.

    Attributes
    ----------
    wall
        As the client waits, alone.
    server, client
        Of a core.
    """

    wall: float
    server: float
    client: float


@contextmanager
def _measured(server: psutil.Process, n: int, into: list[Cost]) -> Iterator[None]:
    def spent() -> float:
        return sum(sum(child.cpu_times()[:2]) for child in server.children())

    wall, client, before = time.perf_counter(), time.process_time(), spent()
    yield
    wall, client = time.perf_counter() - wall, time.process_time() - client
    into.append(Cost(wall / n, (spent() - before) / n, client / n))


def operations(storage: Storage, server: int, n: int = 3_000) -> dict[str, Cost]:
    """Return the cost of each call of a worker and of the asker, one client at a time."""
    process = psutil.Process(server)
    study, _ = filled(storage, "costs", 4 * n)
    storage.register(WorkerRecord("w", "host", 1, 0.0, study=study))
    costs: dict[str, list[Cost]] = {}

    def each(name: str, calls: int, call: Callable[[int], object]) -> None:
        for number in range(20):
            call(number)
        with _measured(process, calls, costs.setdefault(name, [])):
            for number in range(calls):
                call(number)

    claimed: list[tuple[int, int]] = []
    each("claim", n, lambda _: claimed.extend((t.number, t.attempts) for t in storage.claim(study, "w")))
    each("heartbeat", n // 3, lambda i: storage.heartbeat(study, "w", [claimed[i][0]]))
    each("report", n, lambda _: storage.report(study, "w", [(*claimed.pop(), OUTCOME, 0.0)]))
    each("state", n // 3, lambda _: storage.state(study))
    each("changes, nothing new", n // 3, lambda _: storage.changes(study, 10**9))
    configurations = SPACE.decode(SPACE.sample(100, generator(0, "costs")))
    each("add", n // 3, lambda _: storage.add(study, configurations[:1], [0]))
    with _measured(process, 100 * 30, costs.setdefault("add, of 100", [])):
        for _ in range(30):
            storage.add(study, configurations, range(100))
    with _measured(process, 20 * 64, costs.setdefault("claim, of 64", [])):
        batches = [storage.claim(study, "w", 64) for _ in range(20)]
    with _measured(process, 20 * 64, costs.setdefault("report, of 64", [])):
        for batch in batches:
            storage.report(study, "w", [(t.number, t.attempts, OUTCOME, 0.0) for t in batch])
    return {name: found[0] for name, found in costs.items()}


def asks(optimizer: str, trials: int, sizes: tuple[int, ...] = (1, 8, 64)) -> dict[int, float]:
    """Return seconds of an ask of so many trials at once, with a history of ``trials`` results."""
    history = History(SPACE.dimension, trials)
    X = SPACE.sample(trials, generator(0, "history"))
    history.append(X)
    loss = np.nansum((X - 0.3) ** 2, axis=1)
    history.tell(np.arange(trials), State.COMPLETE, loss, runtime=1.0)
    found = {}
    for size in sizes:
        propose(SPACE, optimizer, history, size, warmup=0)
        start = time.perf_counter()
        for repeat in range(3):
            number = len(history)
            propose(SPACE, optimizer, history, size, warmup=0).enter(history)
            history.tell(np.arange(number, len(history)), State.COMPLETE, np.full(len(history) - number, 0.5 + repeat))
        found[size] = (time.perf_counter() - start) / 3
    return found


def wake_seconds(storage: Storage, other: Storage, n: int = 30) -> float:
    """Return the median seconds from a new trial to its claim by a worker that slept."""
    import threading

    study = storage.create_study("wake", {}).id
    found = []
    for number in range(n):
        woken: list[float] = []

        def sleep(woken: list[float] = woken) -> None:
            other.wait_for_work(study, 30)
            other.claim(study, "w")
            woken.append(time.perf_counter())

        thread = threading.Thread(target=sleep)
        thread.start()
        time.sleep(0.05)
        start = time.perf_counter()
        storage.add(study, [{"x": number}], [number])
        thread.join()
        found.append(woken[0] - start)
    return float(np.median(found)) if found else math.nan
