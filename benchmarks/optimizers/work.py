"""The work of one process: it makes each task once, keeps each peer's process alive, and plays runs."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from benchmarks.optimizers.peers.process import Peer, PeerError, Process
from benchmarks.optimizers.peers.table import OPTIMIZERS, Package
from benchmarks.optimizers.runs import Own, Run, play
from benchmarks.optimizers.task import Task
from benchmarks.optimizers.tasks import table

import parfocal
from parfocal.optimizers import propose
from parfocal.seeds import generator
from parfocal.space import Float, Space
from parfocal.trials import History, State


@dataclass(frozen=True)
class Folders:
    """Where grids, results and virtual environments are."""

    grids: Path
    out: Path
    venvs: Path


@dataclass(frozen=True)
class Job:
    """One run to be done."""

    task: str
    optimizer: str
    seed: int


@cache
def task_of(name: str, folders: Folders) -> tuple[Task, str]:
    """Return a task and its fingerprint; raises Missing."""
    task = table.make(name, folders.grids, folders.out)
    return task, task.fingerprint()


_PROCESSES: dict[str, Process] = {}


def _process(package: Package, folders: Folders) -> Process:
    if package.name not in _PROCESSES:
        _PROCESSES[package.name] = Process(package, folders.venvs)
    return _PROCESSES[package.name]


@cache
def _warmed(optimizer: str) -> None:
    """Ask once on a toy space, so that imports and compilation are not timed."""
    space = Space({"x": Float(0.0, 1.0), "y": Float(0.0, 1.0)})
    rows = space.sample(25, np.random.default_rng(0))
    history = History(2)
    history.append(rows)
    history.tell(np.arange(25), np.full(25, State.COMPLETE), rows.sum(axis=1))
    propose(space, optimizer, history, 1, seed=0)


def work(job: Job, folders: Folders) -> Run:
    """Return the finished run of a job."""
    task, fingerprint = task_of(job.task, folders)
    rows = task.initial(job.seed)
    losses = task.loss(rows)
    if job.optimizer not in OPTIMIZERS:
        _warmed(job.optimizer)
        version, played = (
            parfocal.__version__,
            play(task, Own.start(task, job.optimizer, job.seed, rows, losses), losses),
        )
    else:
        package = OPTIMIZERS[job.optimizer]
        seed = int(generator(job.seed, "peer", job.optimizer).integers(2**31 - 1))
        try:
            process = _process(package, folders)
            peer = Peer.start(process, task, job.optimizer, seed, rows, losses)
            version, played = process.version, play(task, peer, losses)
        except PeerError:
            if package.name in _PROCESSES:
                _PROCESSES.pop(package.name).close()
            raise
    return Run(task.name, fingerprint, job.optimizer, job.seed, version, *played)
