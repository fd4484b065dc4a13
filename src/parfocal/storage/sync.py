"""From storage to :class:`~parfocal.trials.History`: loaded whole, or brought up to date by what changed."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from parfocal.errors import StorageError
from parfocal.storage.base import Storage
from parfocal.storage.records import Changes
from parfocal.trials import History, Objective, State
from parfocal.typing import Floats, Ints, Values

_CHUNK = 50_000
_OUTCOMES = 1_000  # trials with their outcomes that are in memory at once


class Encoder(Protocol):
    """What is needed of a space: its dimension, and configurations to rows of the unit cube."""

    @property
    def dimension(self) -> int:
        """Number of columns."""
        ...

    def encode(self, configurations: Sequence[Values]) -> Floats:
        """Return the rows ``(n, d)`` of configurations."""
        ...


def load_history(storage: Storage, study: int, space: Encoder, objective: Objective | None = None) -> History:
    """Return the history of a study; ``history.seen`` is the revision that it shows.

    With an ``objective`` that has others the history holds the losses of all of them.
    """
    objectives = 1 if objective is None else len(objective.all)
    history = History(space.dimension, max(256, storage.counts(study).total), objectives)
    sync(history, storage, study, space, objective)
    return history


def sync(history: History, storage: Storage, study: int, space: Encoder, objective: Objective | None = None) -> int:
    """Bring a history, in place, from ``history.seen`` up to date; return how many trials had changed.

    A history that is synchronized often holds the same as one that is loaded whole: results are told in the order of
    their final revisions in both. The storage keeps one loss a trial; those of further objectives are computed from
    the metrics of the trials that changed.
    """
    if history.objectives > 1 and (objective is None or len(objective.all) != history.objectives):
        raise StorageError(f"A history of {history.objectives} objectives is kept up to date with all of them.")
    changes = storage.changes(study, history.seen)
    _append(history, storage, study, space, changes)
    final = np.flatnonzero(changes.state >= State.COMPLETE)
    if final.size:
        history.tell(
            changes.number[final],
            changes.state[final],
            changes.loss[final],
            others=None if objective is None else _others(storage, study, changes, final, objective),
            runtime=changes.runtime[final],
            reason=changes.reason[final],
            revision=changes.revisions[final],
        )
    history.seen = changes.revision
    return len(changes)


def _others(storage: Storage, study: int, changes: Changes, final: Ints, objective: Objective) -> Floats:
    """Return the losses of the other objectives ``(k, m - 1)`` of finished trials; NaN unless COMPLETE."""
    losses = np.full((final.size, len(objective.others)), np.nan)
    complete = np.flatnonzero(changes.state[final] == State.COMPLETE) if objective.others else final[:0]
    numbers = changes.number[final][complete]
    order = np.argsort(numbers)
    spans = np.split(order, np.flatnonzero(np.diff(numbers[order]) > 1) + 1) if order.size else []
    for span in (part for whole in spans for part in np.split(whole, range(_OUTCOMES, len(whole), _OUTCOMES))):
        first, last = int(numbers[span[0]]), int(numbers[span[-1]])
        for place, trial in zip(complete[span], storage.trials(study, first, last + 1), strict=True):
            if (outcome := trial.outcome) is not None:
                losses[place] = objective.rest(objective.with_runtime(outcome.metrics, outcome.runtime), outcome.scores)
    return losses


def _append(history: History, storage: Storage, study: int, space: Encoder, changes: Changes) -> None:
    """Append the trials that the history does not have yet: all of them are among the changes."""
    first = len(history)
    new = np.flatnonzero(changes.number >= first)
    new = new[np.argsort(changes.number[new])]
    for start in range(0, new.size, _CHUNK):
        rows = new[start : start + _CHUNK]
        configurations = storage.configurations(study, first + start, first + start + rows.size)
        if len(configurations) != rows.size:
            raise StorageError(f"The trials from {first + start} on of study {study} are gone: was it deleted?")
        X = space.encode(configurations)
        history.append(
            X,
            fidelity=changes.fidelity[rows],
            ask=changes.ask[rows],
            member=changes.member[rows],
            number=first + start,
        )
