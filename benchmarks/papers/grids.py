"""Dense grids: every configuration evaluated once and stored; then looked up as if it were evaluated."""

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from benchmarks.papers.experiments import Experiment

import parfocal
from parfocal.space import Space
from parfocal.tasks import TaskEvaluator
from parfocal.trials import History
from parfocal.typing import Floats


@dataclass(frozen=True)
class Table:
    """All losses of a discrete space, by level indices."""

    space: Space
    losses: Floats

    @classmethod
    def of(cls, space: Space, history: History) -> "Table":
        """Return the table of a complete history; configurations that the space forbids stay NaN."""
        losses = np.full(tuple(space.levels), np.nan)
        losses[tuple(space.indices(history.X).T)] = history.loss
        return cls(space, losses)

    @property
    def optimum(self) -> float:
        """The lowest loss."""
        return float(np.nanmin(self.losses))

    def loss(self, X: Floats) -> Floats:
        """Return the losses of rows of X ``(n,)``."""
        return self.losses[tuple(self.space.indices(X).T)]


def stored(experiment: Experiment, folder: Path) -> tuple[str, int, int, float]:
    """Evaluate the dense grid into ``folder``, as far as it is not there yet; return (name, old, new, seconds)."""
    study = study_of(experiment, folder)
    old = study.counts.finished
    start = time.perf_counter()
    study.run(len(study.space.grid()), batch=1_000)
    return experiment.name, old, study.counts.finished - old, time.perf_counter() - start


def study_of(experiment: Experiment, folder: Path) -> parfocal.Study:
    """Return the study of the dense grid in its file."""
    evaluator = TaskEvaluator(experiment.task, experiment.options)
    task = evaluator.task
    return parfocal.Study(
        task.space,
        task.objective,
        evaluator,
        optimizer="grid",
        storage=folder / f"{experiment.name}.db",
        name=f"dense grid of {experiment.name}",
    )


def coarse(table: Table, target: int) -> tuple[int, float]:
    """Return the number of points of a coarse grid of at most ``target`` points, and its lowest loss."""
    grid = table.space.grid(target)
    return len(grid), float(np.nanmin(table.loss(grid.rows())))
