"""Experiments 1 to 3 of the HyperHyper paper on parfocal's own images.

    python -m benchmarks.papers             all of it
    python -m benchmarks.papers --quick     without experiment 3, two runs, fewer evaluations

Evaluates the dense grids (17,388, 35,000 and 175,000 configurations) into one SQLite file each, continuing what is
there; then runs every optimizer of the paper's Table 2 on the stored grids, and prints the paper's Tables 3 to 5.
"""

import argparse
import multiprocessing
import os
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import replace
from pathlib import Path

from benchmarks.papers import figures, grids, printing
from benchmarks.papers.experiments import EXPERIMENTS, OPTIMIZERS, Experiment
from benchmarks.papers.replay import Replayed, one_run

from parfocal.tasks import TaskEvaluator


def report(experiment: Experiment, folder: Path, runs: dict[str, list[Replayed]]) -> None:
    """Print the table of one experiment and write its figures."""
    study = grids.study_of(experiment, folder)
    dense = grids.Table.of(study.space, study.history)
    task = TaskEvaluator(experiment.task, experiment.options).task
    evaluations = max(run.evaluations for group in runs.values() for run in group)
    points, loss = grids.coarse(dense, evaluations)
    size = len(study.history)
    rows = [("coarse grid", points, loss), ("dense grid", size, dense.optimum)]
    metric = study.objective.metric
    default = task.evaluate(task.default).metrics[metric]
    print(f"\n{printing.table(experiment, study.objective, runs, rows, default)}")
    best = study.best.configuration
    print(
        f"best of the dense grid: {dict(best)}; held-out images: {metric} {task.test(best).metrics[metric]:.3f}, ",
        end="",
    )
    print(f"with the default configuration {task.test(task.default).metrics[metric]:.3f}", flush=True)
    figures.draw(experiment, study, task, runs, folder)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="without experiment 3, two runs, fewer evaluations")
    parser.add_argument("--runs", type=int, help="runs of each optimizer (default 10)")
    parser.add_argument("--processes", type=int, default=2, help="processes (default 2)")
    parser.add_argument("--folder", type=Path, default=Path("results/papers"), help="where grids and figures are kept")
    parser.add_argument("--only", nargs="+", choices=[each.name for each in EXPERIMENTS], help="some experiments only")
    parser.add_argument("--optimizers", nargs="+", default=list(OPTIMIZERS), help="names or compositions")
    options = parser.parse_args()
    runs = options.runs or (2 if options.quick else 10)
    chosen = [each for each in EXPERIMENTS if each.name in (options.only or [one.name for one in EXPERIMENTS])]
    if options.quick:
        chosen = [replace(each, evaluations=max(each.evaluations // 10, 100)) for each in chosen[:3]]
    options.folder.mkdir(parents=True, exist_ok=True)
    os.environ["OMP_NUM_THREADS"] = "1"  # inherited by the processes
    start = time.perf_counter()
    with ProcessPoolExecutor(options.processes, mp_context=multiprocessing.get_context("spawn")) as pool:
        print("Dense grids, evaluated and stored", flush=True)
        for done in as_completed([pool.submit(grids.stored, each, options.folder) for each in reversed(chosen)]):
            name, old, new, seconds = done.result()
            cost = f"{seconds:.0f} s, {seconds / new * 1e3:.2f} ms a trial" if new else "nothing to do"
            print(f"  {name:<18}{old:>9,} trials found, {new:>9,} new: {cost}", flush=True)
        waiting = [
            [
                pool.submit(one_run, each, options.folder, name, seed)
                for name in options.optimizers
                for seed in range(runs)
            ]
            for each in chosen
        ]
        for each, futures in zip(chosen, waiting, strict=True):
            found: dict[str, list[Replayed]] = {name: [] for name in options.optimizers}
            for future in futures:
                run = future.result()
                found[run.optimizer].append(run)
            report(each, options.folder, found)
    print(f"\n{time.perf_counter() - start:.0f} s in all; grids and figures are in {options.folder}")


if __name__ == "__main__":
    main()
