"""Ranks over time: who is ahead at each share of the budget, mean over problems or over shared seeds."""

from collections.abc import Sequence

import plotly.graph_objects as go
from matplotlib.figure import Figure

from parfocal.analysis import Ranks
from parfocal.plots import curves
from parfocal.plots import interactive as web
from parfocal.plots import printed as paper

_EMPTY = "Nothing can be ranked: no problem has runs of all, or no seed is shared."


def interactive(table: Ranks, shown: Sequence[str] | None = None) -> go.Figure:
    """Return the interactive figure; ``shown`` are the optimizers in colour, by default all or the best eight."""
    if not len(table.blocks) or not table.optimizers:
        return web.say(web.figure(), _EMPTY)
    result = web.figure(curves.tall(len(table.optimizers)))
    x = table.evaluations if len(table.evaluations) else table.share
    spot = "rank %{y:.2f} after %{x} evaluations" if len(table.evaluations) else "rank %{y:.2f} at %{x:.0%}"
    colours = curves.leading(table.optimizers, table.order, shown)
    curves.add(result, x, table.mean, table.optimizers, table.order, spot, colours=colours)
    whole = "evaluations" if len(table.evaluations) else "share of the budget"
    result.update_xaxes(
        title={"text": whole},
        range=[0, float(x[-1]) * 1.01],
        tickformat=None if len(table.evaluations) else ".0%",
    )
    result.update_yaxes(title={"text": _title(table)}, range=_range(table))
    return result


def printed(table: Ranks, shown: Sequence[str] | None = None, width: paper.Width = "one") -> Figure:
    """Return the figure for print."""
    result = paper.figure(width, 2.6)
    axes = paper.tidy(result.add_subplot())
    if not len(table.blocks) or not table.optimizers:
        paper.say(axes, _EMPTY)
        return result
    x = table.evaluations if len(table.evaluations) else table.share
    colours = curves.leading(table.optimizers, table.order, shown)
    curves.draw(axes, x, table.mean, table.optimizers, table.order, colours=colours)
    axes.set_xlabel("evaluations" if len(table.evaluations) else "share of the budget", fontsize=paper.TEXT)
    axes.set_ylabel(_title(table), fontsize=paper.TEXT)
    axes.set_xlim(0, float(x[-1]))
    axes.set_ylim(*_range(table))
    paper.legend(result, width)
    return result


def _title(table: Ranks) -> str:
    return f"mean rank over {table.kind} (1 = best)"


def _range(table: Ranks) -> list[float]:
    """Return the range of ranks, the best on top."""
    return [len(table.optimizers) + 0.15, 0.85]
