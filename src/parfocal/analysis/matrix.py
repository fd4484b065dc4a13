"""Every sampler with every strategy on one problem: what each pair reaches with the same number of evaluations."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from parfocal.checks import positive
from parfocal.errors import EvaluationError, InvalidInput, ParfocalError, SpaceExhausted
from parfocal.evaluation import judge
from parfocal.optimizers import WARMUP, Composed, compose, propose
from parfocal.space import Space
from parfocal.tasks import Task
from parfocal.trials import History, Objective, State
from parfocal.typing import Floats

Loss = Callable[[Floats], Floats]
"""Losses ``(n,)`` of canonical rows ``(n, d)``; NaN where the evaluation fails."""


@dataclass(frozen=True)
class Matrix:
    """Results of samplers (rows) with strategies (columns); NaN where a pair could not run."""

    problem: str
    objective: Objective
    samplers: tuple[str, ...]
    strategies: tuple[str, ...]
    trials: int
    """Evaluations of one run."""
    seeds: int
    """Runs of each pair."""
    value: Floats
    """(s, t) best value of a run in the user's own units, mean over runs."""
    regret: Floats
    """(s, t) mean over runs, in [0, 1]: 0 = the best that any run found, 1 = no better than the warm-up."""
    skipped: Mapping[tuple[str, str], str]
    """Why pairs could not run."""

    @property
    def ranked(self) -> tuple[tuple[str, str, float, float], ...]:
        """Sampler, strategy, value and regret of all pairs that ran, the best pair first."""
        places = np.argwhere(~np.isnan(self.regret))
        rows = [
            (self.samplers[i], self.strategies[j], float(self.value[i, j]), float(self.regret[i, j]))
            for i, j in places.tolist()
        ]
        return tuple(sorted(rows, key=lambda row: row[3]))


def matrix(
    problem: str,
    space: Space,
    loss: Loss,
    objective: Objective,
    samplers: Sequence[str],
    strategies: Sequence[str],
    *,
    trials: int = 60,
    seeds: int = 3,
    on_pair: Callable[[str, int, int], None] | None = None,
) -> Matrix:
    """Return the matrix of a problem.

    Runs of the same seed start with the same random trials, so that pairs of parts are compared and not their luck.

    Parameters
    ----------
    samplers, strategies
        Names, with options where wanted: ``parzen(multivariate=false)``.
    trials, seeds
        Evaluations of one run, and runs of each pair: at least 1.
    on_pair
        Called before each pair with its text, its index and the number of pairs.

    Raises
    ------
    InvalidInput
        If there is nothing to run, or not one pair can run; the sentence of the first one that cannot.
    """
    positive(trials, "trials")
    positive(seeds, "seeds")
    warmup = min(WARMUP, max(1, trials // 2))
    shape = len(samplers), len(strategies)
    final = np.full((*shape, seeds), np.nan)
    start = np.full((*shape, seeds), np.nan)
    skipped: dict[tuple[str, str], str] = {}
    for index, (i, j) in enumerate(np.ndindex(shape)):
        pair = samplers[i], strategies[j]
        if on_pair is not None:
            on_pair(" + ".join(pair), index, shape[0] * shape[1])
        try:
            composition = compose(" + ".join(pair))
            for seed in range(seeds):
                lowest = np.fmin.accumulate(_run(space, composition, loss, trials, seed, warmup))
                start[i, j, seed], final[i, j, seed] = lowest[min(warmup, len(lowest)) - 1], lowest[-1]
        except ParfocalError as error:
            final[i, j] = start[i, j] = np.nan
            skipped[pair] = str(error)
    if np.isnan(final).all():
        why = next(iter(skipped.values()), "name at least one sampler and one strategy.")
        raise InvalidInput(f"Not one pair of sampler and strategy could run on '{problem}': {why}")
    best, usual = float(np.nanmin(final)), float(np.nanmedian(start))
    regret = np.clip((final - best) / (usual - best if usual > best else 1.0), 0.0, 1.0)
    names = tuple(samplers), tuple(strategies)
    value = objective.value(final.mean(axis=2))
    return Matrix(problem, objective, *names, trials, seeds, value, regret.mean(axis=2), skipped)


def _run(space: Space, composition: Composed, loss: Loss, trials: int, seed: int, warmup: int) -> Floats:
    """Return the losses of one run in their order; fewer than ``trials`` where a discrete space ends."""
    history = History(space.dimension, trials)
    while len(history) < trials:
        try:
            proposal = propose(space, composition, history, 1, seed=seed, warmup=warmup)
        except SpaceExhausted:
            if not len(history):
                raise
            break
        rows = proposal.enter(history)
        values = loss(proposal.X)
        states = np.where(np.isnan(values), int(State.FAILED), int(State.COMPLETE))
        history.tell(np.arange(rows.start, rows.stop), states, values)
    return np.array(history.loss)


def task_loss(task: Task) -> Loss:
    """Return the loss of a task's configurations on its training images; each is evaluated once."""
    known: dict[int, float] = {}

    def loss(X: Floats) -> Floats:
        keys = task.space.keys(X).tolist()
        for key, row in zip(keys, X, strict=True):
            if key not in known:
                known[key] = _evaluated(task, row)
        return np.array([known[key] for key in keys])

    return loss


def _evaluated(task: Task, row: Floats) -> float:
    try:
        outcome = judge(task.evaluate(task.space.decode(row[None])[0]), task.objective)
        return task.objective.loss(outcome.metrics, outcome.scores)
    except (EvaluationError, ArithmeticError, ValueError):
        return float("nan")
