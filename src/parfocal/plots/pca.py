"""Principal components: the loadings as a heat map with numbers, the share of the variance of each above it."""

from typing import Any

import numpy as np
import plotly.graph_objects as go
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter
from plotly.subplots import make_subplots

from parfocal.analysis import Pca
from parfocal.plots import interactive as web
from parfocal.plots import printed as paper
from parfocal.plots.style import COLOURS, shorten

DIVERGING = "PuOr"
"""Safe for colour-blind readers; the middle, white, is nil."""
_EMPTY = "Principal components need at least two complete trials that differ."
_MOST: dict[paper.Width, int] = {"one": 5, "two": 10}
_CUMULATIVE = "first ones together"


def interactive(table: Pca, components: int = 8) -> go.Figure:
    """Return the interactive figure of the first ``components``."""
    base = web.figure()
    if not table.columns:
        return web.say(base, _EMPTY)
    shown = min(components, len(table.values))
    numbered = shown <= 8
    names = [f"PC {i + 1}" for i in range(shown)]
    height = 300 + 26 * len(table.columns)
    result = make_subplots(2, 1, shared_xaxes=True, row_heights=[150, height - 240], vertical_spacing=24 / height)
    result.update_layout(base.layout)
    result.update_layout(height=height, margin={"t": 40})
    share, total = 100 * table.ratio[:shown], 100 * table.cumulative[:shown]
    result.add_bar(
        x=names, y=web.numbers(share), name="each", marker={"color": COLOURS[0]},
        hovertemplate="%{x}: %{y:.1f} % of the variance<extra></extra>", row=1, col=1,
    )  # fmt: skip
    result.add_scatter(
        x=names, y=web.numbers(total), name=_CUMULATIVE, mode="lines+markers",
        line={"color": COLOURS[1], "width": 2},
        hovertemplate=f"{_CUMULATIVE}, to %{{x}}: %{{y:.1f}} %<extra></extra>", row=1, col=1,
    )  # fmt: skip
    vectors = np.round(table.vectors[:shown].T, 4) + 0.0  # no "-0.00"
    result.add_heatmap(
        x=names,
        y=[web.safe(shorten(name)) for name in table.columns],
        z=[web.numbers(row) for row in vectors],
        customdata=[[web.safe(name)] * shown for name in table.columns],
        zmid=0.0, zmin=-1.0, zmax=1.0,
        colorscale=DIVERGING,
        texttemplate="%{z:.2f}" if numbered else None,
        xgap=1, ygap=1,
        showscale=not numbered,
        colorbar={"title": {"text": "loading"}, "thickness": 14, "outlinewidth": 0},
        hovertemplate="%{customdata}<br>%{x}: %{z:.3f}<extra></extra>",
        row=2, col=1,
    )  # fmt: skip
    result.update_xaxes(web.LOOK, showgrid=False)
    result.update_yaxes(web.LOOK, title={"text": "variance (%)"}, range=[0, 104], row=1, col=1)
    flat: dict[str, Any] = {**web.LOOK, "showgrid": False, "autorange": "reversed", "ticks": ""}
    result.update_yaxes(flat, type="category", row=2, col=1)
    return result


def printed(table: Pca, width: paper.Width = "two") -> Figure:
    """Return the figure for print: the first five components on one column of a page, the first ten on two."""
    shown, lines = min(_MOST[width], len(table.values)), len(table.columns)
    result = paper.figure(width, 1.9 + 0.19 * max(lines, 4))
    if not lines:
        paper.say(result.add_subplot(), _EMPTY)
        return result
    scree, map_ = result.subplots(2, 1, sharex=True, height_ratios=[1.1, 0.19 * max(lines, 4)])
    x = np.arange(shown)
    paper.tidy(scree)
    scree.bar(x, table.ratio[:shown], color=COLOURS[0], width=0.7, label="each")
    scree.plot(x, table.cumulative[:shown], "o-", color=COLOURS[1], markersize=3, linewidth=1.2, label=_CUMULATIVE)
    scree.set_ylim(0, 1.05)
    scree.yaxis.set_major_formatter(PercentFormatter(1.0))
    scree.set_ylabel("variance", fontsize=paper.TEXT)
    scree.tick_params(labelbottom=False)
    vectors = table.vectors[:shown].T
    map_.imshow(vectors, cmap=DIVERGING, vmin=-1, vmax=1, aspect="auto")
    for (i, j), loading in np.ndenumerate(vectors):
        colour = "white" if abs(loading) > 0.6 else "black"
        map_.text(j, i, f"{round(loading, 2) + 0.0:.2f}", ha="center", va="center", fontsize=paper.SMALL, color=colour)
    map_.set_xticks(x, [f"PC {i + 1}" for i in range(shown)])
    map_.set_yticks(range(lines), [paper.safe(shorten(name)) for name in table.columns])
    map_.tick_params(labelsize=paper.SMALL, length=0)
    for spine in map_.spines.values():
        spine.set_visible(False)
    paper.legend(result, width)
    return result
