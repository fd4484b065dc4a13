"""What is lost when two parameters are optimized one after the other, by functions that the trials allow.

Gaussian processes are conditioned on the trials, and functions are drawn from their belief. On each of them the
sequence is carried out: one parameter is set to its best while the other one stands somewhere in the better half of
the space, then the other one is set to its best. What that lacks to the best of both together is lost. Nothing is lost
exactly where the best value of the one does not depend on the other, which is weaker than additivity: a product of
scores, or any other monotone combination, loses nothing (compare the monotonicity check of Munetomo and Goldberg, 1999,
and the qualitative interactions of Gail and Simon, 1985).
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations
from math import ceil

import numpy as np
from scipy.special import ndtri

from parfocal.analysis.influence import average_ranks
from parfocal.space import Space
from parfocal.surrogates.gaussian_process import GaussianProcess
from parfocal.typing import Floats, Ints

LARGEST = 320
"""Trials that the model is conditioned on: the best half of these, and others in even steps of the ranks."""
MEMBERS = 3
MOST = 0.8
"""Processes, and the share of the trials that all but the first one know."""
CONTEXTS = 6
"""Good places that the other parameters are taken from."""
STARTS = 24
"""Places in the better half that a sequence starts from."""
LEVELS = 17
"""Levels of a parameter that are tried at most."""
BUSY = 12
"""Parameters beyond which fewer levels and contexts are tried."""


@dataclass(frozen=True)
class Believed:
    """The model of the losses: functions that the trials allow, as losses of rows."""

    draws: Callable[[Floats], Floats]
    """``X (m, d) -> (count, m)`` in losses; the same functions at each call."""
    mean: Callable[[Floats], Floats]
    """``X (m, d) -> (m,)``: the expected function, in losses."""
    noise: float
    """Standard deviation of repeated evaluations that the model sees, in losses near the best."""


def believed(
    space: Space, X: Floats, loss: Floats, count: int, rng: np.random.Generator, ranked: int | None = None
) -> Believed:
    """Return the model of losses ``(n,)`` at rows ``X (n, d)``; ranks are modelled, so that the scale is no matter.

    Only from the first ``ranked`` rows are the scale of the ranks and the parameters of the processes learned: others,
    that crowd in odd places, would bend both.

    It is several processes: one of all trials, and others of most of them, so that what a process learns of its own
    parameters is part of what is uncertain.
    """
    known = loss[:ranked]
    own = ndtri((average_ranks(known) - 0.5) / len(known))
    forth, back = _ways(np.sort(own), np.sort(known))
    scores = np.concatenate([own, forth(loss[len(known) :])])
    models = []
    for member in range(MEMBERS):
        own_rows = len(known) if not member else ceil(MOST * len(known))
        kept = np.sort(rng.permutation(len(known))[:own_rows]) if member else np.arange(own_rows)
        kept = kept[_thinned(known[kept])]
        learned = GaussianProcess().tuned(space, X[kept], scores[kept])
        kept = np.concatenate([kept, np.arange(len(known), len(loss))])
        models.append(learned.fit(space, X[kept], scores[kept], rng))
    paths = [model.paths(ceil(count / MEMBERS), rng) for model in models]
    spread = float(np.mean([np.sqrt(model.parameters.noise * model.found.signal) for model in models]))
    low = float(scores.min())
    return Believed(
        lambda rows: back(np.concatenate([path(rows) for path in paths])),
        lambda rows: back(np.mean([model.predict(rows).mean for model in models], axis=0)),
        float(back(np.array([low + spread]))[0] - back(np.array([low]))[0]),
    )


def _thinned(loss: Floats) -> Ints:
    """Return the rows that a process is conditioned on: the best, and others in even steps of the ranks."""
    order = np.argsort(loss, kind="stable")
    if len(order) <= LARGEST:
        return order
    rest = order[LARGEST // 2 :]
    even = rest[np.linspace(0, len(rest) - 1, LARGEST - LARGEST // 2).astype(np.int64)]
    return np.concatenate([order[: LARGEST // 2], even])


def _ways(scores: Floats, loss: Floats) -> tuple[Callable[[Floats], Floats], Callable[[Floats], Floats]]:
    """Return the ways from losses to scores and back: linear between trials, beyond the best as in the best tenth."""
    kept = np.append(np.diff(scores) > 0, True)
    scores, loss = scores[kept], loss[kept]
    tenth = min(max(len(scores) // 10, 1), len(scores) - 1)
    slope = (loss[tenth] - loss[0]) / (scores[tenth] - scores[0]) if tenth else 1.0
    return (
        lambda y: np.interp(y, loss, scores) + np.minimum(y - loss[0], 0.0) / slope,
        lambda s: np.interp(s, scores, loss) + slope * np.minimum(s - scores[0], 0.0),
    )


@dataclass(frozen=True)
class Lost:
    """What a sequence loses for each pair of parameters, in losses, one entry a drawn function."""

    pairs: tuple[tuple[int, int], ...]
    """Columns of X."""
    draws: Floats
    """(p, 2, count): with the first column set first, and with the second one set first."""


def lost(space: Space, model: Believed, X: Floats, loss: Floats, contexts: Floats, starts: Floats) -> Lost:
    """Return what sequences lose in ``contexts (k, d)``, best first, from ``starts (m, d)``; X, loss: the trials."""
    many = space.dimension > BUSY
    contexts = contexts[: CONTEXTS // 2] if many else contexts
    levels = [levels_of(space, X, loss, j, LEVELS // 2 if many else LEVELS) for j in range(space.dimension)]
    pairs = tuple(combinations(range(space.dimension), 2))
    draws: list[Floats] = []
    for i, j in pairs:
        rows, shape = crossed(space, contexts, (i, levels[i]), (j, levels[j]))
        bad = ~space.feasible(rows)
        f = model.draws(rows)
        f[:, bad] = max(float(loss.max()), float(f.max()))
        f = f.reshape(len(f), *shape)
        start_i, start_j = (weights(starts[:, k], levels[k]) for k in (i, j))
        draws.append(np.stack([_of_order(f, start_j), _of_order(np.swapaxes(f, 2, 3), start_i)]))
    return Lost(pairs, np.array(draws).reshape(len(pairs), 2, -1))


def different(space: Space, X: Floats, count: int) -> Ints:
    """Return indices of rows of ``X (n, d)`` that differ much: the first one, then always the farthest other."""
    chosen, nearest = [0], np.full(len(X), np.inf)
    while len(chosen) < min(count, len(X)):
        gap = np.abs(X - X[chosen[-1]])
        gap[:, space.categorical] = gap[:, space.categorical] > 0
        gap[np.isnan(X) != np.isnan(X[chosen[-1]])] = 1.0
        nearest = np.minimum(nearest, np.nan_to_num(gap).sum(axis=1))
        chosen.append(int(np.argmax(nearest)))
    return np.array(chosen, dtype=np.int64)


def levels_of(space: Space, X: Floats, loss: Floats, column: int, most: int) -> Floats:
    """Return codes of a column to try: all levels where they are few, else even ones and those of the best trials."""
    count = int(space.levels[column])
    if 0 < count <= most:
        return (np.arange(count) + 0.5) / count
    if space.categorical[column]:
        used = X[np.argsort(loss, kind="stable"), column]
        _, first = np.unique(used[~np.isnan(used)], return_index=True)
        return np.asarray(used[~np.isnan(used)][np.sort(first)[:most]])
    return (np.arange(most) + 0.5) / most


def crossed(
    space: Space, context: Floats, one: tuple[int, Floats], other: tuple[int, Floats]
) -> tuple[Floats, tuple[int, int, int]]:
    """Return canonical rows of each context with all levels of two columns, and their shape (contexts, i, j)."""
    shape = len(context), len(one[1]), len(other[1])
    rows = np.repeat(context, shape[1] * shape[2], axis=0)
    rows[:, one[0]] = np.tile(np.repeat(one[1], shape[2]), shape[0])
    rows[:, other[0]] = np.tile(other[1], shape[0] * shape[1])
    return space.canonical(rows), shape


def weights(codes: Floats, levels: Floats) -> Floats:
    """Return how many starts are nearest to each level, as shares; even where none has the column active."""
    known = codes[~np.isnan(codes)]
    if not len(known) or not len(levels):
        return np.full(len(levels), 1.0 / max(len(levels), 1))
    nearest = np.abs(known[:, None] - levels).argmin(axis=1)
    return np.bincount(nearest, minlength=len(levels)) / len(known)


def _of_order(f: Floats, start: Floats) -> Floats:
    """Return what is lost when the axis 2 is set first, with the axis 3 at its starts."""
    first = f.argmin(axis=2)
    then = np.take_along_axis(f.min(axis=3), first, axis=2)
    return np.asarray(((then - f.min(axis=(2, 3))[..., None]) @ start).mean(axis=1))
