"""Failures: how many evaluations failed, why, and what they said."""

from collections import Counter
from dataclasses import dataclass

import numpy as np

from parfocal.analysis.runs import Histories, Run, as_runs
from parfocal.trials import Reason, State

_UNKNOWN = "unknown"


@dataclass(frozen=True)
class Failure:
    """All failures with one reason."""

    reason: str
    count: int
    share: float
    """Of all finished evaluations."""
    message: str
    """The most frequent message; empty where the full trials are not at hand."""
    message_count: int
    """How many of the failures that were read say so."""
    messages: int
    """How many different messages there were among them."""
    example: tuple[int, int]
    """(run, trial number) of the first failure with that message."""
    log: str
    """The end of that trial's log."""


def failures(histories: Histories, *, read: int = 500) -> tuple[Failure, ...]:
    """Return one row a reason, most frequent first.

    Parameters
    ----------
    histories
        One or several runs; messages and logs need runs with access to their trials (:class:`~parfocal.analysis.Run`).
    read
        At most so many failed trials of each reason and run are read for their messages.
    """
    runs = as_runs(histories)
    finished = sum(len(run.history.finished_order) - int(run.history.lost.sum()) for run in runs)
    found: dict[str, list[tuple[int, int]]] = {}
    for i, run in enumerate(runs):
        rows = np.flatnonzero(run.history.state == State.FAILED)
        for row, code in zip(rows.tolist(), run.history.reason[rows].tolist(), strict=True):
            reason = Reason.from_code(code)
            found.setdefault(_UNKNOWN if reason is None else str(reason), []).append((i, row))
    table = [_row(reason, where, runs, finished, read) for reason, where in found.items()]
    return tuple(sorted(table, key=lambda row: (-row.count, row.reason)))


def _row(reason: str, where: list[tuple[int, int]], runs: tuple[Run, ...], finished: int, read: int) -> Failure:
    said: dict[str, list[tuple[int, int]]] = {}
    logs: dict[tuple[int, int], str] = {}
    for i, run in enumerate(runs):
        numbers = [number for at, number in where if at == i][:read]
        for number in numbers if run.trials is not None else ():
            trial = run.trial(number)
            if trial is not None and trial.outcome is not None:
                said.setdefault(trial.outcome.message, []).append((i, number))
                logs[i, number] = trial.outcome.log
    if not said:
        return Failure(reason, len(where), len(where) / max(finished, 1), "", 0, 0, where[0], "")
    message, count = Counter({text: len(at) for text, at in said.items()}).most_common(1)[0]
    example = said[message][0]
    return Failure(reason, len(where), len(where) / max(finished, 1), message, count, len(said), example, logs[example])
