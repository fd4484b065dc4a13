"""Loss surfaces: the best in each cell, the starred optimum, failures as crosses, and the trails of optimizers."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.figure import Figure

from parfocal.analysis import Surface, Trail
from parfocal.plots import interactive as web
from parfocal.plots import printed as paper
from parfocal.plots.style import BLANK, FAILED, SEQUENTIAL, STAR, STAR_EDGE, trail_colour, trail_name

MOST_TRAILS = 8
"""Trails of a figure at most, the first ones: more cannot be told apart (:func:`~parfocal.analysis.presentable`)."""
_EMPTY = "No evaluation has succeeded yet, so there is no surface to draw."


def interactive(table: Surface, label: str, trails: Sequence[Trail] = ()) -> go.Figure:
    """Return the interactive figure: colours are the best value in each cell, blank cells were never visited."""
    result = web.figure(540)
    if table.projection.best is None:
        return web.say(result, _EMPTY)
    x, y = table.projection.cells
    worst, top = table.projection.limits
    number = table.projection.number.T
    result.add_heatmap(
        x=web.numbers(x.edges),
        y=web.numbers(y.edges),
        z=[web.numbers(row) for row in table.projection.value.T],
        customdata=np.stack([number, table.projection.counts.T, table.projection.failures.T], axis=-1).tolist(),
        zmin=min(worst, top),
        zmax=max(worst, top),
        colorscale=SEQUENTIAL,
        reversescale=top < worst,
        hoverongaps=False,
        colorbar={"title": {"text": web.safe(label), "side": "right"}, "thickness": 14, "outlinewidth": 0},
        hovertemplate=(
            f"{web.safe(x.axis.name)} %{{x}}<br>{web.safe(y.axis.name)} %{{y}}<br>"
            "best %{z:.4~g} (trial %{customdata[0]})<br>"
            "%{customdata[1]} complete, %{customdata[2]} failed<extra></extra>"
        ),
    )
    points, failed, star = table.points, table.failed, table.star
    web.marks(
        result,
        points.x,
        points.y,
        "evaluations",
        "trial %{customdata[0]}: %{customdata[1]}",
        list(zip(points.number.tolist(), web.numbers(points.value), strict=True)),
        color="rgba(255,255,255,0.55)",
        outline="rgba(30,30,30,0.7)",
        visible="legendonly" if trails else True,
    )
    if len(failed):
        hover = "trial %{customdata} failed"
        cross: dict[str, Any] = {"symbol": "x", "size": 7, "color": FAILED, "outline": "white"}
        web.marks(result, failed.x, failed.y, "failed", hover, failed.number.tolist(), **cross)
    _add_trails(result, trails[:MOST_TRAILS])
    best = list(zip(star.number.tolist(), web.numbers(star.value), strict=True))
    look: dict[str, Any] = {"symbol": "star", "size": 17, "color": STAR, "outline": STAR_EDGE}
    web.marks(result, star.x, star.y, "best", "best: trial %{customdata[0]}, %{customdata[1]}", best, **look)
    result.update_xaxes(web.along(x), showgrid=False)
    result.update_yaxes(web.along(y), showgrid=False)
    result.update_layout(plot_bgcolor=BLANK)
    return result


def _add_trails(result: go.Figure, trails: Sequence[Trail]) -> None:
    for i, trail in enumerate(trails):
        shade = trail_colour(i)
        x, y = web.numbers(trail.x), web.numbers(trail.y)
        casing = {"width": 5, "color": "white"}
        result.add_scatter(
            x=x, y=y, mode="lines", line=casing, showlegend=False, hoverinfo="skip", legendgroup=f"trail {i}"
        )
        end = len(trail) > 1
        result.add_scatter(
            x=x,
            y=y,
            mode="lines+markers",
            name=web.safe(trail_name(trail.label)),
            legendgroup=f"trail {i}",
            customdata=list(
                zip(trail.number.tolist(), trail.evaluation.tolist(), web.numbers(trail.value), strict=True)
            ),
            line={"width": 2.5, "color": shade},
            marker={
                "size": [11] + [6] * max(len(trail) - 2, 0) + [14] * end,
                "symbol": ["circle"] * max(len(trail) - 1, 1) + ["star"] * end,
                "color": shade,
                "line": {"width": 1, "color": "white"},
            },
            hovertemplate="trial %{customdata[0]}, evaluation %{customdata[1]}: %{customdata[2]}<extra></extra>",
        )


def printed(table: Surface, label: str, trails: Sequence[Trail] = (), width: paper.Width = "one") -> Figure:
    """Return the figure for print; arguments as for :func:`interactive`."""
    result = paper.figure(width, paper.inches(width) * 0.82)
    axes = paper.tidy(result.add_subplot())
    if table.projection.best is None:
        paper.say(axes, _EMPTY)
        return result
    mesh = draw(axes, table)
    for i, trail in enumerate(trails[:MOST_TRAILS]):
        shade = trail_colour(i)
        axes.plot(trail.x, trail.y, color="white", linewidth=2.6, solid_capstyle="round")
        axes.plot(
            trail.x,
            trail.y,
            ".-",
            color=shade,
            linewidth=1.3,
            markersize=3,
            label=paper.safe(trail_name(trail.label)),
        )
        ends: dict[str, Any] = {"color": shade, "markeredgecolor": "white", "markeredgewidth": 0.6, "linestyle": "none"}
        axes.plot(trail.x[:1], trail.y[:1], "o", markersize=5, **ends)
        if len(trail) > 1:
            axes.plot(trail.x[-1:], trail.y[-1:], "*", markersize=8, **ends)
    paper.star(axes, table.star.x, table.star.y, 11)
    bar = result.colorbar(mesh, ax=axes, extend="neither", pad=0.02)
    bar.set_label(paper.safe(label), fontsize=paper.TEXT)
    bar.ax.tick_params(labelsize=paper.SMALL)
    bar.outline.set_visible(False)
    paper.legend(result, width)
    return result


def draw(
    axes: Axes,
    table: Surface,
    titles: tuple[bool, bool] = (True, True),
    limits: tuple[float, float] | None = None,
    failures: bool = True,
    room: int = 28,
) -> QuadMesh:
    """Draw cells and failures into axes, and set both axes up; ``limits`` are (worst, best) of the colours."""
    x, y = table.projection.cells
    worst, top = table.projection.limits if limits is None else limits
    paper.along(axes, x, "x", titles[0], room)
    paper.along(axes, y, "y", titles[1], room)
    axes.grid(False)
    axes.set_facecolor("0.93")
    mesh = axes.pcolormesh(
        x.edges,
        y.edges,
        np.ma.masked_invalid(table.projection.value.T),
        cmap=SEQUENTIAL.lower() + ("_r" if top < worst else ""),
        vmin=min(worst, top),
        vmax=max(worst, top),
        rasterized=table.projection.value.size > 2500,
    )
    if failures and len(table.failed):
        axes.plot(
            table.failed.x, table.failed.y, "x", color=FAILED, markersize=3.5, markeredgewidth=0.9, label="failed"
        )
    return mesh
