"""Convergence figures: the best value after each evaluation, mean and band over runs."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from matplotlib.figure import Figure

from parfocal.analysis import Convergence, thin
from parfocal.plots import interactive as web
from parfocal.plots import printed as paper
from parfocal.plots.style import FAILED, MUTED, colour, faint

_EMPTY = "No evaluation has succeeded yet."
_SINGLE_RUNS = 20  # more thin lines than this hide each other


def interactive(tables: Sequence[Convergence], label: str, warmup: int | None = None) -> go.Figure:
    """Return the interactive figure.

    Parameters
    ----------
    tables
        One curve each.
    label
        The objective's, for the axis of values.
    warmup
        A border is drawn after so many evaluations, where it is not lost at the left edge.
    """
    result = web.figure()
    if not _something(tables):
        return web.say(result, _EMPTY)
    for i, table in enumerate(tables):
        if table.runs > 1:
            _add_runs(result, table, colour(i), alone=len(tables) == 1)
        elif len(tables) == 1:
            _add_evaluations(result, table)
        keep = thin(table)
        result.add_scatter(
            x=table.evaluations[keep].tolist(),
            y=web.numbers(table.mean[keep]),
            customdata=web.numbers(table.std[keep]),
            mode="lines",
            line={"width": 2.5, "color": colour(i), "shape": "hv"},
            name=web.safe(_name(table)),
            legendgroup=table.label or "runs",
            hovertemplate="after %{x} evaluations: %{y}" + (" ± %{customdata}" if table.runs > 1 else ""),
        )
    longest = max(len(table.evaluations) for table in tables)
    if warmup is not None and 0.01 * longest < warmup < longest:
        result.add_vline(x=warmup + 0.5, line={"color": MUTED, "dash": "dot", "width": 1.5})
        clear = {"y": 0.05, "yanchor": "bottom"} if tables[0].rising else {"y": 1, "yanchor": "top"}
        note: dict[str, Any] = {"xanchor": "left", "showarrow": False, "yref": "paper", **clear}
        result.add_annotation(x=warmup + 0.5, text="end of warm-up", font={"color": MUTED, "size": 11}, **note)
    result.update_xaxes(title={"text": "evaluations"}, range=[0, longest * 1.01])
    result.update_yaxes(title={"text": web.safe(label)}, range=web.padded(_limits(tables), below=0.08))
    result.update_layout(yaxis2={"overlaying": "y", "range": [0, 1], "visible": False, "fixedrange": True})
    return result


def _add_runs(result: go.Figure, table: Convergence, shade: str, alone: bool) -> None:
    """Add the band over runs, and where there is only one group the single runs as thin lines."""
    keep = thin(table)
    common: dict[str, Any] = {"x": table.evaluations[keep].tolist(), "mode": "lines", "hoverinfo": "skip"}
    edge = {"width": 0, "shape": "hv"}
    group = table.label or "runs"
    result.add_scatter(**common, y=web.numbers(table.lower[keep]), line=edge, legendgroup=group, showlegend=False)
    result.add_scatter(
        **common,
        y=web.numbers(table.upper[keep]),
        line=edge,
        fill="tonexty",
        fillcolor=faint(shade, 0.28),
        name=_band(table),
        legendgroup=group,
        showlegend=alone,
    )
    for j, curve in enumerate(table.curves[:_SINGLE_RUNS] if alone else ()):
        line = {"width": 1, "color": faint(shade, 0.4), "shape": "hv"}
        result.add_scatter(
            **common, y=web.numbers(curve[keep]), line=line, name="single runs", legendgroup="single", showlegend=j == 0
        )


def _add_evaluations(result: go.Figure, table: Convergence) -> None:
    """Add the single evaluations of a single run, and its failures along the lower edge."""
    if len(table.trials):
        hover = "evaluation %{x}: %{y}"
        shade = faint("#7F7F7F", 0.6)
        web.marks(result, table.trials, table.trial_values, "single evaluations", hover, color=shade)
    if len(table.failed):
        edge, hover = np.full(len(table.failed), 0.02), "evaluation %{x} failed"
        web.marks(result, table.failed, edge, "failed", hover, symbol="x", size=7, color=FAILED, yaxis="y2")


def printed(tables: Sequence[Convergence], label: str, warmup: int | None = None, width: paper.Width = "one") -> Figure:
    """Return the figure for print; arguments as for :func:`interactive`."""
    result = paper.figure(width, 2.6)
    axes = paper.tidy(result.add_subplot())
    if not _something(tables):
        paper.say(axes, _EMPTY)
        return result
    alone = len(tables) == 1
    for i, table in enumerate(tables):
        keep = thin(table, 4000)
        x = table.evaluations[keep]
        if alone and len(table.trials):
            axes.plot(table.trials, table.trial_values, ".", color="0.65", markersize=2.5, label="single evaluations")
        if table.runs > 1:
            band: dict[str, Any] = {"step": "post", "color": colour(i), "alpha": 0.2, "linewidth": 0}
            axes.fill_between(x, table.lower[keep], table.upper[keep], label=_band(table) if alone else None, **band)
        axes.step(x, table.mean[keep], where="post", color=colour(i), linewidth=1.4, label=paper.safe(_name(table)))
        if alone and len(table.failed):
            paper.crosses(axes, table.failed)
    longest = max(len(table.evaluations) for table in tables)
    if warmup is not None and 0.01 * longest < warmup < longest:
        axes.axvline(warmup + 0.5, color=MUTED, linestyle=":", linewidth=1, label="end of warm-up")
    axes.set_xlabel("evaluations", fontsize=paper.TEXT)
    axes.set_ylabel(paper.safe(label), fontsize=paper.TEXT)
    axes.set_xlim(0, longest)
    limits = web.padded(_limits(tables), below=0.08)
    if limits is not None:
        axes.set_ylim(*limits)
    paper.legend(result, width)
    return result


def _something(tables: Sequence[Convergence]) -> bool:
    return any(table.drawable for table in tables)


def _name(table: Convergence) -> str:
    return table.label or ("best so far" if table.runs == 1 else f"mean of {table.runs} runs")


def _band(table: Convergence) -> str:
    return f"{table.quantiles[0]:.0%} to {table.quantiles[1]:.0%} of runs"


def _limits(tables: Sequence[Convergence]) -> tuple[float, float]:
    """Return the range that holds the ranges of all tables."""
    known = [table.limits for table in tables if table.drawable]
    return min(low for low, _ in known), max(high for _, high in known)
