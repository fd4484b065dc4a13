"""What a comparison of optimizers costs: seconds of its tables, seconds and bytes of its figures.

python -m benchmarks.seeing.comparison [--quick]
"""

import argparse
import time

import numpy as np

from parfocal import plots
from parfocal.analysis import Entry
from parfocal.report import contest
from parfocal.testing.studies import told
from parfocal.trials import Objective

SIZES = ((2, 1, 5, 60), (5, 4, 10, 200), (20, 10, 10, 300), (20, 1, 20, 10_000), (3, 1, 3, 175_000))
"""Optimizers, problems, seeds and evaluations of a run."""


def entries(optimizers: int, problems: int, seeds: int, evaluations: int) -> list[Entry]:
    """Return runs that get better at different speeds."""
    found = []
    for problem in range(problems):
        for optimizer in range(optimizers):
            for seed in range(seeds):
                rng = np.random.default_rng([problem, optimizer, seed])
                loss = rng.random(evaluations) ** (1 + optimizer / optimizers)
                history = told(np.full((evaluations, 1), 0.5), loss, runtime=1.0)
                objective = Objective("loss")
                found.append(Entry(f"optimizer {optimizer}", f"problem {problem}", seed, history, objective))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="the two smallest sizes")
    sizes = SIZES[:2] if parser.parse_args().quick else SIZES
    contest(entries(2, 1, 2, 10))  # imports are not counted
    heads = ("optimizers", "problems", "seeds", "trials a run", "tables", "figures", "largest")
    print(" ".join(head.rjust(width) for head, width in zip(heads, (10, 9, 6, 13, 9, 9, 10), strict=True)))
    for size in sizes:
        runs = entries(*size)
        start = time.perf_counter()
        c = contest(runs)
        tables = time.perf_counter() - start
        start = time.perf_counter()
        figures = [
            plots.regret.interactive(c.regrets[0], c.shown),
            plots.ranks.interactive(c.ranks, c.shown),
            plots.differences.interactive(c.friedman),
            plots.runtimes.interactive(c.runtimes, "evaluations", c.shown),
            plots.runtimes.interactive(c.runtimes, "seconds", c.shown),
            plots.pairwise.interactive(c.pairs[0]),
            plots.finals.interactive(c.finals[0], c.shown),
        ]
        largest = max(len(figure.to_json()) for figure in figures)
        drawn = time.perf_counter() - start
        o, p, s, n = size
        print(f"{o:>10} {p:>9} {s:>6} {n:>13,} {tables:>7.2f} s {drawn:>7.2f} s {largest / 1e3:>7.0f} kB", flush=True)


if __name__ == "__main__":
    main()
