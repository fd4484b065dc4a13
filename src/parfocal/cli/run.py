"""`parfocal run`: an experiment file to its finished study."""

import shlex
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Literal

from parfocal.analysis import summarize
from parfocal.cli.progress import live
from parfocal.cli.show import best_lines
from parfocal.cli.targets import workers_of
from parfocal.cli.words import duration
from parfocal.engines import Engine, LocalEngine
from parfocal.errors import StorageError
from parfocal.experiment import Experiment, load
from parfocal.study import Study
from parfocal.warmstart import WarmStart


def preview(path: Path, workers: str | None, kind: str | None) -> None:
    """Print what the experiment's engine would start, such as a job script; start nothing."""
    experiment = load(path)
    print(_engine(experiment, workers, kind).preview(experiment.plan))


def _engine(experiment: Experiment, workers: str | None, kind: str | None) -> Engine:
    return experiment.engine(kind, None if workers is None else workers_of(workers))


def run_experiment(
    path: Path, budget: int | None, workers: str | None, quiet: bool, earlier: Path | None, kind: str | None = None
) -> None:
    """Run or go on with an experiment, and say what came of it; a new one may start from an ``earlier`` study."""
    experiment = load(path)
    if earlier is not None:
        experiment = replace(experiment, warm_start=WarmStart(earlier))
    engine = _engine(experiment, workers, kind)
    experiment.check()  # all that can be wrong is said before the study exists
    study = experiment.study()
    wanted = budget or experiment.keys.budget
    command = f"parfocal run {shlex.quote(str(path))}"
    if budget:
        command += f" --budget {budget}"
    if kind:
        command += f" --engine {kind}"
    counts = study.counts
    if counts.waiting and not counts.finished and not quiet:
        print(f"{counts.waiting} given configurations are evaluated first.", file=sys.stderr)
    if isinstance(engine, LocalEngine):
        search(study, wanted, engine.size, quiet, command)
    else:
        search(study, wanted, engine.size, quiet, command, engine)
    conclude(study, experiment)


def search(
    study: Study,
    budget: int,
    workers: int | Literal["auto"],
    quiet: bool,
    command: str,
    engine: Engine | Literal["local"] = "local",
) -> None:
    """Run a study with live progress; Ctrl-C stops it cleanly and says how to go on."""
    before = study.counts.finished
    if before and not quiet:
        print(f"'{study.name}' goes on after {before} finished trials.", file=sys.stderr)
    try:
        with live(study.objective, quiet) as draw:
            study.run(budget, workers=workers, engine=engine, on_progress=draw)
    except KeyboardInterrupt:
        said = "what is finished is safe"
        with suppress(StorageError):  # it may be away
            said = f"{study.counts.finished} of {budget} trials are finished and safe"
        print(f"\nStopped; {said} in {study.storage.url}.\nGo on with:  {command}", file=sys.stderr)
        sys.exit(130)
    if study.exhausted and not quiet:
        print(f"The search ended before its budget: {study.exhausted}", file=sys.stderr)


def conclude(study: Study, experiment: Experiment) -> None:
    """Print the result and what can be done next."""
    from parfocal.report import held_out  # with its figures: a second that the start need not wait for

    summary = summarize(study.history, study.objective)
    print(
        f"{experiment.name}: {summary.counts['complete']} complete, {summary.counts['failed']} failed, "
        f"{duration(summary.runtime)} of evaluation by '{study.composition}'."
    )
    for line in best_lines(study):
        print(line)
    unseen = held_out(study)
    if unseen is not None:
        print(unseen)
    print(f"Report:  parfocal report {shlex.quote(str(experiment.path))}")
