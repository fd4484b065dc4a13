"""What configurations are worth where results are noisy: repeats averaged, lucky values shrunk to a model's view.

Empirical Bayes with two variances. A configuration's true loss lies around what a forest says that was fitted without
it (cross-fitting, so that its own luck cannot speak for it); single evaluations lie around the true loss.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from parfocal.samplers import notebook
from parfocal.space import Space
from parfocal.surrogates import Forest, features
from parfocal.trials import History
from parfocal.typing import Floats, Ints

LARGEST = 1_000
"""Configurations that are looked at: the best ones by their mean, and that of the luckiest trial."""
FEWEST = 8
"""Configurations below which there is no model, and repeats alone say what noise is."""
FOLDS = 8
PAIRS_WEIGHT = 3.0
"""Repeats that outweigh what close pairs say of the noise."""
UNEXPLAINED = 0.05
"""Least share of a model's errors that is its own fault and not noise."""

Predict = Callable[[Floats], Floats]


@dataclass(frozen=True, eq=False)
class Expected:
    """Different configurations by expected loss, best first; arrays have one entry each.

    Attributes
    ----------
    rows : Ints (m,)
        Its first complete row of the history.
    count : Ints (m,)
        Complete evaluations.
    raw, lowest : Floats (m,)
        Mean and smallest of their losses.
    mean, error : Floats (m,)
        Expected loss and its standard error.
    noise : float
        Standard deviation of a single evaluation.
    others : tuple of callables ``X (k, d) -> Floats (k,)``, each m long or empty
        For each configuration, a model of losses that was fitted without it; empty where there are too few.
    """

    rows: Ints
    count: Ints
    raw: Floats
    lowest: Floats
    mean: Floats
    error: Floats
    noise: float
    others: tuple[Predict, ...]

    def __len__(self) -> int:
        return len(self.rows)


def expected(
    space: Space,
    history: History,
    rng: np.random.Generator,
    *,
    trees: int = 10,
    folds: int = FOLDS,
    largest: int = LARGEST,
) -> Expected:
    """Return what the complete trials of the highest fidelity reached are worth; empty when there are none.

    Parameters
    ----------
    space, history
    rng
        Seeds of the models.
    trees, folds : int
        Trees of a model, and models.
    largest : int
        Configurations that are looked at: the best ones by their mean, and that of the smallest single loss.
    """
    rows = np.flatnonzero(history.complete)
    rows = rows[history.fidelity[rows] == history.fidelity[rows].max(initial=0.0)]
    loss = history.loss[rows]
    _, first, group = np.unique(keys(space, history)[rows], return_index=True, return_inverse=True)
    count = np.bincount(group, minlength=len(first))
    raw = np.bincount(group, loss, minlength=len(first)) / np.maximum(count, 1)
    within = np.bincount(group, (loss - raw[group]) ** 2, minlength=len(first))
    lowest = np.full(len(first), np.inf)
    np.minimum.at(lowest, group, loss)
    best = _best(raw, first, largest)
    if len(rows) and (luckiest := group[np.argmin(loss)]) not in best:
        best[-1] = luckiest
    first, count, raw, lowest = rows[first[best]], count[best], raw[best], lowest[best]
    freedom = int(np.sum(count - 1))
    repeated = float(within[best].sum()) / freedom if freedom else 0.0
    X = history.X[first]
    mean, variance, noise = raw, repeated / np.maximum(count, 1), repeated
    others: tuple[Predict, ...] = ()
    if len(first) >= FEWEST:
        target = np.minimum(raw, _cap(raw))
        view, others = _views(space, X, target, rng, trees, folds)
        better = np.argsort(view, kind="stable")[: (len(raw) + 1) // 2]  # not by their own values, which are luck, too
        unexplained = float(np.mean((target - view)[better] ** 2))
        pairs = min(_of_pairs(space, X, target), unexplained)
        noise = (freedom * repeated + PAIRS_WEIGHT * pairs) / (freedom + PAIRS_WEIGHT)
        own = max(unexplained - noise * float(np.mean(1 / count[better])), UNEXPLAINED * unexplained)
        trust = own / (own + noise / count) if own > 0 else np.ones(len(raw))
        mean = np.where(raw > _cap(raw), raw, trust * raw + (1 - trust) * view)  # of the worst a model knows no number
        variance = trust * noise / count
    order = np.lexsort((first, mean))
    return Expected(
        first[order],
        count[order],
        raw[order],
        lowest[order],
        mean[order],
        np.sqrt(variance)[order],
        float(np.sqrt(noise)),
        tuple(others[i] for i in order.tolist()) if others else (),
    )


def keys(space: Space, history: History) -> NDArray[np.uint64]:
    """Return the keys of all rows ``(n,)``; those of earlier asks are in the notebook, as a row never changes."""
    notes, owner = notebook(history), "keys"
    known: tuple[Space, NDArray[np.uint64]] | None = notes.get(owner)
    found = known[1] if known is not None and known[0] is space else np.empty(0, dtype=np.uint64)
    if len(found) < len(history):
        found = np.concatenate([found, space.keys(history.X[len(found) :])])
        notes[owner] = space, found
    return found


def _best(raw: Floats, first: Ints, most: int) -> Ints:
    """Return the indices of the ``most`` smallest means, smallest first; of equal ones those that came first."""
    near = np.arange(len(raw))
    if len(raw) > most:
        near = np.flatnonzero(raw <= np.partition(raw, most - 1)[most - 1])  # sorting a few costs less than all
    return np.asarray(near[np.lexsort((first[near], raw[near]))][:most])


def _cap(raw: Floats) -> float:
    """Return the loss above which bad is bad: as far above the median as twice what the best lies below it."""
    middle = float(np.median(raw))
    return middle + 2 * (middle - float(raw.min()))


def _views(
    space: Space, X: Floats, target: Floats, rng: np.random.Generator, trees: int, folds: int
) -> tuple[Floats, tuple[Predict, ...]]:
    """Return what models expect of rows ``X (m, d)`` that were fitted without them, and the model of each row."""
    fold = rng.permutation(len(X)) % folds
    models = [_fitted(space, X[fold != k], target[fold != k], rng, trees) for k in range(folds)]
    view = np.empty(len(X))
    for k, model in enumerate(models):
        view[fold == k] = model(X[fold == k])
    return view, tuple(models[k] for k in fold.tolist())


def _fitted(space: Space, X: Floats, target: Floats, rng: np.random.Generator, trees: int) -> Predict:
    """Return the expectation of a forest: the one place that knows what a surrogate is."""
    model = Forest(trees, leaf=3).fit(space, X, target, rng)
    return lambda Y: model.predict(Y).mean


def _of_pairs(space: Space, X: Floats, loss: Floats) -> float:
    """Return the variance that the closest third of nearest neighbours shows (Rice, Ann. Statist. 12, 1984).

    An upper bound: it holds what the loss itself changes between them. The largest 5 % are left out: they are steps.
    """
    Z = features(space, X).astype(np.float64)
    square = (Z**2).sum(axis=1)
    gap = square[:, None] + square[None, :] - 2 * Z @ Z.T
    np.fill_diagonal(gap, np.inf)
    nearest = gap.argmin(axis=1)
    order = np.argsort(gap[np.arange(len(Z)), nearest], kind="stable")[: max(3, len(Z) // 3)]
    square = np.sort((loss[order] - loss[nearest[order]]) ** 2)
    return float(square[: max(3, round(0.95 * len(square)))].mean()) / (2 * 0.759)  # mean of chi square below its 95 %
