"""A discrete-event simulation of a study on one server: many workers, one asker, and a database with few cores.

What it knows: how long an evaluation takes (log-normal), what each call costs the server, that reports of one study
hold its row while they commit, and what an ask costs by its size. What comes out: how busy workers and all others are.
"""

import heapq
import itertools
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Model:
    """Seconds of each thing.

    Attributes
    ----------
    workers
        Processes that evaluate one trial at a time.
    evaluation, spread
        Mean of an evaluation, and its standard deviation as a share of the mean (log-normal).
    cores
        Of the server.
    claim, report, heartbeat, add, state
        Of one core of the server, a call.
    locked
        During which a report holds the study's row: the next one waits for it.
    network
        From worker to server and back, and what the client itself does for a call.
    ask, each
        Of an ask: for itself, and for each of its trials.
    lease
        A heartbeat comes three times a lease.
    ahead
        Trials that wait for a worker, at most; the asker fills up to it.
    batch
        Trials that a worker claims and reports at once.
    """

    workers: int
    evaluation: float
    spread: float = 0.5
    cores: int = 4
    claim: float = 0.35e-3
    report: float = 0.45e-3
    heartbeat: float = 0.25e-3
    add: float = 0.15e-3
    state: float = 0.3e-3
    locked: float = 0.25e-3
    network: float = 1e-3
    ask: float = 10e-3
    each: float = 3e-3
    lease: float = 60.0
    ahead: int = 0
    batch: int = 1


@dataclass
class Result:
    """What came out.

    Attributes
    ----------
    finished
        Trials.
    seconds
        Simulated, after the beginning was cut off.
    busy
        Share of the workers' time that went into evaluations.
    server, row, asker
        Shares of time in which the server's cores, the study's row and the asker are busy.
    """

    finished: int = 0
    seconds: float = 0.0
    busy: float = 0.0
    server: float = 0.0
    row: float = 0.0
    asker: float = 0.0

    @property
    def rate(self) -> float:
        """Trials a second."""
        return self.finished / self.seconds

    @property
    def bottleneck(self) -> str:
        """What would give way first: the busiest of what all share."""
        shares = {"server": self.server, "row of the study": self.row, "asker": self.asker}
        return max(shares, key=lambda name: shares[name])


class _Station:
    """Some servers before one queue; first come, first served."""

    def __init__(self, world: "_World", servers: int) -> None:
        self._world, self._free = world, servers
        self._servers = servers
        self._queue: deque[tuple[float, Callable[[], None]]] = deque()
        self.worked = 0.0

    def serve(self, seconds: float, then: Callable[[], None]) -> None:
        self._queue.append((seconds, then))
        self._next()

    def _next(self) -> None:
        while self._free and self._queue:
            seconds, then = self._queue.popleft()
            self._free -= 1
            self.worked += seconds

            def done(then: Callable[[], None] = then) -> None:
                self._free += 1
                then()
                self._next()

            self._world.after(seconds, done)

    def share(self, seconds: float, before: float) -> float:
        return (self.worked - before) / (seconds * self._servers)


@dataclass
class _World:
    """Events in the order of their time."""

    now: float = 0.0
    events: list[tuple[float, int, Callable[[], None]]] = field(default_factory=list)
    counter: Any = field(default_factory=itertools.count)

    def after(self, seconds: float, then: Callable[[], None]) -> None:
        heapq.heappush(self.events, (self.now + seconds, next(self.counter), then))

    def run(self, until: float) -> None:
        while self.events and self.events[0][0] <= until:
            self.now, _, then = heapq.heappop(self.events)
            then()
        self.now = until


def simulate(model: Model, seconds: float, seed: int = 0) -> Result:
    """Return what comes of ``seconds`` of a study, after as many seconds again in which it has come into its stride."""
    rng = np.random.default_rng(seed)
    world = _World()
    server, row = _Station(world, model.cores), _Station(world, 1)
    sigma = np.sqrt(np.log(1 + model.spread**2))
    mu = np.log(max(model.evaluation, 1e-12)) - sigma**2 / 2
    drawn = iter(())

    def duration() -> float:
        nonlocal drawn
        if model.evaluation == 0:
            return 0.0
        value = next(drawn, None)
        if value is None:
            drawn = iter(np.exp(rng.normal(mu, sigma, 4096)).tolist())
            value = next(drawn)
        return float(value)

    waiting, idle = 0, deque[Callable[[], None]]()
    finished, evaluated, asking, asked = 0, 0.0, False, 0.0
    ahead = model.ahead or 2 * model.workers

    def worker() -> None:
        def claim() -> None:
            nonlocal waiting
            if not waiting:
                idle.append(claim)
                ask()
                return
            count = min(model.batch, waiting)
            waiting -= count
            server.serve(model.claim, lambda: world.after(model.network, lambda: evaluate(count)))
            ask()

        def evaluate(count: int) -> None:
            nonlocal evaluated
            took = sum(duration() for _ in range(count))
            evaluated += took
            for beat in range(int(took / (model.lease / 3))):
                world.after((beat + 1) * model.lease / 3, lambda: server.serve(model.heartbeat, _nothing))
            world.after(took, lambda: report(count))

        def report(count: int) -> None:
            def commit() -> None:
                row.serve(model.locked, done)

            def done() -> None:
                nonlocal finished
                finished += count
                world.after(model.network, claim)

            server.serve(model.report, commit)

        claim()

    def ask() -> None:
        nonlocal asking, asked
        wanted = ahead - waiting
        if asking or (wanted < max(1, len(idle)) and waiting):
            return
        asking = True
        took = model.ask + model.each * wanted
        asked += took

        def store() -> None:
            server.serve(model.state + model.add * wanted, arrive)

        def arrive() -> None:
            nonlocal asking, waiting
            asking = False
            waiting += wanted
            for _ in range(min(len(idle), wanted)):
                world.after(model.network, idle.popleft())
            ask()

        world.after(took, store)

    for _ in range(model.workers):
        world.after(rng.uniform(0, max(model.evaluation, 1e-3)), worker)
    world.run(seconds)
    before = (finished, evaluated, server.worked, row.worked, asked)
    world.run(2 * seconds)
    return Result(
        finished - before[0],
        seconds,
        (evaluated - before[1]) / (seconds * model.workers),
        server.share(seconds, before[2]),
        row.share(seconds, before[3]),
        (asked - before[4]) / seconds,
    )


def _nothing() -> None:
    pass
