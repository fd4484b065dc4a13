"""The infimum as a model expects it: for cells that no trial has visited too, with how sure that is.

A surrogate is fitted to the complete trials and minimized over the other parameters for the middle of each cell. Where
every value lies within its own band [L, U], the infimum lies between the infimum of L and that of U: that is the band
of the infimum. How wide bands must be is not believed but measured: a share of the trials, and of the better half of
them, each predicted by a model that had not seen it, must lie within them (conformal prediction, cross-fitted; Vovk,
Gammerman and Shafer 2005).
"""

import importlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree
from scipy.special import ndtri

from parfocal.analysis.cells import Cells
from parfocal.analysis.coordinates import codes_of
from parfocal.analysis.infimum import Infimum, infimum
from parfocal.analysis.minimizing import minimized
from parfocal.analysis.rows import rows_of
from parfocal.analysis.runs import Histories, as_runs
from parfocal.analysis.surface import subset
from parfocal.errors import InvalidInput
from parfocal.optimizers.catalogue import SURROGATES
from parfocal.seeds import generator
from parfocal.space import Space
from parfocal.surrogates import Model, Surrogate, Tunable
from parfocal.surrogates.features import coordinates
from parfocal.trials import Objective
from parfocal.typing import Bools, Floats

FEWEST = 12
"""Complete trials below which nothing is modelled."""
FOLDS = 5
CELLS = 900


@dataclass(frozen=True)
class Modelled:
    """The infimum that a model expects at the middle of each cell, in the user's own units.

    No cell of it was visited because of the model: what was seen stands in :attr:`observed`.
    """

    observed: Infimum
    """What was seen, in the same cells."""
    value: Floats
    """What the model expects, shape = cells along each axis; NaN where it cannot say: no configuration is possible."""
    low: Floats
    """Numerically lower border of the band."""
    high: Floats
    """Numerically upper border of the band."""
    std: Floats
    """Half the band as a standard deviation: as a normal distribution would have it."""
    far: Floats
    """Share of the places where the model found its minimum and its band that lie further from every trial than trials
    lie from each other (95 % of them): 1 is all extrapolation, 0 none."""
    level: float
    """Share of truths that the band is made to hold."""
    quality: float
    """Share of the variance of trials that a model explains which has not seen them (R2); NaN when nothing is known."""
    surrogate: str
    trials: int
    """Trials that the model has seen."""

    @property
    def known(self) -> bool:
        """Whether there were enough trials for a model."""
        return self.trials > 0

    @property
    def cells(self) -> tuple[Cells, ...]:
        """Cells of each axis."""
        return self.observed.cells

    @property
    def predicted(self) -> Bools:
        """Where there is only a prediction: a cell that no trial completed in."""
        return np.asarray((self.observed.counts == 0) & ~np.isnan(self.value))

    @property
    def limits(self) -> tuple[float, float]:
        """(worst, best) value worth a colour of its own, seen or expected; NaN when there is none."""
        worst, best = self.observed.limits
        known = self.value[~np.isnan(self.value)]
        if not len(known) or np.isnan(best):
            return worst, best
        ends = float(known.min()), float(known.max())
        return (min(worst, ends[0]), max(best, ends[1])) if best >= worst else (max(worst, ends[1]), min(best, ends[0]))

    @property
    def doubt(self) -> Floats:
        """How unsure a value is against what there is to tell apart, 0 to 1: two deviations of the range of values."""
        worst, best = self.limits
        return np.asarray(np.clip(2 * self.std / (abs(best - worst) or 1.0), 0.0, 1.0), dtype=np.float64)


def modelled(
    space: Space,
    histories: Histories,
    objective: Objective,
    names: Sequence[str],
    *,
    surrogate: str | Surrogate = "gaussian-process",
    level: float = 0.9,
    cells: int | None = None,
    seed: int = 0,
) -> Modelled:
    """Return the infimum over the other parameters that a model expects, for one or two parameters.

    Parameters
    ----------
    space, histories, objective
        As for :func:`infimum`.
    names
        One or two parameters.
    surrogate
        Name of a surrogate (``gaussian-process``, ``random-forest``, ...), or one with options. Of more trials than it
        takes, the best and an even choice of the others are used.
    level
        Share of truths that the band is made to hold, in (0, 1).
    cells
        Number of cells along an axis that is cut; None: from the number of trials.
    seed
        Of the model and the candidates: the same seed gives the same table.

    Raises
    ------
    InvalidInput
        When there are not one or two known names, the surrogate is unknown, or the level is not between 0 and 1.
    """
    if len(names) not in (1, 2):
        raise InvalidInput(f"A model is projected onto one or two parameters; got {len(names)}.")
    if not 0 < level < 1:
        raise InvalidInput(f"level must lie between 0 and 1; got {level}.")
    chosen = _surrogate(surrogate)
    runs = as_runs(histories)
    rows = rows_of(space, runs)
    observed = infimum(space, rows, objective, names, cells=cells, most=CELLS)
    shape = observed.value.shape
    done = np.flatnonzero(~np.isnan(rows.loss))
    if len(done) < FEWEST:
        nothing = np.full(shape, np.nan)
        return Modelled(observed, *(nothing,) * 5, level, np.nan, chosen.name, 0)
    kept = subset(rows.loss, done, chosen.most)
    X = np.concatenate([run.history.X for run in runs])[kept]
    clipped = _clipped(rows.loss[kept])
    middle, size = float(clipped.mean()), float(clipped.std()) or 1.0
    target = (clipped - middle) / size
    rng = generator(seed, "modelled infimum")
    if isinstance(chosen, Tunable):
        chosen = chosen.tuned(space, X, target)
    width, quality = _measured(space, X, target, chosen, (1 + level) / 2, rng)  # both borders, at two places, may fail
    fixed = _fixed(space, names, observed.cells)
    model = chosen.fit(space, X, target, rng)
    found = minimized(space, model, X, rows.columns(names), fixed, width, rng)
    value, *ends = (objective.value(middle + size * border) for border in (found.middle, found.low, found.high))
    low, high = np.sort(ends, axis=0)
    return Modelled(
        observed,
        value.reshape(shape),
        low.reshape(shape),
        high.reshape(shape),
        ((high - low) / (2 * ndtri((1 + level) / 2))).reshape(shape),
        _far(space, X, found.places).reshape(shape),
        level,
        quality,
        chosen.name,
        len(kept),
    )


def _surrogate(given: str | Surrogate) -> Surrogate:
    if not isinstance(given, str):
        return given
    if given not in SURROGATES:
        raise InvalidInput(f"There is no surrogate '{given}'; there are {', '.join(SURROGATES)}.")
    module, _, name = SURROGATES[given].partition(":")
    made: Surrogate = getattr(importlib.import_module(module), name)()
    return made


def _clipped(loss: Floats) -> Floats:
    """Return losses of which the far worst (3 quartile ranges above the upper quartile) are no worse than that."""
    low, high = np.quantile(loss, [0.25, 0.75]).tolist()
    return np.minimum(loss, high + 3 * (high - low)) if high > low else loss


def _measured(
    space: Space, X: Floats, target: Floats, surrogate: Surrogate, level: float, rng: np.random.Generator
) -> tuple[float, float]:
    """Return how many deviations wide a band must be to hold ``level`` of unseen trials, and R2 on them."""
    fold = rng.permutation(len(target)) % FOLDS
    mean, deviation = np.empty(len(target)), np.empty(len(target))
    for k in range(FOLDS):
        model: Model = surrogate.fit(space, X[fold != k], target[fold != k], rng)
        prediction = model.predict(X[fold == k])
        mean[fold == k], deviation[fold == k] = prediction.mean, prediction.deviation
    missed = np.abs(target - mean)
    ratio = missed / np.maximum(deviation, 1e-12 + 1e-9 * np.ptp(target))
    good = target <= np.median(target)  # where minima are; models err more there than in the middle
    width = max(_rank(ratio, level), _rank(ratio[good], level))
    total = float(np.sum((target - target.mean()) ** 2))
    return width, 1.0 - float(np.sum(missed**2)) / total if total > 0 else np.nan


def _rank(ratio: Floats, level: float) -> float:
    """Return the value that the next one exceeds with a chance of at most ``1 - level``; the largest of too few."""
    place = min(int(np.ceil((len(ratio) + 1) * level)), len(ratio)) - 1
    return float(np.sort(ratio)[place])


def _fixed(space: Space, names: Sequence[str], cells: tuple[Cells, ...]) -> Floats:
    """Return the entries of X of the middle of each cell, (all cells, k): NaN = inactive."""
    codes = []
    for name, cut in zip(names, cells, strict=True):
        middle = cut.centres
        if cut.axis.kind == "category":
            middle = np.arange(len(cut), dtype=np.float64)
        elif cut.exact and len(cut.axis.levels) == len(cut) - cut.inactive:
            middle = np.append(cut.axis.levels, np.nan)[: len(cut)]
        if cut.inactive:
            middle = np.where(np.arange(len(cut)) == len(cut) - 1, np.nan, middle)
        codes.append(codes_of(space, name, np.clip(middle, cut.axis.low, cut.axis.high)))
    return np.stack([grid.ravel() for grid in np.meshgrid(*codes, indexing="ij")], axis=1)


def _far(space: Space, X: Floats, places: Floats) -> Floats:
    """Return which share of ``places (c, k, d)`` lies further from all trials than these lie from each other."""
    known = coordinates(space, X)
    tree = cKDTree(known)
    own = tree.query(known, k=2)[0][:, 1]
    count, k, d = places.shape
    possible: Bools = np.asarray(~np.isnan(places).all(axis=2))
    distance = np.full((count, k), np.nan)
    distance[possible] = tree.query(coordinates(space, places.reshape(-1, d)[possible.ravel()]))[0]
    beyond = np.where(possible, distance > np.quantile(own, 0.95), np.nan)
    number = possible.sum(axis=1)
    return np.where(number > 0, np.nansum(beyond, axis=1) / np.maximum(number, 1), np.nan)
