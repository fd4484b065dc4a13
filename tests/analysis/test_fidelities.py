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
