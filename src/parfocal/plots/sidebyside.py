"""Scores of single images: bars, or curves by rank where there are too many for bars."""

import numpy as np
import plotly.graph_objects as go
from matplotlib.figure import Figure

from parfocal.analysis import SideBySide
from parfocal.plots import interactive as web
from parfocal.plots import printed as paper
from parfocal.plots.style import colour, shorten

_BARS = 40
"""Images, up to which each has its bar and its name."""
_EMPTY = "No image has a score of its own here."


def interactive(table: SideBySide) -> go.Figure:
    """Return the interactive figure: images worst first, from above; colours in the order of the trials."""
    if not table.drawable:
        return web.say(web.figure(), _EMPTY)
    return _bars(table) if len(table.images) <= _BARS else _curves(table)


def _bars(table: SideBySide) -> go.Figure:
    rows = len(table.images) * max(1, len(table.names))
    result = web.figure(height=120 + max(14 * rows, 26 * len(table.images)))
    for i, name in enumerate(table.names):
        result.add_bar(
            x=web.numbers(table.values[:, i]),
            y=list(range(len(table.images))),
            orientation="h",
            name=web.safe(name),
            marker={"color": colour(i)},
            customdata=[web.safe(image) for image in table.images],
            hovertemplate="%{customdata}: %{x}",
        )
    names = [web.safe(shorten(image, 26)) for image in table.images]
    result.update_layout(barmode="group", bargap=0.25, showlegend=len(table.names) > 1)
    result.update_yaxes(
        tickmode="array", tickvals=list(range(len(names))), ticktext=names, autorange="reversed", showgrid=False
    )
    result.update_xaxes(title={"text": web.safe(table.metric)}, rangemode="tozero")
    return result


def _curves(table: SideBySide) -> go.Figure:
    result = web.figure(height=360)
    rank = np.arange(1, len(table.images) + 1)
    for i, name in enumerate(table.names):
        result.add_scatter(
            x=rank.tolist(),
            y=web.numbers(table.values[:, i]),
            mode="lines" if i == 0 else "markers",
            line={"color": colour(i), "width": 2},
            marker={"color": colour(i), "size": 4},
            name=web.safe(name),
            customdata=[web.safe(image) for image in table.images],
            hovertemplate="%{customdata}: %{y}",
        )
    result.update_layout(showlegend=len(table.names) > 1)
    result.update_xaxes(title={"text": f"{len(table.images)} images, worst first"})
    result.update_yaxes(title={"text": web.safe(table.metric)})
    return result


def printed(table: SideBySide, width: paper.Width = "one") -> Figure:
    """Return the figure for print: images worst first, from the left, and one dot a trial."""
    result = paper.figure(width, 2.6)
    axes = paper.tidy(result.add_subplot())
    if not table.drawable:
        paper.say(axes, _EMPTY)
        return result
    rank = np.arange(1, len(table.images) + 1)
    for i, name in enumerate(table.names):
        style = {"linewidth": 1.2} if i == 0 else {"linewidth": 0, "marker": ".", "markersize": 3}
        axes.plot(rank, table.values[:, i], color=colour(i), label=paper.safe(name), **style)
    axes.set_xlabel("images, worst first", fontsize=paper.TEXT)
    axes.set_ylabel(paper.safe(table.metric), fontsize=paper.TEXT)
    if len(table.names) > 1:
        paper.legend(result, width)
    return result
