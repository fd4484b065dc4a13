"""Improvement: what a search gained after its warm-up, mean and standard deviation over runs (HyperHyper, Table 4)."""

from dataclasses import dataclass

import numpy as np

from parfocal.analysis.convergence import incumbents
from parfocal.analysis.runs import Histories, Run, as_runs, evaluations
from parfocal.checks import positive
from parfocal.trials import Objective
from parfocal.typing import Floats


@dataclass(frozen=True)
class Improvement:
    """Final score and its improvement over the score after warm-up, for the runs that share one label."""

    label: str
    warmup: int
    """Number of evaluations that count as warm-up."""
    after_warmup: Floats
    """Best value after the warm-up in the user's own units, (runs,); NaN when nothing had succeeded by then."""
    final: Floats
    """Best value at the end, (runs,)."""
    gain: Floats
    """How much better the end is, (runs,): never negative, whatever the direction of the objective."""

    @property
    def final_mean(self) -> float:
        """Mean of the final score over runs."""
        return _mean(self.final)

    @property
    def final_std(self) -> float:
        """Sample standard deviation of the final score over runs."""
        return _std(self.final)

    @property
    def gain_mean(self) -> float:
        """Mean of the improvement over runs."""
        return _mean(self.gain)

    @property
    def gain_std(self) -> float:
        """Sample standard deviation of the improvement over runs."""
        return _std(self.gain)


def improvement(histories: Histories, objective: Objective, *, warmup: int = 20) -> tuple[Improvement, ...]:
    """Return final score and improvement after warm-up for each label.

    A run with no more evaluations than the warm-up has gained nothing: 0.
    """
    positive(warmup, "warmup")
    groups: dict[str, list[Run]] = {}
    for run in as_runs(histories):
        groups.setdefault(run.label, []).append(run)
    tables = []
    for label, runs in groups.items():
        ends = np.array([_ends(run, warmup) for run in runs]).reshape(-1, 2)
        start, final = objective.value(ends[:, 0]), objective.value(ends[:, 1])
        tables.append(Improvement(label, warmup, start, final, ends[:, 0] - ends[:, 1]))
    return tuple(tables)


def _ends(run: Run, warmup: int) -> tuple[float, float]:
    best = incumbents(evaluations(run.history).loss)
    if not len(best):
        return np.nan, np.nan
    return float(best[min(warmup, len(best)) - 1]), float(best[-1])


def _mean(x: Floats) -> float:
    x = x[~np.isnan(x)]
    return float(x.mean()) if len(x) else float("nan")


def _std(x: Floats) -> float:
    x = x[~np.isnan(x)]
    return float(x.std(ddof=1)) if len(x) > 1 else float("nan")
