"""The store of runs: one line of JSON a run, appended; a later line replaces an earlier one of the same run."""

import json
import os
from collections.abc import Iterable
from pathlib import Path

from benchmarks.optimizers.runs import Run

Key = tuple[str, str, str, int]
"""Task, fingerprint, optimizer, seed."""


def key(run: Run) -> Key:
    """Return what identifies a run."""
    return run.task, run.fingerprint, run.optimizer, run.seed


def append(path: Path, run: Run) -> None:
    """Add one run; a single write, so that several processes may share the file."""
    line = json.dumps(run.to_dict(), separators=(",", ":")) + "\n"
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        os.write(descriptor, line.encode())
    finally:
        os.close(descriptor)


def read(path: Path, tasks: Iterable[tuple[str, str]] | None = None) -> dict[Key, Run]:
    """Return all stored runs, of the given (task, fingerprint) pairs only; a line cut by a crash is passed over."""
    wanted = None if tasks is None else set(tasks)
    runs: dict[Key, Run] = {}
    if not path.exists():
        return runs
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            try:
                run = Run(**json.loads(line))
            except (json.JSONDecodeError, TypeError):
                continue
            if wanted is None or (run.task, run.fingerprint) in wanted:
                runs[key(run)] = run
    return runs
