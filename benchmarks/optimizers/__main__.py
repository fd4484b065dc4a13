"""parfocal's optimizers beside those of other packages, on the same tasks with the same first 20 trials.

    python -m benchmarks.optimizers                                   everything that is installed and stored
    python -m benchmarks.optimizers --quick                           a few tasks, two runs, no peer
    python -m benchmarks.optimizers --half test --optimizers smac-rf optuna-tpe --seeds 20 optuna-gp=10
    python -m benchmarks.optimizers --report                          print what is stored, run nothing

Each peer lives in a virtual environment of its own, made on first use. Runs are appended to ``runs.jsonl`` in the
folder of results as they end; a stopped comparison goes on where it was.
"""

import argparse
import multiprocessing
import os
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

from benchmarks.optimizers import store
from benchmarks.optimizers.peers.process import PeerError, install
from benchmarks.optimizers.peers.table import OPTIMIZERS
from benchmarks.optimizers.report import report
from benchmarks.optimizers.task import Task
from benchmarks.optimizers.tasks import table
from benchmarks.optimizers.tasks.missing import Missing
from benchmarks.optimizers.work import Folders, Job, task_of, work

from parfocal.optimizers.zoo import DEFAULT

OURS = tuple(dict.fromkeys((DEFAULT, "smac-rf", "smac-xgboost", "tpe", "cma-es", "random")))
"""What is compared when nothing else is asked for, the default optimizer first."""
QUICK = ("synthetic-branin", "synthetic-mixed", "synthetic-letters")


def parsed() -> argparse.Namespace:
    """Return the options of the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", nargs="+", choices=list(table.halves()), metavar="TASK", help="some tasks only")
    parser.add_argument("--half", choices=("development", "test", "all"), default="all", help="which tasks")
    parser.add_argument("--optimizers", nargs="+", default=[*OURS, *OPTIMIZERS], help="zoo names, compositions, peers")
    parser.add_argument("--seeds", nargs="+", default=["20"], metavar="N or NAME=N", help="runs, for all or for one")
    parser.add_argument("--processes", type=int, default=2, help="processes (default 2)")
    parser.add_argument("--folder", type=Path, default=Path("results/papers"), help="where the dense grids are")
    parser.add_argument("--out", type=Path, default=Path("results/optimizers"), help="where runs and figures are kept")
    parser.add_argument("--venvs", type=Path, help="where the peers' environments are (default: OUT/venvs)")
    parser.add_argument("--again", action="store_true", help="repeat stored runs, which they replace")
    parser.add_argument("--report", action="store_true", help="print what is stored and run nothing")
    parser.add_argument("--no-report", action="store_true", help="run only")
    parser.add_argument("--quick", action="store_true", help="a few tasks and two runs of parfocal's own")
    return parser.parse_args()


def runs_of(counts: list[str], optimizers: list[str]) -> dict[str, int]:
    """Return the number of runs of each optimizer, from ``["20", "optuna-gp=10"]``."""
    general = int(next((text for text in counts if "=" not in text), "20"))
    special = dict(text.rsplit("=", 1) for text in counts if "=" in text)
    return {name: int(special.get(name, general)) for name in optimizers}


def available(names: list[str], folders: Folders) -> list[tuple[Task, str]]:
    """Return the tasks that can be made with their fingerprints; the others are named in a sentence each."""
    found = []
    for name in names:
        try:
            found.append(task_of(name, folders))
        except Missing as error:
            print(f"  left out: {error}", flush=True)
    return found


def installed(optimizers: list[str], folders: Folders) -> list[str]:
    """Return the optimizers whose package is there, or could be installed."""
    failed: set[str] = set()
    for package in dict.fromkeys(OPTIMIZERS[name] for name in optimizers if name in OPTIMIZERS):
        try:
            install(package, folders.venvs)
        except PeerError as error:
            print(f"  left out: {error}", flush=True)
            failed.add(package.name)
    return [name for name in optimizers if name not in OPTIMIZERS or OPTIMIZERS[name].name not in failed]


def run(jobs: list[Job], folders: Folders, processes: int) -> None:
    """Play all jobs, each stored when it ends; an optimizer that fails is named and its other runs go on."""
    start = last = time.perf_counter()
    pool = ProcessPoolExecutor(processes, mp_context=multiprocessing.get_context("spawn"))
    with pool:
        waiting = {pool.submit(work, job, folders): job for job in jobs}
        for count, future in enumerate(as_completed(waiting), 1):
            job = waiting[future]
            error = future.exception()
            if error is not None:
                print(f"  failed: {job.optimizer} on {job.task}, seed {job.seed}: {error}", flush=True)
            else:
                store.append(folders.out / "runs.jsonl", future.result())
            if time.perf_counter() - last > 30:
                last = time.perf_counter()
                print(f"  {count:,} of {len(jobs):,} runs after {last - start:.0f} s", flush=True)


def main() -> None:
    options = parsed()
    os.environ["OMP_NUM_THREADS"] = "1"  # inherited by the processes
    folders = Folders(options.folder, options.out, options.venvs or options.out / "venvs")
    folders.out.mkdir(parents=True, exist_ok=True)
    names = options.tasks or [name for name, half in table.halves().items() if options.half in ("all", half)]
    if options.quick:
        names, options.seeds = list(QUICK), ["2"]
        options.optimizers = [name for name in options.optimizers if name not in OPTIMIZERS]
    tasks = available(names, folders)
    optimizers = options.optimizers if options.report else installed(options.optimizers, folders)
    seeds = runs_of(options.seeds, optimizers)
    path = folders.out / "runs.jsonl"
    pairs = [(task.name, fingerprint) for task, fingerprint in tasks]
    if not options.report:
        done = set() if options.again else set(store.read(path, pairs))
        jobs = [
            Job(task.name, optimizer, seed)
            for seed in range(max(seeds.values()))
            for task, fingerprint in tasks
            for optimizer in optimizers
            if seed < seeds[optimizer] and (task.name, fingerprint, optimizer, seed) not in done
        ]
        print(f"{len(jobs):,} runs to do on {len(tasks)} tasks by {len(optimizers)} optimizers", flush=True)
        run(jobs, folders, options.processes)
    if not options.no_report:
        report(tasks, optimizers, max(seeds.values()), store.read(path, pairs), folders.out)


if __name__ == "__main__":
    main()
