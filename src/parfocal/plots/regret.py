"""Regret over time: how far each optimizer is from the best known, mean over seeds with its bootstrap interval."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from matplotlib.figure import Figure

from parfocal.analysis import Regret
from parfocal.plots import curves
from parfocal.plots import interactive as web
from parfocal.plots import printed as paper
from parfocal.plots.style import MUTED

_EMPTY = "No optimizer has a run here."
_TITLE = "normalized regret (lower is better)"
_LOG = 200  # more evaluations than that are drawn on a logarithmic axis


def interactive(table: Regret, shown: Sequence[str] | None = None, warmup: int | None = None) -> go.Figure:
    """Return the interactive figure.

    Parameters
    ----------
    table
        The regret on one problem, or over all.
    shown
        Optimizers to be drawn in colour; default: all, or the best eight of many.
    warmup
        A border is drawn after so many evaluations.
    """
    order = table.order
    if not order:
        return web.say(web.figure(), _EMPTY)
    colours = curves.leading(table.optimizers, order, shown)
    result = web.figure(curves.tall(len(order)))
    unit = "of the budget" if table.shares else "evaluations"
    spot = "%{y:.3f} after %{x:.0%} " if table.shares else "%{y:.3f} after %{x} "
    curves.add(
        result, table.evaluations, table.mean, table.optimizers, order, spot + unit, colours=colours,
        band=(table.low, table.high),
    )  # fmt: skip
    last = float(table.evaluations[-1])
    if warmup is not None and 0.01 * last < warmup < last and not table.shares:
        result.add_vline(x=warmup, line={"color": MUTED, "dash": "dot", "width": 1.5})
    logarithmic = not table.shares and last > _LOG
    result.update_xaxes(
        title={"text": "share of the budget" if table.shares else "evaluations"},
        type="log" if logarithmic else "linear",
        range=[0, np.log10(last)] if logarithmic else [0, last * 1.01],
        tickformat=".0%" if table.shares else None,
    )
    result.update_yaxes(title={"text": _TITLE}, range=[-0.03, 1.05])
    return result


def printed(
    table: Regret, shown: Sequence[str] | None = None, warmup: int | None = None, width: paper.Width = "one"
) -> Figure:
    """Return the figure for print; arguments as for :func:`interactive`."""
    order = table.order
    colours = curves.leading(table.optimizers, order, shown)
    result = paper.figure(width, 2.6)
    axes = paper.tidy(result.add_subplot())
    if not order:
        paper.say(axes, _EMPTY)
        return result
    band = (table.low, table.high)
    curves.draw(axes, table.evaluations, table.mean, table.optimizers, order, colours=colours, band=band)
    last = float(table.evaluations[-1])
    if warmup is not None and 0.01 * last < warmup < last and not table.shares:
        axes.axvline(warmup, color=MUTED, linestyle=":", linewidth=1, label="end of warm-up")
    axes.set_xlabel("share of the budget" if table.shares else "evaluations", fontsize=paper.TEXT)
    axes.set_ylabel(_TITLE, fontsize=paper.TEXT)
    if not table.shares and last > _LOG:
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter("{x:g}")
        axes.set_xlim(1, last)
    else:
        axes.set_xlim(0, last)
    axes.set_ylim(-0.02, 1.04)
    paper.legend(result, width)
    return result
