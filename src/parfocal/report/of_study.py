"""The report of a study, with overlays where its task can draw them."""

import tempfile
from math import nan
from pathlib import Path

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
        )


def overlays(study: Study, folder: Path) -> list[tuple[str, Path]]:
    """Draw default and best configuration of a study on its task's images; nothing where it has no task."""
    best = study.best
    if best is None or not isinstance(study.evaluator, TaskEvaluator):
        return []
    task = study.evaluator.task
    shown = {"default": task.default, "best": best.configuration}
    return [
        (f"{image.name}: default and best configuration", task.compare(shown, folder / f"{index}.png", image.name))
        for index, image in enumerate((*task.held_out, *task.train)[:PICTURES])
    ]
