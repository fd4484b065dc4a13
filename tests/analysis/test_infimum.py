from itertools import combinations, permutations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parfocal.analysis import infimum, project, project_grid, rows_of
from parfocal.errors import InvalidInput
from parfocal.space import Categorical, Float, Integer, Space
from parfocal.testing.studies import grid_of, mixed_space, search, told
from parfocal.trials import Objective

LOSS = Objective("rmse")
SCORE = Objective("f1", "maximize")


@st.composite
def scattered(draw: st.DrawFn) -> tuple[np.ndarray, tuple[int, ...], np.ndarray]:
    k = draw(st.integers(1, 3))
    shape = tuple(draw(st.integers(1, 4)) for _ in range(k))
    n = draw(st.integers(0, 40))
    index = [[draw(st.integers(0, s - 1)) for s in shape] for _ in range(n)]
    loss = draw(st.lists(st.one_of(st.floats(-5, 5), st.sampled_from([0.0, 1.0, np.nan])), min_size=n, max_size=n))
    return np.array(index, dtype=np.int64).reshape(n, k), shape, np.array(loss, dtype=np.float64)


@given(scattered())
def test_projection_equals_brute_force(case: tuple[np.ndarray, tuple[int, ...], np.ndarray]) -> None:
    index, shape, loss = case
    low = project(index, shape, loss)
    for cell in product(*(range(s) for s in shape)):
        rows = [i for i in range(len(loss)) if tuple(index[i]) == cell and not np.isnan(loss[i])]
        assert low.counts[cell] == len(rows)
        if not rows:
            assert np.isnan(low.loss[cell]) and low.rows[cell] == -1
        else:
            best = min(rows, key=lambda i: (loss[i], i))
            assert low.loss[cell] == loss[best] and low.rows[cell] == best


@given(st.integers(0, 2**32 - 1), st.integers(1, 4))
def test_projecting_a_grid_equals_brute_force_for_every_index_set(seed: int, d: int) -> None:
    rng = np.random.default_rng(seed)
    grid = rng.normal(size=tuple(rng.integers(1, 4, d)))
    grid[rng.random(grid.shape) < 0.2] = np.nan
    for k in range(d + 1):
        for keep in (order for chosen in combinations(range(d), k) for order in permutations(chosen)):
            low = project_grid(grid, keep)
            assert low.shape == tuple(grid.shape[axis] for axis in keep)
            for cell in np.ndindex(low.shape):
                at = [slice(None)] * d
                for axis, i in zip(keep, cell, strict=True):
                    at[axis] = i
                values = np.atleast_1d(grid[tuple(at)])
                finite = values[~np.isnan(values)]
                assert low[cell] == finite.min() if len(finite) else np.isnan(low[cell])


def test_a_grid_cannot_be_projected_on_axes_it_lacks() -> None:
    with pytest.raises(InvalidInput, match="2-dimensional"):
        project_grid(np.zeros((2, 3)), [0, 2])


@pytest.mark.parametrize("names", [("a",), ("c", "a"), ("b", "c"), ("c", "b", "a")])
def test_a_full_grid_is_projected_exactly(names: tuple[str, ...]) -> None:
    space = Space({"a": Float(0.1, 10, log=True, levels=12), "b": Integer(0, 8), "c": Categorical(("x", "y", "z"))})
    losses = np.random.default_rng(3).normal(size=(12, 9, 3))
    table = infimum(space, grid_of(space, losses), LOSS, names)
    keep = ["abc".index(name) for name in names]
    assert table.exact and table.names == names
    np.testing.assert_array_equal(table.value, project_grid(losses, keep))
    where = np.unravel_index(int(losses.argmin()), losses.shape)
    assert table.best == tuple(int(where[axis]) for axis in keep)
    np.testing.assert_array_equal(np.ravel(losses)[table.number], table.value)


def test_the_dense_grid_of_175000_is_projected_exactly() -> None:
    space = Space({"g": Float(0, 5, levels=50), "s": Float(0.5, 4, levels=50), "c": Float(0, 7, levels=70)})
    losses = np.random.default_rng(1).normal(size=(50, 50, 70))
    table = infimum(space, grid_of(space, losses), SCORE, ("s", "c"))
    assert table.value.shape == (50, 70)
    np.testing.assert_array_equal(table.value, -losses.min(axis=0))
    assert int(table.counts.sum()) == 175_000


@settings(max_examples=30, deadline=None)
@given(
    st.integers(0, 10_000),
    st.integers(1, 120),
    st.sampled_from([("sigma",), ("width", "smooth"), ("area_min", "threshold")]),
)
def test_scattered_trials_of_a_conditional_space_lose_nothing(seed: int, n: int, names: tuple[str, ...]) -> None:
    """Whatever the cells: each trial is counted once, and the best of a cell is one of the trials in it."""
    space = mixed_space()
    history, _ = search(space, n, seed)
    rows = rows_of(space, history)
    table = infimum(space, rows, SCORE, names)
    assert int(table.counts.sum()) == int(history.complete.sum())
    assert int(table.failures.sum()) == int(history.failed.sum())
    index = np.stack(
        [c.locate(rows.coordinates[:, j]) for c, j in zip(table.cells, rows.columns(names), strict=True)], axis=1
    )
    for cell in np.ndindex(table.value.shape):
        inside = (index == cell).all(axis=1) & history.complete
        if inside.any():
            assert table.value[cell] == SCORE.value(history.loss[inside].min())
            assert inside[table.rows[cell]]
        else:
            assert np.isnan(table.value[cell])
    if history.best is not None:
        assert table.best == tuple(index[history.best])


def test_inactive_trials_have_a_cell_of_their_own() -> None:
    space = mixed_space()
    history, _ = search(space, 80)
    cells = infimum(space, history, SCORE, ("width",)).cells[0]
    rows = rows_of(space, history)
    inactive = np.isnan(rows.coordinates[:, rows.columns(["width"])[0]])
    assert cells.inactive and cells.labels[-1] == "inactive"
    assert inactive.any() and np.array_equal(
        cells.locate(rows.coordinates[:, rows.columns(["width"])[0]]) == len(cells) - 1, inactive
    )


def test_several_runs_are_projected_together() -> None:
    space = Space({"x": Float(0, 1, levels=3)})
    codes = space.encode([{"x": 0.0}, {"x": 0.5}, {"x": 1.0}])
    table = infimum(space, [told(codes, [3.0, 2.0, np.nan]), told(codes, [1.0, np.nan, np.nan])], LOSS, ("x",))
    np.testing.assert_array_equal(table.value, [1.0, 2.0, np.nan])
    assert table.rows.tolist() == [3, 1, -1] and table.number.tolist() == [0, 1, -1]
    assert table.failures.tolist() == [0, 1, 2]


def test_colours_are_not_spent_on_outliers() -> None:
    space = Space({"x": Integer(0, 19)})
    losses = np.append(np.linspace(0, 1, 19), 1e9)
    table = infimum(space, grid_of(space, losses), LOSS, ("x",))
    assert table.limits == (1.0, 0.0)
    assert infimum(space, grid_of(space, losses), SCORE, ("x",)).limits == (-1.0, 0.0)


def test_names_are_checked() -> None:
    space = mixed_space()
    history, _ = search(space, 3)
    with pytest.raises(InvalidInput, match="no parameter 'sigm'; the space has sigma"):
        infimum(space, history, SCORE, ("sigm",))
    with pytest.raises(InvalidInput, match="different"):
        infimum(space, history, SCORE, ("sigma", "sigma"))
    with pytest.raises(InvalidInput, match="at least one"):
        infimum(space, history, SCORE, ())


def test_nothing_told_gives_an_empty_table() -> None:
    space = mixed_space()
    table = infimum(space, told(np.empty((0, space.dimension)), []), SCORE, ("sigma", "smooth"))
    assert table.best is None and np.isnan(table.value).all() and np.isnan(table.limits).all()
