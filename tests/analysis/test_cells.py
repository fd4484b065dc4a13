import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from parfocal.analysis.axes import INACTIVE, Axis
from parfocal.analysis.cells import adaptive_cells, choose_cells, level_cells, nice_ticks
from parfocal.errors import InvalidInput

LINEAR = Axis("c", "number", -2.0, 5.0, unit="px")
LOG = Axis("sigma", "number", 0.01, 100.0, log=True)
WHOLE = Axis("area", "number", 1.0, 200.0, log=True, integer=True, count=200, levels=np.arange(1.0, 201.0))
CHOICE = Axis("smooth", "category", 0.0, 2.0, count=3, labels=("none", "gauss", "median"))


def test_titles_and_texts() -> None:
    assert LINEAR.title == "c (px)" and LOG.title == "sigma"
    assert CHOICE.text(1.0) == "gauss" and WHOLE.text(12.0) == "12" and LOG.text(0.123456) == "0.1235"
    assert LOG.text(np.nan) == INACTIVE


def test_an_axis_that_cannot_be_drawn_is_refused() -> None:
    with pytest.raises(InvalidInput, match="above 0"):
        Axis("x", "number", 0.0, 1.0, log=True)
    with pytest.raises(InvalidInput, match="at least one label"):
        Axis("x", "category", 0.0, 0.0)


@given(
    st.sampled_from([LINEAR, LOG, WHOLE]),
    st.lists(st.floats(0, 1), min_size=0, max_size=60),
    st.integers(1, 40),
    st.booleans(),
)
def test_adaptive_cells_cover_the_axis_and_none_is_wide(axis: Axis, units: list[float], n: int, inactive: bool) -> None:
    low, high = axis.scale(np.array([axis.low, axis.high]))
    x = np.clip(axis.unscale(low + (high - low) * np.array(units)), axis.low, axis.high)
    if axis.integer:
        x = np.clip(np.rint(x), axis.low, axis.high)
    x = np.append(x, np.nan) if inactive else x
    cells = adaptive_cells(axis, x, n, inactive)
    numeric = len(cells) - inactive
    edges = axis.scale(cells.edges)[: numeric + 1]
    assert np.all(np.diff(cells.edges) > 0) and len(cells.edges) == len(cells) + 1
    assert edges[0] == pytest.approx(low) and edges[-1] == pytest.approx(high)
    if not len(axis.levels):
        assert np.diff(edges).max() <= (3 / n + 0.005) * (high - low)
    index = cells.locate(x)
    inside = ~np.isnan(x)
    assert np.all(index[inside] < numeric)
    assert np.all(cells.edges[index[inside]] <= x[inside] + 1e-9 * abs(x[inside]))
    assert np.all(x[inside] <= cells.edges[index[inside] + 1] + 1e-9 * abs(x[inside]))
    assert np.all(index[~inside] == numeric)


def test_a_crowded_region_gets_narrow_cells() -> None:
    x = np.concatenate([np.full(900, 1.0) + np.linspace(0, 0.05, 900), np.linspace(-2, 5, 100)])
    width = np.diff(adaptive_cells(LINEAR, x, 20, False).edges)
    near = adaptive_cells(LINEAR, x, 20, False).locate(np.array([1.02, 4.0]))
    assert width[near[0]] < width[near[1]] / 3


@pytest.mark.parametrize("axis", [WHOLE, CHOICE])
@pytest.mark.parametrize("inactive", [True, False])
def test_level_cells_hold_one_level_each(axis: Axis, inactive: bool) -> None:
    cells = level_cells(axis, inactive)
    levels = axis.levels if axis.kind == "number" else np.arange(3.0)
    assert cells.locate(levels).tolist() == list(range(len(levels)))
    assert cells.exact and len(cells) == len(levels) + inactive
    assert cells.centres[: len(levels)] == pytest.approx(levels, rel=0.35)
    if inactive:
        assert cells.labels[-1] == INACTIVE and cells.locate(np.array([np.nan])).tolist() == [len(levels)]


def test_a_single_level_has_a_cell_of_some_width() -> None:
    one = Axis("k", "number", 3.0, 3.0, count=1, levels=np.array([3.0]))
    assert level_cells(one, False).edges.tolist() == [2.5, 3.5]
    assert adaptive_cells(one, np.array([3.0]), 8, False).locate(np.array([3.0])).tolist() == [0]


def test_cells_are_exact_where_the_levels_are_filled_and_cut_where_not() -> None:
    a = Axis("a", "number", 0.0, 39.0, count=40, levels=np.arange(40.0))
    b = Axis("b", "number", 0.0, 29.0, count=30, levels=np.arange(30.0))
    full = np.stack([g.ravel() for g in np.meshgrid(a.levels, b.levels)], axis=1)
    assert [len(c) for c in choose_cells((a, b), full)] == [40, 30]
    few = choose_cells((a, b), full[::40])
    assert all(len(c) < 20 and not c.exact for c in few)
    assert [len(c) for c in choose_cells((a, CHOICE), full[:10], cells=5)][1] == 3


def test_points_are_drawn_where_they_belong() -> None:
    numbers = np.arange(50)
    cells = level_cells(CHOICE, True)
    x = np.array([0.0, 1.0, 2.0, np.nan, 1.0] * 10)
    placed = cells.place(x, numbers)
    assert np.array_equal(cells.locate(np.where(placed > 2.5, np.nan, np.rint(placed))), cells.locate(x))
    assert len(np.unique(placed)) == 50, "points of one choice must not hide each other"
    assert np.array_equal(placed, cells.place(x, numbers))
    numeric = adaptive_cells(LOG, np.array([1.0, np.nan]), 5, True)
    placed = numeric.place(np.array([1.0, np.nan]), np.array([7, 8]))
    assert placed[0] == 1.0 and 100.0 < placed[1] < numeric.edges[-1]


@given(st.floats(-1e6, 1e6, allow_nan=False), st.floats(1e-6, 1e6, allow_nan=False), st.booleans(), st.booleans())
@example(1e-9, 1e-6, False, True)
def test_ticks_are_few_and_within_the_axis(low: float, span: float, log: bool, whole: bool) -> None:
    low = abs(low) + 1e-3 if log else low
    axis = Axis("x", "number", low, low + span, log=log, integer=whole)
    if axis.high == axis.low:
        return
    ticks = nice_ticks(axis)
    slack = 1e-6 * max(abs(axis.low), abs(axis.high))
    assert len(ticks) <= 12
    assert np.all((ticks >= axis.low - slack) & (ticks <= axis.high + slack))


def test_ticks_name_choices_and_the_inactive_cell() -> None:
    assert level_cells(CHOICE, False).ticks[1] == ("none", "gauss", "median")  # type: ignore[index]
    assert adaptive_cells(LINEAR, np.array([0.0]), 5, False).ticks is None
    positions, texts = adaptive_cells(LINEAR, np.array([np.nan]), 5, True).ticks  # type: ignore[misc]
    assert texts[-1] == INACTIVE and positions[-1] > 5.0 and texts[:-1] == ("-2", "0", "2", "4")
