"""Runtimes to targets, as in COCO (Hansen et al. 2021): the share of targets that were reached within a cost."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from parfocal.analysis.comparison import POINTS, Comparison
from parfocal.errors import InvalidInput
from parfocal.typing import Floats

TARGETS: tuple[float, ...] = tuple(float(f"{target:.3g}") for target in np.geomspace(1.0, 0.01, 21))
"""Regrets to be reached: ten for each factor of ten, from the usual start to one hundredth of it."""


@dataclass(frozen=True)
class Runtimes:
    """Empirical distribution of runtimes over all problems, runs and targets; axes: o optimizers, g and h points.

    A run counts up to the common budget only: what it had not reached by then, it has not reached.
    """

    optimizers: tuple[str, ...]
    targets: tuple[float, ...]
    evaluations: Floats
    """(g,) numbers of evaluations, ascending."""
    share: Floats
    """(o, g) share of the targets reached within them; NaN for an optimizer without runs."""
    seconds: Floats
    """(h,) seconds of evaluation, ascending; empty where some runtime is not known."""
    share_seconds: Floats
    """(o, h) share of the targets reached within them."""
    hits: Floats
    """(o, t) share of runs that reached each target within the budget."""
    median: Floats
    """(o, t) evaluations after which half of the runs had reached each target; infinite where they have not."""
    longest: float
    """The largest common budget of a problem."""


def runtimes(table: Comparison, targets: Sequence[float] = TARGETS) -> Runtimes:
    """Return how soon each optimizer reaches each target.

    Parameters
    ----------
    targets
        Normalized regrets, at least 0.
    """
    if not targets or min(targets) < 0:
        raise InvalidInput(f"Targets are normalized regrets of at least 0; got {list(targets)}.")
    goals = np.array(sorted(targets, reverse=True))
    problems = {problem.name: problem for problem in table.problems}
    o = len(table.optimizers)
    cost: list[list[Floats]] = [[] for _ in range(o)]
    time: list[list[Floats]] = [[] for _ in range(o)]
    for path in table.trajectories:
        problem = problems[path.problem]
        span = problem.reference - problem.best
        wanted = problem.best + goals * (span if span > 0 else 1.0)
        wanted = wanted + 1e-12 * max(abs(span), abs(problem.best) * 1e-3)  # rounding must not miss the best itself
        count, seconds = path.reached(np.where(np.isnan(wanted), -np.inf, wanted))
        late = count > problem.budget
        place = table.optimizers.index(path.optimizer)
        cost[place].append(np.where(late, np.inf, count))
        time[place].append(np.where(late, np.inf, seconds))
    grid = table.steps[int(np.argmax(table.steps[:, -1]))].astype(np.float64)
    spent = np.concatenate([np.ravel(row) for rows in time for row in rows])
    known = not np.isnan(spent).any() and bool(np.isfinite(spent).any())
    reached = spent[np.isfinite(spent)]
    clock = np.unique(np.quantile(reached, np.linspace(0, 1, POINTS))) if known else np.empty(0)
    return Runtimes(
        table.optimizers,
        tuple(goals.tolist()),
        grid,
        np.array([_within(rows, grid) for rows in cost]),
        clock,
        np.array([_within(rows, clock) for rows in time]),
        np.array([np.isfinite(rows).mean(axis=0) if rows else np.full(len(goals), np.nan) for rows in cost]),
        np.array([_median(np.array(rows)) if rows else np.full(len(goals), np.nan) for rows in cost]),
        float(grid[-1]),
    )


def _within(rows: list[Floats], grid: Floats) -> Floats:
    """Return the share of all numbers that are not above each point of the grid."""
    if not rows:
        return np.full(len(grid), np.nan)
    ordered = np.sort(np.concatenate(rows))
    return np.asarray(np.searchsorted(ordered, grid, side="right") / len(ordered))


def _median(rows: Floats) -> Floats:
    """Return the lower median along axis 0, which is no mean with an infinite number."""
    return np.asarray(np.sort(rows, axis=0)[(len(rows) - 1) // 2])
