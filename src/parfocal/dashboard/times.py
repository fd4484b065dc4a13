"""When each trial was evaluated and by whom, kept in step with the storage: what is final is read once."""

import math
import threading
from dataclasses import replace
from typing import Any

import numpy as np

from parfocal.analysis import Spans, spans
from parfocal.dashboard.source import Source, View
from parfocal.trials import State
from parfocal.typing import Bools

_CHUNK = 2_000


class Times:
    """The spans of one study."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rows: list[tuple[Any, ...]] = []
        self._open: set[int] = set()

    def spans(self, source: Source, view: View) -> Spans:
        """Return the spans of all trials of a view; reads those that are new, and those that were not final before."""
        with self._lock:
            known, total = len(self._rows), len(view.history)
            for start, stop in [*_runs(sorted(self._open)), (known, total)]:
                for first in range(start, stop, _CHUNK):
                    self._enter(source, view, first, min(first + _CHUNK, stop))
            columns = list(zip(*self._rows, strict=True)) if self._rows else [()] * 7
        number, worker, created, started, finished, state, runtime = columns
        return spans(number, worker, created, started, finished, state, runtime)

    def _enter(self, source: Source, view: View, start: int, stop: int) -> None:
        for trial in source.trials(view, start, stop):
            times = (math.nan if time is None else time for time in (trial.created, trial.started, trial.finished))
            runtime = math.nan if trial.outcome is None else trial.outcome.runtime
            row = (trial.number, trial.worker, *times, int(trial.state), runtime)
            if trial.number < len(self._rows):
                self._rows[trial.number] = row
            else:
                self._rows.append(row)
            (self._open.discard if trial.state >= State.COMPLETE else self._open.add)(trial.number)


def _runs(numbers: list[int]) -> list[tuple[int, int]]:
    """Return numbers as ranges [start, stop)."""
    if not numbers:
        return []
    cuts = np.flatnonzero(np.diff(numbers) > 1) + 1
    return [(int(part[0]), int(part[-1]) + 1) for part in np.split(np.array(numbers), cuts)]


def only(table: Spans, mask: Bools | None) -> Spans:
    """Return the spans of the trials that are chosen; ``mask`` may be of a moment before or after."""
    if mask is None:
        return table
    within = table.number < len(mask)
    within[within] = mask[table.number[within]]
    columns = ("number", "worker", "created", "started", "finished", "state", "runtime")
    return replace(table, **{name: getattr(table, name)[within] for name in columns})
