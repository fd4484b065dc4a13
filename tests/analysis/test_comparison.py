"""The comparison of optimizers: scales, budgets, ranks over time, runtimes, fairness; closed forms."""

from typing import Any

import numpy as np
import pytest

from parfocal.analysis import (
    Comparison,
    Entry,
    compare,
    fairness,
    finals,
    ranks,
    regrets,
    runtimes,
)
from parfocal.errors import InvalidInput
from parfocal.testing.studies import told
from parfocal.trials import Objective

LOSS = Objective("rmse", unit="px")
SCORE = Objective("f1", "maximize")


def entry(optimizer: str, seed: int, losses: Any, problem: str = "a", runtime: Any = 1.0, **more: Any) -> Entry:
    history = told(np.full((len(losses), 1), 0.5), losses, runtime=runtime)
    return Entry(optimizer, problem, seed, history, more.pop("objective", LOSS), **{"warmup": 2, **more})


def two() -> Comparison:
    return compare(
        [
            entry("x", 0, [8, 6, 4, 2]),
            entry("y", 0, [8, 6, 5, 5]),
            entry("x", 1, [9, 4, 4, 4]),
            entry("y", 1, [9, 4, 4, 3]),
        ]
    )


def test_regret_is_zero_at_the_best_known_and_one_at_the_median_after_warm_up() -> None:
    table = two()
    (problem,) = table.problems
    assert (problem.best, problem.reference, problem.known, problem.budget) == (2.0, 5.0, False, 4)
    assert table.steps.tolist() == [[1, 2, 3, 4]]
    np.testing.assert_allclose(table.regret[0, 0, 0], [2.0, 4 / 3, 2 / 3, 0.0])
    (curve,) = regrets(table, resamples=200)
    np.testing.assert_allclose(curve.mean[0], [1.0, (1 + 2 / 3) / 2, 2 / 3, 1 / 3])  # capped at 1
    assert (curve.low <= curve.mean + 1e-12).all() and (curve.mean <= curve.high + 1e-12).all()
    assert curve.runs == (2, 2) and curve.order == (0, 1)
    np.testing.assert_allclose(curve.anytime, curve.mean.mean(axis=1))


def test_a_given_optimum_is_the_zero_unless_a_run_beats_it() -> None:
    entries = [entry("x", 0, [0.5, 0.7, 0.8], objective=SCORE), entry("y", 0, [0.4, 0.6, 0.6], objective=SCORE)]
    entries = [
        Entry(e.optimizer, e.problem, e.seed, told(np.full((3, 1), 0.5), -np.array(v)), SCORE, warmup=1)
        for e, v in zip(entries, ([0.5, 0.7, 0.8], [0.4, 0.6, 0.6]), strict=True)
    ]
    (problem,) = compare(entries, optimum={"a": 0.9}).problems
    assert problem.best == -0.9 and problem.known
    assert compare(entries, optimum={"a": 0.75}).problems[0].best == -0.8
    assert not compare(entries, optimum={"a": 0.75}).problems[0].known
    assert compare(entries, reference="best").problems[0].reference == -0.5
    table = compare(entries, optimum={"a": 0.9})
    (final,) = finals(table)
    assert final.optimizers == ("x", "y") and final.value.tolist() == [[0.8], [0.6]]
    assert (final.optimum, final.usual) == (0.9, 0.45)
    with pytest.raises(InvalidInput, match="'b', and the problems are a"):
        compare(entries, optimum={"b": 1.0})


def test_runs_are_compared_at_the_common_budget_and_an_ended_one_does_not_shorten_it() -> None:
    long, short = entry("x", 0, [5, 4, 3, 2, 1, 0]), entry("y", 0, [5, 4, 3, 3])
    table = compare([long, short])
    assert table.problems[0].budget == 4 and table.loss[0, 0, 0, -1] == 2.0
    assert table.problems[0].best == 0.0  # the best known on the problem, also from beyond the common budget
    assert [caveat.kind for caveat in fairness(table, [long, short])] == ["budget", "few"]
    ended = entry("y", 0, [5, 4, 3, 3], ended=True)
    table = compare([long, ended])
    assert table.problems[0].budget == 6 and table.loss[0, 1, 0].tolist() == [5, 4, 3, 3, 3, 3]
    assert compare([long, short], evaluations=2).loss[0, :, 0, -1].tolist() == [4.0, 4.0]


def test_failed_runs_rank_last_and_count_as_one() -> None:
    nan = np.nan
    entries = [
        entry("x", 0, [nan, nan, nan, nan]),
        entry("y", 0, [9, 9, 8, 7]),
        entry("x", 1, [3, 2, 2, 1]),
        entry("y", 1, [nan, 6, 6, 2]),
    ]
    table = compare(entries)
    assert table.silent.tolist() == [[1, 0]]
    (curve,) = regrets(table, resamples=50)
    assert curve.mean[0, -1] == pytest.approx(0.5)  # (1 + 0) / 2
    found = ranks(table)
    assert found.kind == "seeds" and found.blocks == ("0", "1")
    assert found.final.tolist() == [[2.0, 1.0], [1.0, 2.0]]
    (final,) = finals(table)
    assert final.silent == (1, 0) and final.mean.tolist() == [1.0, 4.5] and final.order == (0, 1)
    assert final.quartiles.tolist() == [[1.0, 1.0], [3.25, 5.75]] and final.best.tolist() == [1.0, 2.0]
    assert "silent" in [caveat.kind for caveat in fairness(table, entries)]
    dead = compare([entry("x", 0, [nan, nan]), entry("y", 0, [nan, nan])])
    assert ranks(dead).final.tolist() == [[1.5, 1.5]]
    assert regrets(dead)[0].mean[:, -1].tolist() == [1.0, 1.0]
    assert runtimes(dead).share[:, -1].tolist() == [0.0, 0.0] and runtimes(dead).seconds.size == 0


def test_ranks_over_time_are_shared_where_runs_began_alike() -> None:
    found = ranks(two())
    assert found.mean.tolist() == [[1.5, 1.5, 1.25, 1.5], [1.5, 1.5, 1.75, 1.5]]
    assert found.final.tolist() == [[1, 2], [2, 1]] and found.order == (0, 1)
    assert found.evaluations.tolist() == [1, 2, 3, 4]


def test_over_problems_all_weigh_the_same_and_who_is_missing_is_not_ranked() -> None:
    entries = [entry(o, s, [9, 8, 7 - k - s, 6 - k], p) for k, o in enumerate("xy") for s in (0, 1) for p in "ab"]
    entries += [entry("z", 0, [9, 8, 1, 0], "a"), *(entry("x", s, [5, 4, 4], "c") for s in (0, 1))]
    entries += [entry("y", 0, [5, 3, 3], "c")]
    table = compare(entries)
    found = ranks(table)
    assert found.optimizers == ("x", "y") and found.left_out == ("z",) and found.blocks == ("a", "b", "c")
    assert found.kind == "problems" and found.final.tolist() == [[2, 1]] * 3 and found.evaluations.size == 0
    whole, *each = regrets(table, resamples=100)
    assert whole.problem == "all problems" and whole.shares and whole.evaluations[-1] == 1.0
    np.testing.assert_allclose(whole.mean[0], np.mean([r.mean[0] for r in each], axis=0))
    assert whole.runs == (6, 5, 1)
    kinds = {caveat.kind for caveat in fairness(table, entries)}
    assert kinds == {"seeds", "few", "runs"}
    assert any("for want of runs on some: z" in caveat.text for caveat in fairness(table, entries))


def test_bootstrap_interval_is_that_of_the_mean() -> None:
    rng = np.random.default_rng(0)
    finals_ = rng.random(30)
    entries = [entry("x", s, [1.0, 1.0, value]) for s, value in enumerate(finals_)]
    entries += [entry("y", s, [1.0, 1.0, 0.0]) for s in range(30)]
    (curve,) = regrets(compare(entries), resamples=4000)
    error = finals_.std() / np.sqrt(30)
    assert curve.mean[0, -1] == pytest.approx(finals_.mean())
    assert curve.high[0, -1] - curve.low[0, -1] == pytest.approx(2 * 1.96 * error, rel=0.08)
    assert curve.low[1, -1] == curve.high[1, -1] == 0.0
    (again,) = regrets(compare(entries), resamples=4000)
    assert (again.low == curve.low).all()
    (single,) = regrets(compare([entry("x", 0, [2, 1]), entry("y", 0, [2, 2])]))
    assert np.isnan(single.low).all()


def test_runtimes_are_shares_of_targets() -> None:
    table = compare([entry("x", 0, [4, 4, 2, 0], runtime=2.0), entry("y", 0, [4, 4, 4, 4], runtime=0.5)])
    found = runtimes(table, targets=(1.0, 0.5, 0.0))
    assert found.targets == (1.0, 0.5, 0.0)
    np.testing.assert_allclose(found.share, [[1 / 3, 1 / 3, 2 / 3, 1], [1 / 3] * 4])
    assert found.hits.tolist() == [[1, 1, 1], [1, 0, 0]]
    assert found.median.tolist() == [[1, 3, 4], [1, np.inf, np.inf]]
    assert found.seconds[0] == 0.5 and found.seconds[-1] == 8.0
    assert found.share_seconds[:, -1].tolist() == pytest.approx([1.0, 1 / 3])
    unknown = compare([entry("x", 0, [4, 2], runtime=np.nan), entry("y", 0, [4, 4])])
    assert runtimes(unknown).seconds.size == 0
    late = compare([entry("x", 0, [4, 3, 2, 0]), entry("y", 0, [4, 4])])
    assert runtimes(late, targets=(0.0,)).share[:, -1].tolist() == [0.0, 0.0]  # reached beyond the common budget


def test_every_best_run_reaches_the_target_of_zero_whatever_the_scale() -> None:
    for scale in (1e-9, 1.0, 1e12):
        losses = np.array([0.3, 0.2, 0.1]) * scale
        table = compare([entry("x", 0, losses), entry("y", 0, losses * 3)])
        assert runtimes(table, targets=(0.0,)).share[:, -1].tolist() == [1.0, 0.0]


def test_many_evaluations_are_thinned_and_the_end_is_kept() -> None:
    rng = np.random.default_rng(1)
    entries = [entry(o, s, rng.random(5000)) for o in "xyz" for s in (0, 1)]
    table = compare(entries, points=100)
    assert len(table.share) <= 100 and table.steps[0, -1] == 5000
    np.testing.assert_allclose(table.loss[0, 0, 0, -1], entries[0].history.loss.min())


def test_what_is_unequal_is_said() -> None:
    entries = [
        entry("x", 0, [3, 2, 1, 1], default={"a": 1}, budget=9),
        entry("y", 1, [3, 2, 2, 2], warmup=3),
        entry("y", 2, [3, 2, 2, 1], warmup=3),
    ]
    found = {caveat.kind: caveat.text for caveat in fairness(compare(entries), entries)}
    assert set(found) == {"unfinished", "default", "warm-up", "seeds", "few"}
    assert found["default"] == "x began with the default configuration, y did not."
    assert found["unfinished"].startswith("1 of 3 runs have not reached")
    assert found["seeds"].startswith("no seed is shared")
    fair = [entry(o, s, [3, 2, 1, 1], default={"a": 1}) for o in "xy" for s in (0, 1)]
    assert fairness(compare(fair), fair) == ()


@pytest.mark.parametrize(
    ("entries", "text"),
    [
        ([], "At least two optimizers"),
        ([entry("x", 0, [1]), entry("x", 1, [1])], "'a' has one"),
        ([entry("x", 0, [1]), entry("x", 0, [1]), entry("y", 0, [1])], "Two runs of 'x' on 'a' have the seed 0"),
        ([entry("x", 0, [1]), entry("y", 0, [1], objective=SCORE)], "objectives differ"),
    ],
)
def test_what_cannot_be_compared_says_so(entries: list[Entry], text: str) -> None:
    with pytest.raises(InvalidInput, match=text):
        compare(entries)


def test_runs_without_a_trial_are_runs() -> None:
    table = compare([entry("x", 0, []), entry("y", 0, [3, 1])])
    assert table.problems[0].budget == 1 and ranks(table).final.tolist() == [[2, 1]]
    assert finals(table)[0].silent == (1, 0) and finals(table)[0].order == (1, 0)
