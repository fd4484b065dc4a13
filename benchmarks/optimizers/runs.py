"""One run: the shared initial trials, then ask, evaluate, tell until the evaluations are spent."""

import time
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

import numpy as np
from benchmarks.optimizers.task import Task

from parfocal.errors import SpaceExhausted
from parfocal.optimizers import propose
from parfocal.space import Space
from parfocal.trials import History, State
from parfocal.typing import Floats

PATIENCE = 20
"""Rejections in a row after which each further one counts as an evaluation."""


class Player(Protocol):
    """An optimizer in the middle of a run."""

    def ask(self) -> Floats | None:
        """Return the next row ``(d,)``, or None when there is no further one."""
        ...

    def tell(self, row: Floats, loss: float, failed: bool) -> None:
        """Take the loss of the row that was asked for."""
        ...

    @property
    def spent(self) -> tuple[float, float]:
        """CPU and wall seconds that were spent in asks and tells so far."""
        ...


@dataclass(frozen=True)
class Run:
    """One run as it is stored.

    Attributes
    ----------
    task, fingerprint, optimizer, seed : str, str, str, int
        What ran on what.
    version : str
        Version of the package of the optimizer.
    losses : list of float
        In the order of evaluation, the initial ones first; short when the optimum was reached.
    cpu, wall : list of float
        Milliseconds of each ask and the tell after it, one for each evaluation after the initial ones.
    rejected : int
        Configurations that broke a constraint.
    """

    task: str
    fingerprint: str
    optimizer: str
    seed: int
    version: str
    losses: list[float]
    cpu: list[float]
    wall: list[float]
    rejected: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Return plain values."""
        return asdict(self)


def play(task: Task, player: Player, losses: Floats) -> tuple[list[float], list[float], list[float], int]:
    """Return (losses, CPU ms, wall ms, rejected) of a run that starts with the ``losses`` of the initial rows.

    A configuration that breaks a constraint is not evaluated and is told as failed, with the worst loss so far for
    peers that know no failures. It does not count as an evaluation, unless it is one of many in a row.
    """
    seen = [float(loss) for loss in losses]
    cpu, wall = [], []
    rejected = in_a_row = 0
    before = player.spent
    while len(seen) < task.evaluations and not (task.optimum is not None and min(seen) <= task.optimum):
        row = player.ask()
        if row is None:
            break
        if not task.space.feasible(row[None, :])[0]:
            rejected, in_a_row = rejected + 1, in_a_row + 1
            player.tell(row, max(seen), True)
            if in_a_row <= PATIENCE:
                continue
            seen.append(max(seen))
        else:
            in_a_row = 0
            seen.append(float(task.loss(row[None, :])[0]))
            player.tell(row, seen[-1], False)
        after = player.spent
        cpu.append(round((after[0] - before[0]) * 1e3, 3))
        wall.append(round((after[1] - before[1]) * 1e3, 3))
        before = after
    return seen, cpu, wall, rejected


@dataclass
class Own:
    """An optimizer of parfocal, by name or composition, in this process."""

    space: Space
    optimizer: str
    seed: int
    history: History
    _spent: list[float] = field(default_factory=lambda: [0.0, 0.0])

    @classmethod
    def start(cls, task: Task, optimizer: str, seed: int, rows: Floats, losses: Floats) -> "Own":
        """Return the optimizer with the initial trials told."""
        history = History(task.space.dimension)
        history.append(rows)
        history.tell(np.arange(len(rows)), np.full(len(rows), State.COMPLETE), losses)
        return cls(task.space, optimizer, seed, history)

    @property
    def spent(self) -> tuple[float, float]:
        """CPU and wall seconds that were spent in asks and tells so far."""
        return self._spent[0], self._spent[1]

    def ask(self) -> Floats | None:
        """Return the next row, or None when a discrete space is exhausted."""
        start = time.process_time(), time.perf_counter()
        try:
            proposal = propose(self.space, self.optimizer, self.history, 1, seed=self.seed)
        except SpaceExhausted:
            return None
        proposal.enter(self.history)
        self._add(start)
        return np.asarray(proposal.X[0])

    def tell(self, row: Floats, loss: float, failed: bool) -> None:
        """Take a loss; rows of parfocal satisfy the constraints, so that nothing fails here."""
        start = time.process_time(), time.perf_counter()
        self.history.tell([len(self.history) - 1], [State.COMPLETE], [loss])
        self._add(start)

    def _add(self, start: tuple[float, float]) -> None:
        self._spent[0] += time.process_time() - start[0]
        self._spent[1] += time.perf_counter() - start[1]
