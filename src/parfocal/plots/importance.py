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
from parfocal.plots.style import COLOURS, MUTED, squeeze

MOST = 12
"""Parameters that have a bar of their own."""
_PAIRS = 5
_LETTERS = 22
_HALF = 11  # letters of each name of a pair
_LEAST_PAIR = 0.01
_GAP = 1.1  # rows between the parameters and the pairs
_EMPTY = "Too few complete trials to tell what is important: at least ten that differ are needed."
_REGION = {"all": "over all of the space", "best": "among the best"}
_TITLE = {
    "fanova": "share of the variance (%)",
    "ped-anova": "share of being among the best (%)",
    "permutation": "total share of the variance (%)",
}
_HEADING = "pairs, beyond both by themselves"


@dataclass(frozen=True)
class _Bar:
    place: float
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
    bars, notes = _bars(tables), _notes(tables)
    thick = 0.76 / len(tables)
    for i, table in enumerate(tables):
        known = [bar for bar in bars if bar.share[i] == bar.share[i]]
        result.add_bar(
            # places and not names: two long names may look the same when they are shortened
            y=[round(bar.place + (i - (len(tables) - 1) / 2) * thick, 4) for bar in known],
            x=[round(100 * bar.share[i], 2) for bar in known],
            width=thick,
            orientation="h",
            name=_REGION[table.region],
            marker={"color": COLOURS[i]},
            error_x={
                "type": "data", "symmetric": False, "thickness": 1.2, "width": 3, "color": MUTED,
                "array": [round(100 * (bar.high[i] - bar.share[i]), 2) for bar in known],
                "arrayminus": [round(100 * (bar.share[i] - bar.low[i]), 2) for bar in known],
            },
            customdata=[
                [web.safe(bar.name), round(100 * bar.low[i], 2), round(100 * bar.high[i], 2)] for bar in known
            ],
            hovertemplate="%{customdata[0]}: %{x:.1f} % (%{customdata[1]:.0f} to %{customdata[2]:.0f})<extra></extra>",
        )  # fmt: skip
    bottom = 60 + 15 * len(notes)
    rows = bars[-1].place + 1
    result.update_layout(
        height=int(max(60 + bottom + (22 if len(tables) == 1 else 30) * rows, 190)),
        barmode="overlay", showlegend=len(tables) > 1, margin={"t": 36 if len(tables) > 1 else 16, "b": bottom},
    )  # fmt: skip
    result.update_xaxes(title={"text": _TITLE[tables[0].method], "standoff": 8}, range=[0, 100 * _end(bars)])
    result.update_yaxes(
        range=[rows - 0.4, -0.6], showgrid=False, ticks="", tickmode="array", tickvals=[bar.place for bar in bars],
        ticktext=[web.safe(bar.short) for bar in bars],
    )  # fmt: skip
    heading = _heading(bars)
    if heading is not None:
        result.add_annotation(
            x=0, y=heading, xref="paper", xanchor="left", text=f"<i>{_HEADING}</i>", showarrow=False,
            font={"size": 11, "color": MUTED},
        )  # fmt: skip
    if notes:
        note: dict[str, Any] = {"xref": "paper", "yref": "paper", "x": 1, "y": 0, "xanchor": "right", "yanchor": "top"}
        text = "<br>".join(map(web.safe, notes))
        result.add_annotation(
            text=text, showarrow=False, yshift=-52, align="right", font={"size": 11, "color": MUTED}, **note
        )
    return result


def printed(tables: Sequence[Importance], width: paper.Width = "one") -> Figure:
    """Return the figure for print; arguments as for :func:`interactive`."""
    if not _something(tables):
        result = paper.figure(width, 1.0)
        paper.say(result.add_subplot(), _EMPTY)
        return result
    bars, notes = _bars(tables), _notes(tables)
    rows = bars[-1].place + 1
    result = paper.figure(width, 0.8 + (0.19 if len(tables) == 1 else 0.25) * rows + 0.13 * len(notes))
    axes = paper.tidy(result.add_subplot())
    thick = 0.76 / len(tables)
    for i, table in enumerate(tables):
        known = [bar for bar in bars if bar.share[i] == bar.share[i]]
        places = [bar.place + (i - (len(tables) - 1) / 2) * thick for bar in known]
        error = [[bar.share[i] - bar.low[i] for bar in known], [bar.high[i] - bar.share[i] for bar in known]]
        axes.barh(
            places, [bar.share[i] for bar in known], thick * 0.94, xerr=error, color=COLOURS[i],
            label=_REGION[table.region], error_kw={"elinewidth": 0.8, "capsize": 1.5, "ecolor": "0.35"},
        )  # fmt: skip
    axes.set_yticks([bar.place for bar in bars], [paper.safe(bar.short) for bar in bars])
    axes.set_ylim(rows - 0.4, -0.6)
    axes.grid(False, axis="y")
    axes.set_xlim(0, _end(bars))
    axes.xaxis.set_major_formatter(PercentFormatter(1.0, symbol=""))
    axes.set_xlabel(_TITLE[tables[0].method], fontsize=paper.TEXT)
    heading = _heading(bars)
    if heading is not None:
        axes.text(
            0.01, heading, _HEADING, transform=axes.get_yaxis_transform(), va="center", style="italic",
            color="0.4", fontsize=paper.SMALL - 0.5,
        )  # fmt: skip
    if notes:
        result.supxlabel("\n".join(map(paper.safe, notes)), x=0.99, ha="right", fontsize=paper.SMALL - 1, color="0.35")
    if len(tables) > 1:
        paper.legend(result, width)
    return result


def _something(tables: Sequence[Importance]) -> bool:
    return bool(tables) and bool(tables[0].names) and bool(tables[0].share.any())


def _bars(tables: Sequence[Importance]) -> list[_Bar]:
    first = tables[0]
    bars = []
    for place, name in enumerate(first.names[:MOST]):
        rows = [(table, table.names.index(name)) for table in tables]
        parts = ([float(getattr(t, part)[j]) for t, j in rows] for part in ("share", "low", "high"))
        bars.append(_Bar(float(place), name, squeeze(name, _LETTERS), *parts))
    for pair, share in list(zip(first.pairs, first.pair_share.tolist(), strict=True))[:_PAIRS]:
        if share >= _LEAST_PAIR:
            ends = [_pair(table, pair) for table in tables]
            short = " × ".join(squeeze(name, _HALF) for name in pair)
            below = bars[-1].place + (1 if " × " in bars[-1].name else 1 + _GAP)
            bars.append(_Bar(below, " × ".join(pair), short, *([end[i] for end in ends] for i in range(3))))
    return bars


def _heading(bars: Sequence[_Bar]) -> float | None:
    """Return where the heading of the pairs goes; None where there are no pairs."""
    first = next((bar for bar in bars if " × " in bar.name), None)
    return None if first is None else first.place - 0.9


def _pair(table: Importance, pair: tuple[str, str]) -> tuple[float, float, float]:
    """Return share and ends of a pair; NaN where a table has not looked at it."""
    known = [set(each) for each in table.pairs]
    if set(pair) not in known:
        return (float("nan"),) * 3
    i = known.index(set(pair))
    return float(table.pair_share[i]), float(table.pair_low[i]), float(table.pair_high[i])


def _notes(tables: Sequence[Importance]) -> list[str]:
    """Return what is not drawn, and how far the forest may be trusted, in lines that fit on a telephone."""
    first = tables[0]
    more = len(first.names) - MOST
    notes = [f"{more} more: at most {max(100 * first.share[MOST], 0.1):.2g} % each"] if more > 0 else []
    known = [table for table in tables if table.trust != "unknown"]
    if known:
        where = [
            f" {_REGION[table.region].removesuffix(' of the space')}" if len(tables) > 1 else "" for table in known
        ]
        each = (f"{table.quality:.2f}{place}".replace("-", "−") for table, place in zip(known, where, strict=True))
        notes.append(f"R² of the forest: {', '.join(each)}")
    for level, words in (("none", "tells nothing"), ("poor", "is a hint only")):
        doubtful = [table for table in known if table.trust == level]
        if doubtful:
            places = " and ".join(f"“{_REGION[table.region]}”" for table in doubtful)
            notes.append(f"{places} {words}" if len(tables) > 1 else f"The forest explains too little: this {words}")
    return notes


def _end(bars: list[_Bar]) -> float:
    return min(1.02, 1.05 * max(0.05, *(high for bar in bars for high in bar.high if high == high)))
