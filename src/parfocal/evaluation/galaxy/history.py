"""The history of one attempt on the server: made, found again by its name from another process, and purged.

Its name is written into the work folder before it is made, so that it can be found whenever the process was ended.
"""

import contextlib
import functools
import json
import os
import secrets
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from parfocal.evaluation.base import Job
from parfocal.evaluation.galaxy.library import histories, new_history
from parfocal.evaluation.galaxy.server import Refused, Server

NOTE = "galaxy.json"
"""The file in the work folder that says what is on the server."""
_ACTIVE = ("new", "ready", "scheduled", "requires_materialization", "cancelling")
_FINAL = ("ok", "error", "failed", "deleted", "deleting", "skipped", "stopped", "stop")


@dataclass(frozen=True)
class Note:
    """What an attempt has on the server."""

    server: str
    history: str
    """Name of the history."""
    history_id: str | None = None
    invocation: str | None = None
    purged: bool = False

    def write(self, folder: Path) -> "Note":
        """Write the note into a work folder, whole or not at all."""
        draft = folder / f"{NOTE}.part"
        draft.write_text(json.dumps(asdict(self), indent=1), encoding="utf-8")
        os.replace(draft, folder / NOTE)
        return self

    @classmethod
    def read(cls, folder: Path | None) -> "Note | None":
        """Return the note of a work folder; None where there is none."""
        if folder is None:
            return None
        try:
            return cls(**json.loads((folder / NOTE).read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None


def begin(server: Server, job: Job) -> Note:
    """Make the history of an attempt."""
    folder = job.work_folder()
    study = Path(job.root or "").name
    # the last part keeps apart what two studies of the same name, on two machines, have on one server
    name = f"parfocal {study} trial {job.number} attempt {job.attempt} {secrets.token_hex(6)}"
    note = Note(server.url, name).write(folder)
    made = new_history(server, name)
    return replace(note, history_id=str(made["id"])).write(folder)


def end(server: Server, folder: Path | None) -> None:
    """Cancel what runs in the history of an attempt, and purge it with all that it holds."""
    note = Note.read(folder)
    if folder is None or note is None or note.purged or note.server != server.url:
        return
    ids = [str(each["id"]) for each in histories(server, note.history)]
    for history in ids:
        cancel(server, history)
        purge(server, history)
    replace(note, purged=True).write(folder)


def end_earlier(server: Server, job: Job) -> None:
    """Purge what earlier attempts of the same trial have left: workers that died could not do it."""
    for attempt in range(1, job.attempt):
        end(server, replace(job, attempt=attempt).folder)


def purge(server: Server, history: str) -> None:
    """Delete a history and free what it holds."""
    with contextlib.suppress(Refused):  # it is gone already
        server.call(lambda gi: gi.histories.delete_history(history, purge=True))


def cancel(server: Server, history: str) -> None:
    """Cancel the invocations and jobs of a history."""

    def every(gi: Any) -> tuple[list[Any], list[Any]]:
        return gi.invocations.get_invocations(history_id=history), gi.jobs.get_jobs(history_id=history)

    def attempt(ask: Callable[[Any], Any]) -> None:
        with contextlib.suppress(Refused):  # it ended meanwhile
            server.call(ask)

    invocations, jobs = server.call(every)
    for each in invocations:
        if each["state"] in _ACTIVE:
            attempt(functools.partial(_cancel_invocation, each["id"]))
    for each in jobs:
        if each["state"] not in _FINAL:
            attempt(functools.partial(_cancel_job, each["id"]))


def _cancel_invocation(invocation: str, gi: Any) -> None:
    gi.invocations.cancel_invocation(invocation)


def _cancel_job(job: str, gi: Any) -> None:
    gi.jobs.cancel_job(job)
