"""In one word how a study is: does somebody work on it, is it done, or did it stop in the middle."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from parfocal.operations.status import StudyStatus, WorkerStatus

Stand = Literal["running", "idle", "done", "stalled"]
"""``done``: the budget is spent. ``running``: somebody evaluates. ``stalled``: all who work on it are dead or silent.
``idle``: nobody works on it, or those who do have nothing to do."""
_ALIVE = ("working", "asking", "idle", "unknown")


@dataclass(frozen=True, slots=True)
class Standing:
    """How a study is.

    Attributes
    ----------
    workers
        How many live.
    lost
        How many are dead or silent.
    share
        Of the budget that is spent, in [0, 1]; NaN without a budget.
    """

    stand: Stand
    workers: int
    lost: int
    share: float


def standing(study: StudyStatus, workers: Iterable[WorkerStatus]) -> Standing:
    """Return how a study is by its own numbers and by those who are registered for it."""
    own = [worker.health for worker in workers if worker.study == study.name]
    alive = sum(health in _ALIVE for health in own)
    share = math.nan if study.budget is None else min(1.0, study.spent / study.budget) if study.budget else 1.0
    return Standing(_stand(study, alive, len(own) - alive), alive, len(own) - alive, share)


def _stand(study: StudyStatus, alive: int, gone: int) -> Stand:
    if study.budget is not None and study.spent >= study.budget and not study.counts.running:
        return "done"
    if alive:
        return "running" if study.counts.running or study.counts.waiting else "idle"
    return "stalled" if gone or study.counts.running else "idle"
