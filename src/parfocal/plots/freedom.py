"""Freedom: for all parameters at once, one bar each, which part of its axis loses less than the tolerance."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from matplotlib.figure import Figure

from parfocal.analysis import Profile, loses, within_text
from parfocal.plots import interactive as web
from parfocal.plots import printed as paper
from parfocal.plots.style import COLOURS, STAR, STAR_EDGE, faint, shorten, squeeze

_EMPTY = "No evaluation has succeeded yet."
_NONE = "The space has no parameter to draw."
_GREEN = COLOURS[2]
_TRIED = "tried"


def interactive(tables: Sequence[Profile], label: str) -> go.Figure:
    """Return the interactive figure, one row a parameter, the first at the top."""
    if not any(table.known for table in tables):
        return web.say(web.figure(), _EMPTY if tables else _NONE)
    result = web.figure(110 + 28 * len(tables))
    free = f"loses {loses(tables[0])}"
    for name, which, width, shade in ((_TRIED, 1, 5, faint("#8a8f98", 0.55)), (free, 0, 13, _GREEN)):
        bars = [(row, bar, table) for row, table in enumerate(tables) for bar in table.bars[which].tolist()]
        x = [value for _, (low, high), _ in bars for value in (low, high, None)]
        result.add_scatter(
            x=x,
            y=[row for row, _, _ in bars for _ in range(3)],
            mode="lines+markers",
            name=name,
            line={"width": width, "color": shade},
            marker={
                "size": [width - 3 if low == high else 0 for _, (low, high), _ in bars for _ in range(3)],
                "color": shade,
                "symbol": "square",
            },
            text=[web.safe(f"{t.name}: {within_text(t)}") if name == free else name for _, _, t in bars for _ in "123"],
            hovertemplate="%{text}<extra></extra>",
        )
    places = [(row, _star(table), table) for row, table in enumerate(tables) if table.known]
    star: dict[str, Any] = {"symbol": "star", "size": 13, "color": STAR, "outline": STAR_EDGE}
    texts = [web.safe(f"{table.name}: best {table.axis.text(table.best)}") for _, _, table in places]
    at = np.array([place for _, place, _ in places]), np.array([float(row) for row, _, _ in places])
    web.marks(result, *at, "best", "%{customdata}", texts, **star)
    result.add_scatter(x=[None], y=[0], yaxis="y2", showlegend=False, hoverinfo="skip")  # shows the axis on the right
    rows: dict[str, Any] = {
        "tickvals": list(range(len(tables))), "range": [len(tables) - 0.4, -0.6], "showgrid": False, "ticks": "",
    }  # fmt: skip
    result.update_yaxes(rows, ticktext=[web.safe(squeeze(table.axis.title, 22)) for table in tables])
    told = [web.safe(shorten(within_text(table), 34)) for table in tables]
    right: dict[str, Any] = {**web.LOOK, "overlaying": "y", "side": "right", "showline": False, "ticktext": told}
    result.update_layout(yaxis2={**right, **rows})
    result.update_xaxes(range=[-0.02, 1.04], tickvals=[0, 0.5, 1], ticktext=["low", "middle", "high"])
    return result


def printed(tables: Sequence[Profile], label: str, width: paper.Width = "one") -> Figure:
    """Return the figure for print, one row a parameter, the first at the top."""
    result = paper.figure(width, 0.55 + 0.2 * max(len(tables), 1))
    axes = paper.tidy(result.add_subplot())
    if not any(table.known for table in tables):
        paper.say(axes, _EMPTY if tables else _NONE)
        return result
    free = f"loses {loses(tables[0])}"
    for row, table in enumerate(tables):
        good, tried = table.bars
        flat: dict[str, Any] = {"solid_capstyle": "butt"}
        for low, high in tried.tolist():
            axes.plot([low, high], [row, row], color="0.75", linewidth=2.2, label=_TRIED, **flat)
        for low, high in good.tolist():
            axes.plot([low, high], [row, row], color=_GREEN, linewidth=5.5, label=free, **flat)
            if low == high:
                axes.plot([low], [row], "s", color=_GREEN, markersize=3.5)
        if table.known:
            paper.star(axes, np.array([_star(table)]), np.array([float(row)]), 7)
        text = paper.safe(shorten(within_text(table), 20 if width == "one" else 40))
        axes.text(1.05, row, text, fontsize=paper.SMALL, va="center", ha="left", transform=axes.get_yaxis_transform())
    axes.set_ylim(len(tables) - 0.4, -0.6)
    axes.set_xlim(-0.02, 1.04)
    axes.set_xticks([0, 0.5, 1], ["low", "middle", "high"])
    axes.set_yticks(
        range(len(tables)), [paper.safe(squeeze(table.axis.title, 14 if width == "one" else 22)) for table in tables]
    )
    axes.grid(False)
    paper.legend(result, width)
    return result


def _star(table: Profile) -> float:
    """Return where the best lies; beyond the end where the parameter was inactive in it."""
    return 1.02 if np.isnan(table.best) else float(table.place(np.array([table.best]))[0])
