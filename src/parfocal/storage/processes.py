"""Workers of this host that are dead beyond doubt, so that their trials need not wait for the lease to run out."""

import os
import platform
import secrets
from collections.abc import Iterable

from parfocal.storage.base import MAX_ATTEMPTS, Storage
from parfocal.storage.records import Reaped, WorkerRecord

_TOLERANCE = 5.0  # s; the start time of a process is known to some hundredths only, and shifts with the clock


def this_worker(name: str = "", study: int = 0, job: str = "") -> WorkerRecord:
    """Return the record of this process under a new unique id: name, host, process id and a random part."""
    import psutil

    host, pid = platform.node() or "localhost", os.getpid()
    prefix = f"{name}-" if name else ""
    identity = f"{prefix}{host}-{pid}-{secrets.token_hex(4)}"
    return WorkerRecord(identity, host, pid, psutil.Process(pid).create_time(), study=study, job=job)


def dead(workers: Iterable[WorkerRecord]) -> list[str]:
    """Return the ids of those workers of this host whose process is gone; other hosts are never judged."""
    import psutil

    host = platform.node() or "localhost"
    ids = []
    for worker in workers:
        if worker.host != host:
            continue
        try:
            process = psutil.Process(worker.pid)
            alive = abs(process.create_time() - worker.started) < _TOLERANCE and process.status() != "zombie"
        except psutil.NoSuchProcess:
            alive = False
        except psutil.AccessDenied:
            alive = True
        if not alive:
            ids.append(worker.id)
    return ids


def reap_dead(storage: Storage, study: int, max_attempts: int = MAX_ATTEMPTS) -> Reaped:
    """Take back the claims of this host's dead workers, in every study, and all claims of ``study`` that ran out.

    Returns
    -------
    Reaped
        What was taken back in ``study``.
    """
    gone = dead(storage.workers())
    reaped = storage.reap(study, gone, max_attempts)
    if gone:
        for other in storage.studies():
            if other.id != study:
                storage.reap(other.id, gone, max_attempts)
        for worker in gone:
            storage.unregister(worker)
    return reaped
