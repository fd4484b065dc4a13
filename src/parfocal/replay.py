"""Replaying a study: every ask again, from what it had seen, to the bit (HyperHyper asks for repeatable searches).

Each trial's provenance says how many trials there were when it was asked for, and which revision of the study the asker
had seen; the order of revisions is the order of results. So the history of any ask can be made again, however many
workers there were and whoever asked.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from parfocal.errors import SpaceExhausted
from parfocal.optimizers import Composed, propose
from parfocal.space import Space
from parfocal.storage import Storage, StudyRecord, load_history
from parfocal.trials import Objective, Trial

_CHUNK = 10_000  # trials that are in memory at once


@dataclass(frozen=True)
class Replayed:
    """One ask, made again.

    Attributes
    ----------
    first, count
        Its first trial, and how many trials came of it.
    told
        Results that it had seen.
    differing
        The trials whose configuration is another one now; none where the replay is exact.
    """

    first: int
    count: int
    told: int
    differing: tuple[int, ...]


def replay(
    storage: Storage,
    record: StudyRecord,
    space: Space,
    objective: Objective,
    composition: Composed,
    *,
    seed: int,
    warmup: int,
    repeats: float = 0.0,
    start: int = 0,
    stop: int | None = None,
) -> Iterator[Replayed]:
    """Make the asks of a study again, and compare what they propose with what was stored, bit by bit.

    Trials that a person gave are left out. The same versions of parfocal and of the numerical libraries, on the same
    kind of processor, propose the same; others may differ in the last bit of a model.

    Parameters
    ----------
    storage, record, space, objective, composition, seed, warmup, repeats
        The study.
    start, stop
        Only the asks whose first trial is in [start, stop).

    Yields
    ------
    Replayed
        In the order of the asks.
    """
    history = load_history(storage, record.id, space, objective)
    for (first, seen), trials in groupby(_asked(storage, record.id, len(history), start), _origin):
        group = list(trials)
        if stop is not None and first >= stop:
            return
        told = history.told_by(seen)
        past = history.at(first, told)
        wanted = group[0].provenance.wanted or len(group)
        try:
            X = propose(space, composition, past, wanted, seed=seed, warmup=warmup, repeats=repeats).X
        except SpaceExhausted:
            X = past.X[:0]
        numbers = [trial.number for trial in group]
        stored = history.X[numbers]
        again = np.full_like(stored, np.nan)
        again[: min(len(X), len(group))] = X[: len(group)]
        same = (again.view(np.int64) == stored.view(np.int64)) | (np.isnan(again) & np.isnan(stored))
        same[len(X) :] = False
        yield Replayed(first, len(group), told, tuple(np.array(numbers)[~same.all(axis=1)].tolist()))


def _origin(trial: Trial) -> tuple[int, int]:
    return trial.provenance.ask, trial.provenance.seen


def _asked(storage: Storage, study: int, total: int, start: int) -> Iterator[Trial]:
    """Yield the trials that an optimizer asked for."""
    for first in range(start, total, _CHUNK):
        for trial in storage.trials(study, first, min(total, first + _CHUNK)):
            if trial.provenance.sampler != "given" and trial.provenance.ask >= start:
                yield trial
