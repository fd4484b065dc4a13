"""Scores of single images: a matrix of trials and images, read of the best trials and of an even choice of others."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from parfocal.analysis.runs import Histories, Run, as_runs, comparable
from parfocal.analysis.surface import even
from parfocal.errors import InvalidInput
from parfocal.trials import Objective, Trial
from parfocal.typing import Floats, Ints

_SUMMARIES = ("mean_", "std_", "median_", "min_", "max_")


@dataclass(frozen=True)
class ImageScores:
    """One metric of each image in each trial that was read, trials best first."""

    images: tuple[str, ...]
    """In the order in which trials name them."""
    score: Floats
    """(t, m) in the metric's own units; NaN where it is undefined or missing."""
    value: Floats
    """(t,) of the study's objective."""
    number: Ints
    """(t,) trial numbers."""
    run: Ints
    metric: str
    """Empty when no trial has scores of images."""
    maximize: bool
    complete: int
    """Complete trials, of which ``t`` were read and had scores."""


def image_scores(
    histories: Histories,
    objective: Objective,
    *,
    metric: str | None = None,
    best: int = 100,
    others: int = 200,
    keep: Sequence[tuple[int, int]] = (),
) -> ImageScores:
    """Return the scores of images of the ``best`` trials and of an even choice of ``others``.

    Parameters
    ----------
    histories
        Runs with access to their trials (:func:`as_runs`); one without contributes nothing.
    objective
        Ranks the trials; its direction is taken for the metric, too.
    metric
        Which score of an image; None: the objective's metric, of ``mean_f1`` or a criterion the first metric in it that
        images have.
    best, others
        How many trials are read.
    keep
        Trials (run, number) that are read in any case.

    Raises
    ------
    InvalidInput
        When images do not have ``metric``, or none is meant and the objective's is not among theirs.
    """
    if best < 1 or others < 0:
        raise InvalidInput(f"best must be at least 1 and others at least 0; got {best} and {others}.")
    runs = as_runs(histories)
    loss = np.concatenate([np.empty(0), *(np.where(comparable(r.history), r.history.loss, np.nan) for r in runs)])
    run = np.repeat(np.arange(len(runs)), [len(r.history) for r in runs])
    number = np.concatenate([np.empty(0, dtype=np.int64), *(np.arange(len(r.history)) for r in runs)])
    starts = np.concatenate([[0], np.cumsum([len(r.history) for r in runs])]).astype(np.int64)
    done = np.flatnonzero(~np.isnan(loss))
    ranked = done[np.argsort(loss[done], kind="stable")]
    wanted = np.array([starts[i] + n for i, n in keep], dtype=np.int64)
    chosen = np.concatenate([ranked[:best], even(np.sort(ranked[best:]), others), wanted[~np.isnan(loss[wanted])]])
    chosen = np.unique(chosen)
    chosen = chosen[np.argsort(loss[chosen], kind="stable")]
    trials = {
        (i, trial.number): trial.outcome.scores
        for i, each in enumerate(runs)
        for trial in _read(each, np.sort(number[chosen[run[chosen] == i]]))
        if trial.outcome is not None and trial.outcome.scores
    }
    found = [row for row in chosen.tolist() if (int(run[row]), int(number[row])) in trials]
    scores = [trials[int(run[row]), int(number[row])] for row in found]
    images = tuple(dict.fromkeys(image for rows in scores for image in rows))
    known = dict.fromkeys(name for rows in scores for row in rows.values() for name in row)
    name = _metric(objective, metric, tuple(known)) if scores else ""
    matrix = np.array(
        [[rows[image].get(name, np.nan) if image in rows else np.nan for image in images] for rows in scores],
        dtype=np.float64,
    ).reshape(len(scores), len(images))
    matrix[~np.isfinite(matrix)] = np.nan
    value = objective.value(loss[found])
    return ImageScores(
        images, matrix, value, number[found], run[found], name, objective.direction == "maximize", len(done)
    )


def _read(run: Run, numbers: Ints) -> list[Trial]:
    """Return the trials with these ascending numbers; those that lie side by side are read at once."""
    if run.trials is None or not len(numbers):
        return []
    wanted = set(numbers.tolist())
    found: list[Trial] = []
    for block in np.split(numbers, np.flatnonzero(np.diff(numbers) > 2) + 1):
        found += [trial for trial in run.trials(int(block[0]), int(block[-1]) + 1) if trial.number in wanted]
    return found


def _metric(objective: Objective, metric: str | None, known: tuple[str, ...]) -> str:
    """Return the name of an image's score, or raise."""
    if metric is not None:
        if metric not in known:
            raise InvalidInput(f"Images have no score '{metric}'; they have {', '.join(known)}.")
        return metric
    names = [objective.metric, *objective.names]
    for name in [*names, *(name.removeprefix(prefix) for name in names for prefix in _SUMMARIES)]:
        if name in known:
            return name
    raise InvalidInput(f"Images have no score for '{objective.metric}': name one of {', '.join(known)} as metric.")
