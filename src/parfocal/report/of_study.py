"""The report of a study: all that its storage and its task know."""

import tempfile
from collections.abc import Sequence
from math import nan
from pathlib import Path
from typing import Any

from parfocal.analysis import timeline
from parfocal.errors import ParfocalError
from parfocal.optimizers import Portfolio
from parfocal.report.contents import contents
from parfocal.report.pdf import needed
from parfocal.report.pictures import pictures
from parfocal.report.repeat import experiment_of
from parfocal.report.unseen import Unseen, sentence, unseen
from parfocal.report.write import versioned, write
from parfocal.study import Study
from parfocal.tasks import TaskEvaluator


def report_of(study: Study, path: str | Path, *, command: str = "", title: str | None = None) -> Path:
    """Write the report of a study to ``path`` and return the path: HTML, or PDF where the suffix is ``.pdf``.

    Parameters
    ----------
    study
        A study with any number of trials, also none, also one that is still running.
    path
        The file.
    command
        What goes on with the search; the report names it.
    title
        Heading; default: the study's name.
    """
    return reports_of(study, [path], command=command, title=title)[0]


def reports_of(study: Study, paths: Sequence[str | Path], *, command: str = "", title: str | None = None) -> list[Path]:
    """Write one report in several forms, each as its suffix says, computed once; return their paths."""
    if any(Path(path).suffix.lower() == ".pdf" for path in paths):
        needed()  # said before anything is computed
    state = study.storage.state(study.record.id)
    default = study.default_value
    scores, problem = _unseen(study)
    provenance = _provenance(study, state.budget, command)
    if scores is not None:
        provenance["held_out"] = sentence(scores, study.objective)
    c = contents(
        study.space,
        study.history,
        study.objective,
        trials=study.trials,
        default=study.default,
        default_value=nan if default is None else default,
        provenance=versioned(provenance),
        members=study.composition.policy.texts if isinstance(study.composition, Portfolio) else (),
        timeline=timeline(study.storage.times(study.record.id), now=state.now),
        unseen=scores,
    )
    with tempfile.TemporaryDirectory() as folder:
        drawn, more = pictures(study, Path(folder), c.per_image, scores)
        return [write(path, title or study.name, c, drawn, problem or more) for path in paths]


def _unseen(study: Study) -> tuple[Unseen | None, str]:
    """Return the scores on held-out images, and why there are none where something is wrong with the images."""
    try:
        return unseen(study), ""
    except ParfocalError as error:
        return None, f"Held-out images could not be scored, nor pictures be drawn: {error}"


def _provenance(study: Study, budget: int | None, command: str) -> dict[str, Any]:
    definition = study.record.definition
    found: dict[str, Any] = {
        "study": study.name,
        "optimizer": str(study.composition),
        "seed": study.seed,
        "warmup": study.warmup if study.composition.learns else 0,
        "planned": budget,
        "storage": study.storage.url,
        "continue": command or None,
        "repeat": experiment_of(study.name, definition, budget or max(study.counts.finished, 1)),
    }
    try:
        return {**found, "images": images(study)}
    except ParfocalError:  # said elsewhere
        return found


def images(study: Study) -> dict[str, Any] | None:
    """Return the task and on how many images it tunes and tests; None without a task, and before there is a best."""
    if study.best is None or not isinstance(study.evaluator, TaskEvaluator):
        return None  # the images of a task are read for a report with something to show only
    task = study.evaluator.task
    return {"task": study.evaluator.name, "tuned_on": len(task.train), "held_out": len(task.held_out)}
