"""Summary: the numbers of a study that its report states in words."""

from dataclasses import dataclass

import numpy as np

from parfocal.analysis.runs import Histories, as_runs, comparable
from parfocal.trials import Objective, State
from parfocal.typing import Bools, Ints


@dataclass(frozen=True)
class Summary:
    """What became of all trials of all runs."""

    runs: int
    trials: int
    counts: dict[str, int]
    """Number of trials by state, in lower case: waiting, running, complete, pruned, failed, lost."""
    best_value: float
    """In the user's own units; NaN when no trial is complete."""
    best_trial: tuple[int, int] | None
    """(run, trial number) of the best."""
    best_evaluation: int | None
    """After how many evaluations of its run (1-based) the best was found."""
    runtime: float
    """Seconds of evaluation in all, over the trials whose runtime is known."""
    median_runtime: float
    """Seconds; NaN when unknown."""

    @property
    def finished(self) -> int:
        """Evaluations that came to an end: complete, pruned or failed."""
        return sum(self.counts[name] for name in ("complete", "pruned", "failed"))


def summarize(histories: Histories, objective: Objective) -> Summary:
    """Return the numbers of one or several runs."""
    runs = as_runs(histories)
    states = np.concatenate([np.empty(0, dtype=np.int8), *(run.history.state for run in runs)])
    seconds = np.concatenate([np.empty(0), *(run.history.runtime for run in runs)]).astype(np.float64)
    seconds = seconds[~np.isnan(seconds)]
    losses = [np.where(comparable(run.history), run.history.loss, np.inf) for run in runs]
    lowest = [float(loss.min()) if len(loss) else np.inf for loss in losses]
    first = int(np.argmin(lowest)) if runs else 0
    found = bool(runs) and np.isfinite(lowest[first])
    trial = int(np.argmin(losses[first])) if found else 0
    return Summary(
        len(runs),
        len(states),
        {state.name.lower(): int(np.sum(states == int(state))) for state in State},
        float(objective.value(lowest[first])) if found else float("nan"),
        (first, trial) if found else None,
        _position(runs[first].history.finished_order, runs[first].history.lost, trial) if found else None,
        float(seconds.sum()),
        float(np.median(seconds)) if len(seconds) else float("nan"),
    )


def _position(order: Ints, lost: Bools, row: int) -> int:
    """Return the 1-based place of a row among the evaluations that came to an end."""
    told = order[~lost[order]]
    return int(np.flatnonzero(told == row)[0]) + 1
