import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parfocal.analysis import convergence, improvement, incumbents, thin
from parfocal.errors import InvalidInput
from parfocal.testing.studies import told
from parfocal.trials import History, Objective, State

LOSS = Objective("rmse")
SCORE = Objective("f1", "maximize")
losses = st.lists(st.one_of(st.floats(-10, 10), st.just(np.nan)), max_size=30)


def run(loss: list[float], **options: object) -> History:
    return told(np.zeros((len(loss), 1)), loss, **options)  # type: ignore[arg-type]


@given(losses)
def test_incumbents_equal_brute_force(loss: list[float]) -> None:
    best = incumbents(np.array(loss))
    for i in range(len(loss)):
        seen = [x for x in loss[: i + 1] if not np.isnan(x)]
        assert best[i] == min(seen) if seen else np.isnan(best[i])


@given(st.lists(losses, min_size=1, max_size=4), st.booleans())
def test_statistics_over_runs_equal_brute_force(runs: list[list[float]], maximize: bool) -> None:
    objective = SCORE if maximize else LOSS
    (table,) = convergence([run(loss) for loss in runs], objective)
    sign = -1 if maximize else 1
    n = max(map(len, runs))
    assert table.evaluations.tolist() == list(range(1, n + 1)) and table.runs == len(runs)
    succeed = sum(any(not np.isnan(x) for x in loss) for loss in runs)
    for t in range(n):
        best = [min((x for x in loss[: t + 1] if not np.isnan(x)), default=np.nan) for loss in runs]
        known = np.array([sign * x for x in best if not np.isnan(x)])
        np.testing.assert_array_equal(table.curves[:, t], [sign * x for x in best])
        if len(known) == succeed > 0:
            assert table.mean[t] == pytest.approx(known.mean())
            assert table.median[t] == pytest.approx(np.median(known))
            np.testing.assert_allclose([table.lower[t], table.upper[t]], np.quantile(known, [0.1, 0.9]), atol=1e-12)
            if len(known) > 1:
                assert table.std[t] == pytest.approx(known.std(ddof=1), abs=1e-9)
        else:
            assert np.isnan([table.mean[t], table.median[t], table.lower[t], table.std[t]]).all()
    steps = np.diff(table.mean[~np.isnan(table.mean)])
    assert np.all(sign * steps <= 1e-12), "the mean of the best so far never gets worse"


def test_results_count_in_the_order_in_which_they_came() -> None:
    (table,) = convergence(run([1.0, 5.0, 3.0], order=[1, 2, 0]), LOSS)
    assert table.curves.tolist() == [[5.0, 3.0, 1.0]]


def test_lost_pruned_and_low_fidelity_trials_improve_nothing() -> None:
    history = History(1)
    history.append(np.zeros((5, 1)), fidelity=np.array([1.0, 0.1, 1.0, 1.0, 1.0]))
    states = [State.COMPLETE, State.COMPLETE, State.LOST, State.PRUNED, State.COMPLETE]
    history.tell(np.arange(5), [int(s) for s in states], [4.0, 0.5, np.nan, 1.0, 3.0])
    (table,) = convergence(history, LOSS)
    assert table.curves.tolist() == [[4.0, 4.0, 4.0, 3.0]], "four evaluations, since a lost one is none"
    assert table.trials.tolist() == [1, 4] and table.trial_values.tolist() == [4.0, 3.0]


def test_failures_of_a_single_run_are_listed() -> None:
    (table,) = convergence(run([np.nan, 2.0, np.nan, 1.0]), LOSS)
    assert table.failed.tolist() == [1, 3]
    assert np.isnan(table.mean[0]) and table.mean[1:].tolist() == [2.0, 2.0, 1.0]


def test_groups_have_a_curve_each() -> None:
    tables = convergence({"a": [run([2.0]), run([4.0])], "b": run([1.0])}, LOSS)
    assert [(t.label, t.runs, float(t.mean[-1])) for t in tables] == [("a", 2, 3.0), ("b", 1, 1.0)]


@pytest.mark.parametrize("first", [1e3, 1e12])
@pytest.mark.parametrize("maximize", [True, False])
def test_a_terrible_first_point_does_not_flatten_the_curve(first: float, maximize: bool) -> None:
    loss = np.r_[first, 1.0, 0.9, 0.85, 0.8, 0.75, np.linspace(0.7, 0.5, 194)]
    (table,) = convergence(run(loss.tolist()), SCORE if maximize else LOSS)
    low, high = sorted(abs(x) for x in table.limits)
    assert low == 0.5 and 0.7 <= high <= 2.0
    assert table.cropped == 1


def test_limits_hold_the_whole_curve_when_it_is_tame() -> None:
    (table,) = convergence(run(np.linspace(1.0, 0.5, 60).tolist()), LOSS)
    assert table.limits == (0.5, 1.0) and table.cropped == 0
    (flat,) = convergence(run([2.0] * 10), LOSS)
    assert flat.limits == (2.0, 2.0)


@given(st.lists(losses, min_size=1, max_size=3), st.integers(2, 40))
def test_thinned_curves_are_the_same_steps(runs: list[list[float]], points: int) -> None:
    (table,) = convergence([run(loss) for loss in runs], LOSS)
    n = len(table.evaluations)
    keep = thin(table, 1000)
    assert np.all(np.diff(keep) > 0) and (n == 0 or (keep[0] == 0 and keep[-1] == n - 1))
    before = np.searchsorted(keep, np.arange(n), side="right") - 1
    np.testing.assert_array_equal(table.curves[:, keep][:, before] if n else table.curves, table.curves)
    assert len(thin(table, points)) <= points + 2


def test_quantiles_are_checked() -> None:
    with pytest.raises(InvalidInput, match="ascending"):
        convergence(run([1.0]), LOSS, quantiles=(0.9, 0.1))


@given(st.lists(losses, min_size=1, max_size=4), st.integers(1, 8))
def test_improvement_equals_brute_force(runs: list[list[float]], warmup: int) -> None:
    (table,) = improvement([run(loss) for loss in runs], SCORE, warmup=warmup)

    def low(loss: list[float]) -> float:
        return min((x for x in loss if not np.isnan(x)), default=np.nan)

    start, end = np.array([low(r[:warmup]) for r in runs]), np.array([low(r) for r in runs])
    np.testing.assert_array_equal(table.after_warmup, -start)
    np.testing.assert_array_equal(table.final, -end)
    np.testing.assert_array_equal(table.gain, start - end)
    assert not np.any(table.gain < 0)
    gains = table.gain[~np.isnan(table.gain)]
    if len(gains) > 1:
        assert table.gain_mean == pytest.approx(gains.mean()) and table.gain_std == pytest.approx(gains.std(ddof=1))
    else:
        assert np.isnan(table.gain_std)


def test_improvement_needs_a_warmup() -> None:
    with pytest.raises(InvalidInput, match="at least 1"):
        improvement(run([1.0]), LOSS, warmup=0)
