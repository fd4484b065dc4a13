"""Runtimes to targets: the share of targets that was reached within a number of evaluations, or within seconds."""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import plotly.graph_objects as go
from matplotlib.figure import Figure

from parfocal.analysis import Runtimes
from parfocal.plots import curves
from parfocal.plots import interactive as web
from parfocal.plots import printed as paper
from parfocal.typing import Floats

Cost = Literal["evaluations", "seconds"]
_EMPTY = "No target was reached."
_TITLES: dict[Cost, str] = {"evaluations": "evaluations", "seconds": "evaluation time (s)"}
_SHARE = "share of runs and targets reached"


def interactive(table: Runtimes, cost: Cost = "evaluations", shown: Sequence[str] | None = None) -> go.Figure:
    """Return the interactive figure; ``shown`` are the optimizers in colour, by default all or the best eight."""
    x, share = _of(table, cost)
    if not len(x) or not np.nanmax(share) > 0:
        return web.say(web.figure(), _EMPTY)
    order = _order(share)
    result = web.figure(curves.tall(len(order)))
    unit = "evaluations" if cost == "evaluations" else "s"
    colours = curves.leading(table.optimizers, order, shown)
    curves.add(result, x, share, table.optimizers, order, f"%{{y:.0%}} within %{{x:.4~g}} {unit}", colours=colours)
    result.update_xaxes(title={"text": _TITLES[cost]}, type="log", range=np.log10(_limits(x)).tolist(), dtick=1)
    result.update_yaxes(title={"text": _SHARE}, range=[-0.02, 1.03], tickformat=".0%")
    return result


def printed(
    table: Runtimes, cost: Cost = "evaluations", shown: Sequence[str] | None = None, width: paper.Width = "one"
) -> Figure:
    """Return the figure for print; arguments as for :func:`interactive`."""
    x, share = _of(table, cost)
    result = paper.figure(width, 2.6)
    axes = paper.tidy(result.add_subplot())
    if not len(x) or not np.nanmax(share) > 0:
        paper.say(axes, _EMPTY)
        return result
    order = _order(share)
    curves.draw(axes, x, share, table.optimizers, order, colours=curves.leading(table.optimizers, order, shown))
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter("{x:g}")
    axes.set_xlim(*_limits(x))
    axes.set_ylim(-0.01, 1.02)
    look: dict[str, Any] = {"fontsize": paper.TEXT}
    axes.set_xlabel(_TITLES[cost], **look)
    axes.set_ylabel(_SHARE, **look)
    paper.legend(result, width)
    return result


def _of(table: Runtimes, cost: Cost) -> tuple[Floats, Floats]:
    pair = (table.evaluations, table.share) if cost == "evaluations" else (table.seconds, table.share_seconds)
    return pair


def _order(share: Floats) -> list[int]:
    """Return the indices of the optimizers with runs, the most targets at the end first."""
    found = np.flatnonzero(~np.isnan(share[:, -1]))
    return sorted(found.tolist(), key=lambda i: (-share[i, -1], -share[i].sum()))


def _limits(x: Floats) -> list[float]:
    """Return the ends of the logarithmic axis."""
    low, high = float(x[0]), float(x[-1])
    low = max(low, high * 1e-6)
    return [low, high] if high > low else [low * 0.5, low * 2 or 1.0]
