"""What a model expects of the infimum, always beside what was seen: never as if a predicted cell had been visited."""

from typing import Any

import numpy as np
import plotly.graph_objects as go
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from plotly.subplots import make_subplots

from parfocal.analysis import Cells, Modelled
from parfocal.plots import interactive as web
from parfocal.plots import printed as paper
from parfocal.plots.profiles import stairs
from parfocal.plots.style import BLANK, COLOURS, MUTED, SEQUENTIAL, faint
from parfocal.typing import Bools, Floats, Ints

_EMPTY = "Too few evaluations have succeeded for a model."
_SEEN, _EXPECTED = "seen", "expected by the model"
_NOT_SEEN, _FAR = "not visited", "far from every evaluation"
_VEIL = [[0.0, "rgba(128,128,128,0)"], [1.0, "rgba(128,128,128,0.85)"]]


def interactive(table: Modelled, label: str) -> go.Figure:
    """Return the interactive figure: a line with its band over one parameter, two surfaces over two."""
    if not table.known:
        return web.say(web.figure(), _EMPTY)
    return _line(table, label) if table.value.ndim == 1 else _planes(table, label)


def _line(table: Modelled, label: str) -> go.Figure:
    result = web.figure()
    (cells,) = table.cells
    shade = COLOURS[0]
    x, y = _outline(cells, table.low, table.high)
    result.add_scatter(
        x=web.numbers(x), y=web.numbers(y), mode="lines", line={"width": 0}, fill="toself", hoverinfo="skip",
        fillcolor=faint(shade, 0.25), name=_band(table),
    )  # fmt: skip
    x, y = stairs(cells, table.value)
    dash = {"width": 2, "color": shade, "dash": "dash"}
    result.add_scatter(x=web.numbers(x), y=web.numbers(y), mode="lines", line=dash, name=_EXPECTED, hoverinfo="skip")
    x, y = stairs(cells, table.observed.value)
    result.add_scatter(
        x=web.numbers(x), y=web.numbers(y), mode="lines", line={"width": 2.5, "color": COLOURS[4]},
        name=f"best {_SEEN}", hoverinfo="skip",
    )  # fmt: skip
    texts = [web.safe(text) for text in cells.labels]
    ends = [
        (text, *web.numbers(np.array([low, high])))
        for text, low, high in zip(texts, table.low.tolist(), table.high.tolist(), strict=True)
    ]
    hover = "%{customdata[0]}: expected %{y}, between %{customdata[1]} and %{customdata[2]}"
    far = table.far > 0.5
    looks: list[tuple[Bools, str, dict[str, Any]]] = [
        (~np.isnan(table.value) & ~far, "expected", {"size": 4, "color": shade, "showlegend": False}),
        (~np.isnan(table.value) & far, _FAR, {"size": 8, "symbol": "x-thin-open", "color": shade}),
    ]
    for which, name, look in looks:
        if which.any():
            custom = [ends[i] for i in np.flatnonzero(which).tolist()]
            web.marks(result, cells.centres[which], table.value[which], name, hover, custom, **look)
    result.update_xaxes(web.along(cells))
    result.update_yaxes(title={"text": web.safe(label)})
    return result


def _planes(table: Modelled, label: str) -> go.Figure:
    base = web.figure(500)
    result = make_subplots(
        1, 2, shared_xaxes="all", shared_yaxes="all", horizontal_spacing=0.04, subplot_titles=(_SEEN, _EXPECTED)
    )
    result.update_layout(base.layout)
    x, y = table.cells
    worst, top = table.limits
    hover = f"{web.safe(x.axis.name)} %{{x}}<br>{web.safe(y.axis.name)} %{{y}}<br>"
    counts = np.stack([table.observed.number.T, table.observed.counts.T], axis=-1).tolist()
    ends = [
        list(zip(*(web.numbers(column) for column in columns), strict=True))
        for columns in zip(table.low.T, table.high.T, np.round(table.far.T, 2), strict=True)
    ]
    place: dict[str, Any] = {"x": web.numbers(x.edges), "y": web.numbers(y.edges), "hoverongaps": False}
    for column, values, custom, text in (
        (1, table.observed.value, counts, "best %{z:.4~g} (trial %{customdata[0]}), of %{customdata[1]}"),
        (2, table.value, ends, "expected %{z:.4~g}, between %{customdata[0]} and %{customdata[1]}"),
    ):
        result.add_heatmap(
            **place, z=[web.numbers(row) for row in values.T], customdata=custom, coloraxis="coloraxis",
            hovertemplate=f"{hover}{text}<extra></extra>", row=1, col=column,
        )  # fmt: skip
    result.add_heatmap(
        **place, z=[web.numbers(np.round(row, 3)) for row in table.doubt.T], zmin=0, zmax=1, colorscale=_VEIL,
        showscale=False, hoverinfo="skip", row=1, col=2,
    )  # fmt: skip
    at: dict[str, Any] = {"row": 1, "col": 2}
    for which, name, look in _marked(table):
        web.marks(result, x.centres[which[0]], y.centres[which[1]], name, name, **look, **at)
    result.update_xaxes(web.along(x), showgrid=False)
    result.update_yaxes(web.along(y), showgrid=False)
    result.update_yaxes(title=None, showticklabels=False, row=1, col=2)
    result.update_layout(
        plot_bgcolor=BLANK,
        margin={"t": 64},
        legend={"y": 1.07},
        coloraxis={
            "cmin": min(worst, top),
            "cmax": max(worst, top),
            "colorscale": SEQUENTIAL,
            "reversescale": top < worst,
            "colorbar": {"title": {"text": web.safe(label), "side": "right"}, "thickness": 14, "outlinewidth": 0},
        },
    )
    return result


def _marked(table: Modelled) -> list[tuple[tuple[Ints, Ints], str, dict[str, Any]]]:
    """Return the cells (i, j) to be marked, what the mark says, and how it looks."""
    far = table.far > 0.5
    near, away = np.nonzero(table.predicted & ~far), np.nonzero(far & ~np.isnan(table.value))
    look: dict[str, Any] = {"size": 7, "color": "rgba(255,255,255,0.9)"}
    return [
        ((near[0], near[1]), _NOT_SEEN, {**look, "symbol": "line-ne-open"}),
        ((away[0], away[1]), _FAR, {**look, "symbol": "x-thin-open"}),
    ]


def printed(table: Modelled, label: str, width: paper.Width = "two") -> Figure:
    """Return the figure for print; two surfaces lie side by side on two columns, one above the other on one."""
    if not table.known or table.value.ndim == 1:
        result = paper.figure(width, 2.6)
        axes = paper.tidy(result.add_subplot())
        if table.known:
            _draw_line(axes, table, label)
            paper.legend(result, width)
        else:
            paper.say(axes, _EMPTY)
        return result
    wide = width == "two"
    result = paper.figure(width, paper.inches(width) * (0.46 if wide else 1.5))
    left, right = result.subplots(1, 2) if wide else result.subplots(2, 1)
    mesh = None
    opaque = np.ones(table.value.shape)
    for axes, values, alpha, title in (
        (left, table.observed.value, opaque, _SEEN),
        (right, table.value, 1 - 0.85 * np.nan_to_num(table.doubt, nan=1.0), _EXPECTED),
    ):
        mesh = _draw_plane(paper.tidy(axes), table, values, alpha, title, first=axes is left or not wide)
    x, y = table.cells
    for which, name, look in _marked(table):
        marker: Any = (2, 0, -45) if look["symbol"].startswith("line") else "x"
        style: dict[str, Any] = {"linestyle": "none", "markersize": 3.5, "markeredgewidth": 0.7, "color": "0.15"}
        right.plot(x.centres[which[0]], y.centres[which[1]], marker=marker, label=name, **style)
    if mesh is not None:
        bar = result.colorbar(mesh, ax=[left, right], pad=0.02)
        bar.set_label(paper.safe(label), fontsize=paper.TEXT)
        bar.ax.tick_params(labelsize=paper.SMALL)
        bar.outline.set_visible(False)
    paper.legend(result, width)
    return result


def _draw_plane(axes: Axes, table: Modelled, values: Floats, alpha: Floats, title: str, first: bool) -> Any:
    x, y = table.cells
    worst, top = table.limits
    paper.along(axes, x, "x", room=24)
    paper.along(axes, y, "y", title=first)
    if not first:
        axes.set_yticklabels([])
    axes.grid(False)
    axes.set_facecolor("0.93")
    axes.set_title(title, fontsize=paper.TEXT)
    ends: dict[str, Any] = {"vmin": min(worst, top), "vmax": max(worst, top)}
    colours = SEQUENTIAL.lower() + ("_r" if top < worst else "")
    cells = axes.pcolormesh(x.edges, y.edges, np.ma.masked_invalid(values.T), cmap=colours, **ends)
    cells.set(alpha=alpha.T)
    # the bar of colours needs one without transparency
    return axes.pcolormesh(x.edges[:2], y.edges[:2], np.full((1, 1), np.nan), cmap=colours, **ends)


def _draw_line(axes: Axes, table: Modelled, label: str) -> None:
    (cells,) = table.cells
    shade = COLOURS[0]
    paper.along(axes, cells, "x")
    x, low = stairs(cells, table.low)
    high = stairs(cells, table.high)[1]
    axes.fill_between(x, low, high, color=shade, alpha=0.22, linewidth=0, label=_band(table))
    axes.plot(*stairs(cells, table.value), "--", color=shade, linewidth=1.2, label=_EXPECTED)
    axes.plot(*stairs(cells, table.observed.value), color=COLOURS[4], linewidth=1.5, label=f"best {_SEEN}")
    far = (table.far > 0.5) & ~np.isnan(table.value)
    if far.any():
        axes.plot(cells.centres[far], table.value[far], "x", color=MUTED, markersize=4, label=_FAR)
    axes.set_ylabel(paper.safe(label), fontsize=paper.TEXT)


def _outline(cells: Cells, low: Floats, high: Floats) -> tuple[Floats, Floats]:
    """Return the outlines of a band, one after the other with NaN between: plotly fills no band that has gaps."""
    x, below = stairs(cells, low)
    above = stairs(cells, high)[1]
    xs, ys = [np.empty(0)], [np.empty(0)]
    for piece in np.split(np.arange(len(x)), np.flatnonzero(np.isnan(below))):
        piece = piece[~np.isnan(below[piece])]
        if len(piece):
            xs += [x[piece], x[piece[::-1]], np.array([np.nan])]
            ys += [below[piece], above[piece[::-1]], np.array([np.nan])]
    return np.concatenate(xs), np.concatenate(ys)


def _band(table: Modelled) -> str:
    return f"holds {table.level:.0%} of truths"
