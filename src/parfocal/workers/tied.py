"""A worker that ends when another process ends: the one that has started it, however that one dies."""

import os
import threading
import time

from parfocal.errors import InvalidInput
from parfocal.evaluation import processes
from parfocal.workers.process import LEAVE, interrupt

_INTERVAL = 0.5  # s between two looks


def end_with(pid: int) -> None:
    """Ask this process to stop, as by SIGTERM, when the process ``pid`` has ended; some seconds later end it by force.

    Raises
    ------
    InvalidInput
        If there is no such process.
    """
    import psutil

    try:
        other = psutil.Process(pid)
    except psutil.NoSuchProcess:
        raise InvalidInput(f"--parent: there is no process {pid}; this worker was to live as long as it.") from None

    def watch() -> None:
        while processes.is_alive(other):
            time.sleep(_INTERVAL)
        interrupt()
        time.sleep(LEAVE)
        processes.end_tree(os.getpid(), spare_root=True, grace=0)
        os._exit(1)

    threading.Thread(target=watch, name="parfocal-parent", daemon=True).start()
