"""Storage: studies and their queue of trials, in memory or in a database; SQLAlchemy is imported when it is used."""

from parfocal.storage.base import LEASE, MAX_ATTEMPTS, Storage
from parfocal.storage.records import Changes, Counts, Reaped, Report, StudyRecord, WorkerRecord

__all__ = [
    "LEASE",
    "MAX_ATTEMPTS",
    "Changes",
    "Counts",
    "Reaped",
    "Report",
    "Storage",
    "StudyRecord",
    "WorkerRecord",
]
