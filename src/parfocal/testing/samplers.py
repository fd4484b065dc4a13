"""Conformance of samplers: ``conforms(MySampler(), space)`` on each of :data:`SPACES`."""

import numpy as np

from parfocal.samplers import EMPTY, Density, Sampler, Selection, Sequence, of_best
from parfocal.space import Space
from parfocal.testing.kinds import SPACES, loss
from parfocal.trials import History, State

__all__ = ["SPACES", "conforms", "some_history"]


def some_history(space: Space, n: int = 30, *, seed: int = 0) -> History:
    """Return a history of ``n`` random trials: most complete, each fifth failed, the last three pending."""
    history = History(space.dimension)
    history.append(space.sample(n, np.random.default_rng(seed)))
    rows = np.arange(max(0, n - 3))
    fails = rows % 5 == 4
    history.tell(
        rows, np.where(fails, State.FAILED, State.COMPLETE), np.where(fails, np.nan, loss(space, history.X[rows]))
    )
    return history


def conforms(sampler: Sampler, space: Space) -> None:
    """Check one sampler on one kind of space: names, valid and repeatable draws, densities, sequences."""
    assert isinstance(sampler.name, str) and isinstance(sampler.learns, bool), "a sampler needs a name and `learns`"
    history = some_history(space)
    learned = of_best(history, 5, failed=True, pending=True)
    failed = Selection(
        np.arange(4), np.zeros(4, dtype=np.bool_), np.full(4, -1, dtype=np.int64)
    )  # known rows, none of them good
    for rows, selection in ((History(space.dimension), EMPTY), (history, learned), (history, failed)):
        for n in (1, 7, 64):
            _draws(sampler, space, rows, selection, n)
    if isinstance(sampler, Density):
        _density(sampler, space, history, learned)
    if isinstance(sampler, Sequence):
        _sequence(sampler, space)


def _draws(sampler: Sampler, space: Space, history: History, selection: Selection, n: int) -> None:
    before = history.version
    X = sampler.sample(space, history, selection, n, np.random.default_rng(5))
    again = sampler.sample(space, history, selection, n, np.random.default_rng(5))
    finite = isinstance(sampler, Sequence) and sampler.length(space) is not None
    assert X.dtype == np.float64 and X.ndim == 2 and X.shape[1] == space.dimension, f"X is {X.dtype} {X.shape}"
    assert len(X) == n or (finite and len(X) <= n), f"asked for {n} rows, got {len(X)}"
    assert np.array_equal(X, again, equal_nan=True), "the same arguments must give the same rows"
    assert np.array_equal(space.canonical(X), X, equal_nan=True), "rows must be canonical"
    assert bool(space.feasible(X).all()), "rows must satisfy the constraints"
    assert history.version == before, "a sampler must not change the history"


def _density(sampler: Density, space: Space, history: History, selection: Selection) -> None:
    X = space.sample(50, np.random.default_rng(6))
    for told in (selection, selection.swapped(), EMPTY):
        values = sampler.log_density(space, history, told, X)
        assert values.shape == (50,), f"log_density must have the shape (50,), got {values.shape}"
        assert bool(np.isfinite(values).all()), "log_density must be finite on valid rows"
        assert np.array_equal(values, sampler.log_density(space, history, told, X)), "log_density must be repeatable"


def _sequence(sampler: Sequence, space: Space) -> None:
    whole = sampler.at(space, 3, 0, 50)
    parts = np.concatenate([sampler.at(space, 3, start, n) for start, n in ((0, 1), (1, 6), (7, 33), (40, 10))])
    assert np.array_equal(whole, parts, equal_nan=True), "a sequence must not depend on how it is cut into batches"
    assert np.array_equal(sampler.at(space, 3, 13, 4), whole[13:17], equal_nan=True), "a sequence must allow going back"
    length = sampler.length(space)
    assert len(whole) == (50 if length is None else min(50, length)), "a sequence ends only at its length"
    if length is not None:
        assert len(sampler.at(space, 3, length, 5)) == 0, "nothing comes behind the end"
