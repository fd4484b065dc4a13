"""Scores of images under the best trials as a heat map, hardest on top; beside it the default and their own best."""

from typing import Any

import numpy as np
import plotly.graph_objects as go
from matplotlib.figure import Figure
from plotly.subplots import make_subplots

from parfocal.analysis import PerImage
from parfocal.plots import interactive as web
from parfocal.plots import printed as paper
from parfocal.plots.style import SEQUENTIAL, shorten
from parfocal.typing import Floats

EMPTY = "No trial has scores of single images."
_COLUMNS = ("default", "best", "own best")


def interactive(table: PerImage) -> go.Figure:
    """Return the interactive figure."""
    base = web.figure()
    if not table.images:
        return web.say(base, EMPTY)
    height = int(np.clip(150 + 22 * len(table.shown), 280, 760))
    result = make_subplots(1, 2, shared_yaxes=True, column_widths=[0.24, 0.76], horizontal_spacing=0.025)
    result.update_layout(base.layout)
    low, high = _limits(table)
    names = [web.safe(table.images[i]) for i in table.shown]
    look: dict[str, Any] = {
        "colorscale": SEQUENTIAL,
        "reversescale": not table.scores.maximize,
        "zmin": low,
        "zmax": high,
        "y": names,
        "hoverongaps": False,
    }
    result.add_heatmap(
        x=list(_COLUMNS),
        z=[web.numbers(row) for row in np.round(_sides(table), 4)],
        showscale=False,
        hovertemplate="%{y}<br>%{x}: %{z:.4~g}<extra></extra>",
        row=1,
        col=1,
        **look,
    )
    result.add_heatmap(
        x=list(range(1, len(table.top) + 1)),
        z=[web.numbers(row) for row in np.round(_matrix(table), 4)],
        colorbar={"title": {"text": web.safe(table.label), "side": "right"}, "thickness": 14, "outlinewidth": 0},
        hovertemplate="%{y}<br>%{x}. best trial: %{z:.4~g}<extra></extra>",
        row=1,
        col=2,
        **look,
    )
    at, texts = _ticks(table, 34, 18)
    result.update_yaxes(
        web.LOOK,
        range=[len(table.shown) - 0.5, -0.5],
        type="category",
        tickvals=[names[i] for i in at],
        ticktext=[web.safe(text) for text in texts],
        showgrid=False,
    )
    result.update_xaxes(web.LOOK, showgrid=False)
    result.update_xaxes(tickangle=-90, tickvals=list(_COLUMNS), row=1, col=1)
    result.update_xaxes(title={"text": "trials, best first"}, row=1, col=2)
    result.update_layout(height=height, margin={"b": 84})
    return result


def printed(table: PerImage, width: paper.Width = "two") -> Figure:
    """Return the figure for print."""
    shown = len(table.shown)
    result = paper.figure(width, 1.1 + float(np.clip(0.13 * shown, 0.9, 4.6)))
    if not table.images:
        paper.say(result.add_subplot(), EMPTY)
        return result
    left, right = result.subplots(1, 2, sharey=True, width_ratios=[1, 4 if width == "two" else 3])
    low, high = _limits(table)
    look: dict[str, Any] = {
        "cmap": SEQUENTIAL.lower() + ("" if table.scores.maximize else "_r"),
        "vmin": low,
        "vmax": high,
        "rasterized": True,
    }
    rows = np.arange(shown + 1) - 0.5
    for axes, values in ((left, _sides(table)), (right, _matrix(table))):
        paper.tidy(axes).grid(False)
        axes.set_facecolor("0.93")
        columns = np.arange(values.shape[1] + 1) + 0.5
        mesh = axes.pcolormesh(columns, rows, np.ma.masked_invalid(values), **look)
    at, texts = _ticks(table, 30, 12 if width == "one" else 20)
    left.set_yticks(at, [paper.safe(text) for text in texts])
    left.set_ylim(shown - 0.5, -0.5)
    left.set_xticks([1, 2, 3], _COLUMNS, rotation=90)
    right.tick_params(labelleft=False)
    right.set_xlabel("trials, best first", fontsize=paper.TEXT)
    bar = result.colorbar(mesh, ax=right, pad=0.02)
    bar.set_label(paper.safe(table.label), fontsize=paper.TEXT)
    bar.ax.tick_params(labelsize=paper.SMALL)
    bar.outline.set_visible(False)
    return result


def _matrix(table: PerImage) -> Floats:
    return table.scores.score[np.ix_(table.top, table.shown)].T


def _sides(table: PerImage) -> Floats:
    """Return default, best and own best of each image that is shown, (images, 3)."""
    default = np.full(len(table.images), np.nan) if table.default is None else table.scores.score[table.default]
    return np.stack([default, table.chosen, table.own], axis=1)[table.shown]


def _limits(table: PerImage) -> tuple[float, float]:
    values = np.concatenate([_matrix(table).ravel(), _sides(table).ravel()])
    values = values[~np.isnan(values)]
    return (float(values.min()), float(values.max())) if len(values) else (0.0, 1.0)


def _ticks(table: PerImage, most: int, length: int) -> tuple[list[int], list[str]]:
    every = max(-(-len(table.shown) // most), 1)
    at = list(range(0, len(table.shown), every))
    return at, [shorten(table.images[table.shown[i]], length) for i in at]
