"""Final scores: a dot a run, the middle half of the runs as a bar, the median as a tick, the best optimizer on top."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from parfocal.analysis import Finals
from parfocal.plots import curves
from parfocal.plots import interactive as web
from parfocal.plots import printed as paper
from parfocal.plots.style import MUTED, colour, faint, shorten

_EMPTY = "No run has found anything."
_ROOM = 16


def interactive(table: Finals, shown: Sequence[str] | None = None) -> go.Figure:
    """Return the interactive figure; ``shown`` gives colours as in the other figures."""
    count = len(table.optimizers)
    if np.isnan(table.value).all():
        return web.say(web.figure(), _EMPTY)
    result = web.figure(130 + 30 * count)
    colours = _colours(table, shown)
    for y, i in enumerate(table.order):
        name = table.optimizers[i]
        shade = colours[name]
        low, high = table.quartiles[i].tolist()
        here = ~np.isnan(table.value[i])
        common: dict[str, Any] = {"showlegend": False}
        if here.sum() > 2:
            line = {"width": 12, "color": faint(shade, 0.3)}
            result.add_scatter(x=[low, high], y=[y, y], mode="lines", line=line, hoverinfo="skip", **common)
        result.add_scatter(
            x=web.numbers(table.value[i][here]),
            y=[y] * int(here.sum()),
            mode="markers",
            marker={"size": 8, "color": shade, "opacity": 0.75},
            customdata=[table.seeds[j] for j in np.flatnonzero(here)],
            hovertemplate=f"{web.safe(name)}, seed %{{customdata}}: %{{x:.5~g}}<extra></extra>",
            **common,
        )
        mark = {"symbol": "line-ns", "size": 20, "color": shade, "line": {"width": 3, "color": shade}}
        result.add_scatter(
            x=web.numbers(table.median[i : i + 1]), y=[y], mode="markers", marker=mark,
            hovertemplate=f"{web.safe(name)}: median %{{x:.5~g}} of {table.runs[i]} runs<extra></extra>", **common,
        )  # fmt: skip
    for value, text, wanted in ((table.usual, "after warm-up", True), (table.optimum, "optimum", table.known)):
        if wanted and np.isfinite(value):
            result.add_vline(x=value, line={"color": MUTED, "dash": "dot", "width": 1.5})
            result.add_annotation(
                x=value, text=text, y=1, yref="paper", yanchor="bottom", showarrow=False,
                font={"color": MUTED, "size": 11},
            )  # fmt: skip
    names = [web.safe(shorten(table.optimizers[i], _ROOM)) for i in table.order]
    result.update_xaxes(title={"text": web.safe(table.objective.label)})
    result.update_yaxes(
        tickmode="array", tickvals=list(range(count)), ticktext=names, range=[count - 0.4, -0.6], ticks=""
    )
    result.update_layout(margin={"t": 28})
    return result


def printed(table: Finals, shown: Sequence[str] | None = None, width: paper.Width = "one") -> Figure:
    """Return the figure for print."""
    count = len(table.optimizers)
    result = paper.figure(width, 0.75 + 0.19 * count)
    axes = paper.tidy(result.add_subplot())
    if np.isnan(table.value).all():
        paper.say(axes, _EMPTY)
        return result
    colours = _colours(table, shown)
    for y, i in enumerate(table.order):
        name = table.optimizers[i]
        here = table.value[i][~np.isnan(table.value[i])]
        if len(here) > 2:
            axes.plot(table.quartiles[i], [y, y], color=colours[name], alpha=0.3, linewidth=6, solid_capstyle="butt")
        axes.plot(here, [y] * len(here), "o", color=colours[name], markersize=3, alpha=0.75, markeredgewidth=0)
        axes.plot(table.median[i : i + 1], [y], "|", color=colours[name], markersize=9, markeredgewidth=1.6)
    for value, wanted in ((table.usual, True), (table.optimum, table.known)):
        if wanted and np.isfinite(value):
            axes.axvline(value, color=MUTED, linestyle=":", linewidth=1)
            text = "after warm-up" if value == table.usual else "optimum"
            place = axes.get_xaxis_transform()
            axes.text(value, 1.01, text, transform=place, ha="center", va="bottom", fontsize=paper.SMALL, color=MUTED)
    axes.set_yticks(range(count), [paper.safe(shorten(table.optimizers[i], _ROOM)) for i in table.order])
    axes.xaxis.set_major_locator(MaxNLocator(4 if width == "one" else 9))
    axes.set_ylim(count - 0.4, -0.6)
    axes.set_xlabel(paper.safe(table.objective.label), fontsize=paper.TEXT)
    return result


def _colours(table: Finals, shown: Sequence[str] | None) -> dict[str, str]:
    """Return the colour of each optimizer; grey for those beyond what can be told apart."""
    chosen = curves.leading(table.optimizers, table.order, shown)
    return {name: colour(chosen[name]) if name in chosen else MUTED for name in table.optimizers}
