"""Workers of this machine that are dead beyond doubt, so that their trials need not wait for the lease to run out.

A host's name does not say which processes can be seen from here: containers have the name of their host, or the same
name on several hosts, and process ids of their own. So a worker's id says where its process can be seen, and which one
it is: ``NAME-HOST-PID-MACHINE-BIRTH-RANDOM``. Whoever sees other processes does not judge it.
"""

import functools
import hashlib
import os
import platform
import re
import secrets
import uuid
from collections.abc import Iterable
from pathlib import Path

from parfocal.storage.base import MAX_ATTEMPTS, Storage
from parfocal.storage.records import Reaped, WorkerRecord

_TOLERANCE = 5.0  # s; where there is but a start time, it is known to some hundredths, and may shift with the clock
_ID = re.compile(r"-([0-9a-f]{6})-([0-9a-f]+)-[0-9a-f]{6}$")
_PROC = Path("/proc")


@functools.cache
def machine() -> str:
    """Return what is the same for processes that see each other, and for no others: 6 hexadecimal digits."""
    try:  # this run of the machine, and the process ids that are valid in this container
        parts = [(_PROC / "sys/kernel/random/boot_id").read_text().strip(), os.readlink(_PROC / "self/ns/pid")]
    except OSError:
        parts = [f"{uuid.getnode():x}"]
    return hashlib.blake2b("/".join([_host(), *parts]).encode(), digest_size=3).hexdigest()


def _host() -> str:
    return platform.node() or "localhost"


def _birth(pid: int) -> str:
    """Return when a process began, in ticks since the machine's start, which no clock shifts; 0 where unknown."""
    try:
        fields = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
        return f"{int(fields[19]):x}"
    except (OSError, ValueError, IndexError):
        return "0"


def this_worker(name: str = "", study: int = 0, job: str = "") -> WorkerRecord:
    """Return the record of this process under a new unique id."""
    import psutil

    host, pid = _host(), os.getpid()
    prefix = f"{name}-" if name else ""
    identity = f"{prefix}{host}-{pid}-{machine()}-{_birth(pid)}-{secrets.token_hex(3)}"
    return WorkerRecord(identity, host, pid, psutil.Process(pid).create_time(), study=study, job=job)


def dead(workers: Iterable[WorkerRecord]) -> list[str]:
    """Return the ids of those workers whose process could be seen from here, and is gone; others are never judged."""
    return [worker.id for worker in workers if _gone(worker)]


def _gone(worker: WorkerRecord) -> bool:
    import psutil

    found = _ID.search(worker.id)
    if worker.host != _host() or found is None or found[1] != machine():
        return False
    try:
        process = psutil.Process(worker.pid)
        clock = abs(process.create_time() - worker.started) < _TOLERANCE
        same = clock if found[2] == "0" else found[2] == _birth(worker.pid)
        return not same or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
    except psutil.AccessDenied:
        return False


def reap_dead(storage: Storage, study: int, max_attempts: int = MAX_ATTEMPTS) -> Reaped:
    """Take back the claims of this machine's dead workers, in every study, and all claims of ``study`` that ran out.

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
