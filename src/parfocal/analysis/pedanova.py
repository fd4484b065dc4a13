"""PED-ANOVA: importance in closed form from where the best trials lie (Watanabe, Bansal and Hutter, IJCAI 2023).

What is explained is the indicator "this trial is among the best". Given one parameter, its mean is the ratio of two
densities, and the variance of that is a Pearson divergence (their equation 7); no surrogate is fitted.
"""

import numpy as np

from parfocal.analysis.lattice import INACTIVE
from parfocal.typing import Bools, Floats

RESAMPLES = 200


def divergences(codes: Floats, counts: tuple[int, ...], top: Bools, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Return the share of the indicator's variance that each parameter explains, (d,), and resampled, (resamples, d).

    The density of the best over that of all is estimated on the cells, with one Gaussian kernel for both, as wide as
    Scott's rule says of the best; where a cell is a level, hardly wider than it. What chance alone would give, the mean
    over shuffled indicators, is taken off.

    Parameters
    ----------
    codes
        (n, d) places in the cells of the lattice.
    counts
        (d,) cells of each parameter.
    top
        (n,) which trials are among the best.
    rng
        For resamples and shuffles.
    """
    n, d = codes.shape
    share, resampled = np.zeros(d), np.zeros((RESAMPLES, d))
    rate = top.mean() if n else 0.0
    if not 0 < rate < 1:
        return share, resampled
    weights = rng.multinomial(n, np.full(n, 1 / n), size=RESAMPLES).astype(np.float64)
    shuffled = np.stack([rng.permutation(top) for _ in range(RESAMPLES // 4)])
    for j in range(d):
        active = codes[:, j] != INACTIVE
        if active.sum() < 2 or len(np.unique(codes[active, j])) < 2:
            continue
        kernel = _kernel(codes[active, j], top[active], counts[j])
        once = np.ones((1, int(active.sum())))
        chance = _explained(kernel, once.repeat(len(shuffled), 0), shuffled[:, active], n, shuffled.mean(axis=1))
        share[j] = max(0.0, _explained(kernel, once, top[None, active], n, np.array([rate]))[0] - chance.mean())
        rates = weights @ top / n
        seen = _explained(kernel, weights[:, active], np.broadcast_to(top[active], (RESAMPLES, active.sum())), n, rates)
        # a resample repeats trials, which adds to the divergence as much again as chance does
        resampled[:, j] = np.clip(seen - 2 * chance.mean(), 0.0, 1.0)
    return np.clip(share, 0.0, 1.0), resampled


def _kernel(codes: Floats, top: Bools, count: int) -> Floats:
    """Return the weight of each trial in each cell, (n, cells), rows summing to 1."""
    centres = (np.arange(count) + 0.5) / count
    best = codes[top] if top.any() else codes
    quartiles = np.quantile(best, [0.75, 0.25])
    width = 1.059 * min(float(best.std()), float(quartiles[0] - quartiles[1]) / 1.34) * len(best) ** -0.2
    width = max(width, 0.25 / count)  # narrower ones would fall between the centres
    mirrored = (-centres, centres, 2 - centres)  # reflected at the bounds
    kernel = np.sum([np.exp(-0.5 * ((codes[:, None] - c) / width) ** 2) for c in mirrored], axis=0)
    return np.asarray(kernel / np.maximum(kernel.sum(axis=1, keepdims=True), 1e-300))


def _explained(kernel: Floats, weights: Floats, top: Bools, n: int, rate: Floats) -> Floats:
    """Return P(active) Var(P(top | x)) / Var(top) for each row of ``weights`` and ``top`` (r, active trials): (r,)."""
    base = weights @ kernel  # (r, cells)
    best = (weights * top) @ kernel
    inside = weights.sum(axis=1, keepdims=True)
    mean = np.sum(weights * top, axis=1, keepdims=True) / np.maximum(inside, 1e-300)
    with np.errstate(invalid="ignore", divide="ignore"):
        off = np.where(base > 1e-9 * inside, best / base - mean, 0.0)
        variance = np.sum(off**2 * base, axis=1) / n
        return np.asarray(np.nan_to_num(variance / (rate * (1 - rate))))
