"""Conformal correction of quantiles: intervals that hold what they promise, whatever the surrogate believes.

Romano, Patterson and Candes, NeurIPS 2019 (split conformal quantile regression); Salinas et al., ICML 2023 (its use in
hyperparameter optimization).
"""

from dataclasses import replace

import numpy as np

from parfocal.space import Space
from parfocal.surrogates import Model, Prediction, Surrogate
from parfocal.typing import Floats

LEVELS: Floats = np.arange(1, 10) / 10
"""Levels of quantiles, in pairs around the median."""
HELD = 5
"""One observation in that many is held out; while fewer than that many are held out, nothing is corrected."""


def offsets(model: Model, X: Floats, target: Floats) -> Floats:
    """Return what to add to the quantiles of :data:`LEVELS`, from ``target (h,)`` at rows that the model has not seen.

    A pair of levels a and 1 - a moves apart by the smallest margin that puts a share 1 - 2 a of the held-out targets in
    between (Romano et al., equations 6 to 8), or together where the interval was too wide.
    """
    n, prediction = len(target), model.predict(X)
    moved = np.zeros(len(LEVELS))
    for low in range(len(LEVELS) // 2):
        high = len(LEVELS) - 1 - low
        outside = np.maximum(
            prediction.quantile(LEVELS[low]) - target, target - prediction.quantile(float(LEVELS[high]))
        )
        rank = int(np.ceil((n + 1) * (LEVELS[high] - LEVELS[low])))
        margin = np.sort(outside)[min(rank, n) - 1]
        moved[low], moved[high] = -margin, margin
    return moved


def split_offsets(space: Space, X: Floats, target: Floats, surrogate: Surrogate, rng: np.random.Generator) -> Floats:
    """Return the corrections that a split of the observations ``(n, d), (n,)`` shows.

    They are used with a model of all observations, the best ones included, which errs a little less than the model of
    the split: intervals are rather too wide than too narrow.
    """
    held = rng.permutation(len(target)) < len(target) // HELD
    if held.sum() < HELD:
        return np.zeros(len(LEVELS))
    return offsets(surrogate.fit(space, X[~held], target[~held], rng), X[held], target[held])


def corrected(prediction: Prediction, moved: Floats) -> Prediction:
    """Return the prediction with corrected quantiles; between :data:`LEVELS`, corrections are interpolated."""
    return replace(prediction, quantiles=lambda levels: prediction.quantile(levels) + np.interp(levels, LEVELS, moved))
