"""The figure of a Pareto front: two objectives, one an axis, the front as steps between its trials."""

import numpy as np
import plotly.graph_objects as go
from matplotlib.figure import Figure

from parfocal.analysis import Pareto
from parfocal.plots import interactive as web
from parfocal.plots import printed as paper
from parfocal.plots.style import MUTED, colour
from parfocal.typing import Ints

_EMPTY = "No evaluation has succeeded yet."
_POINTS = 2000


def interactive(table: Pareto, axes: tuple[int, int] = (1, 0)) -> go.Figure:
    """Return the interactive figure; ``axes`` as for :func:`printed`. Of many dominated trials an even choice."""
    result = web.figure()
    if not len(table):
        return web.say(result, _EMPTY)
    x, y = axes
    first, second = (web.safe(table.objectives[i].metric) for i in axes)
    hover = f"{first} %{{x}}<br>{second} %{{y}}"
    rest = table.dominated[_even(len(table.dominated))]
    web.marks(result, rest[:, x], rest[:, y], "trial", hover, color=MUTED, opacity=0.5)
    order = np.argsort(table.values[:, x], kind="stable")
    line = len(table.objectives) == 2
    result.add_scatter(
        x=web.numbers(table.values[order, x]),
        y=web.numbers(table.values[order, y]),
        mode="lines+markers" if line else "markers",
        line={"shape": "hv" if table.objectives[x].direction == "minimize" else "vh", "width": 2, "color": colour(0)},
        marker={"size": 8, "color": colour(0)},
        name="Pareto front",
        customdata=table.number[order].tolist(),
        hovertemplate=f"trial %{{customdata}}<br>{hover}<extra></extra>",
    )
    result.update_xaxes(title={"text": web.safe(table.objectives[x].label)})
    result.update_yaxes(title={"text": web.safe(table.objectives[y].label)})
    return result


def _even(count: int) -> Ints:
    """Return which of many points are drawn."""
    return (
        np.unique(np.linspace(0, max(count - 1, 0), min(count, _POINTS)).astype(np.int64))
        if count
        else (np.empty(0, dtype=np.int64))
    )


def printed(table: Pareto, width: paper.Width = "one", axes: tuple[int, int] = (1, 0)) -> Figure:
    """Return the figure for print.

    Parameters
    ----------
    table
        The front.
    width
        Columns of a journal page.
    axes
        The objectives along x and y. The front of more than two is drawn as its points, without steps.
    """
    result = paper.figure(width, 0.75 * paper.inches(width))
    panel = result.add_subplot()
    if not len(table):
        paper.say(panel, _EMPTY)
        return result
    paper.tidy(panel)
    x, y = axes
    panel.plot(table.dominated[:, x], table.dominated[:, y], "o", color=MUTED, alpha=0.5, markersize=2.5, label="trial")
    style = "o-" if len(table.objectives) == 2 else "o"
    # the front is what is attained: up to the next trial along x nothing better in y is known
    steps = "steps-post" if table.objectives[x].direction == "minimize" else "steps-pre"
    order = table.values[:, x].argsort(kind="stable")
    panel.plot(
        table.values[order, x],
        table.values[order, y],
        style,
        color=colour(0),
        drawstyle=steps if style == "o-" else "default",
        linewidth=1.2,
        markersize=4,
        label="Pareto front",
    )
    panel.set_xlabel(paper.safe(table.objectives[x].label), fontsize=paper.TEXT)
    panel.set_ylabel(paper.safe(table.objectives[y].label), fontsize=paper.TEXT)
    paper.legend(result, width)
    return result
