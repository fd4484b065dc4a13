"""Slices: small pictures of the objective against each parameter, with the best that can be had in each range."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from plotly.subplots import make_subplots

from parfocal.analysis import Slice
from parfocal.plots import interactive as web
from parfocal.plots import printed as paper
from parfocal.plots.profiles import stairs
from parfocal.plots.style import COLOURS, FAILED, STAR, STAR_EDGE, faint

_EMPTY = "No evaluation has succeeded yet."
_NONE = "The space has no parameter to draw."
_PROFILE = "best in each range"


def interactive(tables: Sequence[Slice], label: str, columns: int = 3) -> go.Figure:
    """Return the interactive figure, ``columns`` pictures in a row."""
    base = web.figure()
    if not tables or not any(len(table.x) for table in tables):
        return web.say(base, _EMPTY if tables else _NONE)
    columns = min(columns, len(tables))
    rows = -(-len(tables) // columns)
    gap = 136 if any(web.turns(table.profile.cells[0]) for table in tables) else 84
    height = 90 + (186 + gap) * rows
    result = make_subplots(
        rows, columns, shared_yaxes=True, horizontal_spacing=0.035, vertical_spacing=gap / height if rows > 1 else 0
    )
    result.update_layout(base.layout)
    for i, table in enumerate(tables):
        at = {"row": i // columns + 1, "col": i % columns + 1}
        _add(result, table, {**at, "showlegend": i == 0})
        result.update_xaxes(web.along(table.profile.cells[0], web.LETTERS), **at)
    result.update_yaxes(web.LOOK, range=web.padded(tables[0].limits, below=0.1))
    result.update_yaxes(title={"text": web.safe(label)}, row=(rows + 1) // 2, col=1)
    result.update_layout(height=height)
    return result


def _add(result: go.Figure, table: Slice, at: dict[str, Any]) -> None:
    """Add the traces of one slice; ``at`` says where."""
    web.marks(
        result,
        table.x,
        table.value,
        "evaluations",
        "%{customdata[1]}: %{y}<br>trial %{customdata[0]}",
        list(zip(table.number.tolist(), table.text, strict=True)),
        color=faint(COLOURS[0], 0.6),
        legendgroup="evaluations",
        **at,
    )
    x, y = stairs(table.profile.cells[0], table.profile.value)
    line = {"width": 2, "color": COLOURS[4]}
    result.add_scatter(
        x=web.numbers(x), y=web.numbers(y), mode="lines", name=_PROFILE, line=line, legendgroup=_PROFILE,
        hoverinfo="skip", **at,
    )  # fmt: skip
    low = web.padded(table.limits, below=0.06)
    if len(table.failed) and low is not None:
        edge, hover = np.full(len(table.failed), low[0]), "trial %{customdata} failed"
        cross: dict[str, Any] = {"symbol": "x", "size": 6, "color": FAILED, "legendgroup": "failed"}
        web.marks(
            result, table.failed, edge, "failed (at the edge)", hover, table.failed_number.tolist(), **cross, **at
        )
    if table.best is not None:
        star: dict[str, Any] = {
            "symbol": "star",
            "size": 14,
            "color": STAR,
            "outline": STAR_EDGE,
            "legendgroup": "best",
        }
        spot = slice(table.best, table.best + 1)
        web.marks(result, table.x[spot], table.value[spot], "best", "best: %{y}", **star, **at)


def printed(tables: Sequence[Slice], label: str, width: paper.Width = "two") -> Figure:
    """Return the figure for print: three pictures in a row on two columns, two on one."""
    columns = max(min(3 if width == "two" else 2, len(tables)), 1)
    rows = max(-(-len(tables) // columns), 1)
    result = paper.figure(width, 0.3 + 1.9 * rows)
    grid = result.subplots(rows, columns, squeeze=False, sharey=True)
    if not tables or not any(len(table.x) for table in tables):
        paper.say(grid[0, 0], _EMPTY if tables else _NONE)
        return result
    for i, axes in enumerate(grid.flat):
        if i < len(tables):
            draw(paper.tidy(axes), tables[i], label if i % columns == 0 else "", room=28 if width == "two" else 18)
        else:
            axes.set_axis_off()
    paper.legend(result, width)
    return result


def draw(axes: Axes, table: Slice, label: str, title: bool = True, failures: bool = True, room: int = 28) -> None:
    """Draw one slice into axes."""
    paper.along(axes, table.profile.cells[0], "x", title, room)
    cloud: dict[str, Any] = {"color": COLOURS[0], "alpha": 0.45, "markersize": 3.5, "markeredgewidth": 0}
    axes.plot(table.x, table.value, ".", label="evaluations", rasterized=len(table.x) > 300, **cloud)
    axes.plot(*stairs(table.profile.cells[0], table.profile.value), color=COLOURS[4], linewidth=1.4, label=_PROFILE)
    if failures and len(table.failed):
        paper.crosses(axes, table.failed)
    if table.best is not None:
        paper.star(axes, table.x[[table.best]], table.value[[table.best]])
    limits = web.padded(table.limits, below=0.1)
    if limits is not None:
        axes.set_ylim(*limits)
    if label:
        axes.set_ylabel(paper.safe(label), fontsize=paper.TEXT)
