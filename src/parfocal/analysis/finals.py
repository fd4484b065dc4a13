"""Final scores: what each run had found at the common budget, in the user's own units."""

from dataclasses import dataclass

import numpy as np

from parfocal.analysis.comparison import Comparison
from parfocal.trials import Objective
from parfocal.typing import Floats


@dataclass(frozen=True)
class Finals:
    """Final values on one problem; axes: o optimizers (those with runs), s seeds."""

    problem: str
    objective: Objective
    budget: int
    optimizers: tuple[str, ...]
    seeds: tuple[int, ...]
    value: Floats
    """(o, s) best value; NaN where there is no run, or nothing was found."""
    runs: tuple[int, ...]
    """(o,) number of runs."""
    silent: tuple[int, ...]
    """(o,) runs that found nothing."""
    mean: Floats
    std: Floats
    """(o,) mean and sample standard deviation over the runs that found something; NaN where too few did."""
    median: Floats
    best: Floats
    """(o,) the best of the runs."""
    quartiles: Floats
    """(o, 2) numerically lower and upper quartile over the runs that found something."""
    optimum: float
    """The value of regret 0."""
    usual: float
    """The value of regret 1."""
    known: bool
    """Whether the optimum is known, and not only the best that was found."""
    order: tuple[int, ...]
    """Indices of the optimizers, the best mean first; who found nothing is last."""


def finals(table: Comparison) -> tuple[Finals, ...]:
    """Return the final values of each problem."""
    return tuple(_one(table, i) for i in range(len(table.problems)))


def _one(table: Comparison, place: int) -> Finals:
    problem = table.problems[place]
    last = table.loss[place, :, :, -1]
    there = np.flatnonzero(table.present[place].any(axis=1)).tolist()
    silent = table.silent[place]
    rows = [last[i][~np.isnan(last[i])] for i in there]
    means = [float(row.mean()) if len(row) else np.inf for row in rows]
    order = sorted(range(len(there)), key=lambda i: (means[i], int(silent[there[i]])))
    objective = problem.objective

    def told(numbers: list[float]) -> Floats:
        return np.asarray(objective.value(np.array(numbers, dtype=np.float64)))

    return Finals(
        problem.name,
        objective,
        problem.budget,
        tuple(table.optimizers[i] for i in there),
        table.seeds,
        np.asarray(objective.value(last[there])),
        tuple(int(table.present[place, i].sum()) for i in there),
        tuple(int(silent[i]) for i in there),
        told([float(row.mean()) if len(row) else np.nan for row in rows]),
        np.array([float(row.std(ddof=1)) if len(row) > 1 else np.nan for row in rows]),
        told([float(np.median(row)) if len(row) else np.nan for row in rows]),
        told([float(row.min()) if len(row) else np.nan for row in rows]),
        np.array([np.quantile(objective.value(row), (0.25, 0.75)) if len(row) else (np.nan,) * 2 for row in rows]),
        float(objective.value(problem.best)),
        float(objective.value(problem.reference)),
        problem.known,
        tuple(order),
    )
