"""Regret over time: mean over seeds with its bootstrap interval, on each problem and over all of them."""

from dataclasses import dataclass

import numpy as np

from parfocal.analysis.comparison import Comparison
from parfocal.checks import positive
from parfocal.errors import InvalidInput
from parfocal.seeds import generator
from parfocal.typing import Floats

EVERYWHERE = "all problems"


@dataclass(frozen=True)
class Regret:
    """Mean normalized regret after each number of evaluations; axes: o optimizers, g points.

    Regret is capped at 1, no better than the usual start, which also stands for a run that has found nothing yet: the
    mean of an optimizer that fails does not look better for leaving its failures out.
    """

    problem: str
    """Its name, or ``all problems``: the mean over those that an optimizer ran on, all of equal weight."""
    optimizers: tuple[str, ...]
    evaluations: Floats
    """(g,) numbers of evaluations; shares of the budget over all problems."""
    mean: Floats
    """(o, g), NaN where an optimizer has no run."""
    low: Floats
    high: Floats
    """(o, g) bootstrap interval of the mean over seeds; NaN for a single run."""
    confidence: float
    runs: tuple[int, ...]
    """(o,) number of runs."""
    shares: bool
    """Whether ``evaluations`` are shares of the budget."""

    @property
    def order(self) -> tuple[int, ...]:
        """Indices of the optimizers that have runs, the smallest regret at the end first; of equal ones, anytime."""
        found = np.flatnonzero(~np.isnan(self.mean[:, -1]))
        return tuple(sorted(found.tolist(), key=lambda i: (self.mean[i, -1], self.anytime[i])))

    @property
    def anytime(self) -> Floats:
        """(o,) mean regret over the whole budget, every evaluation of equal weight."""
        width = np.diff(np.concatenate([[0.0], self.evaluations]))
        return np.asarray((self.mean * width).sum(axis=1) / width.sum())


def regrets(table: Comparison, *, confidence: float = 0.95, resamples: int = 1000, seed: int = 0) -> tuple[Regret, ...]:
    """Return the regret of each problem, and that of all problems first where there are several.

    The cost grows with optimizers x problems x resamples x points: 2 s for 20 x 5 x 1000 x 400.

    Parameters
    ----------
    confidence
        Of the bootstrap interval (percentiles of the means of runs drawn with replacement).
    resamples, seed
        Number of draws, and the seed of their random numbers.
    """
    if not 0 < confidence < 1:
        raise InvalidInput(f"confidence must lie between 0 and 1; got {confidence}.")
    positive(resamples, "resamples")
    rng = generator(seed, "bootstrap")
    capped = np.minimum(table.regret, 1.0)
    p, o, _, g = capped.shape
    mean = np.full((p, o, g), np.nan)
    band = np.full((2, p, o, g), np.nan)
    whole_mean, whole_band = np.full((o, g), np.nan), np.full((2, o, g), np.nan)
    ends = [(1 - confidence) / 2, (1 + confidence) / 2]
    for j in range(o):
        drawn, alone = np.zeros((resamples, g)), True
        here = [i for i in range(p) if table.present[i, j].any()]
        for i in here:
            runs = capped[i, j, table.present[i, j]]
            mean[i, j] = runs.mean(axis=0)
            means = _resampled(runs, resamples, rng)
            drawn += means / len(here)
            if len(runs) > 1:
                band[:, i, j], alone = np.quantile(means, ends, axis=0), False
        if here:
            whole_mean[j] = mean[here, j].mean(axis=0)
            if not alone:
                whole_band[:, j] = np.quantile(drawn, ends, axis=0)
    counts = table.present.sum(axis=2)
    each = tuple(
        Regret(
            problem.name, table.optimizers, table.steps[i].astype(np.float64), mean[i], band[0, i], band[1, i],
            confidence, tuple(counts[i].tolist()), False,
        )
        for i, problem in enumerate(table.problems)
    )  # fmt: skip
    if p == 1:
        return each
    total = tuple(counts.sum(axis=0).tolist())
    whole = Regret(
        EVERYWHERE, table.optimizers, table.share, whole_mean, whole_band[0], whole_band[1], confidence, total, True
    )
    return whole, *each


def _resampled(runs: Floats, resamples: int, rng: np.random.Generator) -> Floats:
    """Return the means ``(resamples, g)`` of runs ``(s, g)`` that are drawn with replacement."""
    weights = rng.multinomial(len(runs), np.full(len(runs), 1 / len(runs)), size=resamples) / len(runs)
    return np.asarray(weights @ runs)
