"""Process trees: start a group of its own, sum its memory, end it with everything that it has started.

Who belongs to the tree of a root process: its descendants, and everything in its session, so that a process whose
parent has ended is found too (the root leads its own session; platforms without sessions have the descendants only).
Processes that were seen at an earlier look are remembered by the caller.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import IO

import psutil

GRACE = 2.0
"""Seconds between the request to end (SIGTERM) and the end by force (SIGKILL)."""
_TRACKERS = ("resource_tracker", "semaphore_tracker")


def start(
    command: Sequence[str],
    *,
    stdin: int | IO[bytes] = subprocess.DEVNULL,
    stdout: int | IO[bytes] = subprocess.DEVNULL,
    stderr: int | IO[bytes] = subprocess.DEVNULL,
    env: Mapping[str, str] | None = None,
    cwd: str | Path | None = None,
) -> subprocess.Popen[bytes]:
    """Start a program as the leader of its own session (POSIX) or process group (Windows); no shell."""
    # not merely "posix-only": on Windows the flag keeps Ctrl-C of the console away from the group
    flags = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
    return subprocess.Popen(
        list(command), stdin=stdin, stdout=stdout, stderr=stderr, env=env, cwd=cwd, start_new_session=True,
        creationflags=flags,
    )  # fmt: skip


def adopt_orphans() -> bool:
    """Make this process the parent of descendants whose own parent ends (Linux only); return whether it worked.

    So a daemon that leaves its session cannot hide.
    """
    if not sys.platform.startswith("linux"):
        return False
    import ctypes

    with contextlib.suppress(OSError, AttributeError):
        return bool(ctypes.CDLL(None).prctl(36, 1, 0, 0, 0) == 0)  # PR_SET_CHILD_SUBREAPER
    return False


def children(pid: int) -> list[int]:
    """Return the process ids of the direct children; [] if the process is gone."""
    try:
        tasks = os.listdir(f"/proc/{pid}/task")
        found: list[int] = []
        for task in tasks:
            # a file of this kind costs some microseconds; the list of all processes costs milliseconds
            with open(f"/proc/{pid}/task/{task}/children") as stream:
                found += map(int, stream.read().split())
        return found
    except FileNotFoundError:
        if os.path.exists("/proc/self/task") and not os.path.exists(f"/proc/{pid}"):
            return []
    except OSError:
        pass
    try:
        return [child.pid for child in psutil.Process(pid).children()]
    except psutil.Error:
        return []


def tree(root: int) -> list[int]:
    """Return the ids of the root, if it lives, and of all its descendants."""
    found, new = {root: None}, [root]
    while new:
        new = [child for pid in new for child in children(pid) if child not in found]
        found.update(dict.fromkeys(new))
    return list(found)


def session(root: int) -> list[int]:
    """Return the ids of the processes in the session that ``root`` leads; [] where there are no sessions."""
    if not hasattr(os, "getsid"):
        return []
    found = []
    for pid in psutil.pids():
        with contextlib.suppress(OSError):
            if os.getsid(pid) == root:
                found.append(pid)
    return found


def memory(pids: Iterable[int]) -> int:
    """Return the resident memory of these processes in bytes, summed."""
    total = 0
    for pid in pids:
        with contextlib.suppress(psutil.Error):
            total += psutil.Process(pid).memory_info().rss
    return total


def is_alive(process: psutil.Process) -> bool:
    """Whether a process still does something: a zombie only waits for its parent to look."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def _collect(pids: Iterable[int]) -> list[psutil.Process]:
    processes = []
    for pid in pids:
        with contextlib.suppress(psutil.Error):
            processes.append(psutil.Process(pid))
    return [process for process in processes if is_alive(process)]


def end_tree(root: int, *, known: Iterable[psutil.Process] = (), grace: float = GRACE, spare_root: bool = False) -> int:
    """End a process, all its descendants and its session; return how many processes were ended.

    Parameters
    ----------
    root
        The process that leads the session; it may have ended already.
    known
        Processes that were seen in the tree before (an orphan of another session is not found otherwise).
    grace
        Seconds to end by themselves after SIGTERM; 0 kills at once.
    spare_root
        End everything but the root itself.
    """
    ended: set[int] = set()
    remembered = [process for process in known if is_alive(process)]
    for attempt in range(20):  # whoever is ended may have started others meanwhile
        pids = dict.fromkeys([*tree(root), *session(root)])
        here = {process.pid: process for process in (*_collect(pids), *filter(is_alive, remembered))}
        here.pop(os.getpid(), None)
        if spare_root:
            here.pop(root, None)
        if not here:
            break
        ended.update(here)
        gentle = grace > 0 and attempt == 0
        for process in here.values():
            with contextlib.suppress(psutil.Error):
                process.terminate() if gentle else process.kill()
        _wait(list(here.values()), grace if gentle else 1.0)
        remembered = [process for process in here.values() if is_alive(process)]
    return len(ended)


def end_group(process: "subprocess.Popen[bytes]") -> None:
    """End a program that :func:`start` has started, and whatever it left behind."""
    if process.poll() is None:
        end_tree(process.pid)
        process.wait()
    elif hasattr(os, "killpg"):
        try:
            os.killpg(process.pid, 0)  # asks only whether anybody is left in its group
        except OSError:
            return
        end_tree(process.pid)


def _wait(processes: list[psutil.Process], seconds: float) -> None:
    """Wait until all processes are gone, at most for ``seconds``."""
    deadline, delay = time.monotonic() + seconds, 0.001
    while any(map(is_alive, processes)) and time.monotonic() < deadline:
        time.sleep(delay)
        delay = min(delay * 1.5, 0.05)


def end_leftovers() -> int:
    """End what the work of this process has left behind, but not this process; return how many were ended.

    Trackers of Python's own :mod:`multiprocessing` stay: they do nothing but clean up when this process ends.
    """
    here = os.getpid()
    if not children(here):
        return 0
    left = []
    for process in _collect(tree(here)):
        if process.pid != here and not _tracker(process):
            left.append(process)
    for process in left:
        with contextlib.suppress(psutil.Error):
            process.kill()
    _wait(left, 1.0)
    for pid in children(here):  # adopted orphans have nobody else who would look at them
        with contextlib.suppress(psutil.Error, OSError):
            if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
                os.waitpid(pid, getattr(os, "WNOHANG", 0))
    return len(left)


def _tracker(process: psutil.Process) -> bool:
    """Whether a process is one of those trackers."""
    with contextlib.suppress(psutil.Error):
        for _ in range(10):
            words = process.cmdline()
            if words:  # none yet while a program is about to begin
                return any(name in word for word in words for name in _TRACKERS)
            time.sleep(0.005)
    return False


def code_text(code: int | None) -> str:
    """Return what an exit code says: ``exit code 3``, ``signal 11 (SIGSEGV)``."""
    if code is None:
        return "no exit code"
    if code < 0:
        with contextlib.suppress(ValueError):
            return f"signal {-code} ({signal.Signals(-code).name})"
        return f"signal {-code}"
    return f"exit code {code}" if code < 0x80000000 else f"exit code {code:#010x}"


def oom_kills() -> int:
    """Return how often the system has killed a process because memory ran out (Linux; 0 elsewhere)."""
    try:
        for line in Path("/proc/vmstat").read_text().splitlines():
            if line.startswith("oom_kill "):
                return int(line.split()[1])
    except (OSError, ValueError):
        pass
    return 0


def tail_of(path: Path, limit: int) -> str:
    """Return the last ``limit`` bytes of a file as text; empty if there is none."""
    try:
        with path.open("rb") as stream:
            stream.seek(max(0, os.fstat(stream.fileno()).st_size - limit))
            return stream.read().decode("utf-8", "replace")
    except OSError:
        return ""
