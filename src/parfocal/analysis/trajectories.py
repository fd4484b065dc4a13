"""Trajectories: what one run of one optimizer on one problem had found after each evaluation, and after each second."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from parfocal.analysis.runs import Evaluations, evaluations
from parfocal.analysis.trails import steps
from parfocal.optimizers import WARMUP
from parfocal.trials import History, Objective
from parfocal.typing import Floats, Ints


@dataclass(frozen=True)
class Entry:
    """One run that takes part in a comparison.

    Parameters
    ----------
    optimizer, problem, seed
        What ran on what; the three together name one run. Runs of one seed on one problem are compared in pairs.
    history
        All of its trials.
    objective
        The problem's: the same for all optimizers.
    budget
        Evaluations that it was meant to have; None where that is not known.
    warmup
        Random evaluations before the optimizer learned.
    default
        The configuration that was given to it first, or None.
    ended
        Whether nothing was left to evaluate: a run that ended so keeps its best, and does not shorten the others.
    """

    optimizer: str
    problem: str
    seed: int
    history: History
    objective: Objective
    budget: int | None = None
    warmup: int = WARMUP
    default: Mapping[str, object] | None = None
    ended: bool = False


@dataclass(frozen=True)
class Trajectory:
    """The evaluations of a run that were better than all before them; arrays have one entry each."""

    optimizer: str
    problem: str
    seed: int
    at: Ints
    """Evaluation (1-based), ascending."""
    loss: Floats
    """Descending."""
    seconds: Floats
    """Seconds of evaluation in all until then; NaN where the runtime of one before is not known."""
    evaluations: int
    """All evaluations of the run."""
    fidelity: float
    """The highest fidelity at which anything was complete, which counts; NaN for none."""

    def after(self, count: Ints) -> Floats:
        """Return the best loss after so many evaluations, shaped as ``count``; NaN before the first success.

        A run that has made fewer evaluations keeps its last.
        """
        padded = np.concatenate([[np.nan], self.loss])
        return np.asarray(padded[np.searchsorted(self.at, count, side="right")])

    def reached(self, loss: Floats) -> tuple[Floats, Floats]:
        """Return after how many evaluations and seconds a loss was reached; infinite where it never was."""
        place = np.searchsorted(-self.loss, -np.asarray(loss), side="left")
        count = np.concatenate([self.at.astype(np.float64), [np.inf]])
        return count[place], np.concatenate([self.seconds, [np.inf]])[place]


def trajectory(entry: Entry) -> Trajectory:
    """Return the trajectory of a run; failed and pruned evaluations count and improve nothing."""
    found: Evaluations = evaluations(entry.history)
    at = steps(found.loss)
    runtime = np.asarray(entry.history.runtime, dtype=np.float64)[found.rows]
    complete = entry.history.fidelity[entry.history.complete]
    return Trajectory(
        entry.optimizer,
        entry.problem,
        entry.seed,
        at + 1,
        found.loss[at],
        np.cumsum(runtime)[at],
        len(found),
        float(complete.max()) if len(complete) else float("nan"),
    )
