"""Development tasks: the stored dense grids of the paper's experiments, replayed."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
from benchmarks.optimizers.task import Task
from benchmarks.optimizers.tasks.missing import Missing
from benchmarks.papers.experiments import EXPERIMENTS, Experiment
from benchmarks.papers.grids import Table, study_of

from parfocal.space import Space

EVALUATIONS = {"nuclei": 200, "nuclei-5": 200, "spots": 300, "spots-background": 500}


def grid_task(name: str, folder: Path) -> Task:
    """Return the task of one stored grid."""
    experiment = next(each for each in EXPERIMENTS if each.name == name)
    table = _table(replace(experiment, evaluations=EVALUATIONS[name]), folder)
    if np.isfinite(table.losses).sum() < table.space.size:
        raise Missing(f"{name}: its dense grid is not (completely) in {folder}: run python -m benchmarks.papers first.")
    return Task(name, experiment.title, "development", table.space, table.loss, EVALUATIONS[name], table.optimum)


def _table(experiment: Experiment, folder: Path) -> Table:
    """Return the table from the study's file, or from a copy beside it that reads faster."""
    losses, space = folder / f"{experiment.name}.npy", folder / f"{experiment.name}.json"
    if losses.exists() and space.exists():
        return Table(Space.from_dict(json.loads(space.read_text())), np.load(losses))
    if not (folder / f"{experiment.name}.db").exists():
        raise Missing(
            f"{experiment.name}: there is no {experiment.name}.db in {folder}: run python -m benchmarks.papers."
        )
    study = study_of(experiment, folder)
    return Table.of(study.space, study.history)
