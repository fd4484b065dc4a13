"""Rank correlation of fidelities: how well each one ranks, and what it costs to choose by it."""

import numpy as np
import plotly.graph_objects as go
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from parfocal.analysis import RankCorrelation
from parfocal.analysis.fidelities import LEVEL
from parfocal.plots import interactive as web
from parfocal.plots import printed as paper
from parfocal.plots.style import COLOURS, MUTED
from parfocal.typing import Floats

_EMPTY = "No two configurations were evaluated at a lower fidelity and at the full one, with results that differ."
_TAU = "rank correlation with the last (tau)"
_WRAPPED = "rank correlation<br>with the last (tau)"
_NAMED = 8  # so many levels are named each
_SPREAD = 20.0  # levels further apart than this have a logarithmic axis


def interactive(table: RankCorrelation, label: str, levels: str = "share of the full fidelity") -> go.Figure:
    """Return the interactive figure.

    Parameters
    ----------
    table
        The correlations.
    label
        The objective's.
    levels
        What a level is, for its axis: ``epochs``, ``images``.
    """
    result = web.figure(470)
    if not np.isfinite(table.tau).any():
        return web.say(result, _EMPTY)
    sure = table.sure
    x = web.numbers(table.level)
    result.add_scatter(
        x=x, y=web.numbers(table.tau), mode="lines", line={"width": 1.5, "color": COLOURS[0]}, hoverinfo="skip",
        showlegend=False, connectgaps=False,
    )  # fmt: skip
    for chosen, name, fill in ((sure, f"p < {LEVEL:g}", "circle"), (~sure, "may be chance", "circle-open")):
        rows = np.flatnonzero(chosen & np.isfinite(table.tau))
        if not len(rows):
            continue
        result.add_scatter(
            x=web.numbers(table.level[rows]), y=web.numbers(table.tau[rows]), mode="markers", name=name,
            marker={"size": 9, "color": COLOURS[0], "symbol": fill, "line": {"width": 1.5, "color": COLOURS[0]}},
            customdata=np.column_stack(
                [_rounded(table.z[rows]), _rounded(table.p[rows]), table.count[rows]]
            ).tolist(),
            hovertemplate="%{x}: tau %{y:.2f}, z %{customdata[0]}, p %{customdata[1]}, "
            "%{customdata[2]} configurations<extra></extra>",
        )  # fmt: skip
    result.add_scatter(
        x=x, y=web.numbers(table.regret), mode="lines+markers", name="lost", yaxis="y2", showlegend=False,
        line={"width": 1.5, "color": COLOURS[1]}, marker={"size": 7},
        hovertemplate="%{x}: the choice is %{y} worse than the best<extra></extra>",
    )  # fmt: skip
    result.add_hline(y=0, line={"color": MUTED, "width": 1})
    spread = _spread(table.level)
    result.update_xaxes(
        title={"text": web.safe(levels), "standoff": 8}, type="log" if spread else "linear", anchor="y2"
    )
    if len(x) <= _NAMED:
        result.update_xaxes(tickmode="array", tickvals=x, ticktext=[f"{level:g}" for level in table.level.tolist()])
    result.update_yaxes(title={"text": _WRAPPED}, range=[min(-0.1, float(np.nanmin(table.tau)) - 0.1), 1.05])
    below = {"title": {"text": f"lost by the choice<br>{web.safe(_metric(label))}"}, "rangemode": "tozero"}
    result.update_layout(
        yaxis={"domain": [0.42, 1.0]}, yaxis2={**web.LOOK, **below, "domain": [0.0, 0.33], "anchor": "x"},
        margin={"l": 84},
    )  # fmt: skip
    return result


def printed(
    table: RankCorrelation, label: str, levels: str = "share of the full fidelity", width: paper.Width = "one"
) -> Figure:
    """Return the figure for print; arguments as for :func:`interactive`."""
    if not np.isfinite(table.tau).any():
        result = paper.figure(width, 1.0)
        paper.say(result.add_subplot(), _EMPTY)
        return result
    result = paper.figure(width, 3.2)
    above, below = result.subplots(2, 1, sharex=True, height_ratios=[1.7, 1])
    sure = table.sure
    paper.tidy(above).plot(table.level, table.tau, "-", color=COLOURS[0], linewidth=1.2)
    for chosen, name, face in ((sure, f"p < {LEVEL:g}", COLOURS[0]), (~sure, "may be chance", "white")):
        if chosen.any():
            look = {"markerfacecolor": face, "markeredgecolor": COLOURS[0], "markersize": 4.5}
            above.plot(table.level[chosen], table.tau[chosen], "o", label=name, **look)
    above.axhline(0, color=MUTED, linewidth=0.8)
    above.set_ylim(min(-0.1, float(np.nanmin(table.tau)) - 0.1), 1.05)
    above.set_ylabel(_TAU.replace(" with", "\nwith"), fontsize=paper.TEXT)
    paper.tidy(below).plot(table.level, table.regret, "o-", color=COLOURS[1], markersize=3.5, linewidth=1.2)
    below.set_ylim(bottom=0)
    below.set_ylabel(paper.safe(f"lost by the choice\n{_metric(label)}"), fontsize=paper.TEXT)
    below.set_xlabel(paper.safe(levels), fontsize=paper.TEXT)
    if _spread(table.level):
        below.set_xscale("log")
    if len(table.level) <= _NAMED:
        below.xaxis.set_minor_locator(NullLocator())
        below.set_xticks(table.level, [f"{level:g}" for level in table.level.tolist()])
    paper.legend(result, width)
    return result


def _spread(levels: Floats) -> bool:
    return bool(len(levels) and levels.min() > 0 and levels.max() > _SPREAD * levels.min())


def _rounded(values: Floats) -> list[float]:
    return [float(f"{value:.2g}") for value in values.tolist()]


def _metric(label: str) -> str:
    """Return the label without its direction: a difference has none."""
    return label.rsplit(" (", 1)[0] if label.endswith(" is better)") else label
