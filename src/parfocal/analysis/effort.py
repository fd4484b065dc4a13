"""Effort: where on an axis of evaluations, time or cost each result of a run came in."""

from typing import Literal

import numpy as np

from parfocal.analysis.runs import Evaluations, Histories, Run, as_runs
from parfocal.errors import InvalidInput
from parfocal.storage import Times
from parfocal.typing import Floats

Along = Literal["evaluations", "time", "cost", "fidelity"]
"""``evaluations``: their number. ``time``: wall-clock seconds since the run began. ``cost``: seconds of all evaluations
together, whoever made them. ``fidelity``: evaluations at the full fidelity that would have cost as much."""
TITLES: dict[Along, str] = {
    "evaluations": "evaluations",
    "time": "time since the beginning",
    "cost": "time of all evaluations together",
    "fidelity": "evaluations at full fidelity",
}
"""What an axis is called."""
_UNITS = ((172_800.0, 86_400.0, "days"), (7_200.0, 3_600.0, "h"), (180.0, 60.0, "min"))


def stamps(times: Times, *, idle: bool = True) -> Floats:
    """Return when each trial was finished, seconds from the first start of a trial, (n,); NaN where it was not.

    Parameters
    ----------
    times
        What ``storage.times(study)`` read.
    idle
        Whether the time counts in which nobody worked on a trial: the nights of a search that was stopped and went on.
    """
    begun = np.isfinite(times.started)
    if not begun.any():
        return times.finished - (np.min(times.created) if len(times) else 0.0)
    origin = float(np.min(times.started[begun]))
    result = np.maximum(times.finished - origin, 0.0)
    if idle:
        return result
    ended = begun & np.isfinite(times.finished)
    if not ended.any():
        return result
    order = np.argsort(times.started[ended], kind="stable")
    start = times.started[ended][order]
    busy_until = np.maximum.accumulate(times.finished[ended][order])
    gap = np.maximum(start[1:] - busy_until[:-1], 0.0)  # nobody worked from there on
    skipped = np.concatenate(([0.0], np.cumsum(gap)))
    place = np.searchsorted(start - origin, result, side="left") - 1
    place = np.clip(place, 0, len(start) - 1)
    return np.minimum(result, busy_until[place] - origin) - skipped[place]


def ways(histories: Histories) -> tuple[Along, ...]:
    """Return the axes along which runs can be shown: those for which all runs know what is needed."""
    runs = [run for run in as_runs(histories) if len(run.history)]
    found: list[Along] = ["evaluations"]
    if runs and all(run.stamps is not None and np.isfinite(run.stamps).any() for run in runs):
        found.append("time")
    if runs and all(np.isfinite(run.history.runtime).any() for run in runs):
        found.append("cost")
    if any((run.history.fidelity < 1).any() for run in runs):
        found.append("fidelity")
    return tuple(found)


def positions(run: Run, results: Evaluations, along: Along) -> Floats:
    """Return where the evaluations of a run end along an axis, (k,), ascending.

    What the cost of an evaluation is not known (some failures) counts nothing.

    Raises
    ------
    InvalidInput
        When the run does not know its times, or the axis is unknown.
    """
    if along not in TITLES:
        raise InvalidInput(f"Runs can be shown along {', '.join(TITLES)}; got {along!r}.")
    if along == "evaluations":
        return np.arange(1.0, len(results) + 1)
    if along == "fidelity":
        return np.cumsum(run.history.fidelity[results.rows])
    if along == "cost":
        seconds = np.asarray(run.history.runtime, dtype=np.float64)[results.rows]
        if len(results) and not np.isfinite(seconds).any():
            raise InvalidInput("The cost of a run needs the runtimes of its trials, and none is known.")
        return np.cumsum(np.nan_to_num(seconds, nan=0.0))
    if run.stamps is None:
        raise InvalidInput(
            "The time of a run needs its stamps: Run(history, stamps=stamps(storage.times(study))); got none."
        )
    found = np.asarray(run.stamps, dtype=np.float64)[results.rows]
    return np.asarray(np.maximum.accumulate(np.nan_to_num(found, nan=0.0)))  # a clock may step back, results do not


def unit_of(along: Along, longest: float) -> tuple[float, str]:
    """Return the unit in which an axis is best read, as (size, name): 3,600 and ``h``; 1 and no name for counts."""
    if along not in ("time", "cost"):
        return 1.0, ""
    return next(((size, name) for least, size, name in _UNITS if longest >= least), (1.0, "s"))
