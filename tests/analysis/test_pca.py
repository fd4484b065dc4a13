"""Principal components against scikit-learn, against closed forms, and on every kind of poor study."""

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

from parfocal.analysis import pca, rows_of
from parfocal.errors import InvalidInput
from parfocal.space import Boolean, Categorical, Float, Integer, Space
from parfocal.testing.studies import mixed_space, search, told
from parfocal.trials import History, Objective

LOSS = Objective("rmse")
SCORE = Objective("f1", "maximize")
NUMBERS = Space({"a": Float(0.0, 4.0), "b": Float(1e-4, 1.0, prior="log-uniform"), "n": Integer(1, 9)})


def _numbers(n=300, seed=0):
    X = NUMBERS.sample(n, np.random.default_rng(seed))
    return told(X, X[:, 0] ** 2 - 0.4 * X[:, 1] + 0.1 * X[:, 0] * X[:, 2])


def test_equals_scikit_learn_on_normalized_columns():
    history = _numbers()
    table = pca(NUMBERS, history, LOSS)
    values = NUMBERS.decode_columns(history.X)
    columns = np.stack([values["a"], np.log10(values["b"]), values["n"], history.loss], axis=1)
    reference = PCA().fit(StandardScaler().fit_transform(columns))
    assert table.columns == ("a", "b", "n", "rmse")
    np.testing.assert_allclose(table.ratio, reference.explained_variance_ratio_)
    np.testing.assert_allclose(np.abs(np.sum(table.vectors * reference.components_, axis=1)), 1.0)
    np.testing.assert_allclose(table.correlation, np.corrcoef(columns.T))
    assert table.values.sum() == pytest.approx(4.0) and table.cumulative[-1] == pytest.approx(1.0)


def test_on_a_full_grid_only_the_loss_correlates_which_has_a_closed_form():
    space = Space({"x": Float(0, 1, levels=21), "y": Float(0, 1, levels=31)})
    X = space.grid().rows()
    history = told(X, 3 * X[:, 0] - X[:, 1] ** 2)
    table = pca(space, history, LOSS)
    r = np.hypot(*[np.corrcoef(X[:, j], history.loss)[0, 1] for j in range(2)])
    np.testing.assert_allclose(table.values, [1 + r, 1.0, 1 - r], atol=1e-9)
    assert table.vectors[0, -1] == pytest.approx(np.sqrt(0.5))
    assert table.needed(0.9) == (3 if 1 - r > 0.3 else 2)


def test_the_last_column_is_in_own_units_and_its_loading_is_positive():
    X = NUMBERS.sample(80, np.random.default_rng(0))
    table = pca(NUMBERS, told(X, -X[:, 0]), SCORE)  # the score is X[:, 0]
    assert table.columns[-1] == "f1"
    assert table.vectors[0, -1] > 0.5 and table.vectors[0, 0] > 0.5
    assert (table.vectors[:, -1] >= -1e-8).all()


def test_weights_equal_repeated_rows_and_a_share_takes_the_best():
    history = _numbers(60)
    times = np.random.default_rng(1).integers(0, 4, 60)
    rows = np.repeat(np.arange(60), times)
    repeated = told(history.X[rows], history.loss[rows])
    np.testing.assert_allclose(
        pca(NUMBERS, history, LOSS, weights=times.astype(float)).correlation,
        pca(NUMBERS, repeated, LOSS).correlation,
    )
    best = np.argsort(history.loss)[:15]
    table = pca(NUMBERS, history, LOSS, share=0.25)
    assert table.trials == 15
    np.testing.assert_allclose(table.mean[0], NUMBERS.decode_columns(history.X[best])["a"].mean())


def test_categories_and_conditions_become_columns_and_say_nothing_twice():
    space = Space(
        {
            "filter": Categorical(["none", "gauss", "median"]),
            "sigma": Float(0.5, 4.0, when="filter == 'gauss'"),
            "invert": Boolean(),
            "tiles": Integer(1, 4, when="invert == True"),
        }
    )
    X = space.sample(400, np.random.default_rng(2))
    table = pca(space, told(X, np.nan_to_num(X[:, 1]) + X[:, 2]), LOSS)
    assert table.columns == (
        "filter = none", "filter = gauss", "filter = median", "sigma", "invert = true", "tiles", "rmse",
    )  # fmt: skip
    at = table.columns.index("sigma")
    np.testing.assert_allclose(table.correlation[at, table.columns.index("filter = gauss")], 0.0, atol=1e-12)
    alone = Space({"n": Integer(0, 5), "s": Float(0, 1, when="n > 2")})
    X = alone.sample(200, np.random.default_rng(3))
    assert pca(alone, told(X, X[:, 0]), LOSS).columns == ("n", "s", "s active", "rmse")


def test_poor_studies():
    assert pca(NUMBERS, History(3), LOSS).columns == ()
    assert pca(NUMBERS, told(NUMBERS.sample(5, np.random.default_rng(0)), [np.nan] * 5), LOSS).trials == 0
    one = pca(NUMBERS, told(NUMBERS.sample(1, np.random.default_rng(0)), [1.0]), LOSS)
    assert one.columns == () and one.constant == ("a", "b", "n", "rmse") and one.needed() == 0
    flat = pca(NUMBERS, told(NUMBERS.sample(9, np.random.default_rng(0)), np.ones(9)), LOSS)
    assert flat.constant == ("rmse",) and flat.columns == ("a", "b", "n")
    space = mixed_space()
    runs = [search(space, 40, seed)[0] for seed in range(2)]
    both = pca(space, runs, SCORE)
    assert both.trials == sum(int(run.complete.sum()) for run in runs)


def test_refuses_what_is_impossible():
    history = _numbers(9)
    with pytest.raises(InvalidInput, match="share must be above 0"):
        pca(NUMBERS, history, LOSS, share=0.0)
    with pytest.raises(InvalidInput, match="weights must be 9 finite numbers"):
        pca(NUMBERS, rows_of(NUMBERS, history), LOSS, weights=np.full(9, -1.0))
