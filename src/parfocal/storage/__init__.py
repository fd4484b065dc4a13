"""Storage: studies and their queue of trials, in memory or in a database; SQLAlchemy is imported when it is used."""

from typing import TYPE_CHECKING, Any

from parfocal.storage.base import LEASE, MAX_ATTEMPTS, Storage
from parfocal.storage.memory import MemoryStorage
from parfocal.storage.open import check_url, open_storage, the_study
from parfocal.storage.processes import dead, reap_dead, this_worker
from parfocal.storage.records import Changes, Counts, Reaped, Report, StudyRecord, StudyState, Tag, Times, WorkerRecord
from parfocal.storage.sync import load_history, sync

if TYPE_CHECKING:
    from parfocal.storage.http import HttpStorage
    from parfocal.storage.sql import SqlStorage

__all__ = [
    "LEASE",
    "MAX_ATTEMPTS",
    "Changes",
    "Counts",
    "HttpStorage",
    "MemoryStorage",
    "Reaped",
    "Report",
    "SqlStorage",
    "Storage",
    "StudyRecord",
    "StudyState",
    "Tag",
    "Times",
    "WorkerRecord",
    "check_url",
    "dead",
    "load_history",
    "open_storage",
    "reap_dead",
    "sync",
    "the_study",
    "this_worker",
]


def __getattr__(name: str) -> Any:
    """Import the storages that need more packages when they are asked for."""
    if name == "HttpStorage":
        from parfocal.storage.http import HttpStorage

        return HttpStorage
    if name == "SqlStorage":
        from parfocal.storage.sql import SqlStorage

        return SqlStorage
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
