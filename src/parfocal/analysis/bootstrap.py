"""Bootstrap intervals of a mean over runs: runs are drawn with replacement, for all columns at once."""

import numpy as np

from parfocal.seeds import generator
from parfocal.typing import Floats

_CELLS = 4_000_000
"""Numbers held at once: 32 MB."""


def mean_interval(values: Floats, level: float, resamples: int, seed: int) -> tuple[Floats, Floats]:
    """Return the percentile interval of the mean of each column of ``values (runs, n)`` (Efron 1979).

    The same resamples serve all columns, so that a curve of means has smooth borders. With few runs the interval is
    too narrow: one for 95 % holds the truth of 3, 5, 10 and 20 normal runs in 74, 84, 91 and 92 % of cases.
    NaN with one run.

    Parameters
    ----------
    values
        Without NaN.
    level
        Share of the resampled means within, in (0, 1).
    resamples
        How many; the cost is that of a product ``(resamples, runs) x (runs, n)`` and of sorting each of its columns.
    seed
        The same seed gives the same interval.
    """
    runs, n = values.shape
    if runs < 2 or n == 0:
        return np.full(n, np.nan), np.full(n, np.nan)
    rng = generator(seed, "bootstrap of the mean")
    weights = rng.multinomial(runs, np.full(runs, 1 / runs), size=resamples) / runs
    low, high = np.empty(n), np.empty(n)
    ends = (1 - level) / 2, (1 + level) / 2
    span = max(1, _CELLS // resamples)
    for start in range(0, n, span):
        part = slice(start, start + span)
        low[part], high[part] = np.quantile(weights @ values[:, part], ends, axis=0)
    return low, high
