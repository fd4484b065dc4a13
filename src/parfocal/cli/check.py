"""`parfocal check`: what is wrong with an experiment, before a single evaluation."""

import math
import sys
from pathlib import Path

from parfocal.experiment import load


def check_experiment(path: Path) -> None:
    """Print every problem, one a line; exit with 2 if there is any."""
    experiment = load(path)
    problems = experiment.problems()
    for problem in problems:
        print(f"{path}: {problem}", file=sys.stderr)
    if problems:
        sys.exit(2)
    for remark in experiment.remarks():
        print(f"Please look at {remark}")
    space = experiment.space
    print(f"{path}: nothing is wrong.")
    parameters = f"{space.dimension} parameter{'' if space.dimension == 1 else 's'}"
    size = "infinitely many" if math.isinf(space.size) else f"{space.size:,.0f}"
    print(f"  {parameters}, {size} configurations; {experiment.objective}")
    print(f"  {experiment.keys.budget} evaluations by '{experiment.keys.optimizer}', kept in {experiment.storage}")
