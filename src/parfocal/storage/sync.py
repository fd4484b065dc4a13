"""From storage to :class:`~parfocal.trials.History`: loaded whole, or brought up to date by what changed."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from parfocal.errors import StorageError
from parfocal.storage.base import Storage
from parfocal.storage.records import Changes
from parfocal.trials import History, State
from parfocal.typing import Floats, Values

_CHUNK = 50_000


class Encoder(Protocol):
    """What is needed of a space: its dimension, and configurations to rows of the unit cube."""

    @property
    def dimension(self) -> int:
        """Number of columns."""
        ...

    def encode(self, configurations: Sequence[Values]) -> Floats:
        """Return the rows ``(n, d)`` of configurations."""
        ...


def load_history(storage: Storage, study: int, space: Encoder) -> History:
    """Return the history of a study; ``history.seen`` is the revision that it shows."""
    history = History(space.dimension, max(256, storage.counts(study).total))
    sync(history, storage, study, space)
    return history


def sync(history: History, storage: Storage, study: int, space: Encoder) -> int:
    """Bring a history, in place, from ``history.seen`` up to date; return how many trials had changed.

    A history that is synchronized often holds the same as one that is loaded whole: results are told in the order of
    their final revisions in both.
    """
    changes = storage.changes(study, history.seen)
    _append(history, storage, study, space, changes)
    for state, mark in ((State.WAITING, history.release), (State.RUNNING, history.start)):
        rows = changes.number[changes.state == state]
        if rows.size:
            mark(rows)
    final = np.flatnonzero(changes.state >= State.COMPLETE)
    if final.size:
        history.tell(
            changes.number[final],
            changes.state[final],
            changes.loss[final],
            runtime=changes.runtime[final],
            reason=changes.reason[final],
            revision=changes.revisions[final],
        )
    history.seen = changes.revision
    return len(changes)


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
