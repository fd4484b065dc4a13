"""Convergence figures: the best after each evaluation, or over time or cost; mean, interval and band over runs."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from parfocal.analysis import Convergence, thin
from parfocal.analysis.effort import TITLES
from parfocal.plots import interactive as web
from parfocal.plots import printed as paper
from parfocal.plots.style import FAILED, MUTED, colour, faint

_EMPTY = "No evaluation has succeeded yet."
_SINGLE_RUNS = 20  # more thin lines than this hide each other


def interactive(
    tables: Sequence[Convergence],
    label: str,
    warmup: int | None = None,
    also: Sequence[Sequence[Convergence]] = (),
) -> go.Figure:
    """Return the interactive figure.

    Parameters
    ----------
    tables
        One curve each.
    label
        The objective's, for the axis of values.
    warmup
        A border is drawn after so many evaluations, where it is not lost at the left edge.
    also
        The same curves along other axes: buttons choose among them.
    """
    result = web.figure()
    choices = [tables, *(other for other in also if _something(other))]
    if not _something(tables):
        return web.say(result, _EMPTY)
    shown: list[list[Any]] = []
    for group in choices:
        first = len(result.data)
        _add(result, group)
        shown.append([trace.visible if trace.visible is not None else True for trace in result.data[first:]])
    for trace in result.data[len(shown[0]) :]:
        trace.visible = False
    border = _border(tables, warmup)
    result.update_layout(border)
    result.update_xaxes(title={"text": _title(tables)}, range=_range(tables))
    limits = web.padded(_limits([table for group in choices for table in group]), below=0.08)
    result.update_yaxes(title={"text": web.safe(label)}, range=limits)
    result.update_layout(yaxis2={"overlaying": "y", "range": [0, 1], "visible": False, "fixedrange": True})
    if len(choices) > 1:
        result.update_layout(updatemenus=[_buttons(choices, shown, border)], margin={"b": 104}, height=468)
    return result


def _buttons(choices: Sequence[Sequence[Convergence]], shown: list[list[Any]], border: dict[str, Any]) -> Any:
    """Return the buttons that choose the axis."""
    buttons = []
    for i, group in enumerate(choices):
        visible = [state if i == j else False for j, states in enumerate(shown) for state in states]
        lines = border if i == 0 else {"shapes": [], "annotations": []}
        layout = {"xaxis.title.text": _title(group), "xaxis.range": _range(group), **lines}
        buttons.append({"label": group[0].along, "method": "update", "args": [{"visible": visible}, layout]})
    place = {"x": 0, "xanchor": "left", "y": 0, "yanchor": "top", "pad": {"t": 62}}
    look = {"bgcolor": "rgba(138,143,152,0.12)", "bordercolor": MUTED, "borderwidth": 1, "showactive": False}
    return {"type": "buttons", "direction": "right", "buttons": buttons, **place, **look, "font": {"size": 11}}


def _border(tables: Sequence[Convergence], warmup: int | None) -> dict[str, Any]:
    """Return the line at the end of the warm-up with its note; none where it would be lost at an edge."""
    if warmup is None or tables[0].along != "evaluations" or not 0.01 * _longest(tables) < warmup < _longest(tables):
        return {"shapes": [], "annotations": []}
    line = {"color": MUTED, "dash": "dot", "width": 1.5}
    clear = {"y": 0.05, "yanchor": "bottom"} if tables[0].rising else {"y": 1, "yanchor": "top"}
    place = {"x": warmup + 0.5, "xanchor": "left", "xref": "x", "yref": "paper", **clear}
    note = {**place, "text": "end of warm-up", "showarrow": False, "font": {"color": MUTED, "size": 11}}
    ends = {"x0": warmup + 0.5, "x1": warmup + 0.5, "y0": 0, "y1": 1, "xref": "x", "yref": "y domain"}
    return {"shapes": [{"type": "line", **ends, "line": line}], "annotations": [note]}


def _add(result: go.Figure, tables: Sequence[Convergence]) -> None:
    """Add the traces of one choice of axis."""
    alone = len(tables) == 1
    size, unit = _unit(tables)
    for i, table in enumerate(tables):
        keep = thin(table)
        x = web.numbers(table.at[keep] / size)
        if table.runs > 1:
            _add_runs(result, table, x, keep, colour(i), alone, first=i == 0)
        elif alone:
            _add_evaluations(result, table, size)
        where = f"at %{{x:.3~g}} {unit}" if unit else "after %{x:.6~g} evaluations"
        spread = " ± %{customdata}" if table.runs > 1 else ""
        result.add_scatter(
            x=x,
            y=web.numbers(table.mean[keep]),
            customdata=web.numbers(table.std[keep]),
            mode="lines",
            line={"width": 2.5, "color": colour(i), "shape": "hv"},
            name=web.safe(_name(table)),
            legendgroup=table.label or "runs",
            hovertemplate=f"{where}: %{{y}}{spread}",
        )


def _add_runs(result: go.Figure, table: Convergence, x: Any, keep: Any, shade: str, alone: bool, first: bool) -> None:
    """Add bands, median, and where there is only one group the single runs as thin lines."""
    common: dict[str, Any] = {"x": x, "mode": "lines", "hoverinfo": "skip"}
    edge = {"width": 0, "shape": "hv"}
    group = table.label or "runs"
    interval: dict[str, Any] = {"legendgroup": "interval", "visible": True if alone else "legendonly"}
    for low, high, name, opacity, options in (
        (table.lower, table.upper, _band(table), 0.28, {"legendgroup": group}),
        (table.mean_low, table.mean_high, _interval(table), 0.35, interval),
    ):
        shown = alone if options is not interval else first
        result.add_scatter(**common, y=web.numbers(low[keep]), line=edge, showlegend=False, **options)
        result.add_scatter(
            **common,
            y=web.numbers(high[keep]),
            line=edge,
            fill="tonexty",
            fillcolor=faint(shade, opacity),
            name=name,
            showlegend=shown,
            **options,
        )
    dash = {"width": 1.5, "color": shade, "dash": "dot", "shape": "hv"}
    result.add_scatter(
        **common, y=web.numbers(table.median[keep]), line=dash, name="median", legendgroup="median", showlegend=first,
        visible="legendonly",
    )  # fmt: skip
    for j, curve in enumerate(table.curves[:_SINGLE_RUNS] if alone else ()):
        line = {"width": 1, "color": faint(shade, 0.4), "shape": "hv"}
        result.add_scatter(
            **common, y=web.numbers(curve[keep]), line=line, name="single runs", legendgroup="single", showlegend=j == 0
        )


def _add_evaluations(result: go.Figure, table: Convergence, size: float) -> None:
    """Add the single evaluations of a single run, and its failures along the lower edge."""
    if len(table.trials):
        hover = "evaluation %{customdata}: %{y}"
        shade = faint("#7F7F7F", 0.6)
        at = table.trial_at / size
        web.marks(result, at, table.trial_values, "single evaluations", hover, table.trials.tolist(), color=shade)
    if len(table.failed):
        edge, hover = np.full(len(table.failed), 0.02), "evaluation %{customdata} failed"
        cross: dict[str, Any] = {"symbol": "x", "size": 7, "color": FAILED, "yaxis": "y2"}
        web.marks(result, table.failed_at / size, edge, "failed", hover, table.failed.tolist(), **cross)


def printed(tables: Sequence[Convergence], label: str, warmup: int | None = None, width: paper.Width = "one") -> Figure:
    """Return the figure for print, along the axis of its tables; arguments as for :func:`interactive`."""
    result = paper.figure(width, 2.6)
    axes = paper.tidy(result.add_subplot())
    if not _something(tables):
        paper.say(axes, _EMPTY)
        return result
    size, _ = _unit(tables)
    for i, table in enumerate(tables):
        _draw(axes, table, colour(i), size, alone=len(tables) == 1)
    border = _border(tables, warmup)["shapes"]
    if border:
        axes.axvline(border[0]["x0"], color=MUTED, linestyle=":", linewidth=1, label="end of warm-up")
    axes.set_xlabel(_title(tables), fontsize=paper.TEXT)
    axes.set_ylabel(paper.safe(label), fontsize=paper.TEXT)
    axes.set_xlim(0, _longest(tables) / size or 1.0)
    limits = web.padded(_limits(tables), below=0.08)
    if limits is not None:
        axes.set_ylim(*limits)
    paper.legend(result, width)
    return result


def _draw(axes: Axes, table: Convergence, shade: str, size: float, alone: bool) -> None:
    keep = thin(table, 4000)
    x = table.at[keep] / size
    if alone and len(table.trials):
        at = table.trial_at / size
        axes.plot(at, table.trial_values, ".", color="0.65", markersize=2.5, label="single evaluations")
    if table.runs > 1:
        band: dict[str, Any] = {"step": "post", "color": shade, "linewidth": 0}
        name = _band(table) if alone else None
        axes.fill_between(x, table.lower[keep], table.upper[keep], label=name, alpha=0.18, **band)
        if alone:
            ends = table.mean_low[keep], table.mean_high[keep]
            axes.fill_between(x, *ends, label=_interval(table), alpha=0.3, **band)
    axes.step(x, table.mean[keep], where="post", color=shade, linewidth=1.4, label=paper.safe(_name(table)))
    if alone and len(table.failed):
        paper.crosses(axes, table.failed_at / size)


def _something(tables: Sequence[Convergence]) -> bool:
    return any(table.drawable for table in tables)


def _name(table: Convergence) -> str:
    return table.label or ("best so far" if table.runs == 1 else f"mean of {table.runs} runs")


def _band(table: Convergence) -> str:
    return f"{table.quantiles[0]:.0%} to {table.quantiles[1]:.0%} of runs"


def _interval(table: Convergence) -> str:
    return f"{table.level:.0%} interval of the mean"


def _longest(tables: Sequence[Convergence]) -> float:
    return max(table.longest for table in tables)


def _unit(tables: Sequence[Convergence]) -> tuple[float, str]:
    """Return the unit of the longest run."""
    return max(tables, key=lambda table: table.longest).unit


def _title(tables: Sequence[Convergence]) -> str:
    unit = _unit(tables)[1]
    return TITLES[tables[0].along] + (f" ({unit})" if unit else "")


def _range(tables: Sequence[Convergence]) -> list[float]:
    return [0, _longest(tables) / _unit(tables)[0] * 1.01 or 1.0]


def _limits(tables: Sequence[Convergence]) -> tuple[float, float]:
    """Return the range that holds the ranges of all tables."""
    known = [table.limits for table in tables if table.drawable]
    return min(low for low, _ in known), max(high for _, high in known)
