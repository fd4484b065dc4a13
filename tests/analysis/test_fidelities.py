import numpy as np
import pytest
from scipy.stats import kendalltau

from parfocal.analysis import curve_correlation, rank_correlation
from parfocal.analysis.fidelities import z_of
from parfocal.errors import InvalidInput
from parfocal.space import Float, Space
from parfocal.trials import History, Objective, State

SCORE, LOSS = Objective("f1", "maximize"), Objective("loss", "minimize")


def test_learning_curves_against_scipy():
    rng = np.random.default_rng(0)
    final = rng.normal(size=40)
    curves = np.stack([final + rng.normal(0, spread, 40) for spread in (4, 1, 0.3, 0)], axis=1)
    curves[3, 1] = np.nan
    table = curve_correlation(curves, SCORE, np.array([5, 10, 15, 20]))
    assert table.level.tolist() == [5, 10, 15] and table.last == 20
    assert table.count.tolist() == [40, 39, 40]
    for i in range(3):
        both = ~np.isnan(curves[:, i])
        assert table.tau[i] == pytest.approx(kendalltau(curves[both, i], curves[both, 3]).statistic)
        chosen = np.nanargmax(curves[:, i])
        assert table.regret[i] == pytest.approx(curves[both, 3].max() - curves[chosen, 3])
    assert table.tau[0] < table.tau[1] < table.tau[2]


def test_z_is_kendalls():
    assert z_of(0.5, 20) == pytest.approx(3 * 0.5 * np.sqrt(20 * 19) / np.sqrt(2 * 45))
    rng = np.random.default_rng(1)
    values = rng.normal(size=(60, 2))
    table = curve_correlation(values, LOSS)
    asymptotic = kendalltau(values[:, 0], values[:, 1], method="asymptotic").pvalue
    assert table.p[0] == pytest.approx(asymptotic, rel=1e-6)


def test_configurations_at_several_fidelities():
    space = Space({"x": Float(0, 1)})
    X = np.linspace(0, 1, 12)[:, None]
    history = History(1)
    for fidelity in (0.1, 0.1, 1.0):
        history.append(X, fidelity=fidelity)
    loss = np.concatenate([X[:, 0] + 1, X[:, 0] - 1, X[::-1, 0]])
    history.tell(np.arange(36), State.COMPLETE, loss)
    table = rank_correlation(space, history, LOSS)
    assert table.level.tolist() == [0.1] and table.last == 1.0
    assert table.tau[0] == pytest.approx(-1) and table.count[0] == 12
    assert table.regret[0] == pytest.approx(1.0)
    assert table.z[0] == pytest.approx(z_of(-1, 12))
    assert table.sure.tolist() == [True]


def test_few_configurations_are_not_sure_whatever_their_p():
    """Four in the same order: p is 0.04 by the normal statistic, and 2 in 24 by counting orders."""
    values = np.array([[1.0, 1], [2, 2], [3, 3], [4, 4]])
    table = curve_correlation(values, LOSS)
    assert table.p[0] < 0.05 < kendalltau(values[:, 0], values[:, 1], method="exact").pvalue
    assert table.sure.tolist() == [False]


def test_partial_results_of_pruned_trials_count_at_their_fidelity_and_failed_ones_do_not():
    space = Space({"x": Float(0, 1)})
    X = np.linspace(0.1, 0.9, 4)[:, None]
    history = History(1)
    for fidelity in (0.25, 1.0):
        history.append(X, fidelity=fidelity)
    states = [State.PRUNED] * 3 + [State.FAILED] + [State.COMPLETE] * 4
    history.tell(np.arange(8), states, [1, 2, 3, np.nan, 1, 2, 3, 0])
    table = rank_correlation(space, history, LOSS)
    assert table.count.tolist() == [3] and table.tau[0] == pytest.approx(1)


@pytest.mark.parametrize("objective", [LOSS, SCORE])
def test_regret_is_what_the_choice_by_a_level_loses_in_either_direction(objective):
    values = np.array([[3.0, 10], [1, 7], [5, 4]])
    table = curve_correlation(values, objective)
    assert table.regret[0] == pytest.approx(6.0 if objective is SCORE else 3.0)


def test_tau_b_corrects_for_ties():
    rng = np.random.default_rng(3)
    values = rng.integers(0, 5, size=(50, 3)).astype(float)
    table = curve_correlation(values, LOSS)
    for i in range(2):
        assert table.tau[i] == pytest.approx(kendalltau(values[:, i], values[:, 2], variant="b").statistic)


@pytest.mark.parametrize("rows", [0, 1])
def test_too_little_to_tell(rows):
    table = curve_correlation(np.ones((rows, 3)), LOSS)
    assert np.isnan(table.tau).all() and len(table.level) == 2
    assert len(rank_correlation(Space({"x": Float(0, 1)}), History(1), LOSS).level) == 0
    assert np.isnan(curve_correlation(np.ones((5, 2)), LOSS).tau).all(), "all ties"


def test_wrong_shapes():
    with pytest.raises(InvalidInput):
        curve_correlation(np.ones(3), LOSS)
    with pytest.raises(InvalidInput):
        curve_correlation(np.ones((3, 2)), LOSS, np.array([1.0]))
