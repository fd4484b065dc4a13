import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import psutil
import pytest

from parfocal.evaluation import Job, PythonEvaluator
from parfocal.trials import FULL, Configuration, Fidelity

HERE = str(Path(__file__).parent)


def job(
    number: int = 0, *, seed: int = 0, root: Path | None = None, fidelity: Fidelity = FULL, **values: object
) -> Job:
    chosen = Configuration(values or {"x": 2.0})
    return Job(number, chosen, seed=seed, fidelity=fidelity, root=None if root is None else str(root))


def fault(name: str, **options: object) -> PythonEvaluator:
    return PythonEvaluator(f"faults:{name}", path=HERE, **options)  # type: ignore[arg-type]


def alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def wait_until(condition: Callable[[], bool], seconds: float = 30.0) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def pids_in(folder: Path) -> list[int]:
    """Return the process ids that a fault has noted, once it has."""
    file = folder / "pids.txt"
    assert wait_until(file.exists)
    return [int(text) for text in file.read_text().split()]


def gone(pids: Iterable[int], seconds: float = 10.0) -> bool:
    return wait_until(lambda: not any(map(alive, pids)), seconds)


posix = pytest.mark.skipif(os.name != "posix", reason="needs signals of POSIX")
