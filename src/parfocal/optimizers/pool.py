"""The pool of candidates for one ask: the sampler's draws, neighbours of good trials, and no repetitions."""

import math

import numpy as np

from parfocal.errors import SpaceExhausted
from parfocal.optimizers.composition import Composition
from parfocal.optimizers.seen import ENUMERABLE, Seen, may_repeat
from parfocal.samplers import Sampler, Selection, Sequence, notebook
from parfocal.space import Space
from parfocal.trials import History
from parfocal.typing import Floats

LARGEST = 2_000
"""Candidates beyond which a pool does not grow with the batch."""
SMALL = 4_096
"""Combinations of a discrete space up to which a strategy with a pool may choose among all that are left."""
ROUNDS = 9
"""Further draws, each twice as large, before what is left is enumerated."""
PARENTS = 5
"""Rows whose neighbours join the pool, at each step."""


def gather(
    space: Space,
    composition: Composition,
    history: History,
    selection: Selection,
    n: int,
    seed: int,
    rng: np.random.Generator,
) -> Floats:
    """Return candidates ``(m, d)`` for ``n`` choices, m >= n unless fewer are left.

    Raises
    ------
    SpaceExhausted
        When no candidate is left that was not asked for already.
    """
    sampler, strategy = composition.sampler, composition.strategy
    want = min(strategy.pool * n, max(strategy.pool, 2 * n, LARGEST)) if strategy.pool > 1 else n
    finite = sampler.length(space) if isinstance(sampler, Sequence) else None
    if finite is not None and isinstance(sampler, Sequence):
        return _of_finite(space, sampler, finite, history, n, want, seed)
    parts = [_draws(space, sampler, history, selection, want, strategy.pool, seed, rng)]
    if strategy.neighbours:
        around = min(strategy.neighbours * n, max(strategy.neighbours, LARGEST))
        parts += neighbours(space, history, selection, around, rng)
    X = np.concatenate(parts)
    if not composition.learns and not may_repeat(space):
        return X
    return _without_repetitions(space, sampler, history, selection, X, n, want, rng)


def neighbours(
    space: Space, history: History, selection: Selection, count: int, rng: np.random.Generator
) -> list[Floats]:
    """Return about ``count`` one-exchange neighbours, near and far, as some arrays.

    One half surrounds the best good rows; where the strategy judges rows, the other half surrounds the best of the
    first (one step of a climb on the acquisition), otherwise the first half is all.
    """
    parents = history.X[selection.good_rows[:PARENTS]]
    found: list[Floats] = []
    steps = 1 if selection.score is None else 2
    for step in range(steps):
        if not len(parents):
            break
        each = math.ceil(count / steps / len(parents))
        scales = 0.3 * 64.0 ** -rng.random(len(parents))
        around = zip(parents, scales.tolist(), strict=True)
        found += [space.neighbours(parent, each, rng, scale=scale) for parent, scale in around]
        if selection.score is not None and step + 1 < steps:
            X = np.concatenate(found)
            parents = X[np.argsort(-selection.score(X), kind="stable")[:PARENTS]]
    return found


def _draws(
    space: Space,
    sampler: Sampler,
    history: History,
    selection: Selection,
    want: int,
    pool: int,
    seed: int,
    rng: np.random.Generator,
) -> Floats:
    """Return the sampler's first draws; trial ``i`` owns the points from ``i * pool`` on of an endless sequence."""
    if isinstance(sampler, Sequence):
        return sampler.at(space, seed, len(history) * pool, want)
    return sampler.sample(space, history, selection, want, rng)


def _without_repetitions(
    space: Space,
    sampler: Sampler,
    history: History,
    selection: Selection,
    X: Floats,
    n: int,
    want: int,
    rng: np.random.Generator,
) -> Floats:
    """Return X without old trials and repetitions, filled up: by further draws, then by what is left of the space."""
    seen, taken = Seen.of(space, history), set[int]()
    parts = [seen.fresh(X, taken)]
    pooled = want > n
    enough = max(n, want // 2) if pooled else n
    if not (pooled and space.size <= SMALL):
        for turn in range(ROUNDS):
            if len(taken) >= enough:
                break
            count = max(16, enough - len(taken)) << turn
            again = turn < 2 and not isinstance(sampler, Sequence)
            more = sampler.sample(space, history, selection, count, rng) if again else space.sample(count, rng)
            parts.append(seen.fresh(more, taken))
    if len(taken) < enough and space.size <= ENUMERABLE:
        left = seen.left()
        parts.append(seen.fresh(left[rng.permutation(len(left))], taken))
    X = np.concatenate(parts)
    if len(X) < n and math.isinf(space.size):
        X = np.concatenate([X, space.sample(n - len(X), rng)])  # endless, but all its weight is on what was asked
    if not len(X):
        raise SpaceExhausted(
            f"All {len(seen)} configurations of the space have been asked for: there is nothing left to try; "
            "widen the space, or add levels, to go on."
        )
    return X[: max(want, n)] if not pooled else X


def _of_finite(space: Space, sequence: Sequence, length: int, history: History, n: int, want: int, seed: int) -> Floats:
    """Return candidates of a finite sequence: the next ones that are no trial yet, and for a pool some further on."""
    seen, taken = Seen.of(space, history), set[int]()
    parts = []
    if n < want < length:
        start = len(history) * want % length
        X = sequence.at(space, seed, start, want)
        X = np.concatenate([X, sequence.at(space, seed, 0, want - len(X))])
        parts.append(seen.fresh(X, taken))
    if len(taken) < n:
        parts.append(seen.fresh(_next(space, sequence, history, seen, seed, n if want == n else want), taken))
    X = np.concatenate(parts)
    if not len(X):
        raise SpaceExhausted(
            f"All {length} points of the grid have been asked for: there is nothing left to try; "
            "add levels, or choose another optimizer, to go on."
        )
    return X


def _next(space: Space, sequence: Sequence, history: History, seen: Seen, seed: int, n: int) -> Floats:
    """Return the first ``n`` rows of a finite sequence that are no trial yet (fewer at its end).

    All rows before a cursor are known to be trials; the cursor only saves time, and starts again with each epoch.
    """
    notes, owner = notebook(history), ("cursor", sequence, seed)
    epoch, cursor = notes.get(owner, [-1, 0])
    cursor = cursor if epoch == seen.epoch else 0
    start, size, leading = cursor, n + 16, True
    found: list[Floats] = []
    count = 0
    while count < n:
        X = sequence.at(space, seed, start, size)
        if not len(X):
            break
        unseen = np.array(seen.unseen(X), dtype=np.bool_)
        if leading:
            cursor = start + (int(np.argmax(unseen)) if unseen.any() else len(X))
            leading = not unseen.any()
        found.append(X[unseen])
        count, start, size = count + len(found[-1]), start + len(X), min(2 * size, 1 << 16)
    notes[owner] = [seen.epoch, cursor]  # a list, and no constant: it depends on pending trials too
    return np.concatenate(found)[:n] if found else np.empty((0, space.dimension))
