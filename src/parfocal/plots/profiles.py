"""Profiles: the best in each range of a parameter, the tolerance, and the values that lose less than it."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import plotly.graph_objects as go
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from plotly.subplots import make_subplots

from parfocal.analysis import Cells, Profile, loses
from parfocal.plots import interactive as web
from parfocal.plots import printed as paper
from parfocal.plots.style import COLOURS, MUTED, STAR, STAR_EDGE, faint
from parfocal.typing import Floats

_EMPTY = "No evaluation has succeeded yet."
_NONE = "The space has no parameter to draw."
_LINE, _FREE, _REACH, _FEW = "best in each range", "loses", "may reach so far", "fewer than 4 trials"
_GREEN = COLOURS[2]


def interactive(tables: Sequence[Profile], label: str, columns: int = 3) -> go.Figure:
    """Return the interactive figure, ``columns`` pictures in a row."""
    base = web.figure()
    if not any(table.known for table in tables):
        return web.say(base, _EMPTY if tables else _NONE)
    columns = min(columns, len(tables))
    rows = -(-len(tables) // columns)
    gap = 136 if any(web.turns(table.cells) for table in tables) else 84
    height = 110 + (166 + gap) * rows
    result = make_subplots(
        rows, columns, shared_yaxes=True, horizontal_spacing=0.035, vertical_spacing=gap / height if rows > 1 else 0
    )
    result.update_layout(base.layout)
    limits = web.padded(_limits(tables), below=0.12)
    for i, table in enumerate(tables):
        at = {"row": i // columns + 1, "col": i % columns + 1}
        first = not any(other.few.any() for other in tables[:i])
        _add(result, table, limits, {**at, "showlegend": i == 0}, first)
        result.update_xaxes(web.along(table.cells, web.LETTERS), **at)
    result.update_yaxes(web.LOOK, range=limits)
    result.update_yaxes(title={"text": web.safe(label)}, row=(rows + 1) // 2, col=1)
    result.update_layout(height=height)
    return result


def _add(result: go.Figure, table: Profile, limits: list[float] | None, at: dict[str, Any], explained: bool) -> None:
    """Add the traces of one profile; ``at`` says where, ``explained`` whether the legend tells of sparse cells here."""
    edge = 0.0 if limits is None else limits[0] + 0.03 * (limits[1] - limits[0])
    for ends, width, shade, name in (
        (table.reach, 3, faint(_GREEN, 0.55), _REACH),
        (free(table), 9, _GREEN, f"{_FREE} {loses(table)}"),
    ):
        bar = [value for low, high in ends for value in (low, high, None)]
        alone = [width if low == high else 0 for low, high in ends for _ in range(3)]
        result.add_scatter(
            x=bar, y=[None if value is None else edge for value in bar], mode="lines+markers",
            name=name, legendgroup=name, line={"width": width, "color": shade},
            marker={"size": alone, "color": shade, "symbol": "square"},
            hovertemplate="%{x}" + f" {web.safe(name)}<extra></extra>", **at,
        )  # fmt: skip
    x, y = stairs(table.cells, table.infimum.value)
    line = {"width": 2, "color": COLOURS[4]}
    result.add_scatter(
        x=web.numbers(x), y=web.numbers(y), mode="lines", name=_LINE, line=line, legendgroup=_LINE, hoverinfo="skip",
        **at,
    )  # fmt: skip
    dash = {"width": 1.2, "color": MUTED, "dash": "dash"}
    result.add_scatter(
        x=web.numbers(table.cells.edges[[0, -1]]), y=web.numbers(np.full(2, table.limit)), mode="lines", line=dash,
        name="tolerance", legendgroup="tolerance", hovertemplate="the tolerance ends at %{y}<extra></extra>", **at,
    )  # fmt: skip
    seen, few = table.infimum.counts > 0, table.few
    hover = "%{customdata[0]}: best %{y}<br>trial %{customdata[1]}, of %{customdata[2]}"
    for which, name, shade, rim in ((seen & ~few, "ranges", COLOURS[4], None), (few, _FEW, "white", COLOURS[4])):
        custom = [
            (web.safe(table.cells.labels[i]), int(table.infimum.number[i]), int(table.infimum.counts[i]))
            for i in np.flatnonzero(which).tolist()
        ]
        shown = {**at, "showlegend": name == _FEW and bool(few.any()) and explained}
        web.marks(
            result, table.cells.centres[which], table.infimum.value[which], name, hover, custom,
            size=5 if rim else 3, color=shade, outline=rim, legendgroup=name, **shown,
        )  # fmt: skip
    if table.infimum.best is not None:
        star: dict[str, Any] = {"symbol": "star", "size": 14, "color": STAR, "outline": STAR_EDGE}
        place, value = _best(table)
        web.marks(result, place, value, "best", "best: %{y}", **star, legendgroup="best", **at)


def printed(tables: Sequence[Profile], label: str, width: paper.Width = "two") -> Figure:
    """Return the figure for print: three pictures in a row on two columns, two on one."""
    columns = max(min(3 if width == "two" else 2, len(tables)), 1)
    rows = max(-(-len(tables) // columns), 1)
    result = paper.figure(width, 0.4 + 1.75 * rows)
    grid = result.subplots(rows, columns, squeeze=False, sharey=True)
    if not any(table.known for table in tables):
        for axes in grid.flat[1:]:
            axes.set_axis_off()
        paper.say(grid[0, 0], _EMPTY if tables else _NONE)
        return result
    limits = web.padded(_limits(tables), below=0.12)
    for i, axes in enumerate(grid.flat):
        if i < len(tables):
            draw(paper.tidy(axes), tables[i], label if i % columns == 0 else "", limits, 28 if width == "two" else 18)
        else:
            axes.set_axis_off()
    paper.legend(result, width)
    return result


def draw(axes: Axes, table: Profile, label: str, limits: list[float] | None, room: int = 28) -> None:
    """Draw one profile into axes."""
    paper.along(axes, table.cells, "x", room=room)
    edge = axes.get_xaxis_transform()
    for ends, width, shade, name in (
        (table.reach, 1.6, "#8CCBB4", _REACH),
        (free(table), 4.5, _GREEN, f"{_FREE} {loses(table)}"),
    ):
        for low, high in ends:
            look: dict[str, Any] = {"linewidth": width, "color": shade, "solid_capstyle": "butt", "transform": edge}
            axes.plot([low, high], [0.03, 0.03], label=name, **look)
            if low == high:
                axes.plot([low], [0.03], "s", color=shade, markersize=width * 0.8, transform=edge)
    axes.axhline(table.limit, color=MUTED, linestyle="--", linewidth=0.8, label="tolerance")
    axes.plot(*stairs(table.cells, table.infimum.value), color=COLOURS[4], linewidth=1.3, label=_LINE)
    few: dict[str, Any] = {"color": "white", "markeredgecolor": COLOURS[4], "markersize": 3, "markeredgewidth": 0.8}
    axes.plot(table.cells.centres[table.few], table.infimum.value[table.few], "o", linestyle="none", label=_FEW, **few)
    if table.infimum.best is not None:
        paper.star(axes, *_best(table), 8)
    if limits is not None:
        axes.set_ylim(*limits)
    if label:
        axes.set_ylabel(paper.safe(label), fontsize=paper.TEXT)


def free(table: Profile) -> tuple[tuple[float, float], ...]:
    """Return what loses less than the tolerance as pieces of the axis: intervals, choices and the inactive cell."""
    edges = table.cells.edges.tolist()
    cells = tuple(
        (left, right)
        for (left, right), text in zip(pairwise(edges), table.cells.labels, strict=True)
        if text in table.choices
    )
    return (*table.within, *cells)


def stairs(cells: Cells, level: Floats) -> tuple[Floats, Floats]:
    """Return a line that is level across each cell, broken where there is none and between categories."""
    x: list[float] = []
    y: list[float] = []
    for i, (left, right) in enumerate(pairwise(cells.edges.tolist())):
        height = float(level[i])
        gap = cells.axis.kind == "category" or (cells.inactive and i == len(cells) - 2)
        x += [left, right, right] if gap else [left, right]
        y += [height, height, float("nan")] if gap else [height, height]
    return np.array(x), np.array(y)


def _best(table: Profile) -> tuple[Floats, Floats]:
    """Return the place of the best trial; of one in which the parameter was inactive, the middle of that cell."""
    cell = [table.infimum.best[0]] if table.infimum.best is not None else []
    at = table.cells.centres[cell] if np.isnan(table.best) else np.array([table.best])[: len(cell)]
    return at, table.infimum.value[cell]


def _limits(tables: Sequence[Profile]) -> tuple[float, float]:
    """Return the range of values that holds what is worth drawing of all tables."""
    known = [sorted(table.infimum.limits) for table in tables if table.known]
    return min(low for low, _ in known), max(high for _, high in known)
