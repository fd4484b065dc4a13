"""Groups of images: means under the default and the best configuration as dots with their 95 % intervals."""

from typing import Any

import numpy as np
import plotly.graph_objects as go
from matplotlib.figure import Figure

from parfocal.analysis import GroupScore, PerImage
from parfocal.plots import interactive as web
from parfocal.plots import printed as paper
from parfocal.plots.per_image import EMPTY
from parfocal.plots.style import COLOURS, MUTED, shorten
from parfocal.typing import Floats

_NONE = "No groups of images are named."
_MOST = 60
_APART = 0.14
"""How far the default lies above a row's middle, and the best below it."""


def interactive(table: PerImage) -> go.Figure:
    """Return the interactive figure."""
    result = web.figure()
    groups = table.groups[:_MOST]
    if not groups:
        return web.say(result, _NONE if table.images else EMPTY)
    for name, shade, symbol, shift, mean, low, high in _series(groups):
        told = [
            [web.safe(group.label), f"{below:.4g} to {above:.4g}" if np.isfinite(below) else "one image"]
            for group, below, above in zip(groups, low.tolist(), high.tolist(), strict=True)
        ]
        result.add_scatter(
            x=web.numbers(mean),
            y=[i + shift for i in range(len(groups))],
            error_x={
                "type": "data",
                "symmetric": False,
                "array": web.numbers(high - mean),
                "arrayminus": web.numbers(mean - low),
                "color": shade,
                "thickness": 2,
                "width": 0,
            },
            mode="markers",
            marker={"color": shade, "symbol": symbol, "size": 9, "line": {"color": shade, "width": 1.5}},
            name=name,
            customdata=told,
            hovertemplate=f"%{{customdata[0]}}, {name}: %{{x:.4~g}} (%{{customdata[1]}})<extra></extra>",
        )
    result.update_xaxes(title={"text": web.safe(table.label)})
    result.update_yaxes(
        range=[len(groups) - 0.5, -0.5],
        tickvals=list(range(len(groups))),
        ticktext=[web.safe(_name(group)) for group in groups],
        showgrid=False,
    )
    result.update_layout(height=int(np.clip(140 + 34 * len(groups), 220, 1400)))
    return result


def printed(table: PerImage, width: paper.Width = "one") -> Figure:
    """Return the figure for print."""
    groups = table.groups[:_MOST]
    result = paper.figure(width, 0.9 + float(np.clip(0.24 * len(groups), 0.5, 7.5)))
    axes = paper.tidy(result.add_subplot())
    if not groups:
        paper.say(axes, _NONE if table.images else EMPTY)
        return result
    for name, shade, symbol, shift, mean, low, high in _series(groups):
        rows = np.arange(len(groups)) + shift
        axes.hlines(rows, low, high, color=shade, linewidth=1.2)
        look: dict[str, Any] = {"markersize": 4, "markerfacecolor": "white" if "open" in symbol else shade}
        axes.plot(mean, rows, "o", color=shade, label=name, linestyle="none", **look)
    axes.set_yticks(range(len(groups)), [paper.safe(_name(group)) for group in groups])
    axes.set_ylim(len(groups) - 0.5, -0.5)
    axes.set_xlabel(paper.safe(table.label), fontsize=paper.TEXT)
    paper.legend(result, width)
    return result


def _name(group: GroupScore) -> str:
    return f"{shorten(group.label, 16)} ({len(group.index)})"


def _series(groups: tuple[GroupScore, ...]) -> list[tuple[str, str, str, float, Floats, Floats, Floats]]:
    """Return name, colour, symbol, shift, mean, low and high of the default and the best."""
    found = []
    for name, shade, symbol, shift in (
        ("default", MUTED, "circle-open", -_APART),
        ("best", COLOURS[0], "circle", _APART),
    ):
        mean = np.array([group.default if name == "default" else group.best for group in groups])
        both = np.array([group.default_interval if name == "default" else group.best_interval for group in groups])
        if not np.isnan(mean).all():
            found.append((name, shade, symbol, shift, mean, both[:, 0], both[:, 1]))
    return found
