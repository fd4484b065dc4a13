"""Images that the search never saw: what default and best score there, and whether the best is too good to be true."""

import math
from dataclasses import dataclass

import numpy as np

from parfocal.analysis import Paired, paired
from parfocal.evaluation import Result, judge
from parfocal.report.words import number, plural
from parfocal.study import Study
from parfocal.tasks import TaskEvaluator
from parfocal.trials import Objective

FEW = 10
"""Images below which an interval over them is too narrow to be trusted."""


@dataclass(frozen=True)
class Unseen:
    """Scores on held-out images, in the metric's own units; a gain is positive where the best is better."""

    images: tuple[str, ...]
    default: float
    """The objective over all held-out images."""
    best: float
    metric: str
    """Score of a single image; empty where images have none for the objective."""
    paired: Paired | None
    """Single images under default and best; None without such scores."""


def unseen(study: Study) -> Unseen | None:
    """Return the scores on the images that the search never saw; None where there are none, or nothing to score.

    Costs two evaluations.
    """
    best = study.best
    if best is None or not isinstance(study.evaluator, TaskEvaluator) or not study.evaluator.task.held_out:
        return None
    task = study.evaluator.task
    if study.objective != task.objective:
        return None
    before, after = (task.test(each) for each in (study.default or task.default, best.configuration))
    images = tuple(each.name for each in task.held_out)
    metric = study.objective.metric
    scores = [_scores(each, images, metric) for each in (before, after)]
    known = not np.isnan(scores[0]).all()
    return Unseen(
        images,
        _value(before, study.objective),
        _value(after, study.objective),
        metric if known else "",
        paired(scores[0], scores[1], maximize=study.objective.direction == "maximize") if known else None,
    )


def held_out(study: Study) -> str | None:
    """Say what default and best configuration score on the images that the search never saw; None without a task."""
    table = unseen(study)
    return None if table is None else sentence(table, study.objective)


def sentence(table: Unseen, objective: Objective) -> str:
    """Say what default and best configuration score on held-out images."""
    return f"On held-out images: {objective.metric} {table.default:.4g} by default, {table.best:.4g} tuned."


def warnings(
    table: Unseen | None, objective: Objective, images: int, trials: int, seen: float, default_seen: float
) -> list[str]:
    """Say how far the best value can be trusted on other images.

    Parameters
    ----------
    table
        Scores on held-out images; None where there are none.
    images
        Number of images that the search was tuned on.
    trials
        Complete trials, of which the best was taken.
    seen, default_seen
        Value of best and default on the images that the search was tuned on.
    """
    if not images or trials < 2 or math.isnan(seen):
        return []
    chosen = f"The best of {trials:,} trials was chosen by the {plural(images, 'image')} that it was scored on"
    if table is None:
        return [f"{chosen}, and none was held out: expect less on others. Hold some out to know how much less."]
    sign = 1.0 if objective.direction == "maximize" else -1.0
    gap = sign * (seen - table.best)
    gap_default = sign * (default_seen - table.default)
    said = f"{chosen} ({number(seen)}); on {plural(len(table.images), 'held-out image')} it scores {number(table.best)}"
    if gap <= 0:
        said += ", no worse, so that nothing speaks of overfitting."
    else:
        said += f", {number(gap, 3)} worse"
        if not math.isnan(gap_default):
            harder = f"{number(abs(gap_default), 3)} {'worse' if gap_default > 0 else 'better'}"
            same = "the same" if gap_default == 0 else harder
            said += f" (the default, which was not chosen by them, does {same} there)"
        said += ": believe the held-out score."
    if len(table.images) < FEW:
        said += f" {'One image is' if len(table.images) == 1 else f'{len(table.images)} images are'} few to judge by."
    return [said]


def _value(result: Result, objective: Objective) -> float:
    outcome = judge(result, objective)
    return objective.value(objective.loss(outcome.metrics, outcome.scores))


def _scores(result: Result, images: tuple[str, ...], metric: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    rows = result.scores or {}
    return np.array([float(rows.get(image, {}).get(metric, math.nan)) for image in images], dtype=np.float64)
