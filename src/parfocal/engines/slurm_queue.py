"""Slurm's queue by its own commands: ``sbatch``, ``squeue``, ``scancel``, called with argument lists."""

import getpass
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from parfocal.errors import EngineError

_TIMEOUT = 60.0  # s; a busy controller may take long to answer
_GONE = ("COMPLETED", "CANCELLED", "FAILED", "TIMEOUT", "NODE_FAIL", "PREEMPTED", "BOOT_FAIL", "DEADLINE",
         "OUT_OF_MEMORY", "REVOKED")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Task:
    """One task of a job array that Slurm still knows.

    Attributes
    ----------
    id
        Of the task, ``123_4``.
    index
        In the array; -1 for a job that is no array.
    state
        As Slurm writes it: PENDING, RUNNING, COMPLETING, ...
    reason
        Why it is pending.
    """

    id: str
    index: int
    state: str
    reason: str = ""


class QueueUnreachable(EngineError):
    """A command of Slurm failed, for a moment perhaps: its controller is busy or is being restarted."""


def tasks(name: str) -> list[Task]:
    """Return this user's tasks of that name which wait or run."""
    found = []
    text = _call(["squeue", "--noheader", "--array", f"--user={getpass.getuser()}", f"--name={name}",
                  "--format=%i|%K|%T|%r"])  # fmt: skip
    for line in text.splitlines():
        identity, index, state, reason = (part.strip() for part in line.split("|", 3))
        if state not in _GONE:
            found.append(Task(identity, int(index) if index.isdecimal() else -1, state, reason))
    return found


def mine() -> set[str]:
    """Return the ids of all of this user's jobs that wait or run."""
    return set(_call(["squeue", "--noheader", f"--user={getpass.getuser()}", "--format=%i"]).split())


def submit(script: Path, indices: Iterable[int]) -> str:
    """Submit tasks of an array and return the id of their job.

    Raises
    ------
    EngineError
        With what ``sbatch`` says.
    """
    try:
        return _call(["sbatch", "--parsable", f"--array={ranges(indices)}", str(script)]).strip().split(";")[0]
    except QueueUnreachable as error:
        raise QueueUnreachable(f"{error} The script is {script}.") from None


def signal(ids: Sequence[str]) -> None:
    """Ask the workers of running tasks to leave: SIGTERM to the batch shell, whose place the worker has taken."""
    if ids:
        _call(["scancel", "--batch", "--signal=TERM", *ids], lenient=True)


def cancel(ids: Sequence[str]) -> None:
    """End tasks, or take them out of the queue."""
    if ids:
        _call(["scancel", *ids], lenient=True)


def ranges(indices: Iterable[int]) -> str:
    """Return indices as Slurm writes them: ``0-3,7``."""
    parts: list[list[int]] = []
    for index in sorted(set(indices)):
        if parts and parts[-1][1] == index - 1:
            parts[-1][1] = index
        else:
            parts.append([index, index])
    return ",".join(f"{first}-{last}" if first < last else str(first) for first, last in parts)


def _call(command: list[str], lenient: bool = False) -> str:
    """Return what a command prints; ``lenient``: its complaints do not matter (a task that has ended meanwhile)."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_TIMEOUT, stdin=subprocess.DEVNULL)
    except FileNotFoundError:
        raise EngineError(
            f"The command '{command[0]}' was not found: the engine 'slurm' runs on a machine from which jobs can be "
            "submitted, such as the cluster's login node."
        ) from None
    except subprocess.TimeoutExpired:
        raise QueueUnreachable(f"'{command[0]}' did not answer within {_TIMEOUT:g} s.") from None
    if done.returncode and not lenient:
        said = " ".join(done.stderr.split()) or f"exit code {done.returncode}"
        raise QueueUnreachable(f"Slurm refused '{command[0]}': {said.removesuffix('.')}.")
    return done.stdout
