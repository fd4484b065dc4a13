"""Sensitivity: a line a parameter from its worst to its best value, a dot a value, and what ANOVA says of it."""

import math
from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go
from matplotlib.figure import Figure

from parfocal.analysis import Effect, Sensitivity
from parfocal.plots import interactive as web
from parfocal.plots import printed as paper
from parfocal.plots.style import COLOURS, MUTED, STAR, STAR_EDGE, squeeze
from parfocal.typing import Value

MOST = 15
"""Parameters that are drawn."""
LEVEL = 0.05
_LETTERS = 20
_SMALL = "font-size:0.8em"
_EMPTY = "No trial differs from the standard configuration in one parameter only."
_GROUPS = (
    ("differs", COLOURS[1], f"values differ (p < {LEVEL:g}, Bonferroni)"),
    ("alike", COLOURS[0], "not shown to differ"),
    ("untested", MUTED, "single trials: no test"),
)


def interactive(table: Sensitivity, label: str) -> go.Figure:
    """Return the interactive figure.

    Parameters
    ----------
    table
        The effects.
    label
        The objective's.
    """
    result = web.figure()
    shown = table.effects[:MOST]
    if not shown:
        return web.say(result, _EMPTY)
    for group, shade, name in _GROUPS:
        rows = [(i, effect) for i, effect in enumerate(shown) if _group(effect) == group]
        if not rows:
            continue
        ends = [(i, [float(effect.mean.min()), float(effect.mean.max())]) for i, effect in rows]
        result.add_scatter(
            x=[number for _, pair in ends for number in (*map(_short, pair), None)],
            y=[place for i, _ in ends for place in (i, i, None)],
            mode="lines", line={"width": 3, "color": shade}, opacity=0.55, hoverinfo="skip", showlegend=False,
            legendgroup=group,
        )  # fmt: skip
        result.add_scatter(
            x=[_short(mean) for _, effect in rows for mean in effect.mean.tolist()],
            y=[i for i, effect in rows for _ in effect.values],
            customdata=[
                [web.safe(f"{effect.name} = {text_of(value)}"), _spread(effect, k)]
                for _, effect in rows for k, value in enumerate(effect.values)
            ],
            mode="markers", marker={"size": 9, "color": shade}, name=name, legendgroup=group,
            hovertemplate="%{customdata[0]}<br>%{x}%{customdata[1]}<extra></extra>",
        )  # fmt: skip
    _special(result, shown)
    more = len(table.effects) - len(shown)
    result.update_layout(height=150 + 40 * len(shown), margin={"b": 76 if more else 56, "t": 24}, legend=_LEGEND)
    result.update_xaxes(title={"text": web.safe(label), "standoff": 8})
    result.update_yaxes(
        range=[len(shown) - 0.45, -0.55], showgrid=True, ticks="", tickmode="array", tickvals=list(range(len(shown))),
        ticktext=[
            f"{web.safe(squeeze(effect.name, _LETTERS))}<br><span style='{_SMALL}'>{web.safe(said(effect))}</span>"
            for effect in shown
        ],
    )  # fmt: skip
    if more:
        result.add_annotation(
            text=_more(table, more), xref="paper", yref="paper", x=1, y=0, xanchor="right", yanchor="top", yshift=-52,
            showarrow=False, font={"size": 11, "color": MUTED},
        )  # fmt: skip
    return result


_LEGEND: dict[str, Any] = {"orientation": "h", "yanchor": "bottom", "y": 1.0, "xanchor": "right", "x": 1}


def _special(result: go.Figure, shown: Sequence[Effect]) -> None:
    """Mark the best value of each parameter, and the standard one."""
    standard = [(i, e, e.standard) for i, e in enumerate(shown) if e.standard is not None]
    result.add_scatter(
        x=[_short(float(e.mean[k])) for _, e, k in standard], y=[i for i, _, _ in standard], mode="markers",
        marker={"symbol": "line-ns-open", "size": 18, "color": MUTED, "line": {"width": 2}}, name="standard",
        hoverinfo="skip",
    )  # fmt: skip
    result.add_scatter(
        x=[_short(float(e.mean[e.best])) for e in shown], y=list(range(len(shown))), mode="markers", name="best",
        marker={"symbol": "star", "size": 11, "color": STAR, "line": {"width": 1, "color": STAR_EDGE}},
        hoverinfo="skip",
    )  # fmt: skip


def printed(table: Sensitivity, label: str, width: paper.Width = "one") -> Figure:
    """Return the figure for print; arguments as for :func:`interactive`."""
    shown = table.effects[:MOST]
    if not shown:
        result = paper.figure(width, 1.0)
        paper.say(result.add_subplot(), _EMPTY)
        return result
    result = paper.figure(width, 0.9 + 0.3 * len(shown))
    axes = paper.tidy(result.add_subplot())
    for group, shade, name in _GROUPS:
        first: str | None = name
        for i, effect in enumerate(shown):
            if _group(effect) != group:
                continue
            axes.plot([effect.mean.min(), effect.mean.max()], [i, i], "-", color=shade, alpha=0.5, linewidth=2)
            axes.plot(effect.mean, [i] * len(effect.mean), "o", color=shade, markersize=4, label=first)
            first = None
    standard = [(i, e.mean[e.standard]) for i, e in enumerate(shown) if e.standard is not None]
    axes.plot(
        [mean for _, mean in standard], [i for i, _ in standard], "|", color="0.3", markersize=10, label="standard"
    )
    for i, effect in enumerate(shown):
        paper.star(axes, effect.mean[[effect.best]], effect.mean[[effect.best]] * 0 + i, 7.5)
    axes.set_yticks(
        range(len(shown)), [paper.safe(f"{squeeze(e.name, _LETTERS)}\n{said(e)}") for e in shown], linespacing=1.0
    )
    axes.set_ylim(len(shown) - 0.45, -0.55)
    axes.set_xlabel(paper.safe(label), fontsize=paper.TEXT)
    more = len(table.effects) - len(shown)
    if more:
        result.supxlabel(paper.safe(_more(table, more)), x=0.99, ha="right", fontsize=paper.SMALL - 1, color="0.35")
    paper.legend(result, width)
    return result


def said(effect: Effect) -> str:
    """Return the best value and the adjusted p, short enough for a tick: ``best 6, p < 0.001``."""
    best = f"best {squeeze(text_of(effect.values[effect.best]), 12)}"
    if math.isnan(effect.p_adjusted):
        return best
    p = effect.p_adjusted
    return f"{best}, p < 0.001" if p < 0.001 else f"{best}, p = {p:.2g}"


def text_of(value: Value) -> str:
    """Return a value as people write it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "none"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _group(effect: Effect) -> str:
    if math.isnan(effect.p_adjusted):
        return "untested"
    return "differs" if effect.p_adjusted < LEVEL else "alike"


def _spread(effect: Effect, k: int) -> str:
    count = effect.count[k]
    return "" if count < 2 else f" ± {float(effect.std[k]):.3g} ({count} values)"


def _more(table: Sensitivity, more: int) -> str:
    return f"{more} more: best and worst differ by at most {table.effects[MOST].difference:.2g}"


def _short(number: float) -> float:
    return float(f"{number:.6g}")
