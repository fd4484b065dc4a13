"""Runs of optimizers on a stored grid: what would have been evaluated is looked up."""

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from benchmarks.papers.experiments import Experiment
from benchmarks.papers.grids import Table, study_of

from parfocal.optimizers import propose
from parfocal.trials import History, State
from parfocal.typing import Floats


@dataclass(frozen=True)
class Replayed:
    """One run; its history is given as arrays, so that it can travel between processes."""

    experiment: str
    optimizer: str
    seed: int
    X: Floats
    loss: Floats
    evaluations: int
    seconds: float

    def history(self) -> History:
        """Return the run as a history."""
        history = History(self.X.shape[1], len(self.X))
        history.append(self.X)
        history.tell(np.arange(len(self.X)), np.full(len(self.X), State.COMPLETE), self.loss)
        return history

    def reached(self, optimum: float) -> int | None:
        """Return the evaluation (1-based) that reached the optimum, or None."""
        hits = np.flatnonzero(self.loss <= optimum)
        return int(hits[0]) + 1 if len(hits) else None


def replay(table: Table, optimizer: str, seed: int, evaluations: int, batch: int, warmup: int = 20) -> History:
    """Return the history of one run; it ends early where the optimum of the grid is found, for nothing can beat it."""
    history = History(table.space.dimension, evaluations)
    optimum = table.optimum
    while len(history) < evaluations:
        n = min(batch, evaluations - len(history))
        proposal = propose(table.space, optimizer, history, n, seed=seed, warmup=warmup)
        rows = proposal.enter(history)
        loss = table.loss(proposal.X)
        history.tell(np.arange(rows.start, rows.stop), np.full(len(loss), State.COMPLETE), loss)
        if loss.min() <= optimum and len(history) >= warmup:
            break
    return history


_TABLES: dict[tuple[str, Path], Table] = {}


def one_run(experiment: Experiment, folder: Path, optimizer: str, seed: int) -> Replayed:
    """Run one optimizer once on a stored grid; every process reads a grid once."""
    key = experiment.name, folder
    if key not in _TABLES:
        study = study_of(experiment, folder)
        _TABLES[key] = Table.of(study.space, study.history)
    start = time.perf_counter()
    history = replay(_TABLES[key], optimizer, seed, experiment.evaluations, experiment.batch)
    seconds = time.perf_counter() - start
    return Replayed(experiment.name, optimizer, seed, history.X.copy(), history.loss.copy(), len(history), seconds)
