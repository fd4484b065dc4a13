import itertools
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2_contingency, fisher_exact
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

from parfocal.analysis import axes_of, coordinates_of, failure_map, failure_rule
from parfocal.analysis.failure_map import depends, wilson
from parfocal.space import Boolean, Categorical, Float, Integer, Space
from parfocal.testing.studies import mixed_space, told
from parfocal.trials import History, Reason, State

SPACE = Space(
    {
        "batch": Integer(1, 128, prior="log-uniform"),
        "depth": Integer(1, 6),
        "rate": Float(1e-4, 1, prior="log-uniform"),
        "optimizer": Categorical(("adam", "sgd", "lion")),
        "momentum": Float(0, 1, when="optimizer == 'sgd'"),
        "flip": Boolean(),
    }
)
NAMES = list(SPACE.columns)


def column(x: np.ndarray, name: str) -> np.ndarray:
    return np.asarray(x[:, NAMES.index(name)])


def failing(n: int, why: Any, seed: int = 0, space: Space = SPACE) -> tuple[History, np.ndarray]:
    """Return a study and its coordinates; ``why`` maps (coordinates, rng) to codes of reasons, -1 = complete."""
    rng = np.random.default_rng(seed)
    history = History(space.dimension, max(n, 1))
    history.append(space.sample(n, rng) if n else np.empty((0, space.dimension)))
    x = coordinates_of(space, history.X)
    code = np.asarray(why(x, rng))
    state = np.where(code >= 0, int(State.FAILED), int(State.COMPLETE))
    history.tell(np.arange(n), state, np.where(code >= 0, np.nan, rng.random(n)), reason=code)
    return history, x


def memory(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return np.where(column(x, "batch") > 32, Reason.MEMORY.code, -1)


def test_wilson_is_that_of_statsmodels() -> None:
    failed, trials = np.array([0, 1, 5, 9, 10, 0]), np.array([10, 10, 10, 10, 10, 0])
    low, high = wilson(failed, trials)
    expected = [proportion_confint(k, n, method="wilson") for k, n in zip(failed[:5], trials[:5], strict=True)]
    np.testing.assert_allclose(np.stack([low, high], axis=1)[:5], expected, atol=1e-12)
    assert np.isnan(low[5]) and np.isnan(high[5])


def test_two_cells_are_tested_by_fisher_and_many_by_chi_square() -> None:
    failed, trials = np.array([3, 9]), np.array([20, 21])
    p, test = depends(failed, trials)
    assert test == "Fisher" and p == pytest.approx(fisher_exact([[3, 9], [17, 12]]).pvalue)
    failed, trials = np.array([10, 30, 22, 40]), np.array([100, 90, 80, 110])
    p, test = depends(failed, trials)
    assert test == "chi-square"
    assert p == pytest.approx(chi2_contingency(np.stack([failed, trials - failed]), correction=False).pvalue)


def test_small_counts_are_tested_by_the_exact_distribution() -> None:
    failed, trials = np.array([4, 0, 1, 0]), np.array([5, 4, 6, 3])
    p, test = depends(failed, trials)
    assert test == "chi-square, simulated"
    expected = trials * 5 / 18
    seen = np.sum((failed - expected) ** 2 / expected)
    exact = total = 0.0
    for table in itertools.product(*(range(n + 1) for n in trials)):
        if sum(table) == 5:
            weight = math.prod(math.comb(n, k) for n, k in zip(trials.tolist(), table, strict=True))
            total += weight
            exact += weight * (np.sum((np.array(table) - expected) ** 2 / expected) >= seen * (1 - 1e-9))
    assert total == math.comb(18, 5)
    assert p == pytest.approx(exact / total, rel=0.15)


@pytest.mark.parametrize("failed", [[0, 0, 0], [5, 5, 5], [3]])
def test_where_nothing_can_depend_there_is_no_p(failed: list[int]) -> None:
    p, test = depends(np.array(failed), np.full(len(failed), 5))
    assert math.isnan(p) and test == ""


def test_cells_count_what_is_in_them_and_p_is_adjusted_over_parameters() -> None:
    history, x = failing(500, memory)
    (table,) = failure_map(SPACE, history)
    assert table.reason == "memory" and table.failed == int(history.failed.sum()) and table.trials == 500
    for share in table.parameters:
        index = share.cells.locate(column(x, share.name))
        for cell in range(len(share.cells)):
            assert share.trials[cell] == (index == cell).sum()
            assert share.failed[cell] == ((index == cell) & history.failed).sum()
        some = share.trials > 0
        np.testing.assert_allclose(share.share[some], share.failed[some] / share.trials[some])
        assert np.isnan(share.share[~some]).all()
    p = np.array([share.p for share in table.parameters])
    assert table.parameters[0].name == "batch" and (np.diff(p) >= 0).all()
    np.testing.assert_allclose([share.adjusted for share in table.parameters], multipletests(p, method="holm")[1])
    assert min(share.adjusted for share in table.parameters[1:]) > 0.05
    assert next(share for share in table.parameters if share.name == "momentum").cells.inactive


def test_a_threshold_is_found_and_told_with_counts() -> None:
    history, x = failing(400, memory)
    (table,) = failure_map(SPACE, history)
    bad = int((column(x, "batch") > 32).sum())
    assert table.rule is not None and str(table.rule) == "batch > 32"
    assert (table.rule.failed, table.rule.trials, table.rule.failed_elsewhere) == (bad, bad, 0)
    assert table.sentence == f"{bad} of {bad} trials with batch > 32 ran out of memory; elsewhere 0 of {400 - bad}."
    assert table.plane is not None and table.plane.cells[0].axis.name == "batch"
    assert table.plane.trials.sum() == 400 and table.plane.failed.sum() == bad and len(table.plane.x) == bad


CAUSES: dict[str, Any] = {
    "rate > 0.1 and optimizer = lion": lambda x: (column(x, "rate") > 0.1) & (column(x, "optimizer") == 2),
    "depth ≤ 2": lambda x: column(x, "depth") <= 2,
    "2 < depth ≤ 4": lambda x: (column(x, "depth") > 2) & (column(x, "depth") <= 4),
    "optimizer = adam or lion": lambda x: column(x, "optimizer") != 1,
    "momentum > 0.5": lambda x: column(x, "momentum") > 0.5,
    "flip = true": lambda x: column(x, "flip") == 1,
}


@pytest.mark.parametrize("expected", list(CAUSES))
def test_rules_are_found(expected: str) -> None:
    history, x = failing(800, lambda x, rng: np.where(CAUSES[expected](x), Reason.ERROR.code, -1))
    table = failure_rule(axes_of(SPACE), x, history.failed)
    assert table is not None and table.failed == table.trials == int(history.failed.sum())
    assert table.failed_elsewhere == 0
    if "." in expected:  # a number between two that were tried
        names = [condition.axis.name for condition in table.conditions]
        assert names == [part.split()[0] for part in expected.split(" and ")]
    else:
        same = {"optimizer = adam or lion": "momentum not active"}
        assert str(table) in (expected, same.get(expected))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_counts_of_a_rule_are_those_of_its_conditions(seed: int) -> None:
    rng = np.random.default_rng(seed)
    space = mixed_space()
    x = coordinates_of(space, space.sample(150, rng))
    axes = axes_of(space)
    column = int(rng.integers(len(axes)))
    failed = np.nan_to_num(x[:, column]) > np.nanmedian(x[:, column])
    failed ^= rng.random(150) < 0.1
    rule = failure_rule(axes, x, failed)
    if rule is None:
        return
    inside = np.ones(150, dtype=bool)
    for condition in rule.conditions:
        inside &= condition.holds(x[:, axes.index(condition.axis)])
    assert (rule.trials, rule.failed) == (inside.sum(), failed[inside].sum())
    assert (rule.trials_elsewhere, rule.failed_elsewhere) == ((~inside).sum(), failed[~inside].sum())
    assert rule.failed / rule.trials > failed.mean()


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_the_first_condition_is_the_best_single_one(seed: int) -> None:
    rng = np.random.default_rng(seed)
    space = Space({"k": Integer(0, 6), "c": Categorical(("p", "q", "r", "s"))})
    x = coordinates_of(space, space.sample(60, rng))
    failed = rng.random(60) < np.where(x[:, 0] > 3, 0.95, 0.05)
    rule = failure_rule(axes_of(space), x, failed)

    def gain(inside: np.ndarray) -> float:
        total = 0.0
        for part in (inside, ~inside):
            for value in (True, False):
                count, n = (failed[part] == value).sum(), part.sum()
                total += count * math.log(count / n) if count else 0.0
        return total

    splits = [x[:, 0] > t for t in range(6)] + [x[:, 0] <= t for t in range(6)]
    splits += [np.isin(x[:, 1], s) for r in (1, 2, 3) for s in itertools.combinations(range(4), r)]
    best = max(gain(inside) for inside in splits if 0 < inside.sum() < 60)
    assert rule is not None
    first = rule.conditions[0]
    column = 0 if first.axis.name == "k" else 1
    assert len(rule.conditions) > 1 or gain(first.holds(x[:, column])) == pytest.approx(best)


def test_chance_makes_no_rule() -> None:
    found = [
        failure_map(SPACE, failing(200, lambda x, rng: np.where(rng.random(200) < 0.1, 0, -1), seed)[0])[0].rule
        for seed in range(40)
    ]
    assert sum(rule is not None for rule in found) <= 2


def test_reasons_have_maps_of_their_own_without_failures_for_another_one() -> None:
    def why(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        code = memory(x, rng)
        code[column(x, "rate") > 0.2] = Reason.NOT_FINITE.code
        code[:30] = Reason.SERVER.code
        code[30:40] = Reason.INTERRUPTED.code
        return code

    history, _ = failing(600, why)
    history.append(SPACE.sample(5, np.random.default_rng(9)))
    history.tell([600], int(State.LOST), np.nan)
    history.tell([601], int(State.PRUNED), np.nan)
    maps = failure_map(SPACE, history)
    assert maps[0].reason == "any" and {m.reason for m in maps[1:]} == {"memory", "not-finite"}
    by = {m.reason: m for m in maps}
    codes = history.reason[:600].tolist()
    assert by["any"].trials == 561 and all(m.apart == 41 for m in maps)
    assert by["memory"].failed == codes.count(Reason.MEMORY.code)
    assert by["memory"].trials == 561 - codes.count(Reason.NOT_FINITE.code)
    assert str(by["memory"].rule) == "batch > 32" and by["memory"].rule.failed_elsewhere == 0  # type: ignore[union-attr]
    assert [m.failed for m in maps[1:]] == sorted((m.failed for m in maps[1:]), reverse=True)


@pytest.mark.parametrize("case", ["empty", "none failed", "all failed", "one", "one parameter", "pending", "two runs"])
def test_degenerate_studies(case: str) -> None:
    rng = np.random.default_rng(0)
    space: Space = Space({"x": Float(0, 1)}) if case == "one parameter" else SPACE
    X = space.sample(12, rng)
    loss = {"none failed": np.zeros(12), "all failed": np.full(12, np.nan)}.get(case, np.r_[np.nan, np.zeros(11)])
    history: Any = told(X, loss)
    if case in ("empty", "pending"):
        history = History(space.dimension)
    if case == "pending":
        history.append(X)
    if case == "one":
        history = told(X[:1], [np.nan])
    if case == "two runs":
        history = [told(X, loss), told(X[:3], loss[:3])]
    (table,) = failure_map(space, history)
    assert table.sentence.endswith(".") and len(table.parameters) == len(space.columns) and table.rule is None
    expected = {"empty": 0, "pending": 0, "none failed": 0, "all failed": 12, "two runs": 2}
    assert table.failed == expected.get(case, 1)
    assert (table.plane is None) == (not table.failed or case == "one parameter")


def test_sentences() -> None:
    rng = np.random.default_rng(0)
    X = SPACE.sample(12, rng)
    assert failure_map(SPACE, told(X, np.zeros(12)))[0].sentence == "No trial failed."
    assert failure_map(SPACE, told(X, np.full(12, np.nan)))[0].sentence == "All 12 trials failed with an error."
    some = failure_map(SPACE, told(X, np.r_[np.nan, np.zeros(11)]))[0]
    assert some.sentence == "1 of 12 trials failed with an error; no parameter tells where."
