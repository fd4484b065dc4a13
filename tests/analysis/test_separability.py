"""Separability: closed forms, invariance, known structures with a stated error rate, probes, and poor studies."""

import importlib
import json
import math
from functools import partial

import numpy as np
import pytest

from parfocal.analysis import Plan, judged, probes, separability, separate
from parfocal.analysis.blocks import joined, tied
from parfocal.analysis.pairwise import holm
from parfocal.analysis.transfer import _of_order
from parfocal.errors import InvalidInput
from parfocal.optimizers import compose
from parfocal.space import Categorical, Float, Integer, Space
from parfocal.testing.studies import mixed_space, search, told
from parfocal.trials import History, Objective

LOSS = Objective("loss")
SCORE = Objective("f1", "maximize")
SPACE = Space({"s": Float(0, 1), "u": Float(0, 1), "v": Float(0, 1)})


def _loss(X):
    """Return a valley over u and v beside a bowl over s."""
    return 2 * (X[:, 1] + X[:, 2] - 1) ** 2 + 0.3 * (X[:, 1] - 0.3) ** 2 + 0.7 * (X[:, 0] - 0.6) ** 2


def _history(transform=lambda y: y, n=150, seed=0):
    X = SPACE.sample(n, np.random.default_rng(seed))
    return told(X, transform(_loss(X)))


# ------------------------------------------------------------ what is lost, by hand


def test_what_a_sequence_loses_on_a_table_by_hand():
    f = np.array([[0.0, 2.0], [1.0, 1.0]])[None, None]  # rows: the one set first
    # from start 0: row 0, and then column 0: nothing; from start 1: row 1, then 1.0 instead of 0.0
    assert _of_order(f, np.array([1.0, 0.0])).tolist() == [0.0]
    assert _of_order(f, np.array([0.0, 1.0])).tolist() == [1.0]
    assert _of_order(f, np.array([0.75, 0.25])).tolist() == [0.25]


@pytest.mark.parametrize("combine", [np.add, np.multiply, lambda a, b: np.log1p(a + b), lambda a, b: a**3 + b])
def test_monotone_combinations_lose_nothing(combine):
    rng = np.random.default_rng(0)
    table = combine(rng.random(9)[:, None] + 0.1, rng.random(7)[None, :] + 0.1)[None, None]
    assert _of_order(table, np.full(7, 1 / 7)) == pytest.approx(0, abs=1e-12)


def test_holm_by_hand():
    np.testing.assert_allclose(holm(np.array([0.01, 0.04, 0.03, 0.5])), [0.04, 0.09, 0.09, 0.5])


def test_components_and_ties():
    assert joined("abcde", [("d", "b"), ("e", "a")]) == (("a", "e"), ("b", "d"), ("c",))
    space = Space(
        {"k": Categorical(["x", "y"]), "w": Float(0, 1, when="k == 'x'"), "lo": Float(0, 1), "hi": Float(0, 1)},
        ["lo < hi"],
    )
    assert set(map(frozenset, tied(space))) == {frozenset({"k", "w"}), frozenset({"lo", "hi"})}


# ------------------------------------------------------------ verdicts


@pytest.mark.parametrize("transform", [lambda y: y, lambda y: np.log(y + 0.1), lambda y: 1e4 * np.exp(y) - 5, np.sqrt])
def test_a_valley_beside_a_bowl_is_two_blocks_on_many_scales(transform):
    table = separability(SPACE, _history(transform), LOSS)
    assert set(table.blocks) == {("u", "v"), ("s",)}
    verdicts = {pair.names: pair.verdict for pair in table.pairs}
    assert verdicts[("u", "v")] == "together"
    assert table.chance[1, 2] > 0.95 and np.isnan(table.lost[0, 0])
    assert "{u, v}" in table.sentence and "can be optimized one after the other" in table.sentence
    assert separability(SPACE, _history(transform), LOSS).pairs == table.pairs


def test_first_puts_a_block_in_front_and_the_plan_is_an_optimizer():
    table = separability(SPACE, _history(), LOSS, first=["s"])
    assert table.blocks == (("s",), ("u", "v"))
    plan = table.plan("gp")
    assert Plan.from_dict(json.loads(plan.to_json())) == plan
    assert compose(plan.text).policy.named == plan.blocks
    assert Plan((("a", "b"),), "tpe").text == "tpe"


def test_ties_stand_whatever_the_losses_say():
    space = mixed_space()
    table = separability(space, search(space, 120)[0], SCORE)
    block = next(block for block in table.blocks if "width" in block)
    assert "smooth" in block
    assert {p.verdict for p in table.pairs if set(p.names) == {"smooth", "width"}} == {"tied"}


def test_poor_studies_leave_everything_together():
    few = separability(SPACE, _history(n=12), LOSS)
    assert few.blocks == (("s", "u", "v"),) and "Nothing can be said from 12 complete trials" in few.sentence
    assert all(math.isnan(pair.lost) and pair.verdict == "open" for pair in few.pairs)
    equal = separability(SPACE, told(_history().X, np.ones(150)), LOSS)
    assert "equal losses" in equal.sentence
    assert separability(SPACE, History(3), LOSS).trials == 0
    failed = separability(SPACE, told(_history().X, np.full(150, np.nan)), LOSS)
    assert failed.risk == 0.0 and failed.trials == 0
    one = Space({"x": Float(0, 1)})
    alone = separability(one, told(one.sample(50, np.random.default_rng(0)), np.arange(50.0)), LOSS)
    assert alone.blocks == (("x",),) and "one parameter at most" in alone.sentence


def test_several_runs_and_failures_are_taken_as_one():
    history = _history()
    losses = np.array(history.loss)
    losses[::9] = np.nan
    table = separability(SPACE, [told(history.X[:70], losses[:70]), told(history.X[70:], losses[70:])], LOSS)
    assert table.trials == int(np.isfinite(losses).sum())
    assert set(table.blocks) == {("u", "v"), ("s",)}


def test_two_levels_and_choices():
    space = Space({"k": Categorical(["p", "q"]), "n": Integer(0, 1), "x": Float(0, 1)})
    X = space.sample(120, np.random.default_rng(1))
    code = (X[:, 0] > 0.5) != (X[:, 1] > 0.5)  # which of both is good depends on the other one
    table = separability(space, told(X, 1.0 * code + 0.2 * (X[:, 0] > 0.5) + (X[:, 2] - 0.4) ** 2), LOSS)
    assert ("x",) in table.blocks


def test_refuses_what_is_impossible():
    for wrong in ({"tolerance": 0.0}, {"error": 0.7}):
        with pytest.raises(InvalidInput, match="must lie between"):
            separability(SPACE, _history(), LOSS, **wrong)
    with pytest.raises(InvalidInput, match="There is no parameter 'q'"):
        separability(SPACE, _history(), LOSS, first=["q"])
    with pytest.raises(InvalidInput, match="each in one block"):
        Plan((("a",), ("a",)))


# ------------------------------------------------------------ probes


def test_a_probe_refutes_only_a_reversal_that_costs():
    """Values: chosen at the start, kept there, carried, carried beside the best, best."""
    table = separability(SPACE, _history(n=40), LOSS)
    probe = probes(SPACE, _history(n=40), table, 1)[0]
    assert SPACE.contains([dict(c) for c in probe.configurations]).all() and probe.X.shape == (5, 3)

    def verdict(*shares):
        return judged(probe, [share * table.gain for share in shares], LOSS, table).verdict

    far = 1 + 3 * table.noise
    assert verdict(1.0, 1.0 + far, 0.9, 0.9, 0.0) == "refuted"
    assert verdict(1.0 + far, 1.0, 0.9, 0.9, 0.0) == "confirmed"  # it is no better at the start
    assert verdict(1.0, 1.0 + far, 0.9, -far, 0.0) == "confirmed"  # in the end it costs nothing
    nothing = judged(probe, [1.0, None, 1.0, 1.0, 1.0], LOSS, table)
    assert nothing.verdict == "open" and math.isnan(nothing.lost)
    with pytest.raises(InvalidInput, match="has 5 configurations"):
        judged(probe, [1.0], LOSS, table)


def test_separate_spends_no_more_than_its_budget_and_leaves_the_history_alone():
    history = _history(n=40)
    asked = []

    def evaluate(configurations):
        asked.extend(configurations)
        X = SPACE.encode(list(configurations))
        return [None if k == 1 else -y for k, y in enumerate(_loss(X).tolist())]  # a score, and a failure

    turned = told(history.X, history.loss)
    table, shown = separate(SPACE, turned, SCORE, evaluate, budget=23)
    assert len(asked) == table.probes <= 23 and len(turned) == 40
    assert len(shown) == len(asked) // 5
    assert set(table.blocks) == {("u", "v"), ("s",)}


# ------------------------------------------------------------ the benchmark's problems, a quick part


@pytest.mark.slow
def test_known_structures_are_found():
    """Of the second twenty problems, those with up to four parameters, one seed: at most a fifth wrong."""
    modules = importlib.import_module("benchmarks.seeing.problems")
    right = []
    for problem in (p for p in modules.second() if p.space.dimension <= 4):
        rng = np.random.default_rng([problem.seed, 77])
        X = problem.space.sample(200, rng)
        evaluate = partial(_evaluated, problem, rng)
        table, _ = separate(problem.space, told(X, problem.loss(X, rng)), LOSS, evaluate, budget=40)
        right.append(frozenset(map(frozenset, table.blocks)) == problem.blocks)
    assert len(right) >= 12 and sum(right) >= 0.8 * len(right), right


def _evaluated(problem, rng, configurations):
    return problem.loss(problem.space.encode(list(configurations)), rng).tolist()


def test_nothing_is_split_wrongly_where_nothing_can_be_split():
    """A valley is torn apart in at most one of eight seeds (5 % are promised a pair)."""
    space = Space({"u": Float(0, 1), "v": Float(0, 1)})
    torn = 0
    for seed in range(8):
        X = space.sample(120, np.random.default_rng(seed))
        y = np.minimum(1, 3 * (X[:, 0] + X[:, 1] - 1) ** 2 + 0.3 * (X[:, 0] - 0.3) ** 2)
        torn += len(separability(space, told(X, y), LOSS, seed=seed).blocks) > 1
    assert torn <= 1


def test_nothing_is_joined_wrongly_where_all_can_be_split():
    """Three bowls are joined in at most one of eight seeds, with noise of a twentieth of their range."""
    joined_ = 0
    for seed in range(8):
        rng = np.random.default_rng(seed)
        X = SPACE.sample(120, rng)
        y = ((X - [0.3, 0.5, 0.7]) ** 2).sum(axis=1) + 0.05 * rng.standard_normal(120)
        joined_ += len(separability(SPACE, told(X, y), LOSS, seed=seed).blocks) < 3
    assert joined_ <= 1
