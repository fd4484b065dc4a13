"""Failures along single parameters: the share that failed in each cell with its 95 % interval, most telling first."""

from typing import Any

import numpy as np
import plotly.graph_objects as go
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from plotly.subplots import make_subplots

from parfocal.analysis import FailureMap, FailureShare
from parfocal.plots import interactive as web
from parfocal.plots import printed as paper
from parfocal.plots.style import FAILED, shorten
from parfocal.typing import Floats

SHOWN = 6
"""Parameters that are drawn: the most telling ones."""
_NONE = "No evaluation has failed."
_EMPTY = "Nothing has been evaluated yet."


def interactive(table: FailureMap, columns: int = 3, most: int = SHOWN) -> go.Figure:
    """Return the interactive figure, ``columns`` pictures in a row."""
    base, shown = web.figure(), table.parameters[:most]
    if not table.failed or not shown:
        return web.say(base, nothing(table))
    columns = min(columns, len(shown))
    rows = -(-len(shown) // columns)
    height = 80 + 250 * rows
    result = make_subplots(
        rows,
        columns,
        shared_yaxes=True,
        horizontal_spacing=0.04,
        vertical_spacing=100 / height if rows > 1 else 0,
        subplot_titles=[web.safe(_test(share)) for share in shown],
    )
    result.update_layout(base.layout)
    result.update_annotations(font={"size": 11})
    for i, share in enumerate(shown):
        at: dict[str, int] = {"row": i // columns + 1, "col": i % columns + 1}
        _add(result, share, at)
        result.update_xaxes(web.along(share.cells), **at)
    result.update_yaxes(web.LOOK, range=[-3, 103])
    result.update_yaxes(title={"text": label(table)}, row=(rows + 1) // 2, col=1)
    result.update_layout(height=height, showlegend=False, margin={"t": 40})
    return result


def label(table: FailureMap) -> str:
    """Return what the shares are of, for an axis."""
    return "failed [%]" if table.reason == "any" else f"failed ({table.reason}) [%]"


def nothing(table: FailureMap) -> str:
    """Say why there is nothing to draw."""
    if not table.trials:
        return _EMPTY
    return _NONE if not table.failed else table.sentence


def _test(share: FailureShare) -> str:
    if np.isnan(share.p):
        return ""
    return f"p = {share.adjusted:.1g}" if share.adjusted >= 1e-3 else "p < 0.001"


def _add(result: go.Figure, share: FailureShare, at: dict[str, int]) -> None:
    x = share.cells.centres
    some = np.flatnonzero(share.trials > 0)
    low, high = _width(share)
    middle = 100 * share.share[some]
    texts = [web.safe(shorten(share.cells.labels[i], 40)) for i in some]
    result.add_scatter(
        x=web.numbers(x[some]),
        y=web.numbers(middle),
        mode="markers",
        marker={"color": FAILED, "size": 7},
        error_y={
            "type": "data",
            "symmetric": False,
            "array": web.numbers(100 * share.high[some] - middle),
            "arrayminus": web.numbers(middle - 100 * share.low[some]),
            "color": FAILED,
            "thickness": 1.5,
            "width": 0,
        },
        error_x={
            "type": "data",
            "symmetric": False,
            "array": web.numbers(high[some] - x[some]),
            "arrayminus": web.numbers(x[some] - low[some]),
            "color": FAILED,
            "thickness": 1.5,
            "width": 0,
        },
        customdata=list(zip(texts, share.failed[some].tolist(), share.trials[some].tolist(), strict=True)),
        hovertemplate="%{customdata[0]}: %{customdata[1]} of %{customdata[2]} failed<extra></extra>",
        **at,
    )


def _width(share: FailureShare) -> tuple[Floats, Floats]:
    """Return from where to where each cell's bar goes."""
    return share.cells.edges[:-1], share.cells.edges[1:]


def printed(table: FailureMap, width: paper.Width = "two", most: int = SHOWN) -> Figure:
    """Return the figure for print: three pictures in a row on two columns, two on one."""
    shown = table.parameters[:most]
    columns = max(min(3 if width == "two" else 2, len(shown)), 1)
    rows = max(-(-len(shown) // columns), 1)
    result = paper.figure(width, 0.3 + 1.8 * rows)
    if not table.failed or not shown:
        paper.say(result.add_subplot(), nothing(table))
        return result
    grid = result.subplots(rows, columns, squeeze=False, sharey=True)
    for i, axes in enumerate(grid.flat):
        if i < len(shown):
            _draw(paper.tidy(axes), shown[i])
            if i % columns == 0:
                axes.set_ylabel(label(table), fontsize=paper.TEXT)
        else:
            axes.set_axis_off()
    return result


def _draw(axes: Axes, share: FailureShare) -> None:
    paper.along(axes, share.cells, "x")
    some = np.flatnonzero(share.trials > 0)
    low, high = _width(share)
    x = share.cells.centres[some]
    axes.hlines(100 * share.share[some], low[some], high[some], color=FAILED, linewidth=1.2)
    axes.vlines(x, 100 * share.low[some], 100 * share.high[some], color=FAILED, linewidth=0.8)
    look: dict[str, Any] = {"color": FAILED, "markersize": 3.2, "linestyle": "none"}
    axes.plot(x, 100 * share.share[some], "o", **look)
    axes.set_ylim(-3, 103)
    axes.set_title(_test(share), fontsize=paper.SMALL, pad=2)
