"""What is known of a study's results, brought up to date by what changed: the best one, failures, and the pace."""

import math
from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass

import numpy as np

from parfocal.storage import Changes, Storage
from parfocal.trials import Reason, State
from parfocal.typing import Ints

WINDOW = 300.0
"""Seconds that "recently" means."""
_REMEMBERED = 256
"""Times of results that are kept."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Results a minute, LOST ones not counted.

    Attributes
    ----------
    recent
        Over the last :data:`WINDOW` seconds, or since the first trial was added where that is less.
    overall
        From the first trial's addition to the last result, pauses included; NaN before there is one.
    last
        When the last result came (s since 1970 by the storage's clock), NaN for none.
    """

    recent: float
    overall: float
    last: float


class Results:
    """The results of one study; :meth:`update` costs what has changed, the pace some twenty trials.

    Parameters
    ----------
    storage, study
        Where they are; only read.

    Attributes
    ----------
    revision
        What has been seen.
    reasons
        How many trials failed for each reason.
    """

    def __init__(self, storage: Storage, study: int) -> None:
        self._storage, self._study = storage, study
        self.revision = 0
        self.reasons: Counter[str] = Counter()
        self._best: tuple[float, float, int] | None = None
        self._order = np.empty(1024, dtype=np.int64)
        self._count = 0
        self._window = 0
        self._times: dict[int, float] = {}
        self._began = math.nan

    def update(self) -> int:
        """Read what has changed, and return how many trials that were."""
        changes = self._storage.changes(self._study, self.revision)
        self.revision = changes.revision
        self._enter(changes.number[(changes.state >= State.COMPLETE) & (changes.state != State.LOST)])
        codes = changes.reason[changes.reason >= 0]
        self.reasons.update(str(Reason.from_code(int(code))) for code in codes)
        self._improve(changes)
        return len(changes)

    @property
    def best(self) -> tuple[int, float] | None:
        """Number and loss of the best complete trial of the highest fidelity; the first of equals."""
        return None if self._best is None else (self._best[2], self._best[1])

    def pace(self, now: float) -> Pace:
        """Return how fast results come; ``now`` is the storage's clock.

        Results are stored in the order of their times, so that the first one of the window is found by bisection.
        """
        if not self._count:
            return Pace(0.0, math.nan, math.nan)
        if math.isnan(self._began):
            self._began = self._storage.trial(self._study, 0).created or math.nan
        begin = max(now - WINDOW, self._began)
        self._window = bisect_right(range(self._count), begin, self._window, self._count, key=self._time)
        last = self._time(self._count - 1)
        recent = (self._count - self._window) / max(now - begin, 1.0)
        return Pace(60 * recent, 60 * self._count / max(last - self._began, 1e-3), last)

    def _enter(self, numbers: Ints) -> None:
        end = self._count + len(numbers)
        if end > len(self._order):
            grown = np.empty(max(end, 2 * len(self._order)), dtype=np.int64)
            grown[: self._count] = self._order[: self._count]
            self._order = grown
        self._order[self._count : end] = numbers
        self._count = end

    def _improve(self, changes: Changes) -> None:
        rows = np.flatnonzero(changes.state == State.COMPLETE)
        if rows.size:
            keys = changes.number[rows], changes.loss[rows], -changes.fidelity[rows]
            first = rows[np.lexsort(keys)[0]]
            found = (-float(changes.fidelity[first]), float(changes.loss[first]), int(changes.number[first]))
            self._best = found if self._best is None else min(found, self._best)

    def _time(self, index: int) -> float:
        """Return when the result at a place in their order came."""
        if index not in self._times:
            if len(self._times) >= _REMEMBERED:
                self._times.clear()
            self._times[index] = self._storage.trial(self._study, int(self._order[index])).finished or 0.0
        return self._times[index]
