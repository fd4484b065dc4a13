"""The report of a study, with overlays where its task can draw them."""

import tempfile
from math import nan
from pathlib import Path
from typing import Any

from parfocal.optimizers import Portfolio
from parfocal.report.write import write_report
from parfocal.study import Study
from parfocal.tasks import TaskEvaluator

PICTURES = 3
"""Images of a task that are drawn at most."""


def report_of(study: Study, path: str | Path, *, command: str = "", title: str | None = None) -> Path:
    """Write the report of a study to ``path``, one self-contained HTML file, and return the path.

    Parameters
    ----------
    study
        A study with any number of trials, also none.
    path
        The HTML file.
    command
        What goes on with the search; the report names it.
    title
        Heading; default: the study's name.
    """
    default = study.default_value
    provenance = {
        "study": study.name,
        "optimizer": str(study.composition),
        "seed": study.seed,
        "warmup": study.warmup if study.composition.learns else 0,
        "storage": study.storage.url,
        "planned": study.storage.state(study.record.id).budget,
        "images": images(study),
        "held_out": held_out(study),
        **({"continue": command} if command else {}),
    }
    with tempfile.TemporaryDirectory() as folder:
        return write_report(
            path,
            title=title or study.name,
            space=study.space,
            history=study.history,
            objective=study.objective,
            trials=study.trials,
            default=study.default,
            default_value=nan if default is None else default,
            overlays=overlays(study, Path(folder)),
            provenance=provenance,
            members=study.composition.policy.texts if isinstance(study.composition, Portfolio) else (),
            times=study.storage.times(study.record.id),
        )


def overlays(study: Study, folder: Path) -> list[tuple[str, Path]]:
    """Draw default and best configuration of a study on its task's images; nothing where it has no task."""
    best = study.best
    if best is None or not isinstance(study.evaluator, TaskEvaluator):
        return []
    task = study.evaluator.task
    images = [(each, "held out") for each in task.held_out] + [(each, "tuned on") for each in task.train]
    shown = {"default": task.default, "best": best.configuration}
    return [
        (f"{image.name} ({use}): default and best configuration", task.compare(shown, folder / f"{i}.png", image.name))
        for i, (image, use) in enumerate(images[:PICTURES])
    ]


def images(study: Study) -> dict[str, Any] | None:
    """Return the task and on how many images it tunes and tests; None without a task, and before there is a best."""
    if study.best is None or not isinstance(study.evaluator, TaskEvaluator):
        return None  # the images of a task are read for a report with something to show only
    task = study.evaluator.task
    return {"task": study.evaluator.name, "tuned_on": len(task.train), "held_out": len(task.held_out)}


def held_out(study: Study) -> str | None:
    """Say what default and best configuration score on the images that the search never saw; None without a task."""
    best = study.best
    if best is None or not isinstance(study.evaluator, TaskEvaluator) or not study.evaluator.task.held_out:
        return None
    task = study.evaluator.task
    if study.objective != task.objective:
        return None
    before, after = (task.test_value(each) for each in (study.default or task.default, best.configuration))
    return f"On held-out images: {task.objective.metric} {before:.4g} by default, {after:.4g} tuned."
