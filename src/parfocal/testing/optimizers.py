"""Conformance of optimizers, for the zoo and for any composition of yours.

Each check takes an optimizer (a name, a text form or a composition) and a space and raises :class:`AssertionError` with
a sentence. With pytest::

    @pytest.mark.parametrize("kind", SPACES)
    def test_conformance(kind):
        conforms("my-sampler + my-strategy", SPACES[kind]())

    def test_failures():
        avoids_failures("my-sampler + my-strategy")
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from math import comb

import numpy as np

from parfocal.errors import SpaceExhausted
from parfocal.optimizers import Composed, Proposal, propose
from parfocal.optimizers.seen import may_repeat
from parfocal.space import Float, Space
from parfocal.testing.kinds import SPACES, loss
from parfocal.testing.problems import problems
from parfocal.trials import History, State
from parfocal.typing import Bools, Floats

__all__ = ["SPACES", "Ask", "Walk", "avoids_failures", "beats_random", "conforms", "minimize", "walk"]

ASKS = (1, 3, 9, 1, 1, 4, 1, 1, 6, 1)
"""Batch sizes of a walk: the third one crosses the border of the warm-up."""
EARLY = 8
"""Warm-up of a walk, shorter than the default to save time."""

Loss = Callable[[Floats], Floats]


@dataclass(frozen=True)
class Ask:
    """One ask of a walk: what existed before it, and what was proposed."""

    created: int
    told: int
    n: int
    proposal: Proposal


@dataclass(frozen=True)
class Walk:
    """A short run of an optimizer with batches, failures, a lost trial and trials that stay pending."""

    space: Space
    history: History
    asks: tuple[Ask, ...]
    exhausted: bool


def walk(optimizer: str | Composed, space: Space, *, seed: int = 3, asks: tuple[int, ...] = ASKS) -> Walk:
    """Run an optimizer: each seventh trial fails, one is lost, each fifth stays pending, results come out of order."""
    history, rng = History(space.dimension), np.random.default_rng(seed)
    done: list[Ask] = []
    exhausted = False
    for n in asks:
        told = len(history.finished_order)
        try:
            proposal = propose(space, optimizer, history, n, seed=seed, warmup=EARLY)
        except SpaceExhausted:
            exhausted = True
            break
        done.append(Ask(len(history), told, n, proposal))
        proposal.enter(history)
        rows = rng.permutation(np.flatnonzero(history.pending & (np.arange(len(history)) % 5 != 3)))
        states = np.where(rows % 7 == 5, State.FAILED, np.where(rows == 6, State.LOST, State.COMPLETE))
        losses = np.where(states == State.COMPLETE, loss(space, history.X[rows]), np.nan)
        history.tell(rows, states, losses)
    return Walk(space, history, tuple(done), exhausted)


def conforms(optimizer: str | Composed, space: Space, *, seed: int = 3) -> None:
    """Check one optimizer on one kind of space: all of the checks below on one walk."""
    path = walk(optimizer, space, seed=seed)
    proposes_valid_rows(path)
    repeats_nothing(path)
    asks_the_same_after_restart(optimizer, path, seed)
    gives_diverse_batches(path)
    leaves_the_history_alone(optimizer, path, seed)


def proposes_valid_rows(path: Walk) -> None:
    """Each row is canonical, feasible, decodes to a valid configuration and comes back; counts are as asked."""
    space = path.space
    for ask in path.asks:
        X = ask.proposal.X
        assert X.shape[1] == space.dimension and 0 < len(X) <= ask.n, f"asked for {ask.n} rows, got {X.shape}"
        assert len(X) == ask.n or space.size < np.inf, f"only {len(X)} of {ask.n} rows of an endless space"
        assert np.array_equal(space.canonical(X), X, equal_nan=True), "rows must be canonical"
        assert bool(space.feasible(X).all()), "rows must satisfy the constraints"
        configurations = space.decode(X)
        assert bool(space.contains(configurations).all()), "rows must decode to configurations of the space"
        assert np.array_equal(space.encode(configurations), X, equal_nan=True), "encode(decode(X)) must be X"
        assert len(ask.proposal.provenances()) == len(X), "each row needs its provenance"


def repeats_nothing(path: Walk) -> None:
    """On a discrete space no configuration is asked for twice (a lost one may be), and all are found before the end."""
    space, history = path.space, path.history
    if space.size == np.inf:
        assert not path.exhausted, "a continuous space has no end"
        return
    for ask in path.asks:
        before = history.at(ask.created, ask.told)
        old = set(space.keys(before.X[~before.lost]).tolist())
        new = space.keys(ask.proposal.X).tolist()
        assert len(set(new)) == len(new), "a batch repeats a configuration"
        assert not old.intersection(new), "an old trial is asked for again"
        assert len(new) == min(ask.n, space.size - len(old)), "fewer rows than were left"
    if path.exhausted:
        assert len(set(space.keys(history.X[~history.lost]).tolist())) == space.size, "exhausted before its end"


def asks_the_same_after_restart(optimizer: str | Composed, path: Walk, seed: int) -> None:
    """From the bare rows of the history, rebuilt in another object, three asks come out bitwise the same."""
    for ask in [path.asks[index] for index in sorted({0, len(path.asks) // 2, len(path.asks) - 1})]:
        rebuilt = _rebuilt(path.history, ask.created, ask.told)
        again = propose(path.space, optimizer, rebuilt, ask.n, seed=seed, warmup=EARLY)
        assert np.array_equal(again.X, ask.proposal.X, equal_nan=True), (
            f"the ask at trial {ask.created} differs after a restart"
        )
        assert again.shares == ask.proposal.shares, "the provenance differs after a restart"


def gives_diverse_batches(path: Walk) -> None:
    """On a space with free continuous columns, rows keep a distance from their batch and from pending trials."""
    if may_repeat(path.space):
        return
    for ask in path.asks:
        before = path.history.at(ask.created, ask.told)
        X = np.nan_to_num(np.concatenate([before.X[before.pending], ask.proposal.X]), nan=-1.0)
        for row in range(len(X) - len(ask.proposal), len(X)):
            gaps = np.abs(X[:row] - X[row]).max(axis=1, initial=0.0)
            assert bool((gaps > 1e-6).all()), "a row is the same point as another one of its batch or a pending one"


def leaves_the_history_alone(optimizer: str | Composed, path: Walk, seed: int) -> None:
    """Check that an ask changes neither the history nor the global random state."""
    version, size = path.history.version, len(path.history)
    state = _global_state()
    try:
        propose(path.space, optimizer, path.history, 2, seed=seed, warmup=EARLY)
    except SpaceExhausted:
        assert path.exhausted or path.space.size < np.inf, "a continuous space has no end"
    assert (path.history.version, len(path.history)) == (version, size), "an ask changed the history"
    assert state == _global_state(), "an ask used the global random state"


def avoids_failures(optimizer: str | Composed, *, seed: int = 0, trials: int = 60, limit: float = 0.1) -> float:
    """Check that a forbidden half-space is learned; return the share of failures in the ``trials`` after the first 60.

    Random search fails in half of its trials here, and the optimum lies a little inside the allowed half; ``limit``
    is the largest share that passes.
    """
    space = Space({name: Float(0.0, 1.0) for name in "abcd"})

    def forbidden(X: Floats) -> Bools:
        return np.asarray(X[:, 0] < 0.5)

    history = minimize(optimizer, space, lambda X: loss(space, X), 60 + trials, seed=seed, forbidden=forbidden)
    share = float(history.failed[60:].mean())
    assert share < limit, f"{share:.0%} of the trials after 60 fail in the half-space that always fails"
    return share


def beats_random(
    optimizer: str | Composed, *, seeds: Iterable[int] = range(6), trials: int = 60, error: float = 0.01
) -> float:
    """Check that an optimizer beats random search; return the p-value of the test.

    On each of the fixed problems and for each seed, both start with the same 20 random trials (the same seed), so
    that runs are pairs; the one with the smaller loss after ``trials`` wins, equal losses do not count. The exact
    one-sided sign test over all pairs so far is made after each seed and must reject "no better than random" once, at
    the level ``error`` divided by the number of seeds: so an optimizer as good as random passes with a probability of
    at most ``error`` (Bonferroni), and a good one needs few seeds.
    """
    won = lost = 0
    looks = list(seeds)
    p_value = 1.0
    for seed in looks:
        for problem in problems():
            ours = np.nanmin(minimize(optimizer, problem.space, problem.loss, trials, seed=seed).loss)
            theirs = _random_best(problem.name, trials, seed)
            won, lost = won + int(ours < theirs), lost + int(ours > theirs)
        pairs = won + lost
        p_value = sum(comb(pairs, k) for k in range(won, pairs + 1)) / 2**pairs
        if p_value <= error / len(looks):
            return float(p_value)
    raise AssertionError(
        f"wins only {won} of {won + lost} runs against random search (p = {p_value:.3g} > {error / len(looks):.3g})"
    )


@cache
def _random_best(name: str, trials: int, seed: int) -> float:
    """Return what random search finds on one of the fixed problems."""
    problem = next(each for each in problems() if each.name == name)
    return float(np.nanmin(minimize("random", problem.space, problem.loss, trials, seed=seed).loss))


def minimize(
    optimizer: str | Composed,
    space: Space,
    function: Loss,
    trials: int,
    *,
    seed: int = 0,
    batch: int = 1,
    warmup: int = 20,
    forbidden: Callable[[Floats], Bools] | None = None,
) -> History:
    """Run an optimizer on a vectorized loss ``(n, d) -> (n,)`` and return its history; ``forbidden`` rows fail.

    A discrete space may end earlier.
    """
    history = History(space.dimension)
    while len(history) < trials:
        try:
            proposal = propose(space, optimizer, history, min(batch, trials - len(history)), seed=seed, warmup=warmup)
        except SpaceExhausted:
            break
        X, rows = proposal.X, proposal.enter(history)
        fails = np.zeros(len(X), dtype=np.bool_) if forbidden is None else forbidden(X)
        losses = np.where(fails, np.nan, function(X))
        history.tell(np.arange(rows.start, rows.stop), np.where(fails, State.FAILED, State.COMPLETE), losses)
    return history


def _global_state() -> str:
    return repr(np.random.get_state())  # noqa: NPY002 - the point is that it stays as it is


def _rebuilt(history: History, created: int, told: int) -> History:
    """Return a history with the same rows and results, entered anew one by one."""
    fresh = History(history.dimension, capacity=0)
    for row in range(created):
        fresh.append(history.X[row], member=history.member[row])
    for row in history.finished_order[:told]:
        fresh.tell(int(row), int(history.state[row]), float(history.loss[row]))
    return fresh
