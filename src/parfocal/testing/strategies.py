"""Conformance of strategies: ``conforms(MyStrategy(), space)`` on each of :data:`SPACES`."""

import numpy as np

from parfocal.seeds import generator
from parfocal.space import Space
from parfocal.strategies import Candidates, Strategy
from parfocal.testing.kinds import SPACES
from parfocal.testing.samplers import some_history
from parfocal.trials import History, State

__all__ = ["SPACES", "conforms"]


def conforms(strategy: Strategy, space: Space) -> None:
    """Check one strategy on one kind of space: on an empty, a usual, an all-failed and an all-pending history.

    A strategy that ranks by more than the loss says so by a class attribute ``by_loss = False``; its selection is then
    not expected to be sorted by the loss.
    """
    assert isinstance(strategy.name, str) and isinstance(strategy.learns, bool), "a strategy needs a name and `learns`"
    assert strategy.pool >= 1 and strategy.neighbours >= 0, "pool is at least 1 and neighbours at least 0"
    empty, pending, failed = (History(space.dimension) for _ in range(3))
    pending.append(space.sample(6, generator(1)))
    failed.append(space.sample(6, generator(1)))
    failed.tell(np.arange(6), State.FAILED, np.nan)
    for history in (empty, pending, failed, some_history(space)):
        for n, m in ((1, 1), (1, 40), (5, 40), (5, 3)):
            _chooses(strategy, space, history, n, m)


def _chooses(strategy: Strategy, space: Space, history: History, n: int, m: int) -> None:
    before = history.version
    selection = strategy.select(space, history, generator(2))
    again = strategy.select(space, history, generator(2))
    for name in ("rows", "good", "generations"):
        assert np.array_equal(getattr(selection, name), getattr(again, name)), f"select must be repeatable: {name}"
    rows = selection.rows
    assert len(np.unique(rows)) == len(rows), "a selection names no row twice"
    assert bool(((rows >= 0) & (rows < len(history))).all()), "a selection names rows of the history"
    assert not bool(history.lost[rows].any()), "LOST rows say nothing and are not selected"
    assert not bool((history.failed | history.pending)[selection.good_rows].any()), "only finished rows are good"
    losses = history.loss[rows][history.complete[rows]]
    if bool((selection.generations < 0).all()) and getattr(strategy, "by_loss", True):
        assert bool((np.diff(losses) >= 0).all()), "a selection is sorted, best first"
    candidates = Candidates(space.sample(m, generator(3)), selection)
    chosen = strategy.choose(space, history, candidates, n, generator(4))
    assert chosen.shape == (min(n, m),), f"{n} of {m} candidates wanted, got the shape {chosen.shape}"
    assert len(set(chosen.tolist())) == len(chosen), "no candidate is chosen twice"
    assert bool(((chosen >= 0) & (chosen < m)).all()), "choices are indices of candidates"
    assert np.array_equal(chosen, strategy.choose(space, history, candidates, n, generator(4))), "choose must repeat"
    assert history.version == before, "a strategy must not change the history"
    if selection.score is not None:
        assert selection.score(candidates.X).shape == (m,), "a score judges each row"
