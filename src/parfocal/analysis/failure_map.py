"""Failure map: where in the space evaluations fail, by reason: by parameter, as a rule, and over two parameters.

Failures that say nothing about the configuration are left out: those of a server, interrupted and lost trials. A single
reason is judged among the trials that did not fail for another one, since those never came so far. Trials of an
optimizer are no random sample, and one that avoids failures hides them: a map shows what was seen.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.stats import chi2, fisher_exact, norm

from parfocal.analysis.axes import Axis
from parfocal.analysis.cells import Cells, adaptive_cells, level_cells
from parfocal.analysis.failure_rule import Levels, Rule, failure_rule, levels_of
from parfocal.analysis.pairwise import holm
from parfocal.analysis.rows import rows_of
from parfocal.analysis.runs import Histories, as_runs
from parfocal.analysis.surface import even
from parfocal.seeds import generator
from parfocal.space import Space
from parfocal.trials import Reason, State
from parfocal.typing import Bools, Floats, Ints

ANY = "any"
"""What stands for all reasons together."""
_DID = {
    ANY: "failed",
    "error": "failed with an error",
    "timeout": "ran out of time",
    "memory": "ran out of memory",
    "invalid": "were declared invalid",
    "not-finite": "had no finite value",
    "missing": "lacked a metric",
}
_APART = (Reason.SERVER.code, Reason.INTERRUPTED.code)
_DRAWS = 9_999
_Z = float(norm.ppf(0.975))
_POINTS = 1000


@dataclass(frozen=True)
class FailureShare:
    """Failures along one parameter, one entry a cell, (m,)."""

    cells: Cells
    """The last one of a conditional parameter holds the trials where it was inactive."""
    failed: Ints
    trials: Ints
    share: Floats
    """NaN where no trial has been."""
    low: Floats
    """Of the 95 % interval (Wilson 1927); NaN where no trial has been."""
    high: Floats
    p: float
    """That failures do not depend on the parameter; NaN where it says nothing (one cell, none or all failed)."""
    adjusted: float
    """``p`` adjusted for the number of parameters (Holm 1979)."""
    test: str
    """``Fisher``, ``chi-square`` or ``chi-square, simulated`` where expected counts are small; empty without ``p``."""

    @property
    def name(self) -> str:
        """Name of the parameter."""
        return self.cells.axis.name


@dataclass(frozen=True)
class FailurePlane:
    """Failures over the two most telling parameters: those of the rule first."""

    cells: tuple[Cells, Cells]
    failed: Ints
    """(cells of x, cells of y)."""
    trials: Ints
    share: Floats
    """NaN where no trial has been."""
    x: Floats
    """Where failed trials are drawn: all, or an even choice of 1,000."""
    y: Floats
    number: Ints
    run: Ints


@dataclass(frozen=True)
class FailureMap:
    """Where trials fail for one reason, or for any."""

    reason: str
    """The reason, or ``any``."""
    failed: int
    trials: int
    """Evaluated trials, failed ones included; without those that failed for another reason."""
    apart: int
    """Trials that say nothing about where failures lie: failed by a server, interrupted, or lost."""
    parameters: tuple[FailureShare, ...]
    """Most telling first."""
    rule: Rule | None
    """The shortest region with many failures; None where no parameter tells more than chance."""
    plane: FailurePlane | None
    """None with fewer than two parameters, or without failures."""

    @property
    def sentence(self) -> str:
        """Where failures lie, in words."""
        did = _DID.get(self.reason, f"failed ({self.reason})")
        if not self.failed:
            return f"No trial {did}."
        if self.failed == self.trials:
            return f"All {self.trials:,} trials {did}." if self.trials > 1 else f"The only trial {did}."
        if self.rule is None:
            return f"{self.failed:,} of {self.trials:,} trials {did}; no parameter tells where."
        rule = self.rule
        rest = f"elsewhere {rule.failed_elsewhere:,} of {rule.trials_elsewhere:,}"
        return f"{rule.failed:,} of {rule.trials:,} trials with {rule} {did}; {rest}."


def failure_map(space: Space, histories: Histories, *, cells: int | None = None) -> tuple[FailureMap, ...]:
    """Return where failures lie: for any reason, and where there are several for each of them, most frequent first.

    Parameters
    ----------
    space
    histories
        One or several runs.
    cells
        Number of cells of a parameter that is cut; None: from the number of trials, at most 16.
    """
    runs = as_runs(histories)
    rows = rows_of(space, runs)
    state = np.concatenate([np.empty(0, dtype=np.int8), *(run.history.state for run in runs)])
    reason = np.concatenate([np.empty(0, dtype=np.int8), *(run.history.reason for run in runs)])
    bad = (state == State.FAILED) & ~np.isin(reason, _APART)
    counted = bad | (state == State.COMPLETE) | (state == State.PRUNED)
    apart = int(((state == State.FAILED) & ~bad).sum() + (state == State.LOST).sum())
    at = np.flatnonzero(counted)
    table = _Table(
        rows.axes, rows.coordinates[at], rows.number[at], rows.run[at], apart, cells, levels_of(rows.coordinates[at])
    )
    codes, counts = np.unique(reason[at][bad[at]], return_counts=True)
    maps = [_map(table, ANY, bad[at])]
    for code in codes[np.argsort(-counts, kind="stable")].tolist() if len(codes) > 1 else ():
        named = Reason.from_code(code)
        mine = bad[at] & (reason[at] == code)
        maps.append(_map(table.among(mine | ~bad[at]), _name(named), mine[mine | ~bad[at]]))
    if len(codes) == 1:
        return (replace(maps[0], reason=_name(Reason.from_code(int(codes[0])))),)
    return tuple(maps)


def _name(reason: Reason | None) -> str:
    return "unknown reason" if reason is None else str(reason)


@dataclass(frozen=True)
class _Table:
    """The evaluated trials that all maps look at."""

    axes: tuple[Axis, ...]
    coordinates: Floats
    number: Ints
    run: Ints
    apart: int
    cells: int | None
    levels: Levels

    def among(self, chosen: Bools) -> "_Table":
        """Return the table of some of the trials."""
        parts = {name: getattr(self, name)[chosen] for name in ("coordinates", "number", "run")}
        return replace(self, levels=self.levels.among(chosen), **parts)


def _map(table: _Table, reason: str, failed: Bools) -> FailureMap:
    n = len(failed)
    size = table.cells or int(np.clip(n / 8, 3, 16))
    shares = [_share(axis, x, failed, size) for axis, x in zip(table.axes, table.coordinates.T, strict=True)]
    p = np.array([share.p for share in shares])
    known = ~np.isnan(p)
    adjusted = np.full(len(p), np.nan)
    adjusted[known] = holm(p[known])
    shares = [replace(share, adjusted=q) for share, q in zip(shares, adjusted.tolist(), strict=True)]
    strength = [_strength(share) for share in shares]
    order = np.lexsort((-np.array(strength), np.nan_to_num(p, nan=2.0))).tolist() if shares else []
    rule = failure_rule(table.axes, table.coordinates, failed, table.levels)
    ruled = [] if rule is None else [table.axes.index(condition.axis) for condition in rule.conditions]
    telling = list(dict.fromkeys([*ruled, *order]))
    plane = _plane(table, failed, telling[:2]) if len(telling) > 1 and failed.any() else None
    return FailureMap(
        reason,
        int(failed.sum()),
        n,
        table.apart,
        tuple(shares[i] for i in order),
        rule,
        plane,
    )


def _share(axis: Axis, x: Floats, failed: Bools, size: int) -> FailureShare:
    cells = _cells(axis, x, size)
    index = cells.locate(x)
    trials = np.bincount(index, minlength=len(cells)).astype(np.int64)
    bad = np.bincount(index[failed], minlength=len(cells)).astype(np.int64)
    low, high = wilson(bad, trials)
    p, test = depends(bad, trials)
    share = np.where(trials > 0, bad / np.maximum(trials, 1), np.nan)
    return FailureShare(cells, bad, trials, share, low, high, p, np.nan, test)


def _cells(axis: Axis, x: Floats, size: int) -> Cells:
    """Return one cell a level or choice where there are few, else cells that are narrow where many trials lie."""
    inactive = bool(np.isnan(x).any())
    if axis.kind == "category" or 0 < len(axis.levels) <= size:
        return level_cells(axis, inactive)
    return adaptive_cells(axis, x, size, inactive)


def wilson(failed: Ints, trials: Ints) -> tuple[Floats, Floats]:
    """Return the 95 % interval of each share ``(m,)`` (Wilson, JASA 22, 1927); NaN where there is no trial."""
    n = np.where(trials > 0, trials, np.nan).astype(np.float64)
    share = failed / n
    middle = (share + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
    half = _Z / (1 + _Z**2 / n) * np.sqrt(share * (1 - share) / n + _Z**2 / (4 * n**2))
    return np.clip(middle - half, 0.0, share), np.clip(middle + half, share, 1.0)


def depends(failed: Ints, trials: Ints) -> tuple[float, str]:
    """Return p and the name of a test whether the share of failures differs between cells ``(m,)``; NaN without one.

    Fisher's exact test for two cells; Pearson's chi-square where four fifths of the expected counts are at least 5 and
    all at least 1 (Cochran 1954); else its distribution given both margins, from 9,999 random tables.
    """
    failed, trials = failed[trials > 0], trials[trials > 0]
    bad, n = int(failed.sum()), int(trials.sum())
    if len(trials) < 2 or bad in (0, n):
        return float("nan"), ""
    if len(trials) == 2:
        return float(fisher_exact(np.stack([failed, trials - failed]))[1]), "Fisher"
    expected = trials * bad / n
    scale = expected * (1 - bad / n)
    seen = float(np.sum((failed - expected) ** 2 / scale))
    counts = np.concatenate([expected, trials - expected])
    if counts.min() >= 1 and np.mean(counts >= 5) >= 0.8:
        return float(chi2.sf(seen, len(trials) - 1)), "chi-square"
    draws = generator(0, "failure map").multivariate_hypergeometric(trials, bad, size=_DRAWS, method="marginals")
    extreme = np.sum((draws - expected) ** 2 / scale, axis=1) >= seen * (1 - 1e-9)
    return float((1 + extreme.sum()) / (1 + _DRAWS)), "chi-square, simulated"


def _strength(share: FailureShare) -> float:
    """Return Cramér's V squared of failures over cells: breaks ties between parameters of the same p."""
    failed, trials = share.failed, share.trials
    bad, n = int(failed.sum()), int(trials.sum())
    if bad in (0, n):
        return 0.0
    used = trials > 0
    expected = trials[used] * bad / n
    return float(np.sum((failed[used] - expected) ** 2 / (expected * (1 - bad / n))) / n)


def _plane(table: _Table, failed: Bools, columns: Sequence[int]) -> FailurePlane:
    i, j = columns
    size = int(np.clip(np.sqrt(len(failed) / 6), 3, 24))
    x, y = (_cells(table.axes[k], table.coordinates[:, k], size) for k in columns)
    at = np.ravel_multi_index((x.locate(table.coordinates[:, i]), y.locate(table.coordinates[:, j])), (len(x), len(y)))
    shape = (len(x), len(y))
    trials = np.bincount(at, minlength=len(x) * len(y)).astype(np.int64).reshape(shape)
    bad = np.bincount(at[failed], minlength=len(x) * len(y)).astype(np.int64).reshape(shape)
    shown = even(np.flatnonzero(failed), _POINTS)
    number = table.number[shown]
    return FailurePlane(
        (x, y),
        bad,
        trials,
        np.where(trials > 0, bad / np.maximum(trials, 1), np.nan),
        x.place(table.coordinates[shown, i], number),
        y.place(table.coordinates[shown, j], number),
        number,
        table.run[shown],
    )
