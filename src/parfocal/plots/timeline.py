"""Timeline of workers: one lane a worker, one bar a trial coloured by its state; many trials as shares of busy time."""

from typing import Any

import numpy as np
import plotly.graph_objects as go
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from plotly.subplots import make_subplots

from parfocal.analysis import Timeline
from parfocal.plots import interactive as web
from parfocal.plots import printed as paper
from parfocal.plots.style import COLOURS, FAILED, MUTED, SEQUENTIAL, faint, shorten
from parfocal.trials import State

_EMPTY = "No trial has been given to a worker yet."
_STATES = {
    State.COMPLETE: ("complete", COLOURS[0]),
    State.PRUNED: ("pruned", COLOURS[4]),
    State.FAILED: ("failed", FAILED),
    State.LOST: ("lost", COLOURS[6]),
    State.RUNNING: ("running", COLOURS[2]),
}
_NAMED = 28
"""More lanes than this are named every second, third, ..."""


def interactive(table: Timeline) -> go.Figure:
    """Return the interactive figure: workers that are busy over time, and below it what each of them does."""
    base = web.figure()
    if not len(table.workers):
        return web.say(base, _EMPTY)
    height = int(np.clip(250 + 20 * len(table.lanes), 330, 760))
    top = 80 / (height - 110)
    result = make_subplots(2, 1, shared_xaxes=True, row_heights=[top, 1 - top], vertical_spacing=22 / height)
    result.update_layout(base.layout)
    _add_active(result, table)
    if table.bars is not None:
        _add_bars(result, table)
    else:
        result.add_heatmap(
            x=web.numbers(table.edges / table.seconds),
            y=list(range(len(table.lanes))),
            z=np.rint(100 * table.share).astype(int).tolist(),
            zmin=0,
            zmax=100,
            colorscale=SEQUENTIAL,
            colorbar={
                "title": {"text": "busy [%]", "side": "right"},
                "thickness": 14,
                "outlinewidth": 0,
                "len": 1 - top,
                "y": (1 - top) / 2,
            },
            hovertemplate="%{x} " + table.unit + ": busy %{z} %<extra>lane %{y}</extra>",
            row=2,
            col=1,
        )
    at, texts = _names(table)
    result.update_xaxes(web.LOOK, range=[0, table.duration / table.seconds or 1])
    result.update_xaxes(title={"text": f"time [{table.unit}]"}, row=2, col=1)
    result.update_yaxes(web.LOOK)
    result.update_yaxes(title={"text": "busy"}, rangemode="tozero", nticks=4, row=1, col=1)
    result.update_yaxes(
        title={"text": "worker"},
        range=[len(table.lanes) - 0.5, -0.5],
        tickvals=at,
        ticktext=[web.safe(text) for text in texts],
        showgrid=False,
        row=2,
        col=1,
    )
    result.update_layout(height=height, barmode="overlay", bargap=0.1, legend={"traceorder": "normal"})
    return result


def note(table: Timeline) -> str:
    """Say in a caption how busy workers were and how long trials waited."""
    if not len(table.workers):
        return _EMPTY
    hosts = len({host for host in table.workers.host if host})
    count = len(table.workers)
    parts = [f"{count:,} {'worker' if count == 1 else 'workers'}" + (f" on {hosts} hosts" if hosts > 1 else "")]
    if not np.isnan(table.utilization):
        parts[0] += f", busy {table.utilization:.0%} of the time between their first and their last trial"
    if not np.isnan(table.waited[0]):
        median, most, longest = (_duration(seconds) for seconds in table.waited)
        parts.append(f"a trial waited {median} for a worker (median; 90 % within {most}, longest {longest})")
    if not np.isnan(table.evaluating):
        parts.append(f"{table.evaluating:.0%} of the busy time was evaluation itself")
    if not np.isnan(table.asking):
        parts.append(f"asking took {table.asking:.1%} of the time")
    if table.bars is None:
        parts.append("too many trials to draw one by one: colours are shares of busy time")
    return ". ".join(part[0].upper() + part[1:] for part in parts) + "."


def _duration(seconds: float) -> str:
    for size, unit in ((86400.0, "days"), (3600.0, "h"), (60.0, "min")):
        if seconds >= 1.5 * size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds:.2g} s"


def _add_active(result: go.Figure, table: Timeline) -> None:
    x = web.numbers(table.edges[:-1] / table.seconds)
    line: dict[str, Any] = {"shape": "hv", "width": 1.5, "color": COLOURS[0]}
    result.add_scatter(
        x=x,
        y=web.numbers(table.active),
        mode="lines",
        line=line,
        fill="tozeroy",
        fillcolor=faint(COLOURS[0], 0.25),
        name="busy workers",
        hovertemplate="busy: %{y:.3~g}<extra></extra>",
        row=1,
        col=1,
    )
    there: dict[str, Any] = {"shape": "hv", "width": 1.5, "color": MUTED, "dash": "dot"}
    hover = "there: %{y:.3~g}<extra></extra>"
    result.add_scatter(
        x=x, y=web.numbers(table.present), mode="lines", line=there, name="workers there", hovertemplate=hover,
        row=1, col=1,
    )  # fmt: skip


def _add_bars(result: go.Figure, table: Timeline) -> None:
    bars = table.bars
    if bars is None:
        return
    for state, (name, shade) in _STATES.items():
        of = np.flatnonzero(bars.state == state)
        if len(of):
            length = (bars.stop - bars.start)[of]
            result.add_bar(
                x=web.numbers(length / table.seconds),
                base=web.numbers(bars.start[of] / table.seconds),
                y=bars.lane[of].tolist(),
                customdata=list(zip(bars.number[of].tolist(), web.numbers(length), strict=True)),
                orientation="h",
                name=name,
                marker={"color": shade, "line": {"width": 0}},
                hovertemplate=f"trial %{{customdata[0]}} {name}, %{{customdata[1]}} s<extra></extra>",
                row=2,
                col=1,
            )


def _names(table: Timeline, most: int = _NAMED, length: int = 22) -> tuple[list[int], list[str]]:
    every = max(-(-len(table.lanes) // most), 1)
    at = list(range(0, len(table.lanes), every))
    return at, [shorten(table.lanes[i], length) for i in at]


def printed(table: Timeline, width: paper.Width = "two") -> Figure:
    """Return the figure for print."""
    lanes = len(table.lanes)
    result = paper.figure(width, 1.6 + float(np.clip(0.14 * lanes, 0.6, 3.6)))
    if not lanes:
        paper.say(result.add_subplot(), _EMPTY)
        return result
    top, axes = result.subplots(2, 1, sharex=True, height_ratios=[1, float(np.clip(0.2 * lanes, 1.2, 4))])
    edges = table.edges / table.seconds
    paper.tidy(top).stairs(table.active, edges, fill=True, color=COLOURS[0], alpha=0.35, label="busy workers")
    top.stairs(table.present, edges, color=MUTED, linestyle=":", label="workers there")
    top.set_ylim(0, 1.08 * max(float(table.present.max()), 1e-9))
    top.set_ylabel("busy", fontsize=paper.TEXT)
    paper.tidy(axes).grid(False, axis="y")
    if table.bars is not None:
        _draw(axes, table)
    else:
        mesh = axes.pcolormesh(
            edges, np.arange(lanes + 1) - 0.5, 100 * table.share, vmin=0, vmax=100, cmap="viridis", rasterized=True
        )
        bar = result.colorbar(mesh, ax=axes, pad=0.02)
        bar.set_label("busy [%]", fontsize=paper.TEXT)
        bar.ax.tick_params(labelsize=paper.SMALL)
        bar.outline.set_visible(False)
    at, texts = _names(table, 24, 14 if width == "one" else 26)
    axes.set_yticks(at, [paper.safe(text) for text in texts])
    axes.set_ylim(lanes - 0.5, -0.5)
    axes.set_xlim(0, table.duration / table.seconds or 1)
    axes.set_ylabel("worker", fontsize=paper.TEXT)
    axes.set_xlabel(f"time [{table.unit}]", fontsize=paper.TEXT)
    paper.legend(result, width)
    return result


def _draw(axes: Axes, table: Timeline) -> None:
    bars = table.bars
    if bars is None:
        return
    for state, (name, shade) in _STATES.items():
        of = np.flatnonzero(bars.state == state)
        if len(of):
            length = (bars.stop - bars.start)[of] / table.seconds
            axes.barh(
                bars.lane[of], length, left=bars.start[of] / table.seconds, height=0.8, color=shade, label=name,
                linewidth=0, rasterized=len(bars) > 800,
            )  # fmt: skip
