"""Does a cheap evaluation tell what a dear one will say? Rank correlation of every fidelity with the highest one.

The check that AutoMONAI makes before it trusts early stopping: Kendall's tau between the ranking after every few epochs
and the final one, with the normal statistic z = 3 tau sqrt(N (N - 1)) / sqrt(2 (2 N + 5)) (Kendall 1938).
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy import stats

from parfocal.analysis.runs import Histories, as_runs
from parfocal.errors import InvalidInput
from parfocal.space import Space
from parfocal.trials import Objective, State
from parfocal.typing import Bools, Floats, Ints

LEVEL = 0.05
FEWEST = 10
"""Configurations below which the normal statistic is not relied on."""


@dataclass(frozen=True)
class RankCorrelation:
    """Agreement of each fidelity, or step of a learning curve, with the last one; arrays have one entry each."""

    level: Floats
    """Share of the full fidelity, or number of the step; ascending, without the last one."""
    last: float
    """The level that all others are compared with."""
    tau: Floats
    """Kendall's tau-b in [-1, 1]; NaN with fewer than two configurations, or when one ranking is all ties."""
    z: Floats
    p: Floats
    """Two-sided, from z; good for some ten configurations and more."""
    count: Ints
    """Configurations that were evaluated at both."""
    regret: Floats
    """What choosing by this level loses at the last one, in the user's own units, at least 0."""
    rising: bool

    @property
    def sure(self) -> Bools:
        """Whether chance is an unlikely reason of each tau: p below 0.05, from at least ten configurations."""
        return np.asarray(np.nan_to_num(self.p, nan=1.0) < LEVEL) & (self.count >= FEWEST)


def rank_correlation(space: Space, histories: Histories, objective: Objective) -> RankCorrelation:
    """Return the agreement of fidelities, from configurations that were evaluated at several.

    A configuration that was evaluated several times at one fidelity counts with its mean.
    """
    runs = as_runs(histories)
    X = np.concatenate([np.empty((0, space.dimension)), *(run.history.X for run in runs)])
    loss = np.concatenate([np.empty(0), *(run.history.loss for run in runs)])
    state = np.concatenate([np.empty(0, dtype=np.int8), *(run.history.state for run in runs)])
    fidelity = np.concatenate([np.empty(0), *(run.history.fidelity for run in runs)])
    known = np.flatnonzero(~np.isnan(loss) & ((state == State.COMPLETE) | (state == State.PRUNED)))
    levels, column = np.unique(fidelity[known], return_inverse=True)
    keys, row = np.unique(space.keys(X[known]) if len(known) else np.empty(0), return_inverse=True)
    sums = np.zeros((len(keys), len(levels)))
    counts = np.zeros((len(keys), len(levels)))
    np.add.at(sums, (row, column), loss[known])
    np.add.at(counts, (row, column), 1)
    table = np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)
    return _compared(table, levels, objective)


def curve_correlation(values: Floats, objective: Objective, steps: Floats | None = None) -> RankCorrelation:
    """Return the agreement of the steps of learning curves with the last one.

    Parameters
    ----------
    values
        (configurations, steps) in the user's own units; NaN where a curve had ended or was not evaluated.
    objective
        Gives direction and units.
    steps
        (steps,) what to call them, ascending; default 1, 2, ...

    Raises
    ------
    InvalidInput
        When the shapes do not fit.
    """
    table = np.asarray(values, dtype=np.float64)
    names = np.arange(1.0, table.shape[-1] + 1) if steps is None else np.asarray(steps, dtype=np.float64)
    if table.ndim != 2 or names.shape != table.shape[1:]:
        raise InvalidInput(
            f"Learning curves must be an array (configurations, steps) with one name a step; got the shapes "
            f"{table.shape} and {names.shape}."
        )
    return _compared(-table if objective.direction == "maximize" else table, names, objective)


def z_of(tau: float, n: int) -> float:
    """Return the normal statistic of Kendall's tau over ``n`` configurations."""
    return 3 * tau * math.sqrt(n * (n - 1)) / math.sqrt(2 * (2 * n + 5)) if n > 1 else math.nan


def _compared(loss: Floats, levels: Floats, objective: Objective) -> RankCorrelation:
    rows = [_pair(loss[:, i], loss[:, -1]) for i in range(len(levels) - 1)]
    tau, z, p, count, regret = np.array(rows).reshape(len(rows), 5).T
    last = float(levels[-1]) if len(levels) else math.nan
    rising = objective.direction == "maximize"
    return RankCorrelation(levels[:-1], last, tau, z, p, count.astype(np.int64), regret, rising)


def _pair(early: Floats, final: Floats) -> tuple[float, float, float, int, float]:
    both = ~(np.isnan(early) | np.isnan(final))
    n = int(both.sum())
    if n < 2:
        return math.nan, math.nan, math.nan, n, math.nan
    early, final = early[both], final[both]
    tau = math.nan
    if early.max() > early.min() and final.max() > final.min():
        tau = float(stats.kendalltau(early, final).statistic)
    z = z_of(tau, n)
    return tau, z, float(2 * stats.norm.sf(abs(z))), n, float(final[np.argmin(early)] - final.min())
