import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parfocal.errors import SpaceExhausted
from parfocal.optimizers import propose
from parfocal.optimizers.seen import Seen, may_repeat
from parfocal.space import Boolean, Categorical, Float, Integer, Ordinal, Space
from parfocal.trials import History, State

SPACE = Space({"a": Float(0, 1, levels=200), "b": Integer(1, 100)})


@pytest.mark.parametrize("name", ["random", "grid", "grid(order=shuffled)", "latin-hypercube"])
def test_the_work_of_an_ask_does_not_grow_with_the_history(name, monkeypatch):
    hashed = []
    keys = Space.keys
    monkeypatch.setattr(Space, "keys", lambda self, X: hashed.append(len(X)) or keys(self, X))
    history = History(2)
    totals = []
    for _ in range(40):
        before = sum(hashed)
        history.append(propose(SPACE, name, history, 100).X)
        totals.append(sum(hashed) - before)
    assert len(history) == 4000
    assert max(totals[-10:]) <= 600  # 100 new ones, the last 100, and some to spare


def test_single_asks_along_a_grid_stay_cheap(monkeypatch):
    history = History(2)
    history.append(propose(SPACE, "grid", history, 10_000).X)
    propose(SPACE, "grid", history)
    hashed = []
    keys = Space.keys
    monkeypatch.setattr(Space, "keys", lambda self, X: hashed.append(len(X)) or keys(self, X))
    for _ in range(10):
        history.append(propose(SPACE, "grid", history).X)
    assert sum(hashed) < 500


def test_keys_follow_the_history_and_forget_lost_trials():
    history = History(2)
    rows = SPACE.grid().rows(0, 5)
    history.append(rows)
    seen = Seen.of(SPACE, history)
    assert seen.unseen(SPACE.grid().rows(3, 7)) == [False, False, True, True]
    history.append(SPACE.grid().rows(5, 6))
    history.tell([1, 2], [State.LOST, State.FAILED], np.nan)
    assert Seen.of(SPACE, history) is seen
    assert seen.unseen(SPACE.grid().rows(0, 7)) == [False, True, False, False, False, False, True]
    assert len(seen) == 5
    taken = set()
    assert len(seen.fresh(SPACE.grid().rows(0, 8), taken)) == 3
    assert len(seen.fresh(SPACE.grid().rows(0, 9), taken)) == 1


def test_another_space_object_starts_afresh():
    history = History(1)
    one, two = Space({"k": Integer(1, 5)}), Space({"k": Integer(1, 7)})
    history.append(one.grid().rows(0, 2))
    assert Seen.of(one, history) is not Seen.of(two, history)


def test_what_is_left_shrinks_with_the_history():
    history = History(2)
    small = Space({"a": Integer(1, 3), "b": Boolean()})
    history.append(small.grid().rows(1, 4))
    assert np.array_equal(Seen.of(small, history).left(), small.grid().rows()[[0, 4, 5]])
    history.append(small.grid().rows(4, 5))
    assert np.array_equal(Seen.of(small, history).left(), small.grid().rows()[[0, 5]])


def test_which_spaces_may_repeat():
    assert not may_repeat(Space({"x": Float(0, 1), "k": Integer(1, 3)}))
    assert may_repeat(Space({"k": Integer(1, 3)}))
    assert may_repeat(Space({"on": Boolean(), "x": Float(0, 1, when="on == True")}))


PARAMETERS = st.sampled_from(
    [
        Integer(1, 3),
        Categorical(["a", "b", "c"]),
        Boolean(),
        Ordinal([1, 10, 100]),
        Float(0.0, 1.0, levels=3),
        Integer(1, 4, when="first == True"),
        Categorical(["u", "v"], when="first == False"),
    ]
)


@st.composite
def discrete_spaces(draw):
    parameters = {"first": Boolean()}
    for index, parameter in enumerate(draw(st.lists(PARAMETERS, min_size=1, max_size=3))):
        parameters[f"p{index}"] = parameter
    numbers = [name for name, p in parameters.items() if isinstance(p, Integer)]
    pairs = list(itertools.combinations(numbers, 2))
    constraints = [f"{one} <= {two}" for one, two in pairs] if draw(st.booleans()) else []
    return Space(parameters, constraints)


@settings(max_examples=40, deadline=None)
@given(
    discrete_spaces(),
    st.sampled_from(["random", "sobol", "grid", "grid(order=shuffled)", "local", "grid(target=1000)"]),
    st.lists(st.integers(1, 12), min_size=1, max_size=4),
    st.integers(0, 99),
)
def test_any_discrete_space_is_asked_for_exactly_once_each(space, name, batches, seed):
    history, rng = History(space.dimension), np.random.default_rng(seed)
    for n in itertools.cycle(batches):
        try:
            X = propose(space, name, history, n, seed=seed, warmup=3).X
        except SpaceExhausted:
            break
        assert len(X) == min(n, space.size - len(history))
        assert space.feasible(X).all()
        rows = history.append(X)
        for row in range(rows.start, rows.stop):
            state = rng.choice([State.WAITING, State.COMPLETE, State.FAILED])
            if state != State.WAITING:
                history.tell(row, state, 1.0 if state == State.COMPLETE else np.nan)
    assert len(history) == space.size == len(set(space.keys(history.X).tolist()))
