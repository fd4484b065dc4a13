"""The paper's figures: convergence, loss surfaces with the starred optimum and trails, overlays of default and best."""

from pathlib import Path

from benchmarks.papers.experiments import Experiment
from benchmarks.papers.replay import Replayed

import parfocal
from parfocal.analysis import convergence, pairs, rows_of, surface, trails
from parfocal.plots import convergence as convergence_plot
from parfocal.plots import printed
from parfocal.plots import surface as surface_plot
from parfocal.tasks import Task

SHOWN = ("random", "smac-rf")
"""Optimizers whose best runs leave a trail, as in the paper's Figure 7."""


def draw(
    experiment: Experiment, study: parfocal.Study, task: Task, runs: dict[str, list[Replayed]], folder: Path
) -> None:
    """Write the figures of one experiment into ``folder``."""
    name, objective = experiment.name, study.objective
    histories = {optimizer: [run.history() for run in group] for optimizer, group in runs.items()}
    tables = convergence(histories, objective)
    curves = convergence_plot.printed(tables, objective.label, warmup=20, width="two")
    # nearly all happens in the first hundreds of evaluations and in the last hundredths of the score
    curves.axes[0].set_xscale("log")
    curves.axes[0].set_xlim(10, experiment.evaluations)
    curves.axes[0].set_ylim(bottom=min(table.mean[19] for table in tables))
    printed.save(curves, folder, f"{name}_convergence", ("png", "pdf"))
    names = [column for column in study.space.columns if column not in ("initialization", "feature")]
    shown = {optimizer: group for optimizer, group in histories.items() if optimizer in SHOWN}
    for x, y in pairs(names) if len(names) <= 3 else [("sigma_gauss", "solidity"), ("area_min", "area_max")]:
        table = surface(study.space, study.history, objective, x, y)
        drawn = trails(shown, objective, rows_of(study.space, shown), table) if len(names) == 2 else ()
        figure = surface_plot.printed(table, objective.label, [trail for trail in drawn if trail.leading])
        printed.save(figure, folder, f"{name}_{x}_{y}", ("png", "pdf"))
    both = {"default": task.default, "best": study.best.configuration}
    task.compare(both, folder / f"{name}_overlay.png")
