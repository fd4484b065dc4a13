"""How many processes this machine runs well, and how many threads each of them may have."""

import math
import os
from collections.abc import Mapping
from pathlib import Path

THREADS = (
    "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS", "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
)  # fmt: skip
"""Environment variables by which numerical libraries take their number of threads."""


def available_cores() -> int:
    """Return the number of physical cores that this process may use: at least 1.

    The smallest of the machine's physical cores, the cores that this process may run on (affinity), and the share that
    its container grants (Linux control groups).
    """
    import psutil

    counts = [psutil.cpu_count(logical=False), psutil.cpu_count(), _quota()]
    if hasattr(os, "sched_getaffinity"):
        counts.append(len(os.sched_getaffinity(0)))
    return min((count for count in counts if count), default=1)


def _quota() -> int | None:
    """Return the cores that a control group grants, rounded up; None without a limit."""
    try:
        quota, _, period = Path("/sys/fs/cgroup/cpu.max").read_text().partition(" ")
        return None if quota == "max" else math.ceil(int(quota) / int(period))
    except (OSError, ValueError):
        return None


def thread_limits(workers: int, environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that share the cores among ``workers``; what the user has set stays as it is."""
    share = str(max(1, available_cores() // workers))
    return {name: share for name in THREADS if name not in environment}
