"""Importance: a bar a parameter with its interval, the most important first; pairs that act together below."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from parfocal.analysis import Importance
from parfocal.plots import interactive as web
from parfocal.plots import printed as paper
from parfocal.plots.style import COLOURS, MUTED, shorten, squeeze

MOST = 12
"""Parameters that have a bar of their own."""
_PAIRS = 5
_HALF = 11  # letters of each name of a pair
_LEAST_PAIR = 0.01
_EMPTY = "Too few complete trials to tell what is important: at least ten that differ are needed."
_REGION = {"all": "over all of the space", "best": "among the best"}
_TITLE = {
    "fanova": "share of the variance (%)",
    "ped-anova": "share of being among the best (%)",
    "permutation": "total share of the variance (%)",
}


@dataclass(frozen=True)
class _Bar:
    name: str
    short: str
    share: list[float]
    low: list[float]
    high: list[float]


def interactive(tables: Sequence[Importance]) -> go.Figure:
    """Return the interactive figure.

    Parameters
    ----------
    tables
        Of one method: one, or over all of the space and among the best side by side. The first one gives the order.
    """
    result = web.figure()
    if not _something(tables):
        return web.say(result, _EMPTY)
    bars, rest = _bars(tables), _rest(tables[0])
    labels = [web.safe(bar.short) for bar in bars]
    for i, table in enumerate(tables):
        result.add_bar(
            y=labels,
            x=[round(100 * bar.share[i], 2) for bar in bars],
            orientation="h",
            name=_REGION[table.region],
            marker={"color": COLOURS[i]},
            error_x={
                "type": "data", "symmetric": False, "thickness": 1.2, "width": 3, "color": MUTED,
                "array": [round(100 * (bar.high[i] - bar.share[i]), 2) for bar in bars],
                "arrayminus": [round(100 * (bar.share[i] - bar.low[i]), 2) for bar in bars],
            },
            customdata=[[web.safe(bar.name), 100 * bar.low[i], 100 * bar.high[i]] for bar in bars],
            hovertemplate="%{customdata[0]}: %{x:.1f} % (%{customdata[1]:.0f} to %{customdata[2]:.0f})<extra></extra>",
        )  # fmt: skip
    height = 110 + (22 if len(tables) == 1 else 34) * len(bars) + (24 if rest else 0)
    result.update_layout(
        height=max(height, 180), barmode="group", bargap=0.25, showlegend=len(tables) > 1,
        margin={"t": 36 if len(tables) > 1 else 16, "b": 84 if rest else 56},
    )  # fmt: skip
    result.update_xaxes(title={"text": _TITLE[tables[0].method], "standoff": 8}, range=[0, 100 * _end(bars)])
    result.update_yaxes(autorange="reversed", showgrid=False, ticks="", type="category")
    if rest:
        note: dict[str, Any] = {"xref": "paper", "yref": "paper", "x": 1, "y": 0, "yshift": -66, "xanchor": "right"}
        result.add_annotation(text=web.safe(rest), showarrow=False, font={"size": 11, "color": MUTED}, **note)
    return result


def printed(tables: Sequence[Importance], width: paper.Width = "one") -> Figure:
    """Return the figure for print; arguments as for :func:`interactive`."""
    if not _something(tables):
        result = paper.figure(width, 1.0)
        paper.say(result.add_subplot(), _EMPTY)
        return result
    bars, rest = _bars(tables), _rest(tables[0])
    result = paper.figure(width, 0.8 + (0.19 if len(tables) == 1 else 0.27) * len(bars) + (0.15 if rest else 0.0))
    axes = paper.tidy(result.add_subplot())
    thick = 0.72 / len(tables)
    for i, table in enumerate(tables):
        places = [j + (i - (len(tables) - 1) / 2) * thick for j in range(len(bars))]
        error = [[bar.share[i] - bar.low[i] for bar in bars], [bar.high[i] - bar.share[i] for bar in bars]]
        axes.barh(
            places, [bar.share[i] for bar in bars], thick * 0.92, xerr=error, color=COLOURS[i],
            label=_REGION[table.region], error_kw={"elinewidth": 0.8, "capsize": 1.5, "ecolor": "0.35"},
        )  # fmt: skip
    axes.set_yticks(range(len(bars)), [paper.safe(bar.short) for bar in bars])
    axes.set_ylim(len(bars) - 0.4, -0.6)
    axes.grid(False, axis="y")
    axes.set_xlim(0, _end(bars))
    axes.xaxis.set_major_formatter(PercentFormatter(1.0, symbol=""))
    axes.set_xlabel(f"{_TITLE[tables[0].method]}\n{rest}" if rest else _TITLE[tables[0].method], fontsize=paper.TEXT)
    if len(tables) > 1:
        paper.legend(result, width)
    return result


def _something(tables: Sequence[Importance]) -> bool:
    return bool(tables) and bool(tables[0].names) and bool(tables[0].share.any())


def _bars(tables: Sequence[Importance]) -> list[_Bar]:
    first = tables[0]
    bars = []
    for name in first.names[:MOST]:
        rows = [(table, table.names.index(name)) for table in tables]
        parts = ([float(getattr(t, part)[j]) for t, j in rows] for part in ("share", "low", "high"))
        bars.append(_Bar(name, shorten(name), *parts))
    for pair, share in list(zip(first.pairs, first.pair_share.tolist(), strict=True))[:_PAIRS]:
        if share >= _LEAST_PAIR:
            ends = [_pair(table, pair) for table in tables]
            short = " × ".join(squeeze(name, _HALF) for name in pair)
            bars.append(_Bar(" × ".join(pair), short, *([end[i] for end in ends] for i in range(3))))
    return bars


def _pair(table: Importance, pair: tuple[str, str]) -> tuple[float, float, float]:
    """Return share and ends of a pair; nothing where a table has not looked at it."""
    known = [set(each) for each in table.pairs]
    if set(pair) not in known:
        return 0.0, 0.0, 0.0
    i = known.index(set(pair))
    return float(table.pair_share[i]), float(table.pair_low[i]), float(table.pair_high[i])


def _rest(table: Importance) -> str:
    more = len(table.names) - MOST
    return f"{more} more: at most {max(100 * table.share[MOST], 0.1):.2g} % each" if more > 0 else ""


def _end(bars: list[_Bar]) -> float:
    return min(1.02, 1.05 * max(0.05, *(max(bar.high) for bar in bars)))
