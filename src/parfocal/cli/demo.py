"""`parfocal demo`: the main job on real images, from a ready task to a report."""

import shlex
import sys
from pathlib import Path

from parfocal.cli.run import search
from parfocal.cli.show import best_lines
from parfocal.cli.targets import workers_of
from parfocal.report import held_out, report_of
from parfocal.study import Study
from parfocal.tasks import TaskEvaluator

BUDGET = 200


def run_demo(
    name: str, folder: Path, budget: int | None, optimizer: str, workers: str | None, seed: int, quiet: bool
) -> None:
    """Tune a ready task, compare the best with the default on images that the search never saw, write the report."""
    evaluator = TaskEvaluator(name)
    task = evaluator.task
    print(f"{task.title}. Images to tune on: {len(task.train)}; held out: {len(task.held_out)}.", file=sys.stderr)
    folder.mkdir(parents=True, exist_ok=True)
    study = Study(
        task.space,
        task.objective,
        evaluator,
        optimizer=optimizer,
        storage=folder / f"{name}.db",
        name=f"{name}-{optimizer}-{seed}",
        seed=seed,
        default=task.default,
        isolation="process",
    )
    options = {"folder": folder, "optimizer": optimizer, "seed": seed, "budget": budget}
    given = [word for key, value in options.items() if value is not None for word in (f"--{key}", str(value))]
    command = shlex.join(["parfocal", "demo", name, *given])
    search(study, budget or BUDGET, workers_of(workers), quiet, command)
    for line in best_lines(study):
        print(line)
    unseen = held_out(study)
    if unseen is not None:
        print(unseen)
    print(f"Report: {report_of(study, folder / 'report.html', command=command)}")
