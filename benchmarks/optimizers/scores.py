"""From stored runs to numbers: normalized regret, and the ranking of optimizers over tasks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from benchmarks.optimizers.runs import Run
from benchmarks.optimizers.task import INITIAL, Reference, Task

from parfocal.analysis import Friedman, friedman, ranks_of
from parfocal.typing import Floats


def regrets(losses: Sequence[float], reference: Reference, evaluations: int) -> Floats:
    """Return the normalized regret ``(evaluations,)`` after each evaluation.

    It is (best loss so far - optimum) / (median random loss - optimum), not below 0: 1 is what a random configuration
    gives in the median, 0 is the optimum. A run that ended early keeps its last value.
    """
    best = np.minimum.accumulate(np.asarray(losses, dtype=np.float64))[:evaluations]
    best = np.concatenate([best, np.full(evaluations - len(best), best[-1])])
    return np.asarray(np.maximum(best - reference.optimum, 0) / (reference.median - reference.optimum))


@dataclass(frozen=True, eq=False)
class Score:
    """What the runs of one optimizer on one task gave.

    Attributes
    ----------
    optimizer : str
        Its name.
    seeds : int
        Number of runs.
    curve : Floats (evaluations,)
        Normalized regret, mean over runs.
    spread : Floats (evaluations,)
        Its standard error.
    final_mean, final_std : float
        The best loss at the end.
    anytime : float
        Mean of the curve after the initial trials.
    reached : float or None
        Share of runs that found the optimum; None where it is not known.
    milliseconds, wall : float
        Of one ask and tell, the first of each run left out (it pays for imports and compilation); median over runs
        of the mean of each run.
    version : str
        Of its package.
    """

    optimizer: str
    seeds: int
    curve: Floats
    spread: Floats
    final_mean: float
    final_std: float
    anytime: float
    reached: float | None
    milliseconds: float
    wall: float
    version: str

    def at(self, share: float) -> float:
        """Return the regret after a share of the evaluations."""
        return float(self.curve[max(round(share * len(self.curve)), 1) - 1])


def score(task: Task, reference: Reference, runs: Sequence[Run]) -> Score:
    """Return the score of the runs of one optimizer on one task."""
    curves = np.array([regrets(run.losses, reference, task.evaluations) for run in runs])
    finals = np.array([min(run.losses) for run in runs])
    cpu = [np.mean(run.cpu[1:]) for run in runs if len(run.cpu) > 1]
    wall = [np.mean(run.wall[1:]) for run in runs if len(run.wall) > 1]
    return Score(
        runs[0].optimizer,
        len(runs),
        curves.mean(axis=0),
        curves.std(axis=0, ddof=1 if len(runs) > 1 else 0) / np.sqrt(len(runs)),
        float(finals.mean()),
        float(finals.std(ddof=1 if len(runs) > 1 else 0)),
        float(curves[:, INITIAL:].mean()),
        float(np.mean(finals <= reference.optimum)) if reference.known else None,
        float(np.median(cpu)) if cpu else float("nan"),
        float(np.median(wall)) if wall else float("nan"),
        runs[-1].version,
    )


@dataclass(frozen=True, eq=False)
class Ranking:
    """Friedman's test over tasks, with Nemenyi's critical difference, and the mean regrets.

    Attributes
    ----------
    test : Friedman
        Optimizers, the best mean rank first.
    means : Floats (k,)
        Mean regret over tasks, in that order.
    """

    test: Friedman
    means: Floats


def ranking(table: Mapping[str, Sequence[float]]) -> Ranking:
    """Return the ranking of optimizers by their regrets on the same tasks, in the same order."""
    test = friedman(ranks_of(table))
    return Ranking(test, np.array([np.mean(table[name]) for name in test.optimizers]))
