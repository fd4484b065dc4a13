"""Sequences: whose turn it is, where the others stand, and that nothing but seed and history decides it."""

import numpy as np
import pytest

from parfocal.errors import OptimizerError
from parfocal.optimizers import compose, propose
from parfocal.optimizers.sequence import Sequence, focus
from parfocal.space import Categorical, Constant, Float, Integer, Space
from parfocal.testing.optimizers import SPACES, avoids_failures, beats_random, conforms, minimize
from parfocal.testing.studies import told
from parfocal.trials import History

SPACE = Space({"s": Float(0, 1), "u": Float(0, 1), "v": Float(0, 1)})
TEXT = 'sequence(blocks="u, v | s", optimizer="smac-rf")'


def _loss(X):
    return 4 * (X[:, 1] + X[:, 2] - 1) ** 2 + (X[:, 1] - 0.3) ** 2 + (X[:, 0] - 0.6) ** 2


@pytest.mark.parametrize("kind", SPACES)
@pytest.mark.parametrize("text", ["sequence", "sequence(optimizer=random, trials=30, passes=2)"])
def test_conforms(text, kind):
    conforms(text, SPACES[kind]())


@pytest.mark.parametrize("optimizer", ["gp", "tpe", "cma-es", "sobol", "one-plus-one"])
def test_any_member_of_the_zoo_searches_the_blocks(optimizer):
    conforms(f"sequence(optimizer={optimizer})", SPACES["conditional"]())
    conforms(f"sequence(optimizer={optimizer})", SPACES["constrained"]())


@pytest.mark.slow
def test_it_learns_where_trials_fail_and_beats_random_search():
    avoids_failures("sequence")
    beats_random("sequence")


def test_its_text_is_read_back():
    for text in ("sequence", TEXT, 'sequence(optimizer="random + random-forest(trees=5)", passes=2, trials=80)'):
        assert compose(str(compose(text))) == compose(text)
    assert compose(TEXT).policy.named == (("u", "v"), ("s",))


def test_blocks_take_turns_by_their_size_and_the_others_stand_at_the_best():
    text = 'sequence(blocks="u, v | s", trials=60)'
    history = minimize(text, SPACE, _loss, 80)
    np.testing.assert_array_equal(history.member, np.repeat([-1, 0, 1], [20, 40, 20]))
    first = history.X[20:60]
    assert len(np.unique(first[:, 0])) == 1
    best = int(np.argmin(history.loss[:20]))
    assert first[0, 0] == history.X[best, 0]
    second = history.X[60:]
    best = int(np.argmin(history.loss[:60]))
    assert (second[:, 1:] == history.X[best, 1:]).all()
    assert np.nanmin(history.loss) < 0.02


def test_batches_cross_from_block_to_block_and_passes_follow():
    policy = Sequence(blocks="u, v | s", trials=12, passes=2)
    turns = policy.plan(SPACE, History(3), 14, 0)
    assert [(turn.member, turn.count) for turn in turns] == [(0, 4), (1, 2), (0, 4), (1, 2), (0, 2)]
    assert turns[2].why == "pass 2, block 1 of 2: u, v"
    proposal = propose(SPACE, 'sequence(blocks="u, v | s", trials=6)', History(3), 6, warmup=0)
    np.testing.assert_array_equal(proposal.members, [0, 0, 0, 0, 1, 1])
    assert "block 2 of 2: s" in proposal.provenances()[-1].note


def test_without_blocks_each_parameter_stands_alone_but_a_child_and_members_of_a_constraint():
    tree = {"a": Float(0, 1), "k": Categorical(["x", "y"]), "w": Float(0, 1, when="k == 'x'")}
    space = Space({**tree, "lo": Float(0, 1), "hi": Float(0, 1)}, ["lo < hi"])
    assert [group.tolist() for group in Sequence().groups(space)] == [[0], [1, 2], [3, 4]]
    assert [group.tolist() for group in Sequence("w, a").groups(space)] == [[0, 2], [1, 3, 4]]


def test_a_focus_knows_the_trials_that_lie_in_it():
    space = Space(
        {"k": Categorical(["x", "y"]), "w": Integer(0, 4, when="k == 'x'"), "z": Integer(0, 4), "c": Constant(3)}
    )
    rows = [{"k": "x", "w": 1, "z": 2}, {"k": "x", "w": 3, "z": 2}, {"k": "y", "z": 2}, {"k": "x", "w": 1, "z": 0}]
    history = told(space.encode(rows), [0.1, np.nan, 3.0, 4.0])
    part = focus(space, history, np.array([0, 1]))
    assert part.space.columns == ("k", "w") and part.space.parameters["z"].value == 2
    assert len(part.history) == 3
    np.testing.assert_array_equal(part.history.failed, [False, True, False])
    again = part.widened(part.history.X)
    np.testing.assert_array_equal(again, history.X[:3])


def test_a_space_that_ends_block_by_block_is_still_found_whole():
    space = Space({"a": Integer(0, 3), "b": Integer(0, 3)})
    history = minimize("sequence(optimizer=random)", space, lambda X: X.sum(axis=1), 99, warmup=2)
    assert len(history) == 16


def test_what_is_wrong_is_one_sentence():
    with pytest.raises(OptimizerError, match="name each parameter once"):
        compose('sequence(blocks="a, b | a")')
    with pytest.raises(OptimizerError, match="name each parameter once"):
        compose('sequence(blocks="a, | b")')
    with pytest.raises(OptimizerError, match="passes at least 1"):
        compose("sequence(passes=0)")
    with pytest.raises(OptimizerError, match="A portfolio cannot be a member"):
        compose("sequence(optimizer=auto)")
    with pytest.raises(OptimizerError, match="names 'q', which the space does not search; it has s, u, v"):
        propose(SPACE, "sequence(blocks=q)", History(3), 1, warmup=0)
