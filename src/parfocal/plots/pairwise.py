"""Every pair of optimizers: the effect size as colour, the adjusted p-value as text."""

from typing import Any

import numpy as np
import plotly.graph_objects as go
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from parfocal.analysis import Pairwise
from parfocal.plots import interactive as web
from parfocal.plots import printed as paper
from parfocal.plots.style import shorten

_EMPTY = "There is no pair of optimizers to compare."
_WORSE, _EQUAL, _BETTER = "#F0A35E", "#E9EAED", "#62A9DE"
_WRITTEN = 12  # with more optimizers, only what is significant is marked
_ROOM = 24


def interactive(table: Pairwise) -> go.Figure:
    """Return the interactive figure: blue where the row is better than the column."""
    count = len(table.optimizers)
    if count < 2:
        return web.say(web.figure(), _EMPTY)
    order = list(table.order)
    names = [web.safe(shorten(table.optimizers[i], _ROOM)) for i in order]
    effect = table.effect[np.ix_(order, order)]
    hover = [[_hover(table, i, j) for j in order] for i in order]
    result = web.figure(150 + max(24 if count > _WRITTEN else 34, 22) * count)
    places = list(range(count))
    result.add_heatmap(
        z=[web.numbers(row) for row in np.where(np.eye(count, dtype=bool), np.nan, effect)],
        x=places,
        y=places,
        zmin=-1,
        zmax=1,
        colorscale=[[0, _WORSE], [0.5, _EQUAL], [1, _BETTER]],
        xgap=2,
        ygap=2,
        text=[["" if i == j else _text(table, i, j) for j in order] for i in order],
        texttemplate="%{text}",
        textfont={"color": "#111111", "size": 11},
        customdata=hover,
        hovertemplate="%{customdata}<extra></extra>",
        hoverongaps=False,
        colorbar={
            "tickvals": [-1, 0, 1], "ticktext": ["row worse", "equal", "row better"],
            "thickness": 12, "outlinewidth": 0,
        },
    )  # fmt: skip
    ticks: dict[str, Any] = {"tickmode": "array", "tickvals": places, "ticktext": names, "showgrid": False, "ticks": ""}
    result.update_xaxes(**ticks, side="bottom", tickangle=-40, range=[-0.5, count - 0.5])
    result.update_yaxes(**ticks, range=[count - 0.5, -0.5])
    return result


def printed(table: Pairwise, width: paper.Width = "one") -> Figure:
    """Return the figure for print."""
    count = len(table.optimizers)
    inches = paper.inches(width)
    side = min(inches - 1.4, 0.42 * count + 0.3)
    result = paper.figure(width, side + 1.1)
    result.set_layout_engine("compressed")  # the cells are square: elsewhere they would leave their colour bar
    axes = result.add_subplot()
    if count < 2:
        paper.say(axes, _EMPTY)
        return result
    order = list(table.order)
    names = [paper.safe(shorten(table.optimizers[i], 18)) for i in order]
    effect = np.where(np.eye(count, dtype=bool), np.nan, table.effect[np.ix_(order, order)])
    colours = LinearSegmentedColormap.from_list("worse to better", [_WORSE, _EQUAL, _BETTER])
    image = axes.imshow(np.ma.masked_invalid(effect), cmap=colours, vmin=-1, vmax=1)
    room = side / count
    for i, j in np.argwhere(~np.isnan(effect)).tolist():
        text = _text(table, order[i], order[j]) if room > 0.26 else _mark(table, order[i], order[j])
        axes.text(j, i, _plain(text), ha="center", va="center", fontsize=min(paper.SMALL, 60 * room / 3.2))
    size = min(paper.SMALL, 72 * room * 0.8)
    axes.set_xticks(range(count), names, rotation=40, ha="right", rotation_mode="anchor", fontsize=size)
    axes.set_yticks(range(count), names, fontsize=size)
    axes.tick_params(length=0)
    axes.set_xticks(np.arange(count + 1) - 0.5, minor=True)
    axes.set_yticks(np.arange(count + 1) - 0.5, minor=True)
    axes.grid(which="minor", color="white", linewidth=1)
    axes.tick_params(which="minor", length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)
    bar = result.colorbar(image, ax=axes, shrink=0.7, aspect=16, ticks=[-1, 0, 1])
    bar.ax.set_yticklabels(["row\nworse", "equal", "row\nbetter"], fontsize=paper.SMALL)
    bar.outline.set_visible(False)
    return result


def _text(table: Pairwise, i: int, j: int) -> str:
    """Return what a cell says: the adjusted p, bold where significant; among many only a mark."""
    if len(table.optimizers) > _WRITTEN:
        return _mark(table, i, j)
    p = float(table.adjusted[i, j])
    text = "1" if p >= 0.995 else "<.001" if p < 0.001 else f"{p:.3f}"[1:] if p < 0.1 else f"{p:.2f}"[1:]
    return f"<b>{web.safe(text)}</b>" if p <= table.level else web.safe(text)


def _mark(table: Pairwise, i: int, j: int) -> str:
    return "●" if table.adjusted[i, j] <= table.level else ""


def _plain(text: str) -> str:
    """Return a cell's text for matplotlib, which has no markup of this kind."""
    bold = text.startswith("<b>")
    bare = text.replace("<b>", "").replace("</b>", "").replace("&lt;", "<")
    return rf"$\mathbf{{{bare}}}$" if bold else bare


def _hover(table: Pairwise, i: int, j: int) -> str:
    if i == j:
        return ""
    pairs = f"{table.count[i, j]:.0f} pairs" if table.paired[i, j] else f"{table.count[i, j]:.0f} runs, unpaired"
    measure = "rank-biserial" if table.paired[i, j] else "Cliff's delta"
    return (
        f"{web.safe(table.optimizers[i])} against {web.safe(table.optimizers[j])}: {measure} "
        f"{table.effect[i, j]:+.2f}, A12 {table.a12[i, j]:.2f}, p {table.p[i, j]:.3g}, "
        f"after Holm {table.adjusted[i, j]:.3g} ({pairs})"
    )
