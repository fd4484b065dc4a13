"""Timeline: which worker evaluated what and when, how busy workers were, and how long trials waited for one."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from parfocal.analysis.spans import Spans, hosts_of, spans_of
from parfocal.errors import InvalidInput
from parfocal.storage import Times
from parfocal.trials import State, Trial
from parfocal.typing import Bools, Floats, Ints

BARS = 4000
"""Trials that are shown one by one; more are put together."""
LANES = 1000
"""Workers that have a lane of their own; of more, neighbours share one."""
_CELLS = 120_000
_BINS = (40, 240)
_UNITS = ((172_800.0, 86_400.0, "days"), (7_200.0, 3_600.0, "h"), (180.0, 60.0, "min"), (0.0, 1.0, "s"))


@dataclass(frozen=True)
class Busy:
    """Workers one after the other, by host and by their first trial; columns (w,), times in seconds."""

    worker: tuple[str, ...]
    """Id."""
    host: tuple[str, ...]
    """Empty where it is not known."""
    name: tuple[str, ...]
    """Short, different within a host."""
    trials: Ints
    failed: Ints
    """Trials that failed or were lost."""
    first: Floats
    """When its first trial started, from the beginning of the timeline."""
    last: Floats
    """When its last trial ended, or now while one is running."""
    busy: Floats
    """Time with at least one trial."""

    @property
    def utilization(self) -> Floats:
        """Busy time as a share of the time from the first trial to the last, (w,); NaN where there is none."""
        present = self.last - self.first
        return np.where(present > 0, self.busy / np.where(present > 0, present, 1.0), np.nan)

    def __len__(self) -> int:
        return len(self.worker)


@dataclass(frozen=True)
class Bars:
    """Trials one by one, (k,): a bar each; times from the beginning of the timeline."""

    lane: Ints
    start: Floats
    stop: Floats
    state: Ints
    """Codes of :class:`~parfocal.trials.State`; RUNNING bars end now."""
    number: Ints

    def __len__(self) -> int:
        return len(self.lane)


@dataclass(frozen=True)
class Timeline:
    """Trials over time, worker by worker; times in seconds from ``origin``."""

    workers: Busy
    lanes: tuple[str, ...]
    """Text of each lane: one worker, or several neighbours."""
    lane: Ints
    """Lane of each worker, (w,)."""
    bars: Bars | None
    """The trials; None where they are too many."""
    share: Floats
    """Share of each bin that the workers of a lane were busy, (lanes, bins)."""
    edges: Floats
    """Borders of the bins, (bins + 1,)."""
    active: Floats
    """Mean number of busy workers in each bin, (bins,)."""
    present: Floats
    """Mean number of workers between their first and last trial in each bin, (bins,)."""
    origin: float
    """Seconds since 1970."""
    unit: str
    """In which the time is best read: s, min, h, days."""
    seconds: float
    """Of that unit."""
    utilization: float
    """Busy time of all workers as a share of the time they were there; NaN where nothing ran."""
    waited: tuple[float, float, float]
    """Median, 90 % and longest time from a trial's creation to its (last) start, s; NaN where none started."""
    evaluating: float
    """Runtime of the evaluations as a share of the time that trials were claimed: the rest is the way to and from the
    storage, and trials that wait within a batch; NaN where unknown."""
    asking: float
    """Share of the whole time in which somebody asked the optimizer; NaN where unknown."""
    apart: int
    """Trials without a worker or a start: waiting, imported or withdrawn ones."""

    @property
    def duration(self) -> float:
        """Seconds from the beginning to the end."""
        return float(self.edges[-1])


def timeline(
    trials: Sequence[Trial] | Times | Spans,
    *,
    now: float | None = None,
    hosts: Mapping[str, str] | None = None,
    asking: Floats | None = None,
    bars: int = BARS,
    lanes: int = LANES,
) -> Timeline:
    """Return who evaluated what and when.

    Parameters
    ----------
    trials
        Full trials, the times of all trials (``storage.times(study)``: much quicker), or those of some of them
        (:func:`~parfocal.analysis.spans`).
    now
        Seconds since 1970 by the storage's clock (``StudyState.now``): the end of running trials. None: the last time
        that a trial knows.
    hosts
        Id of a worker to its host (``WorkerRecord.host``); what is missing is read from the id.
    asking
        Beginnings and ends ``(k, 2)`` of asks, in seconds since 1970, where they are known.
    bars
        Most trials that are listed one by one.
    lanes
        Most lanes.

    Raises
    ------
    InvalidInput
        When a limit is not positive, or ``asking`` has another shape.
    """
    if bars < 0 or lanes < 1:
        raise InvalidInput(f"bars must be at least 0 and lanes at least 1; got {bars} and {lanes}.")
    table = trials if isinstance(trials, Spans) else spans_of(trials)
    ran = (table.worker >= 0) & np.isfinite(table.started)
    origin, end = _range(table, ran, now)
    start = table.started[ran] - origin
    stop = np.maximum(np.where(np.isnan(table.finished[ran]), end, table.finished[ran]) - origin, start)
    state = np.where(np.isnan(table.finished[ran]), int(State.RUNNING), table.state[ran])
    order, place = _order(table, table.worker[ran], start, hosts or {})
    who = place[table.worker[ran]]
    at, first, last, low, high = _merged(who, start, stop, len(order))
    busy = _busy(
        table, order, hosts or {}, who, state, (first, last), np.bincount(at, high - low, len(order)).astype(np.float64)
    )
    lane, names = _lanes(busy, lanes)
    bins = int(np.clip(_CELLS // max(len(names), 1), *_BINS))
    edges = np.linspace(0.0, max(end - origin, 0.0), bins + 1)
    covered = _coverage(lane[at], low, high, len(names), edges)
    there = _coverage(np.zeros(len(busy), dtype=np.int64), first, last, 1, edges)[0]
    size = np.maximum(np.bincount(lane, minlength=len(names)), 1)
    wait = (table.started - table.created)[np.isfinite(table.started) & np.isfinite(table.created)]
    _, scale, unit = next(each for each in _UNITS if end - origin >= each[0])
    present = float(np.sum(last - first))
    few = len(start) <= bars and len(busy) <= lanes
    return Timeline(
        busy,
        names,
        lane,
        Bars(who, start, stop, state, table.number[ran]) if few else None,
        covered / size[:, None],
        edges,
        covered.sum(axis=0),
        there,
        origin,
        unit,
        scale,
        float(busy.busy.sum()) / present if present > 0 else math.nan,
        _quantiles(np.maximum(wait, 0.0)),
        _evaluating(table, ran, stop - start),
        _asking(asking, origin, end),
        int(len(table) - ran.sum()),
    )


def _range(table: Spans, ran: Bools, now: float | None) -> tuple[float, float]:
    """Return the first and the last time of the timeline."""
    known = [column[ran & np.isfinite(column)] for column in (table.created, table.started, table.finished)]
    times = np.concatenate(known)
    if not len(times):
        return 0.0, 0.0
    running = ran & np.isnan(table.finished)
    end = float(times.max())
    return float(times.min()), max(end, now) if now is not None and running.any() else end


def _order(table: Spans, worker: Ints, start: Floats, hosts: Mapping[str, str]) -> tuple[list[int], Ints]:
    """Return the workers that ran something, by host and first start, and the place of each of all workers."""
    first = np.full(len(table.workers), np.inf)
    np.minimum.at(first, worker, start)
    named = hosts_of(table.workers, hosts)
    order = sorted(np.flatnonzero(np.isfinite(first)).tolist(), key=lambda i: (named[i][0], first[i], i))
    place = np.full(len(table.workers), -1, dtype=np.int64)
    place[order] = np.arange(len(order))
    return order, place


def _merged(who: Ints, start: Floats, stop: Floats, workers: int) -> tuple[Ints, Floats, Floats, Floats, Floats]:
    """Return the busy periods of all workers: worker of each, first start and last end of each worker, low, high.

    A worker that has claimed several trials at once is busy once.
    """
    order = np.lexsort((start, who))
    at, low = who[order], start[order]
    reach = stop[order].copy()
    new = np.ones(len(at), dtype=np.bool_)
    new[1:] = at[1:] != at[:-1]
    head = np.flatnonzero(new)
    tail = np.append(head[1:], len(at))[: len(head)]
    for begin, end in zip(head.tolist(), tail.tolist(), strict=True):
        np.maximum.accumulate(reach[begin:end], out=reach[begin:end])
    opens = new.copy()
    opens[1:] |= low[1:] > reach[:-1]
    where = np.flatnonzero(opens)
    closes = np.append(where[1:], len(at))[: len(where)] - 1
    first, last = np.zeros(workers), np.zeros(workers)
    first[at[head]] = low[head]
    last[at[head]] = reach[tail - 1]
    return at[where], first, last, low[where], reach[closes]


def _busy(
    table: Spans,
    order: list[int],
    hosts: Mapping[str, str],
    who: Ints,
    state: Ints,
    reach: tuple[Floats, Floats],
    busy: Floats,
) -> Busy:
    names = hosts_of([table.workers[i] for i in order], hosts)
    bad = (state == State.FAILED) | (state == State.LOST)
    count = len(order)
    return Busy(
        tuple(table.workers[i] for i in order),
        tuple(host for host, _ in names),
        tuple(name for _, name in names),
        np.bincount(who, minlength=count).astype(np.int64),
        np.bincount(who[bad], minlength=count).astype(np.int64),
        *reach,
        busy,
    )


def _lanes(busy: Busy, most: int) -> tuple[Ints, tuple[str, ...]]:
    """Return the lane of each worker and the text of each lane; of many workers neighbours share one."""
    texts = [f"{host} {name}".strip() for host, name in zip(busy.host, busy.name, strict=True)]
    if len(set(busy.host)) == 1:
        texts = list(busy.name)
    each = -(-len(texts) // most) if texts else 1
    lane = np.arange(len(texts), dtype=np.int64) // each
    if each == 1:
        return lane, tuple(texts)
    groups = [texts[i : i + each] for i in range(0, len(texts), each)]
    return lane, tuple(f"{group[0]} … {group[-1]} ({len(group)} workers)" for group in groups)


def _coverage(lane: Ints, low: Floats, high: Floats, lanes: int, edges: Floats) -> Floats:
    """Return how much of each bin intervals cover, summed within a lane, (lanes, bins), as shares of a bin.

    The integral of an interval up to t is (t - low)+ - (t - high)+, linear from its ends on: two sums of what begins
    before each border give all of them at once.
    """
    bins = len(edges) - 1
    width = edges[-1] / bins
    if width <= 0 or not len(low):
        return np.zeros((lanes, bins))
    count, offset = np.zeros((lanes, bins + 2)), np.zeros((lanes, bins + 2))
    for end, sign in ((low / width, 1.0), (high / width, -1.0)):
        at = np.minimum(np.ceil(end), bins + 1).astype(np.int64)
        np.add.at(count, (lane, at), sign)
        np.add.at(offset, (lane, at), sign * end)
    total = np.arange(bins + 1) * np.cumsum(count, axis=1)[:, : bins + 1] - np.cumsum(offset, axis=1)[:, : bins + 1]
    return np.asarray(np.maximum(np.diff(total, axis=1), 0.0))


def _quantiles(seconds: Floats) -> tuple[float, float, float]:
    if not len(seconds):
        return math.nan, math.nan, math.nan
    median, most, longest = np.quantile(seconds, [0.5, 0.9, 1.0]).tolist()
    return median, most, longest


def _evaluating(table: Spans, ran: Bools, claimed: Floats) -> float:
    if not len(table.runtime):
        return math.nan
    runtime = table.runtime[ran]
    known = ~np.isnan(runtime) & np.isfinite(table.finished[ran])
    total = float(claimed[known].sum())
    return min(1.0, float(runtime[known].sum()) / total) if total > 0 else math.nan


def _asking(asking: Floats | None, origin: float, end: float) -> float:
    if asking is None or end <= origin:
        return math.nan
    given = np.asarray(asking, dtype=np.float64)
    if given.ndim != 2 or given.shape[1] != 2:
        raise InvalidInput(f"asking must have the shape (k, 2), a beginning and an end each; got {given.shape}.")
    held = np.clip(given, origin, end) - origin
    *_, low, high = _merged(np.zeros(len(held), dtype=np.int64), held[:, 0], np.maximum(*held.T), 1)
    return float(np.sum(high - low)) / (end - origin)
