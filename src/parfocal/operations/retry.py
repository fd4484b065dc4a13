"""Evaluate a failed or lost configuration once more: as a new trial, since final is final."""

import logging
import re
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from parfocal.errors import InvalidInput, OutOfStep
from parfocal.storage import Changes, Storage, StudyRecord
from parfocal.trials import Provenance, Reason, State, Trial
from parfocal.typing import Ints

_LOG = logging.getLogger("parfocal.operations.retry")
_NOTE = re.compile(r"retry of trial (\d+)")
_CHUNK = 2_000
_TRIES = 50
"""Attempts to add while others add at the same time."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which trials to retry.

    Parameters
    ----------
    failed
        All that FAILED, for one of ``reasons`` where there are any.
    lost
        All that are LOST, cancelled ones included.
    numbers
        And these.
    """

    failed: bool = False
    reasons: frozenset[Reason] = frozenset()
    lost: bool = False
    numbers: frozenset[int] = frozenset()

    def __post_init__(self) -> None:
        if not (self.failed or self.lost or self.numbers):
            raise InvalidInput("Say what to retry: --failed, --failed --reason timeout, --lost, or --trial N.")
        if self.reasons and not self.failed:
            raise InvalidInput("A reason belongs to failed trials: add --failed, or leave --reason out.")


@dataclass(frozen=True, slots=True)
class Retried:
    """What was queued again.

    Attributes
    ----------
    pairs
        (old number, new number).
    repeated
        Numbers that were left out, since a retry of them is pending or has come to a result.
    budget
        The study's budget before and now; None where it has none.
    needed
        The budget that lets everything be evaluated that waits or runs.
    """

    pairs: tuple[tuple[int, int], ...]
    repeated: tuple[int, ...]
    budget: tuple[int, int] | None
    needed: int


def retry(storage: Storage, study: StudyRecord, wanted: Wanted) -> Retried:
    """Queue the wanted trials again, each with the same configuration, seed and fidelity.

    The budget grows by the number of FAILED ones, which count against it; LOST ones never did. Of a trial that has been
    retried already the last retry counts: while it waits, or once it came to a result, nothing is queued.

    Raises
    ------
    InvalidInput
        If a number is of a trial that neither FAILED nor is LOST.
    StorageError
        If there is no such trial.
    OutOfStep
        If others added trials all the time.
    """
    family = _Family(storage, study.id)
    for _ in range(_TRIES):
        state = family.update()
        chosen = _chosen(storage, study.id, state, wanted)
        last = {number: family.last(number, chosen) for number in chosen}
        again = [number for number in sorted(set(last.values())) if _open(state, number)]
        try:
            pairs = _queue(storage, study.id, again, family.total)
        except OutOfStep:
            continue
        repeated = tuple(sorted(number for number, end in last.items() if not _open(state, end)))
        counted = sum(int(state[number]) == State.FAILED for number in again)
        _LOG.info("%d trials are queued again", len(pairs), extra={"study": study.name})
        budget = _raised(storage, study.id, counted)
        now = storage.state(study.id)
        return Retried(pairs, repeated, budget, now.spent + now.counts.pending)
    raise OutOfStep("Others add trials to this study all the time: stop the search for a moment, and try again.")


class _Family:
    """States of all trials, and which of them is a retry of which."""

    def __init__(self, storage: Storage, study: int) -> None:
        self._storage, self._study = storage, study
        self._revision = 0
        self.total = 0
        self._state = np.empty(0, dtype=np.int64)
        self._reason = np.empty(0, dtype=np.int64)
        self._retry: dict[int, int] = {}
        self._read: int | None = None

    def update(self) -> "_States":
        """Read what has changed."""
        changes: Changes = self._storage.changes(self._study, self._revision)
        self._revision, grown = changes.revision, changes.total - self.total
        self._state = np.concatenate([self._state, np.zeros(grown, dtype=np.int64)])
        self._reason = np.concatenate([self._reason, np.full(grown, -1)])
        self._state[changes.number], self._reason[changes.number] = changes.state, changes.reason
        self.total = changes.total
        return _States(self._state, self._reason)

    def last(self, number: int, chosen: Collection[int]) -> int:
        """Return the last retry of a trial, the trial itself where there is none."""
        start = min(chosen) + 1 if self._read is None else self._read
        for first in range(start, self.total, _CHUNK):
            for trial in self._storage.trials(self._study, first, min(first + _CHUNK, self.total)):
                found = _NOTE.fullmatch(trial.provenance.note or "")
                if found:
                    self._retry[int(found[1])] = trial.number
        self._read = max(start, self.total)
        while number in self._retry:
            number = self._retry[number]
        return number


class _States:
    """The states of all trials by number."""

    def __init__(self, state: Ints, reason: Ints) -> None:
        self._state, self._reason = state, reason

    def __getitem__(self, number: int) -> State:
        return State(int(self._state[number]))

    def __len__(self) -> int:
        return len(self._state)

    def of(self, wanted: Wanted) -> list[int]:
        """Return the numbers that are wanted by their state."""
        mask = np.zeros(len(self._state), dtype=np.bool_)
        if wanted.failed:
            codes = [reason.code for reason in wanted.reasons]
            mask |= (self._state == State.FAILED) & (np.isin(self._reason, codes) if codes else True)
        if wanted.lost:
            mask |= self._state == State.LOST
        found: list[int] = np.flatnonzero(mask).tolist()
        return found


def _chosen(storage: Storage, study: int, state: _States, wanted: Wanted) -> list[int]:
    for number in sorted(wanted.numbers):
        if not 0 <= number < len(state):
            storage.trial(study, number)  # raises the sentence
        if not _open(state, number):
            raise InvalidInput(f"Trial {number} is {state[number].name}: only FAILED and LOST trials are retried.")
    return sorted({*state.of(wanted), *wanted.numbers})


def _open(state: _States, number: int) -> bool:
    return state[number] in (State.FAILED, State.LOST)


def _queue(storage: Storage, study: int, numbers: list[int], start: int) -> tuple[tuple[int, int], ...]:
    """Add a trial for each number, from ``start`` on; all of them or none where others add meanwhile."""
    if not numbers:
        return ()
    seen = storage.state(study).revision
    old: list[Trial] = [storage.trial(study, number) for number in numbers]
    notes = [
        Provenance("given", "none", start, seen, row, f"retry of trial {number}") for row, number in enumerate(numbers)
    ]
    new = storage.add(
        study,
        [trial.configuration for trial in old],
        [trial.seed for trial in old],
        [trial.fidelity for trial in old],
        notes,
        start=start,
    )
    return tuple(zip(numbers, new, strict=True))


def _raised(storage: Storage, study: int, more: int) -> tuple[int, int] | None:
    """Raise the budget, where there is one, and return it before and now."""
    budget = storage.state(study).budget
    if budget is None:
        return None
    if more:
        storage.set_budget(study, budget + more)
    return budget, budget + more
