"""End a search, or take single trials back; what is finished stays."""

import logging
from collections.abc import Collection
from dataclasses import dataclass

from parfocal.errors import OutOfStep
from parfocal.storage import Storage, StudyRecord

CANCELLED = "Cancelled."
"""The sentence of a trial that was taken back by :func:`cancel`."""
_ROUNDS = 50
_LOG = logging.getLogger("parfocal.operations.cancel")


@dataclass(frozen=True, slots=True)
class Cancelled:
    """What was taken back.

    Attributes
    ----------
    withdrawn
        How many trials were.
    ended
        Numbers that had ended already and stay what they are.
    budget
        The study's budget from now on: what is spent. None where single trials were taken back.
    """

    withdrawn: int
    ended: tuple[int, ...] = ()
    budget: int | None = None


def cancel_study(storage: Storage, study: StudyRecord) -> Cancelled:
    """Ask for nothing more, and take all pending trials back.

    The budget becomes what is spent, so that neither the asker nor a worker does anything more; who evaluates learns it
    from the next heartbeat. A later run with a larger budget goes on.

    Raises
    ------
    OutOfStep
        If somebody adds trials again and again.
    """
    withdrawn = 0
    for _ in range(_ROUNDS):  # results may come, and trials may be added, while this looks
        state = storage.state(study.id)
        storage.set_budget(study.id, state.spent)
        storage.resign(study.id)
        withdrawn += storage.withdraw(study.id, None, CANCELLED)
        after = storage.state(study.id)
        if not after.counts.pending and after.spent == after.budget:
            _LOG.info("cancelled, %d trials taken back", withdrawn, extra={"study": study.name})
            return Cancelled(withdrawn, budget=after.spent)
    raise OutOfStep(f"Somebody adds trials to '{study.name}' again and again: stop that process, and cancel once more.")


def cancel_trials(storage: Storage, study: StudyRecord, numbers: Collection[int]) -> Cancelled:
    """Take single trials back; a search replaces them by others.

    Raises
    ------
    StorageError
        If a trial does not exist; none is taken back then.
    """
    trials = [storage.trial(study.id, number) for number in sorted(set(numbers))]
    withdrawn = storage.withdraw(study.id, [trial.number for trial in trials], CANCELLED)
    ended = tuple(trial.number for trial in trials if trial.state.finished)
    _LOG.info("%d trials taken back", withdrawn, extra={"study": study.name})
    return Cancelled(withdrawn, ended)
