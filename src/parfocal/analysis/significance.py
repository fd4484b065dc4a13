"""Are they different? Friedman, Iman-Davenport and Nemenyi over blocks; Kruskal-Wallis over the runs of one problem.

Sources: Demšar (2006), Statistical comparisons of classifiers over multiple data sets, sections 3.2.2 and 3.2.3; Iman
and Davenport (1980); Kruskal and Wallis (1952).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import factorial, lgamma

import numpy as np

from parfocal.analysis.comparison import Comparison
from parfocal.analysis.ranks import Ranks
from parfocal.errors import InvalidInput
from parfocal.typing import Floats, Ints

LEVEL = 0.05


@dataclass(frozen=True)
class Friedman:
    """Whether optimizers differ over blocks, and which; axes: o optimizers, the best mean rank first."""

    optimizers: tuple[str, ...]
    ranks: Floats
    """(o,) mean ranks, ascending."""
    blocks: int
    level: float
    chi2: float
    """Friedman's statistic, corrected for ties; NaN with fewer than two optimizers or blocks."""
    p_chi2: float
    """Its p-value by the chi-squared distribution with o - 1 degrees of freedom."""
    f: float
    """Iman and Davenport's F, which is less conservative; infinite where all blocks agree."""
    p: float
    """Its p-value with (o - 1, (o - 1)(blocks - 1)) degrees of freedom, but not below the chance that all blocks with
    such ties agree."""
    attainable: float
    """The smallest p that so many blocks can give: the chance (o!)^(1 - blocks) that all agree, without ties."""
    difference: float
    """Nemenyi's critical difference: mean ranks that lie closer cannot be told apart; NaN where there is none."""
    nemenyi: Floats
    """(o, o) p-values of Nemenyi's test, 1 on the diagonal."""
    groups: tuple[tuple[str, ...], ...]
    """Largest groups of at least two neighbours in rank that do not differ."""

    @property
    def differ(self) -> bool:
        """Whether the optimizers differ at the level."""
        return bool(self.p <= self.level)

    @property
    def separable(self) -> bool:
        """Whether the best and the worst could be told apart at all, if all blocks agreed."""
        return bool(len(self.optimizers) - 1 >= self.difference)

    @property
    def tied(self) -> tuple[str, ...]:
        """Those that cannot be told from the first, itself included."""
        close = self.ranks - self.ranks[:1] < self.difference
        return tuple(name for name, near in zip(self.optimizers, close.tolist(), strict=True) if near)


def friedman(ranks: Ranks, level: float = LEVEL) -> Friedman:
    """Return Friedman's test of the ranks at the end, with Nemenyi's as what follows it."""
    checked_level(level)
    order = list(ranks.order) if len(ranks.final) else list(range(len(ranks.optimizers)))
    names = tuple(ranks.optimizers[i] for i in order)
    block = ranks.final[:, order]
    n, k = block.shape
    mean = block.mean(axis=0) if n else np.full(k, np.nan)
    if n < 2 or k < 2:
        none = np.where(np.eye(k, dtype=bool), 1.0, np.nan)
        nan = float("nan")
        return Friedman(names, mean, n, level, nan, nan, nan, nan, 1.0, nan, none, ())
    from scipy.stats import chi2, f, studentized_range

    ties = sum(float((counts**3 - counts).sum()) for counts in (_counts(row) for row in block))
    correction = 1.0 - ties / (n * k * (k * k - 1))
    spread = float(((mean - (k + 1) / 2) ** 2).sum())
    statistic = 12 * n / (k * (k + 1)) * spread / correction if correction > 0 else 0.0
    below = n * (k - 1) - statistic
    ratio = (n - 1) * statistic / below if below > 1e-9 else np.inf
    smallest = float(factorial(k)) ** (1 - n)
    p = max(float(f.sf(ratio, k - 1, (k - 1) * (n - 1))), _agreement(block))
    apart = np.abs(mean[:, None] - mean[None, :]) / np.sqrt(k * (k + 1) / (6 * n))
    pairs = np.clip(studentized_range.sf(apart * np.sqrt(2), k, np.inf), 0.0, 1.0)
    difference = critical_difference(k, n, level)
    return Friedman(
        names, mean, n, level, statistic, float(chi2.sf(statistic, k - 1)), float(ratio), p, smallest, difference,
        np.where(np.eye(k, dtype=bool), 1.0, pairs), _groups(names, mean, difference),
    )  # fmt: skip


def _agreement(block: Floats) -> float:
    """Return the chance that all blocks order the optimizers alike: of few, F knows nothing of it."""
    sizes = [_counts(row) + 1.0 for row in block]
    orders = np.array(
        [lgamma(block.shape[1] + 1.0) - sum(map(lgamma, row)) for row in sizes]
    )  # logarithms: they are many
    return float(np.exp(orders.max() - orders.sum()))


def critical_difference(optimizers: int, blocks: int, level: float = LEVEL) -> float:
    """Return Nemenyi's critical difference of mean ranks, from the studentized range over the root of 2."""
    from scipy.stats import studentized_range

    if optimizers < 2:
        return 0.0
    quantile = studentized_range.ppf(1 - level, optimizers, np.inf) / np.sqrt(2)
    return float(quantile * np.sqrt(optimizers * (optimizers + 1) / (6 * blocks)))


def _groups(names: Sequence[str], mean: Floats, difference: float) -> tuple[tuple[str, ...], ...]:
    """Return the runs of neighbours within the critical difference that are part of no longer run."""
    ends = np.searchsorted(mean, mean + difference, side="left")
    found = []
    for i, end in enumerate(ends.tolist()):
        if end - i > 1 and (i == 0 or end > ends[i - 1]):
            found.append(tuple(names[i:end]))
    return tuple(found)


@dataclass(frozen=True)
class Kruskal:
    """Whether the runs of optimizers on one problem differ, pairs or not."""

    problem: str
    optimizers: tuple[str, ...]
    runs: tuple[int, ...]
    """(o,) number of runs."""
    level: float
    h: float
    """Kruskal and Wallis' statistic, corrected for ties; NaN with fewer than two optimizers."""
    p: float
    """By the chi-squared distribution with o - 1 degrees of freedom."""
    attainable: float
    """The p of runs that do not overlap at all: no smaller one can be reached with so many."""

    @property
    def differ(self) -> bool:
        """Whether the optimizers differ at the level."""
        return bool(self.p <= self.level)


def kruskal(table: Comparison, problem: str | None = None, level: float = LEVEL) -> Kruskal:
    """Return the test over the losses at the end on one problem, which may be left out where there is only one."""
    checked_level(level)
    place = 0 if problem is None and len(table.problems) == 1 else table.problem(str(problem))
    there = [i for i in range(len(table.optimizers)) if table.present[place, i].any()]
    last = table.final[place]
    samples = [last[i, table.present[place, i]] for i in there]
    statistic, p = _kruskal(samples)
    apart = [np.full(len(sample), float(i)) + np.linspace(0, 0.5, len(sample)) for i, sample in enumerate(samples)]
    return Kruskal(
        table.problems[place].name,
        tuple(table.optimizers[i] for i in there),
        tuple(len(sample) for sample in samples),
        level,
        statistic,
        p,
        _kruskal(apart)[1],
    )


def _kruskal(samples: Sequence[Floats]) -> tuple[float, float]:
    from scipy import stats

    if len(samples) < 2:
        return float("nan"), float("nan")
    ranked = stats.rankdata(np.concatenate(samples))  # who found nothing is infinite, and last
    if np.all(ranked == ranked[0]):
        return 0.0, 1.0
    ends = np.cumsum([len(sample) for sample in samples])[:-1]
    found = stats.kruskal(*np.split(ranked, ends))
    return float(found.statistic), float(found.pvalue)


def _counts(row: Floats) -> Ints:
    return np.asarray(np.unique(row, return_counts=True)[1], dtype=np.int64)


def checked_level(level: float) -> None:
    """Raise :class:`InvalidInput` unless a level of significance can be one."""
    if not 0 < level < 1:
        raise InvalidInput(f"The level of significance must lie between 0 and 1; got {level}.")
