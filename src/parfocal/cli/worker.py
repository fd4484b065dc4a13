"""`parfocal worker`: help a study from another process."""

import sys
from pathlib import Path

from parfocal.cli.targets import study_of


def help_study(target: Path, name: str | None, wait: bool) -> None:
    """Evaluate queued trials until none waits (or, with ``wait``, until Ctrl-C)."""
    study = study_of(target, name)
    print(f"Helping '{study.name}' in {study.storage.url}; stop with Ctrl-C.", file=sys.stderr)
    worked = study.help(wait=wait)
    print(f"{worked.finished} trials evaluated, {worked.failed} of them failed.")
