"""Tests of significance and effect sizes, against scipy, scikit-posthocs and closed forms."""

from itertools import product
from math import factorial

import numpy as np
import pytest
from scipy import stats

from parfocal.analysis import Entry, Friedman, Pairwise, compare, friedman, kruskal, pairwise, ranks_of
from parfocal.analysis.pairwise import holm, rank_sums, signed_ranks, superiority
from parfocal.analysis.significance import critical_difference
from parfocal.errors import InvalidInput
from parfocal.testing.studies import told
from parfocal.trials import Objective

LOSS = Objective("loss")


def table_of(scores: np.ndarray, ties: bool = False) -> dict[str, list[float]]:
    return {f"o{j}": (np.round(column, 1) if ties else column).tolist() for j, column in enumerate(scores.T)}


def in_order(found: Friedman, names: list[str]) -> np.ndarray:
    place = [found.optimizers.index(name) for name in names]
    return found.nemenyi[np.ix_(place, place)]


@pytest.mark.parametrize(("blocks", "optimizers", "ties"), [(5, 3, False), (14, 4, False), (9, 20, True), (6, 5, True)])
def test_friedman_and_nemenyi_are_those_of_the_references(blocks: int, optimizers: int, ties: bool) -> None:
    scores = np.random.default_rng(blocks).random((blocks, optimizers)) + np.linspace(0, 0.8, optimizers)
    table = table_of(scores, ties)
    found = friedman(ranks_of(table))
    reference = stats.friedmanchisquare(*table.values())
    assert found.chi2 == pytest.approx(reference.statistic) and found.p_chi2 == pytest.approx(reference.pvalue)
    k, n = optimizers, blocks
    f = (n - 1) * found.chi2 / (n * (k - 1) - found.chi2)
    expected_p = max(stats.f.sf(f, k - 1, (k - 1) * (n - 1)), 0.0 if ties else float(factorial(k)) ** (1 - n))
    assert found.f == pytest.approx(f) and found.p == pytest.approx(expected_p)
    posthocs = pytest.importorskip("scikit_posthocs", reason="scikit-posthocs is not installed")
    expected = posthocs.posthoc_nemenyi_friedman(np.array(list(table.values())).T).to_numpy()
    np.testing.assert_allclose(in_order(found, list(table)), expected, atol=2e-3)


def test_groups_are_the_largest_runs_within_the_critical_difference() -> None:
    """Demšar (2006), figure 1: 14 data sets, 4 classifiers, a critical difference of 1.25."""
    score = {
        "a": [1.0] * 8 + [2.0] * 6,
        "b": [2.0] * 8 + [1.0] * 6,
        "c": [3.0] * 12 + [4.0] * 2,
        "d": [4.0] * 12 + [3.0] * 2,
    }
    found = friedman(ranks_of(score))
    assert found.difference == pytest.approx(1.25, abs=0.01)
    assert found.ranks.tolist() == pytest.approx([20 / 14, 22 / 14, 44 / 14, 54 / 14])
    assert found.groups == (("a", "b"), ("c", "d")) and found.tied == ("a", "b") and found.differ and found.separable
    chain = {"a": [1, 1, 2, 2], "b": [2, 2, 1, 3], "c": [3, 3, 3, 1]}
    assert friedman(ranks_of(chain)).groups == (("a", "b", "c"),)
    shuffled = {"a": [1.0] * 14, "b": [2.0] * 14, "c": [3.0] * 14, "d": [4.0] * 14}
    assert friedman(ranks_of(shuffled)).groups == (("a", "b"), ("b", "c"), ("c", "d"))


def test_critical_difference_is_that_of_the_literature() -> None:
    assert critical_difference(4, 14) == pytest.approx(1.25, abs=0.01)  # Demšar 2006, section 3.2.2: q = 2.569
    assert critical_difference(10, 20) == pytest.approx(3.164 * np.sqrt(110 / 120), abs=0.01)
    assert critical_difference(1, 14) == 0.0


def test_two_optimizers_are_a_sign_test_and_one_block_is_none() -> None:
    found = friedman(ranks_of({"a": [1.0] * 9, "b": [2.0] * 9}))
    assert found.chi2 == pytest.approx(9.0) and found.f == np.inf
    assert found.p == pytest.approx(2.0**-8) and found.attainable == 2.0**-8
    assert found.groups == () and found.difference == pytest.approx(1.96 / 3, abs=1e-3) and found.tied == ("a",)
    single = friedman(ranks_of({"a": [1.0], "b": [2.0], "c": [3.0]}))
    assert np.isnan(single.p) and not single.differ and single.groups == () and single.attainable == 1.0
    equal = friedman(ranks_of({name: [1.0] * 4 for name in "abc"}))
    assert equal.chi2 == 0.0 and equal.p == 1.0 and equal.groups == (("a", "b", "c"),)


def test_agreement_of_few_blocks_with_ties_is_no_miracle() -> None:
    """Three blocks that name the same last of three, the others tied: by chance in one of nine cases."""
    found = friedman(ranks_of({"a": [1.0] * 3, "b": [1.0] * 3, "c": [2.0] * 3}))
    assert found.f == np.inf and found.p == pytest.approx(1 / 9) and not found.differ
    statistics = []
    for orders in product(range(3), repeat=3):
        last = np.array([np.array(orders) == j for j in range(3)]).mean(axis=1)
        statistics.append(((last - 1 / 3) ** 2).sum())
    assert np.mean(np.array(statistics) >= max(statistics) - 1e-9) == pytest.approx(1 / 9)


def test_many_blocks_of_many_optimizers_are_no_overflow() -> None:
    names = [f"o{j}" for j in range(30)]
    found = friedman(ranks_of({name: [float(j)] * 40 for j, name in enumerate(names)}))
    assert 0.0 <= found.p < 1e-100 and found.attainable == 0.0 and found.optimizers == tuple(names)


def test_few_blocks_cannot_tell_apart_and_that_is_known() -> None:
    found = friedman(ranks_of({"a": [1.0] * 3, "b": [2.0] * 3, "c": [3.0] * 3}))
    assert found.p == pytest.approx(1 / 36) and found.attainable == 1 / 36 and found.differ
    assert found.separable and critical_difference(3, 3) < 2 < critical_difference(3, 2)
    assert not friedman(ranks_of({"a": [1.0, 1.0], "b": [2.0, 2.0]})).differ
    with pytest.raises(InvalidInput, match="between 0 and 1"):
        friedman(ranks_of({"a": [1.0], "b": [1.0]}), level=5)
    with pytest.raises(InvalidInput, match="as many numbers"):
        ranks_of({"a": [1.0], "b": [1.0, 2.0]})


@pytest.mark.parametrize("n", [1, 2, 5, 8, 12, 40])
def test_signed_ranks_are_exact(n: int) -> None:
    rng = np.random.default_rng(n)
    a, b = rng.random(n), rng.random(n) + 0.2
    p, effect = signed_ranks(a, b)
    assert p == pytest.approx(stats.wilcoxon(a, b, method="exact").pvalue)
    ranked = stats.rankdata(abs(b - a))
    assert effect == pytest.approx((ranked[b > a].sum() - ranked[b < a].sum()) / ranked.sum())


def test_signed_ranks_with_ties_are_those_of_all_signs() -> None:
    for seed in range(20):
        rng = np.random.default_rng(seed)
        a, b = rng.integers(0, 4, 8).astype(float), rng.integers(0, 4, 8).astype(float)
        d = (b - a)[a != b]
        ranked = stats.rankdata(abs(d))
        sums = np.array([(ranked * np.array(signs)).sum() for signs in product((0, 1), repeat=len(d))])
        low = min(ranked[d > 0].sum(), ranked[d < 0].sum())
        expected = min(1.0, 2 * np.mean(sums <= low + 1e-9))
        assert signed_ranks(a, b)[0] == pytest.approx(expected)
    assert signed_ranks(np.ones(5), np.ones(5)) == (1.0, 0.0)


def test_many_pairs_are_approximated_as_scipy_does() -> None:
    rng = np.random.default_rng(3)
    a, b = rng.random(150), rng.random(150) + 0.05
    assert signed_ranks(a, b)[0] == pytest.approx(stats.wilcoxon(a, b, method="asymptotic").pvalue, rel=1e-6)


def test_who_found_nothing_is_worst() -> None:
    inf = np.inf
    assert signed_ranks(np.array([1.0, 2.0, inf]), np.array([inf, inf, inf])) == (0.5, 1.0)
    assert rank_sums(np.array([inf, inf]), np.array([inf, inf])) == 1.0
    assert superiority(np.array([1.0, inf]), np.array([inf, inf])) == 0.75


@pytest.mark.parametrize(("n", "m"), [(1, 1), (3, 3), (5, 8), (20, 25)])
def test_rank_sums_are_exact(n: int, m: int) -> None:
    rng = np.random.default_rng(n)
    a, b = rng.random(n), rng.random(m) + 0.3
    assert rank_sums(a, b) == pytest.approx(stats.mannwhitneyu(a, b, method="exact").pvalue)
    tied_a, tied_b = np.round(a, 1), np.round(b, 1)
    if n * m < 30 and n > 1:
        test = stats.PermutationMethod(n_resamples=np.inf)
        assert rank_sums(tied_a, tied_b) == pytest.approx(stats.mannwhitneyu(tied_a, tied_b, method=test).pvalue)


def test_superiority_is_the_chance_to_be_better() -> None:
    rng = np.random.default_rng(5)
    a, b = np.round(rng.random(30), 1), np.round(rng.random(20), 1)
    expected = np.mean([(x < y) + 0.5 * (x == y) for x in a for y in b])
    assert superiority(a, b) == pytest.approx(expected)
    assert stats.mannwhitneyu(b, a).statistic / 600 == pytest.approx(expected)


def test_holm_is_that_of_statsmodels_and_of_a_closed_form() -> None:
    np.testing.assert_allclose(holm(np.array([0.01, 0.04, 0.03, 0.005])), [0.03, 0.06, 0.06, 0.02])
    multitest = pytest.importorskip("statsmodels.stats.multitest", reason="statsmodels is not installed")
    p = np.random.default_rng(0).random(30) ** 3
    np.testing.assert_allclose(holm(p), multitest.multipletests(p, method="holm")[1])
    assert holm(np.empty(0)).size == 0


def entries(finals: dict[str, list[float]], problem: str = "a", first: int = 0) -> list[Entry]:
    return [
        Entry(name, problem, first + seed, told(np.full((2, 1), 0.5), [9.0, loss]), LOSS, warmup=1)
        for name, row in finals.items()
        for seed, loss in enumerate(row)
    ]


def of(found: Pairwise, a: str, b: str) -> tuple[int, int]:
    return found.optimizers.index(a), found.optimizers.index(b)


def test_pairs_of_runs_on_one_problem() -> None:
    rng = np.random.default_rng(2)
    rows = {name: (rng.random(8) + shift).tolist() for name, shift in (("a", 0.0), ("b", 0.1), ("c", 2.0))}
    found = pairwise(compare(entries(rows)))
    names = ("a", "b", "c")
    raw = {(x, y): stats.wilcoxon(rows[x], rows[y], method="exact").pvalue for x in names for y in names if x < y}
    adjusted = dict(zip(raw, holm(np.array(list(raw.values()))), strict=True))
    for (x, y), p in raw.items():
        assert found.p[of(found, x, y)] == found.p[of(found, y, x)] == pytest.approx(p)
        assert found.adjusted[of(found, y, x)] == pytest.approx(adjusted[x, y])
    i, j = of(found, "a", "c")
    assert found.biserial[i, j] == 1.0 and found.biserial[j, i] == -1.0 and found.a12[i, j] == found.delta[i, j] == 1.0
    assert found.paired.all() and found.count[i, j] == 8 and found.needed == 0
    assert set(found.significant) == {of(found, "a", "c"), of(found, "b", "c")}
    assert found.attainable == 3 * 2.0**-7


def test_few_seeds_reach_nothing_and_how_many_would() -> None:
    found = pairwise(compare(entries({"a": [0, 1, 2], "b": [3, 4, 5], "c": [6, 7, 8]})))
    assert found.attainable == 0.75 and found.significant == ()
    assert found.needed == 7  # 3 * 2^(1 - 7) = 0.047
    assert found.effect[0, 1] == 1.0
    two = pairwise(compare(entries({"a": [0, 1, 2], "b": [3, 4, 5]})))
    assert two.attainable == 0.25 and two.needed == 6


def test_runs_without_shared_seeds_are_no_pairs() -> None:
    rows = entries({"a": [0, 1, 2, 3]}) + entries({"b": [4, 5, 6, 7, 8]}, first=100)
    found = pairwise(compare(rows))
    assert not found.paired[0, 1] and np.isnan(found.biserial[0, 1]) and found.effect[0, 1] == 1.0
    assert found.p[0, 1] == pytest.approx(stats.mannwhitneyu([0, 1, 2, 3], [4, 5, 6, 7, 8], method="exact").pvalue)
    assert found.attainable == pytest.approx(2 / 126) and found.significant == ((0, 1),)


def test_over_problems_the_pairs_are_problems() -> None:
    rows = [e for k in range(7) for e in entries({"a": [0.0, 1.0], "b": [2.0 + k, 3.0], "c": [2.0, 3.0]}, f"p{k}")]
    table = compare(rows)
    found = pairwise(table)
    assert found.problem == "all problems" and found.count[0, 1] == 7 and found.p[0, 1] == 2.0**-6
    assert found.attainable == pytest.approx(3 / 64) and found.a12[0, 1] == 1.0
    assert pairwise(table, "p3").count[0, 1] == 2
    with pytest.raises(InvalidInput, match="no problem 'q'"):
        pairwise(table, "q")


def test_kruskal_is_that_of_scipy() -> None:
    rng = np.random.default_rng(4)
    rows = {name: np.round(rng.random(6) + shift, 1).tolist() for name, shift in (("a", 0.0), ("b", 0.3), ("c", 0.9))}
    found = kruskal(compare(entries(rows)))
    reference = stats.kruskal(*rows.values())
    assert (found.h, found.p) == pytest.approx((reference.statistic, reference.pvalue))
    assert found.runs == (6, 6, 6) and found.problem == "a" and found.differ
    assert found.attainable == pytest.approx(stats.kruskal(range(6), range(6, 12), range(12, 18)).pvalue)
    assert not kruskal(compare(entries({"a": [1, 1], "b": [1, 1]}))).differ
    assert kruskal(compare(entries({"a": [0], "b": [1]}))).attainable > 0.3
