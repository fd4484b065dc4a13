from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parfocal.analysis import infimum, project_grid, rows_of, volume
from parfocal.analysis.cells import level_cells
from parfocal.analysis.coordinates import axes_of
from parfocal.analysis.recut import coarser, recut
from parfocal.errors import InvalidInput, ParfocalError
from parfocal.space import Categorical, Float, Space
from parfocal.testing.studies import grid_of, mixed_space, told
from parfocal.trials import Objective

LOSS = Objective("rmse")
SCORE = Objective("f1", "maximize")


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 150), st.permutations(range(6)), st.integers(1, 3))
def test_the_infimum_of_mixed_trials_equals_brute_force(seed: int, n: int, order: list[int], k: int) -> None:
    rng = np.random.default_rng(seed)
    space = mixed_space()
    loss = np.where(rng.random(n) < 0.2, np.nan, np.round(rng.normal(size=n), 1))
    rows = rows_of(space, told(space.sample(n, rng), loss))
    names = [space.columns[j] for j in order[:k]]
    table = infimum(space, rows, LOSS, names)
    found: dict[tuple[int, ...], list[int]] = {}
    for i in range(n):
        cell = []
        for c, j in zip(table.cells, rows.columns(names), strict=True):
            value, last = rows.coordinates[i, j], len(c) - c.inactive
            if np.isnan(value):
                cell.append(len(c) - 1)
            else:
                cell.append(next(m for m in range(last) if value < c.edges[m + 1] or m == last - 1))
        found.setdefault(tuple(cell), []).append(i)
    for cell in product(*(range(len(c)) for c in table.cells)):
        done = [i for i in found.get(cell, []) if not np.isnan(loss[i])]
        assert table.counts[cell] == len(done)
        assert table.failures[cell] == len(found.get(cell, [])) - len(done)
        best = min(done, key=lambda i: (loss[i], i), default=-1)
        assert table.rows[cell] == best
        assert table.value[cell] == loss[best] if done else np.isnan(table.value[cell])


def grid() -> tuple[Space, np.ndarray]:
    space = Space({"x": Float(0, 1, levels=4), "y": Float(0, 1, levels=5), "z": Float(0, 1, levels=12)})
    return space, np.random.default_rng(2).normal(size=(4, 5, 12))


def test_panels_of_a_grid_are_minima_over_its_ranges() -> None:
    space, losses = grid()
    table = volume(space, grid_of(space, losses), LOSS, ("y", "x", "z"), panels=4)
    assert table.projection.value.shape == (5, 4, 4) and table.panels.tolist() == [0, 1, 2, 3] and not table.others
    edges = table.third.edges
    z = np.linspace(0, 1, 12)
    for panel in range(4):
        inside = (z >= edges[panel]) & ((z < edges[panel + 1]) | (panel == 3))
        wanted = losses[:, :, inside].min(axis=2).T
        np.testing.assert_array_equal(table.projection.value[:, :, panel], wanted)
        assert table.best[panel] == wanted.min()
        np.testing.assert_allclose(table.spots[panel], [
            np.linspace(0, 1, 5)[np.unravel_index(wanted.argmin(), wanted.shape)[0]],
            np.linspace(0, 1, 4)[np.unravel_index(wanted.argmin(), wanted.shape)[1]],
        ])  # fmt: skip
        assert losses.ravel()[table.numbers[panel]] == wanted.min()
    assert table.first is not None and table.best[table.first] == losses.min()
    whole = volume(space, grid_of(space, losses), LOSS, ("x", "y", "z"), panels=12)
    np.testing.assert_array_equal(whole.projection.value, project_grid(losses, (0, 1, 2)))


@pytest.mark.parametrize("objective", [LOSS, SCORE])
def test_of_too_many_choices_the_best_get_a_panel(objective: Objective) -> None:
    space = Space({"x": Float(0, 1), "y": Float(0, 1), "c": Categorical(tuple("abcdefgh"))})
    rng = np.random.default_rng(1)
    X = space.sample(300, rng)
    choice = rows_of(space, told(X, np.zeros(300))).coordinates[:, 2]
    loss = np.abs(choice - 5) + 0.1 * rng.random(300)
    loss[choice == 0] = np.nan
    table = volume(space, told(X, loss), objective, ("x", "y", "c"), panels=3)
    assert [table.third.labels[i] for i in table.panels] == ["e", "f", "g"] and table.first == 1
    assert table.left_out == ("b", "c", "d", "h")
    assert (table.best[1] < table.best[0]) == (objective is LOSS)


def test_inactive_trials_are_a_panel_and_nothing_is_nothing() -> None:
    space = mixed_space()
    rng = np.random.default_rng(3)
    table = volume(space, told(space.sample(500, rng), rng.random(500)), LOSS, ("sigma", "smooth", "width"))
    assert table.third.labels[table.panels[-1]] == "inactive"
    assert np.isnan(table.projection.value[:, 1, -1]).all()  # with gauss it is active
    for losses in ([], [np.nan] * 3):
        X = space.sample(len(losses), rng) if losses else np.empty((0, space.dimension))
        empty = volume(space, told(X, losses), LOSS, ("sigma", "threshold", "width"))
        assert empty.first is None and np.isnan(empty.best).all() and len(empty.spots) == len(empty.panels)


@pytest.mark.parametrize("names", [("x", "y"), ("x", "y", "x"), ("x", "y", "w")])
def test_three_different_parameters(names: tuple[str, ...]) -> None:
    space, losses = grid()
    with pytest.raises(InvalidInput):
        volume(space, grid_of(space, losses), LOSS, names)
    with pytest.raises(ParfocalError, match="panels"):
        volume(space, grid_of(space, losses), LOSS, ("x", "y", "z"), panels=0)


def test_coarser_cells_keep_within_the_limit_and_short_axes_as_they_are() -> None:
    space = Space(
        {"x": Float(0, 1, levels=400), "y": Float(1, 100, log=True, levels=300), "c": Categorical(tuple("ab"))}
    )
    axes = axes_of(space)
    full = tuple(level_cells(axis, False) for axis in axes)
    coordinates = rows_of(space, told(space.sample(2000, np.random.default_rng(0)), np.zeros(2000))).coordinates
    cut = coarser(full, coordinates, 5000)
    assert len(cut[2]) == 2 and 1500 < np.prod([len(c) for c in cut]) <= 5000
    assert coarser(full, coordinates, 10**6) is full
    assert recut(full[2], coordinates[:, 2], 1) is full[2]
    levels = axes[0].levels
    for cells, axis in zip(cut[:2], axes[:2], strict=True):  # a border lies between levels, never on one
        assert not np.isin(cells.edges[1:-1], axis.levels).any()
    index = cut[0].locate(levels)
    assert (np.diff(index) >= 0).all() and set(index.tolist()) == set(range(len(cut[0])))
