"""Failures over the two most telling parameters: the share that failed in each cell, and failed trials as crosses."""

from typing import Any

import numpy as np
import plotly.graph_objects as go
from matplotlib.figure import Figure

from parfocal.analysis import FailureMap, FailurePlane
from parfocal.plots import interactive as web
from parfocal.plots import printed as paper
from parfocal.plots.failure_map import label, nothing
from parfocal.plots.style import BLANK, FAILED

_ONE = "A map needs two parameters."
_COLOURS = "Cividis"
"""Safe for colour-blind readers, and not the colours of values: bright is where trials fail."""


def interactive(table: FailureMap) -> go.Figure:
    """Return the interactive figure; blank cells were never visited."""
    result = web.figure(480)
    plane = table.plane
    if plane is None:
        return web.say(result, nothing(table) if not table.failed else _ONE)
    x, y = plane.cells
    result.add_heatmap(
        x=web.numbers(x.edges),
        y=web.numbers(y.edges),
        z=[web.numbers(row) for row in np.round(100 * plane.share.T, 1)],
        customdata=np.stack([plane.failed.T, plane.trials.T], axis=-1).tolist(),
        zmin=0,
        zmax=_top(plane),
        colorscale=_COLOURS,
        hoverongaps=False,
        colorbar={"title": {"text": label(table), "side": "right"}, "thickness": 14, "outlinewidth": 0},
        hovertemplate=(
            f"{web.safe(x.axis.name)} %{{x}}<br>{web.safe(y.axis.name)} %{{y}}<br>"
            "%{customdata[0]} of %{customdata[1]} failed<extra></extra>"
        ),
    )
    hover = "trial %{customdata} failed"
    cross: dict[str, Any] = {"symbol": "x", "size": 6, "color": FAILED, "outline": "white"}
    web.marks(result, plane.x, plane.y, "failed trials", hover, plane.number.tolist(), **cross)
    result.update_xaxes(web.along(x), showgrid=False)
    result.update_yaxes(web.along(y), showgrid=False)
    result.update_layout(plot_bgcolor=BLANK)
    return result


def printed(table: FailureMap, width: paper.Width = "one") -> Figure:
    """Return the figure for print."""
    result = paper.figure(width, paper.inches(width) * 0.8)
    axes = paper.tidy(result.add_subplot())
    plane = table.plane
    if plane is None:
        paper.say(axes, nothing(table) if not table.failed else _ONE)
        return result
    x, y = plane.cells
    paper.along(axes, x, "x")
    paper.along(axes, y, "y")
    axes.grid(False)
    axes.set_facecolor("0.93")
    mesh = axes.pcolormesh(
        x.edges,
        y.edges,
        np.ma.masked_invalid(100 * plane.share.T),
        cmap=_COLOURS.lower(),
        vmin=0,
        vmax=_top(plane),
        rasterized=True,
    )
    axes.plot(plane.x, plane.y, "x", color=FAILED, markersize=3, markeredgewidth=0.7, label="failed trials",
              rasterized=len(plane.x) > 300)  # fmt: skip
    bar = result.colorbar(mesh, ax=axes, pad=0.02)
    bar.set_label(label(table), fontsize=paper.TEXT)
    bar.ax.tick_params(labelsize=paper.SMALL)
    bar.outline.set_visible(False)
    paper.legend(result, width)
    return result


def _top(plane: FailurePlane) -> float:
    """Return the share [%] at the bright end: where few fail, the whole range would look dark."""
    return max(10.0, 100 * float(np.nanmax(plane.share)))
