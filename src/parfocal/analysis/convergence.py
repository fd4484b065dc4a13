"""Convergence: the best value known after each evaluation, over one or several runs (HyperHyper, convergence plots)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from parfocal.analysis.bootstrap import mean_interval
from parfocal.analysis.effort import Along, positions, unit_of
from parfocal.analysis.runs import Histories, Run, as_runs, evaluations
from parfocal.checks import positive
from parfocal.errors import InvalidInput
from parfocal.trials import Objective
from parfocal.typing import Bools, Floats, Ints

COLUMNS = 5000
"""Columns of a table along time or cost, at most."""


@dataclass(frozen=True)
class Convergence:
    """Best value after each evaluation, or at each time, in the user's own units, over runs of one label."""

    label: str
    along: Along
    """What the axis counts."""
    at: Floats
    """Where on the axis each column lies, (n,): 1, 2, ... up to the evaluations of the longest run; or the places at
    which some run improves or ends, in seconds or in evaluations at full fidelity."""
    curves: Floats
    """Best value so far of each run, (runs, n), aligned step by step; NaN before its first success; a run that ended
    keeps its last."""
    mean: Floats
    """Mean over runs, (n,); NaN before every run (that ever succeeds) has a value."""
    std: Floats
    """Sample standard deviation over runs, (n,); NaN where fewer than two runs have a value."""
    mean_low: Floats
    """Bootstrap interval of the mean, (n,): numerically lower border; NaN where fewer than two runs have a value."""
    mean_high: Floats
    level: float
    """Share that the interval of the mean is made to hold."""
    median: Floats
    lower: Floats
    upper: Floats
    """Quantile band over runs, (n,): numerically lower and upper border."""
    quantiles: tuple[float, float]
    trials: Ints
    """The evaluation (1-based) of each single result shown as a dot, (m,); only for a single run."""
    trial_at: Floats
    """Where on the axis it lies, (m,)."""
    trial_values: Floats
    failed: Ints
    """The evaluations (1-based) that failed, of many an even choice; only for a single run."""
    failed_at: Floats
    """Where on the axis they lie."""
    limits: tuple[float, float]
    """Range of values worth drawing: a terrible first point does not flatten the rest. NaN when there is nothing."""
    cropped: int
    """Number of columns at the start whose curve lies beyond ``limits``."""
    rising: bool
    """Whether higher is better."""

    @property
    def evaluations(self) -> Ints:
        """1, 2, ..., n along evaluations."""
        return np.arange(1, len(self.at) + 1)

    @property
    def longest(self) -> float:
        """Where the longest run ends; 0 without any."""
        return float(self.at[-1]) if len(self.at) else 0.0

    @property
    def unit(self) -> tuple[float, str]:
        """The unit in which the axis is best read, as (size, name), for example 3,600 and ``h``."""
        return unit_of(self.along, self.longest)

    @property
    def runs(self) -> int:
        """Number of runs."""
        return len(self.curves)

    @property
    def drawable(self) -> bool:
        """Whether any evaluation has succeeded."""
        return not np.isnan(self.limits[0])


def incumbents(loss: Floats) -> Floats:
    """Return the smallest loss so far along the last axis; NaN where there was none yet."""
    return np.asarray(np.fmin.accumulate(np.asarray(loss, dtype=np.float64), axis=-1))


def convergence(
    histories: Histories,
    objective: Objective,
    *,
    along: Along = "evaluations",
    quantiles: tuple[float, float] = (0.1, 0.9),
    level: float = 0.95,
    resamples: int = 1000,
    seed: int = 0,
    dots: int = 2000,
) -> tuple[Convergence, ...]:
    """Return one convergence table for each label.

    Failed and pruned evaluations count as evaluations and improve nothing. Statistics are over the runs that succeed
    at all, and start when the last of them has had its first success.

    Parameters
    ----------
    histories
        A history, several of them (repetitions), or groups of them by name.
    objective
        Gives direction and units.
    along
        What the axis counts: ``evaluations``, ``time`` (needs :attr:`Run.stamps`), ``cost`` or ``fidelity``; see
        :data:`~parfocal.analysis.effort.Along`.
    quantiles
        Borders of the band over runs.
    level, resamples, seed
        Of the bootstrap interval of the mean (:func:`~parfocal.analysis.bootstrap.mean_interval`).
    dots
        At most so many single results, and so many failures, are kept (evenly spaced) for a single run.

    Raises
    ------
    InvalidInput
        When the quantiles are not two ascending numbers in [0, 1], the level is not between 0 and 1, or a run does not
        know what the axis needs.
    """
    if not 0 <= quantiles[0] < quantiles[1] <= 1:
        raise InvalidInput(f"quantiles must be two ascending numbers between 0 and 1; got {quantiles}.")
    if not 0 < level < 1:
        raise InvalidInput(f"level must lie between 0 and 1; got {level}.")
    positive(resamples, "resamples")
    groups: dict[str, list[Run]] = {}
    for run in as_runs(histories):
        groups.setdefault(run.label, []).append(run)
    boot = level, resamples, seed
    return tuple(_group(label, runs, objective, along, quantiles, boot, dots) for label, runs in groups.items())


def _group(
    label: str,
    runs: list[Run],
    objective: Objective,
    along: Along,
    quantiles: tuple[float, float],
    boot: tuple[float, int, int],
    dots: int,
) -> Convergence:
    results = [evaluations(run.history) for run in runs]
    places = [positions(run, result, along) for run, result in zip(runs, results, strict=True)]
    at, best = _aligned(places, [incumbents(result.loss) for result in results], along)
    curves = objective.value(best)
    with np.errstate(all="ignore"):
        count = np.sum(~np.isnan(curves), axis=0)
        count[count < count[-1:].sum()] = 0  # a mean that a late run joins would get worse
        mean = np.nansum(curves, axis=0) / np.where(count, count, np.nan)
        spread = np.nansum((curves - mean) ** 2, axis=0) / np.where(count > 1, count - 1, np.nan)
    lower, median, upper = _quantiles(curves, (quantiles[0], 0.5, quantiles[1]), count > 0)
    mean_low, mean_high = _intervals(curves, count > 0, boot)
    limits, cropped = _limits(best, np.concatenate([np.empty(0), *(result.loss for result in results)]))
    low_high = objective.value(np.array(limits))
    dot = np.empty(0, dtype=np.int64)
    failed = dot
    if len(runs) == 1:
        ok = np.flatnonzero(~np.isnan(results[0].loss))
        dot = _even(ok, dots)
        failed = _even(np.flatnonzero(runs[0].history.failed[results[0].rows]), dots) + 1
    return Convergence(
        label=label,
        along=along,
        at=at,
        curves=curves,
        mean=mean,
        std=np.sqrt(spread),
        mean_low=mean_low,
        mean_high=mean_high,
        level=boot[0],
        median=median,
        lower=lower,
        upper=upper,
        quantiles=quantiles,
        trials=dot + 1,
        trial_at=places[0][dot] if len(dot) else np.empty(0),
        trial_values=objective.value(results[0].loss[dot]) if len(dot) else np.empty(0),
        failed=failed,
        failed_at=places[0][failed - 1] if len(failed) else np.empty(0),
        limits=(float(low_high.min()), float(low_high.max())),
        cropped=cropped,
        rising=objective.direction == "maximize",
    )


def _aligned(places: Sequence[Floats], lowest: Sequence[Floats], along: Along) -> tuple[Floats, Floats]:
    """Return the columns of a group and the best of each run at them, (n,) and (runs, n): step by step.

    Along evaluations each is a column. Along other axes places differ from run to run: columns are those at which a run
    has improved or ended; of very many an even choice, last ones included.
    """
    n = max((len(place) for place in places), default=0)
    if along == "evaluations":
        at = np.arange(1.0, n + 1)
    else:
        marks = []
        for place, low in zip(places, lowest, strict=True):
            before = np.concatenate(([np.nan], low))[: len(low)]
            marks.append(place[(low != before) & ~np.isnan(low)])
            marks.append(place[-1:])
        at = np.unique(np.concatenate([np.empty(0), *marks]))
        at = at[np.unique(np.linspace(0, len(at) - 1, COLUMNS).astype(np.int64))] if len(at) > COLUMNS else at
    best = np.full((len(places), len(at)), np.nan)
    for row, place, low in zip(best, places, lowest, strict=True):
        index = np.searchsorted(place, at, side="right") - 1
        row[index >= 0] = low[index[index >= 0]]
    return at, best


def _intervals(curves: Floats, from_all: Bools, boot: tuple[float, int, int]) -> tuple[Floats, Floats]:
    """Return the bootstrap interval of the mean over the runs that succeed at all, where all of them have."""
    low, high = np.full(curves.shape[1], np.nan), np.full(curves.shape[1], np.nan)
    known = curves[~np.isnan(curves).all(axis=1)][:, from_all]
    if len(known) > 1 and known.shape[1]:
        changed = np.concatenate(([True], np.any(known[:, 1:] != known[:, :-1], axis=0)))
        ends = mean_interval(known[:, changed], *boot)
        low[from_all], high[from_all] = (end[np.cumsum(changed) - 1] for end in ends)
    return low, high


def _even(places: Ints, most: int) -> Ints:
    """Return at most so many places, evenly spaced."""
    if len(places) <= most:
        return places
    return places[np.unique(np.linspace(0, len(places) - 1, most).astype(np.int64))]


def _quantiles(curves: Floats, quantiles: tuple[float, ...], from_all: Bools) -> Floats:
    """Return quantiles over runs, (q, n), where ``from_all``; NaN elsewhere. Worked out only where a curve changes."""
    result = np.full((len(quantiles), curves.shape[1]), np.nan)
    known = curves[~np.isnan(curves).all(axis=1)][:, from_all]
    if known.size:
        changed = np.concatenate(([True], np.any(known[:, 1:] != known[:, :-1], axis=0)))
        result[:, from_all] = np.quantile(known[:, changed], quantiles, axis=0)[:, np.cumsum(changed) - 1]
    return result


def _limits(best: Floats, loss: Floats) -> tuple[tuple[float, float], int]:
    """Return (lowest, highest) loss worth drawing and how many evaluations at the start lie above.

    The range ends at four times the descent that is still to come after the first 5 % of the evaluations (at least 3),
    or at the best quarter of all losses where that is more; at the worst incumbent where that is less.
    """
    some = ~np.isnan(best).all(axis=0)
    if not some.any():
        return (np.nan, np.nan), 0
    worst = np.full(best.shape[1], np.nan)
    worst[some] = np.nanmax(best[:, some], axis=0)
    lowest, highest = float(np.nanmin(best)), float(np.nanmax(worst))
    early = worst[np.flatnonzero(some)[0] :]
    settled = float(early[min(max(2, len(early) // 20), len(early) - 1)])
    if settled > lowest:
        highest = min(highest, max(lowest + 4 * (settled - lowest), float(np.nanquantile(loss, 0.25))))
    return (lowest, highest), int(np.sum(worst[some] > highest))


def thin(table: Convergence, points: int = 1500) -> Ints:
    """Return the indices of the evaluations that are worth drawing, ascending, first and last included.

    Curves change at few evaluations; only these are kept, and of more than ``points`` of them an even choice on a
    logarithmic axis of evaluations.
    """
    n = len(table.at)
    if n <= 2:
        return np.arange(n)
    stacked = np.vstack([table.curves, table.mean[None]])
    changed = np.any((stacked[:, 1:] != stacked[:, :-1]) & ~(np.isnan(stacked[:, 1:])), axis=0)
    keep = np.union1d(np.flatnonzero(changed) + 1, [0, n - 1])
    if len(keep) > points:
        chosen = np.unique(np.geomspace(1, len(keep), points).astype(np.int64)) - 1
        keep = np.union1d(keep[chosen], [0, n - 1])
    return keep.astype(np.int64)
