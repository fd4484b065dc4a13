"""What the tests on clusters share: an experiment, a coordinator in a process of its own, and what must hold after."""

import subprocess
import time
from pathlib import Path

import psutil

from parfocal.storage import open_storage

PIPELINE = """
import time

def score(x):
    time.sleep(0.4)
    return (x - 0.3) ** 2
"""

EXPERIMENT = """
space:
  x: {type: float, low: 0, high: 1}
objective: minimize loss
evaluation: {kind: python, function: 'pipeline:score'}
optimizer: random
budget: BUDGET
engine: ENGINE
"""


def write(folder: Path, engine: str, budget: int) -> Path:
    """Write an experiment and return its file."""
    (folder / "pipeline.py").write_text(PIPELINE)
    path = folder / "cells.yaml"
    path.write_text(EXPERIMENT.replace("ENGINE", engine).replace("BUDGET", str(budget)))
    return path


class Trials:
    """The trials of an experiment's database, looked at from outside."""

    def __init__(self, path: Path) -> None:
        self.database = path.with_suffix(".db")

    def all(self):
        """Return all trials."""
        if not self.database.exists():
            return []
        storage = open_storage(self.database)
        try:
            return [trial for record in storage.studies() for trial in storage.trials(record.id)]
        finally:
            storage.close()

    def finished(self) -> int:
        """Return how many are finished."""
        return sum(trial.state.finished for trial in self.all())

    def wait(self, count: int, process: "subprocess.Popen[str] | None" = None, seconds: float = 120) -> None:
        """Wait until so many are finished."""
        end = time.monotonic() + seconds
        while self.finished() < count:
            assert process is None or process.poll() is None, process.communicate()[0]
            if time.monotonic() > end:
                if process is not None:
                    process.kill()
                said = "" if process is None else process.communicate()[0]
                raise AssertionError(f"{self.finished()} of {count} trials after {seconds} s\n{said}")
            time.sleep(0.2)

    def check(self, budget: int, attempts: int = 3) -> None:
        """Check that exactly the budget was finished, each trial once, and nothing is left over."""
        trials = self.all()
        assert sorted(trial.number for trial in trials) == list(range(budget))
        assert {trial.state.name for trial in trials} == {"COMPLETE"}
        # a claim that was given back in good order makes one more attempt that does not count
        assert max(trial.attempts for trial in trials) <= attempts
        assert sum(trial.attempts for trial in trials) <= budget + 12


def workers_of(path: Path) -> list[psutil.Process]:
    """Return the worker processes of an experiment's database."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        words = process.info["cmdline"] or []
        if "worker" in words and str(path.with_suffix(".db")) in words and "parfocal" in words:
            found.append(process)
    return found


def end(process: "subprocess.Popen[str]") -> str:
    """Wait for the end of a coordinator and return what it said."""
    try:
        said, _ = process.communicate(timeout=180)
    except subprocess.TimeoutExpired:
        process.kill()
        raise AssertionError(process.communicate()[0]) from None
    assert process.returncode == 0, said
    return said
