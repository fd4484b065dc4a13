"""`parfocal worker`: help a study from another process."""

import math
import sys
from pathlib import Path

from parfocal.cli.targets import Place, study_of
from parfocal.errors import InvalidInput
from parfocal.workers.jobs import job_name


def help_study(
    target: Place,
    name: str | None,
    wait: bool,
    idle: str | None = None,
    parent: int | None = None,
    folder: Path | None = None,
) -> None:
    """Evaluate queued trials until none waits (or, with ``wait``, until Ctrl-C)."""
    if idle is not None and not wait:
        raise InvalidInput("--idle says how long --wait waits for another trial: add --wait, or leave --idle out.")
    if parent is not None:
        from parfocal.workers.tied import end_with

        end_with(parent)
    patience = math.inf if idle is None else _seconds(idle)
    study = study_of(target, name, folder)
    print(f"Helping '{study.name}' in {study.storage.url}; stop with Ctrl-C.", file=sys.stderr)
    worked = study.help(wait=wait, idle=patience, job=job_name())
    print(f"{worked.finished} trials evaluated, {worked.failed} of them failed.")


def _seconds(text: str) -> float:
    from parfocal.evaluation.limits import seconds

    try:
        return seconds(text)
    except InvalidInput:
        raise InvalidInput(f"--idle is a time such as '30 s' or '10 min'; got '{text}'.") from None
