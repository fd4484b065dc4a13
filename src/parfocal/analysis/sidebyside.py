"""Side by side: the scores of single images under a few trials."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from parfocal.trials import Objective, Trial
from parfocal.typing import Floats, Ints

_SUMMARIES = ("mean_", "median_", "min_", "max_", "std_")


@dataclass(frozen=True)
class SideBySide:
    """One score of each image under each of a few trials; images worst first by the first trial that has any."""

    metric: str
    images: tuple[str, ...]
    names: tuple[str, ...]
    """What the k trials are called."""
    values: Floats
    """(images, k); NaN where a trial has no score of an image."""
    rising: bool | None
    """Whether higher is better; None where the objective does not say."""

    @property
    def drawable(self) -> bool:
        """Whether there is any score."""
        return bool(np.isfinite(self.values).any())


def score_names(trials: Sequence[Trial], objective: Objective) -> tuple[str, ...]:
    """Return the names of the scores of single images; what the objective is made of comes first."""
    names = dict.fromkeys(
        name for trial in trials if trial.outcome is not None for row in trial.outcome.scores.values() for name in row
    )
    asked = [_single(name) for name in objective.names]
    return tuple(sorted(names, key=lambda name: asked.index(name) if name in asked else len(asked)))


def _single(name: str) -> str:
    """Return the name of the score that a metric over images is made of: ``f1`` of ``mean_f1``."""
    return next((name.removeprefix(each) for each in _SUMMARIES if name.startswith(each)), name)


def side_by_side(
    trials: Sequence[Trial], objective: Objective, metric: str | None = None, names: Sequence[str] | None = None
) -> SideBySide:
    """Return the scores of single images.

    Parameters
    ----------
    trials
        A few; those without an outcome have no scores.
    objective
        Says what is better, where it is made of this score alone.
    metric
        Which score; by default the one that the objective is made of, else the first there is.
    names
        What the trials are called; default: ``trial 12``.
    """
    known = score_names(trials, objective)
    chosen = metric if metric is not None else next(iter(known), "")
    scores = [{} if trial.outcome is None else trial.outcome.scores for trial in trials]
    images = tuple(dict.fromkeys(image for rows in scores for image in rows))
    values = np.array(
        [[rows.get(image, {}).get(chosen, np.nan) for rows in scores] for image in images], dtype=np.float64
    ).reshape(len(images), len(trials))
    alone = [_single(name) for name in objective.names] == [chosen] and not objective.names[0].startswith("std_")
    rising = objective.direction == "maximize" if alone else None
    order = _worst_first(values, rising)
    return SideBySide(
        chosen,
        tuple(images[i] for i in order.tolist()),
        tuple(names) if names is not None else tuple(f"trial {trial.number}" for trial in trials),
        values[order],
        rising,
    )


def _worst_first(values: Floats, rising: bool | None) -> Ints:
    known = np.isfinite(values)
    has = known.any(axis=0)
    if not has.any():
        return np.arange(len(values))
    column = values[:, int(np.argmax(has))]
    key = column if rising is not False else -column
    return np.argsort(np.where(np.isfinite(column), key, np.inf), kind="stable").astype(np.int64)
