"""Pairs of optimizers: Wilcoxon's signed ranks where runs come in pairs, his rank sums where not, and effect sizes.

Sources: Wilcoxon (1945); Kerby (2014) for the matched-pairs rank-biserial correlation; Vargha and Delaney (2000) for
A12; Cliff (1993) for delta = 2 A12 - 1; Holm (1979). P-values are exact, ties included, up to 100 differences or 60
runs, by counting; beyond that they are the normal approximations of scipy.
"""

from dataclasses import dataclass
from math import comb, nan

import numpy as np

from parfocal.analysis.comparison import Comparison
from parfocal.analysis.regret import EVERYWHERE
from parfocal.analysis.significance import LEVEL, checked_level
from parfocal.typing import Bools, Floats

_MOST_PAIRS, _MOST_RUNS = 100, 60


@dataclass(frozen=True)
class Pairwise:
    """Every pair of optimizers at the end; axes: o x o, row against column, better = smaller loss."""

    problem: str
    """Its name, or ``all problems``: then the pairs are problems, by the mean regret over seeds."""
    optimizers: tuple[str, ...]
    level: float
    paired: Bools
    """(o, o) whether the test is of pairs: the same seeds on one problem, or the same problems."""
    count: Floats
    """(o, o) number of pairs, or of runs of both together."""
    p: Floats
    """(o, o) two-sided p-values; 1 where all are equal or nothing can be tested, and on the diagonal."""
    adjusted: Floats
    """(o, o) the same after Holm's adjustment over all pairs of this table."""
    biserial: Floats
    """(o, o) matched-pairs rank-biserial correlation: 1 where the row was better in every pair; NaN where unpaired."""
    a12: Floats
    """(o, o) Vargha and Delaney's A: chance that a run of the row is better than one of the column, ties half."""
    attainable: float
    """The smallest adjusted p that any pair could have reached with so many runs."""
    needed: int
    """Pairs (or runs of each) from which on some pair could be significant; 0 where there are enough."""

    @property
    def delta(self) -> Floats:
        """(o, o) Cliff's delta: 1 where all runs of the row are better than all of the column."""
        return 2.0 * self.a12 - 1.0

    @property
    def effect(self) -> Floats:
        """(o, o) the effect size that goes with the test: rank-biserial where paired, Cliff's delta elsewhere."""
        return np.where(self.paired, self.biserial, self.delta)

    @property
    def order(self) -> tuple[int, ...]:
        """Indices of the optimizers, the one that is better than the others on the whole first."""
        filled = np.where(np.isnan(self.effect), 0.0, self.effect)
        return tuple(np.argsort(-filled.sum(axis=1), kind="stable").tolist())

    @property
    def significant(self) -> tuple[tuple[int, int], ...]:
        """(better, worse) pairs that differ at the level after adjustment, the smallest p first."""
        found = np.argwhere((self.adjusted <= self.level) & (self.effect > 0)).tolist()
        return tuple(sorted(((i, j) for i, j in found), key=lambda pair: float(self.adjusted[pair])))


def pairwise(table: Comparison, problem: str | None = None, level: float = LEVEL) -> Pairwise:
    """Return all pairs on one problem, or over all problems where ``problem`` is None and there are several."""
    checked_level(level)
    single = len(table.problems) == 1 or problem is not None
    if single:
        place = 0 if problem is None else table.problem(problem)
        there = np.flatnonzero(table.present[place].any(axis=1))
        score = np.where(table.present[place], table.final[place], np.nan)[there]
        name = table.problems[place].name
    else:
        there = np.array(table.ranked, dtype=np.int64)
        present = table.present[:, there]
        total = np.where(present, table.final[:, there], 0.0).sum(axis=2)
        score = (total / np.maximum(present.sum(axis=2), 1)).T
        name = EVERYWHERE
    return _table(name, tuple(table.optimizers[i] for i in there.tolist()), score, level)


def _table(name: str, names: tuple[str, ...], score: Floats, level: float) -> Pairwise:
    """Return the table of scores ``(o, n)``, NaN = no such run, infinite = found nothing."""
    k = len(names)
    p, a12 = np.ones((k, k)), np.full((k, k), 0.5)
    biserial, count = np.zeros((k, k)), np.zeros((k, k))
    paired = np.ones((k, k), dtype=np.bool_)
    floors, sizes = [], []
    for i in range(k):
        for j in range(i + 1, k):
            a, b = score[i], score[j]
            both = ~np.isnan(a) & ~np.isnan(b)
            a12[i, j] = superiority(a[~np.isnan(a)], b[~np.isnan(b)])
            a12[j, i] = 1.0 - a12[i, j]
            alone = min(int((~np.isnan(a)).sum()), int((~np.isnan(b)).sum()))
            in_pairs = 2 * int(both.sum()) >= max(alone, 1)  # few shared seeds would waste most of the runs
            if in_pairs:
                found, effect = signed_ranks(a[both], b[both])
                n = int(both.sum())
                floors.append(2.0 ** (1 - n))
                sizes.append(n)
            else:
                found, effect = rank_sums(a[~np.isnan(a)], b[~np.isnan(b)]), nan
                first, second = int((~np.isnan(a)).sum()), int((~np.isnan(b)).sum())
                n = first + second
                floors.append(2 / comb(n, first))
                sizes.append(min(first, second))
            p[i, j] = p[j, i] = found
            biserial[i, j], biserial[j, i] = effect, -effect
            paired[i, j] = paired[j, i] = in_pairs
            count[i, j] = count[j, i] = n
    upper = np.triu_indices(k, 1)
    adjusted = np.ones((k, k))
    adjusted[upper] = holm(p[upper])
    adjusted = np.minimum(adjusted, adjusted.T)
    smallest = min(1.0, min(floors, default=1.0) * len(floors))
    needed = 0 if smallest <= level else _needed(len(floors), level, bool(paired[upper].all()))
    return Pairwise(name, names, level, paired, count, p, adjusted, biserial, a12, smallest, needed)


def _needed(pairs: int, level: float, paired: bool) -> int:
    """Return the fewest pairs, or runs of each, with which the clearest result would pass Holm's first step."""
    n = 2
    while pairs and pairs * (2.0 ** (1 - n) if paired else 2 / comb(2 * n, n)) > level:
        n += 1
    return n


def signed_ranks(a: Floats, b: Floats) -> tuple[float, float]:
    """Return (two-sided p, rank-biserial correlation) of pairs; positive where ``a`` is smaller, that is better.

    Pairs of equal numbers are left out (Wilcoxon's own way); infinite ones are the worst, and equal to each other.
    """
    from scipy import stats

    with np.errstate(invalid="ignore"):
        differences = np.where(a == b, 0.0, b - a)
    differences = differences[differences != 0]
    n = len(differences)
    if not n:
        return 1.0, 0.0
    ranked = stats.rankdata(np.abs(differences))
    better, total = float(ranked[differences > 0].sum()), n * (n + 1) / 2
    effect = (2 * better - total) / total
    if n > _MOST_PAIRS:
        finite = np.where(differences > 0, ranked, -ranked)
        return float(stats.wilcoxon(finite).pvalue), effect
    doubled = np.round(2 * ranked).astype(np.int64)  # midranks are whole then
    chance = np.zeros(int(doubled.sum()) + 1)
    chance[0] = 1.0
    for step in doubled.tolist():
        moved = np.zeros_like(chance)
        moved[step:] = chance[: len(chance) - step]
        chance = (chance + moved) / 2
    tail = int(np.round(2 * min(better, total - better)))
    return min(1.0, 2 * float(chance[: tail + 1].sum())), effect


def rank_sums(a: Floats, b: Floats) -> float:
    """Return the two-sided p of Wilcoxon's rank-sum test (Mann and Whitney's) of unpaired runs."""
    from scipy import stats

    if not len(a) or not len(b):
        return 1.0
    ranked = stats.rankdata(np.concatenate([a, b]))
    if np.all(ranked == ranked[0]):
        return 1.0
    if len(ranked) > _MOST_RUNS:
        return float(stats.mannwhitneyu(ranked[: len(a)], ranked[len(a) :], method="asymptotic").pvalue)
    doubled = np.round(2 * ranked).astype(np.int64)
    size = int(doubled.sum()) + 1
    ways = np.zeros((len(a) + 1, size))  # by how many are chosen, and their sum
    ways[0, 0] = 1.0
    for step in doubled.tolist():
        ways[1:, step:] = ways[1:, step:] + ways[:-1, : size - step]
    chance = ways[len(a)] / ways[len(a)].sum()
    place = int(doubled[: len(a)].sum())
    return min(1.0, 2 * float(min(chance[: place + 1].sum(), chance[place:].sum())))


def superiority(a: Floats, b: Floats) -> float:
    """Return the chance that a number of ``a`` is smaller than one of ``b``, ties counting half; 0.5 for none."""
    if not len(a) or not len(b):
        return 0.5
    ordered = np.sort(b)
    above = len(b) - np.searchsorted(ordered, a, side="right")
    ties = np.searchsorted(ordered, a, side="right") - np.searchsorted(ordered, a, side="left")
    return float((above + 0.5 * ties).sum() / (len(a) * len(b)))


def holm(p: Floats) -> Floats:
    """Return p-values after Holm's step-down adjustment."""
    m = len(p)
    order = np.argsort(p, kind="stable")
    stepped = np.maximum.accumulate(p[order] * np.arange(m, 0, -1)) if m else p[order]
    result = np.empty(m)
    result[order] = np.minimum(stepped, 1.0)
    return result
