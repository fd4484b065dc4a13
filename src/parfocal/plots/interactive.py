"""Parts that all interactive (plotly) figures share."""

from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np
import plotly.graph_objects as go

from parfocal.analysis import Cells
from parfocal.plots.style import GRID, MUTED, shorten
from parfocal.typing import Floats, Ints

LOOK: dict[str, Any] = {
    "gridcolor": GRID,
    "zeroline": False,
    "linecolor": MUTED,
    "ticks": "outside",
    "tickcolor": MUTED,
    "automargin": True,
}
"""What all axes have in common."""


LETTERS = 11
"""Letters of a tick in a narrow picture."""


def figure(height: int = 420) -> go.Figure:
    """Return an empty figure without background of its own, so that it suits a light and a dark page."""
    result = go.Figure()
    result.update_layout(
        template="none",
        height=height,
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"family": "system-ui, -apple-system, Segoe UI, Roboto, sans-serif", "size": 13},
        margin={"l": 70, "r": 20, "t": 16, "b": 56},
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.02, "xanchor": "left", "x": 0},
        hoverlabel={"align": "left"},
        modebar={"bgcolor": "rgba(0,0,0,0)", "color": MUTED, "activecolor": "#0072B2"},
    )
    result.update_xaxes(LOOK)
    result.update_yaxes(LOOK)
    return result


def turns(cells: Cells, letters: int = LETTERS, room: int = 34) -> bool:
    """Whether the labels of a narrow picture's axis are turned, since they need more than ``room`` letters."""
    return cells.axis.kind == "category" and sum(len(shorten(text, letters)) + 2 for text in cells.labels) > room


def along(cells: Cells, letters: int = 22) -> dict[str, Any]:
    """Return the layout of a parameter's axis: title, scale, range, ticks of at most so many ``letters``."""
    low, high = cells.axis.scale(cells.edges[[0, -1]]).tolist()
    layout: dict[str, Any] = {
        "title": {"text": safe(cells.axis.title)},
        "type": "log" if cells.axis.log else "linear",
        "range": [low, high],
        **LOOK,
    }
    if cells.ticks is not None:
        positions, texts = cells.ticks
        layout |= {
            "tickmode": "array",
            "tickvals": positions.tolist(),
            "ticktext": [safe(shorten(text, letters)) for text in texts],
            "showgrid": cells.axis.kind == "number",
            "tickangle": 0 if cells.axis.kind == "number" else None,
            "minor": {"ticks": ""},
        }
    else:
        layout["hoverformat"] = "d" if cells.axis.integer else ".4~g"
    return layout


def padded(limits: tuple[float, float], below: float = 0.05, above: float = 0.05) -> list[float] | None:
    """Return limits with a margin for drawing; None (choose yourself) where there are none."""
    low, high = limits
    if not np.isfinite(low + high):
        return None
    span = (high - low) or abs(high) * 0.1 or 1.0
    return [low - below * span, high + above * span]


def numbers(values: Floats | Ints) -> list[float | None]:
    """Return numbers for JSON, short enough for a figure: 6 significant digits, NaN as None."""
    return [None if value != value else float(f"{value:.6g}") for value in values.tolist()]


def safe(text: str) -> str:
    """Return a user's text for a label; plotly would read ``<`` and ``&`` as markup."""
    return escape(text, quote=False)


def marks(
    result: go.Figure,
    x: Floats | Ints,
    y: Floats,
    name: str,
    hover: str,
    custom: Sequence[object] | None = None,
    *,
    symbol: str = "circle",
    size: int = 5,
    color: str,
    outline: str | None = None,
    **options: Any,
) -> None:
    """Add points; ``hover`` is their text, in which ``%{customdata}`` stands for the entries of ``custom``."""
    marker: dict[str, Any] = {"symbol": symbol, "size": size, "color": color}
    if outline is not None:
        marker["line"] = {"width": 1, "color": outline}
    result.add_scatter(
        x=numbers(x),
        y=numbers(y),
        mode="markers",
        name=name,
        customdata=custom,
        marker=marker,
        hovertemplate=f"{hover}<extra></extra>",
        **options,
    )


def say(result: go.Figure, text: str) -> go.Figure:
    """Write a sentence where there is nothing to draw."""
    result.add_annotation(text=text, showarrow=False, xref="paper", yref="paper", x=0.5, y=0.5, font={"size": 15})
    result.update_xaxes(visible=False)
    result.update_yaxes(visible=False)
    result.update_layout(height=160)
    return result
