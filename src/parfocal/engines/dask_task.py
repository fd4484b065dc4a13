"""What runs inside of a Dask worker: the process of one parfocal worker, for as long as its task is wanted.

A process of its own, rather than the Dask worker's: a pipeline that crashes, leaks or holds the interpreter's lock
harms neither Dask's connection nor its account of memory, signals reach the worker, and one and the same command works
everywhere. Dask itself knows when a task is no longer wanted (cancelled, or its client is gone); so nothing has to be
told to a worker, and nothing runs on when the coordinator has died.
"""

import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from parfocal.evaluation import processes
from parfocal.workers.process import LEAVE

_LOOK = 0.2  # s between two looks at the process and at the task
_TAIL = 16_384
_RUNNING: dict[str, dict[str, Path]] = {}
"""Token of an engine -> key of a task -> log file, of what runs in this Dask worker."""


def run_worker(token: str, key: str, arguments: list[str], limits: dict[str, str]) -> tuple[int, str]:
    """Run ``parfocal worker ...`` until it ends, or until the task is not wanted any more.

    Parameters
    ----------
    token
        Of the engine that has submitted the task.
    key
        Of the task.
    arguments
        Of ``parfocal``.
    limits
        Variables of the environment, set where they are not set already.

    Returns
    -------
    int
        The exit code.
    str
        The tail of what was printed.
    """
    from distributed import get_worker

    here = get_worker()
    command = [sys.executable, "-m", "parfocal", *arguments, "--parent", str(os.getpid())]
    with tempfile.TemporaryDirectory(prefix="parfocal-", ignore_cleanup_errors=True) as folder:
        log = Path(folder, "worker.log")
        _RUNNING.setdefault(token, {})[key] = log
        try:
            with log.open("ab") as stream:
                process = processes.start(command, stdout=stream, stderr=stream, env={**limits, **os.environ})
            while process.poll() is None and _wanted(here, key):
                time.sleep(_LOOK)
            if process.poll() is None:
                _end(process.pid)
            return process.wait(), processes.tail_of(log, _TAIL)
        finally:
            del _RUNNING[token][key]


def _wanted(here: Any, key: str) -> bool:
    """Whether Dask still wants the result of a task."""
    task = here.state.tasks.get(key)
    return here.status.name in ("running", "paused") and task is not None and task.state != "cancelled"


def _end(pid: int) -> None:
    """Let a worker leave in good order: give back its claims first."""
    import contextlib

    import psutil

    with contextlib.suppress(psutil.Error):
        process = psutil.Process(pid)
        process.terminate()
        deadline = time.monotonic() + LEAVE
        while processes.is_alive(process) and time.monotonic() < deadline:
            time.sleep(0.05)
    processes.end_tree(pid, grace=0)


def count(token: str) -> int:
    """Return how many workers of an engine run in this Dask worker."""
    return len(_RUNNING.get(token, {}))


def tails(token: str) -> dict[str, str]:
    """Return the tails of what the workers of an engine print in this Dask worker."""
    return {key: processes.tail_of(log, _TAIL) for key, log in list(_RUNNING.get(token, {}).items())}
