"""Separability: what each pair of parameters loses when one is optimized after the other, with the blocks outlined."""

from typing import Any

import numpy as np
import plotly.graph_objects as go
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from parfocal.analysis import Pair, Separability
from parfocal.plots import interactive as web
from parfocal.plots import printed as paper
from parfocal.plots.style import COLOURS, shorten
from parfocal.typing import Floats

COLOURS_OF_LOSS = "YlOrRd"
_TITLE = "lost (% of the gain)"
_EMPTY = "Too few complete trials to say which parameters can be optimized apart."
_ONE = "There is only one parameter."
_NUMBERED = 12
"""Parameters up to which numbers stand in the cells."""


def _arranged(table: Separability) -> tuple[list[str], Floats, float]:
    """Return names block by block, what pairs lose in that order, and the end of the colours."""
    names = [name for block in table.blocks for name in block]
    order = [table.names.index(name) for name in names]
    return names, 100 * table.lost[np.ix_(order, order)], 500 * table.tolerance


def _said(table: Separability) -> str | None:
    """Return what stands in place of a figure."""
    if len(table.names) < 2:
        return _ONE
    return _EMPTY if all(np.isnan(pair.lost) for pair in table.pairs) else None


def interactive(table: Separability) -> go.Figure:
    """Return the interactive figure; blocks are outlined, the first one at the top left."""
    result = web.figure()
    said = _said(table)
    if said is not None:
        return web.say(result, said)
    names, lost, end = _arranged(table)
    words = {frozenset(pair.names): _hover(pair, table.tolerance) for pair in table.pairs}
    shown = [web.safe(shorten(name, 18)) for name in names]
    ticks: dict[str, Any] = {"tickmode": "array", "tickvals": list(range(len(names))), "ticktext": shown}
    result.add_heatmap(
        z=[web.numbers(np.round(row, 3)) for row in lost],
        customdata=[[words.get(frozenset((a, b)), "") for b in names] for a in names],
        zmin=0.0,
        zmax=end,
        colorscale=COLOURS_OF_LOSS,
        texttemplate="%{z:.1f}" if len(names) <= _NUMBERED else None,
        xgap=1,
        ygap=1,
        hoverongaps=False,
        colorbar={"title": {"text": _TITLE, "side": "right"}, "thickness": 14, "outlinewidth": 0},
        hovertemplate="%{customdata}<extra></extra>",
    )
    for start, stop in _spans(table):
        result.add_shape(
            type="rect", x0=start - 0.5, x1=stop - 0.5, y0=start - 0.5, y1=stop - 0.5,
            line={"color": COLOURS[0], "width": 3},
        )  # fmt: skip
    flat = {**web.LOOK, "showgrid": False, "ticks": ""}
    result.update_xaxes(flat, **ticks, range=[-0.55, len(names) - 0.45], tickangle=-35 if len(names) > 4 else 0)
    result.update_yaxes(flat, **ticks, range=[len(names) - 0.45, -0.55])
    if len(names) > _NUMBERED:  # the same names stand at the left
        result.update_xaxes(showticklabels=False)
    result.update_layout(height=max(300, 130 + 30 * len(names)), margin={"t": 24})
    return result


def _hover(pair: Pair, tolerance: float) -> str:
    a, b = (web.safe(name) for name in pair.names)
    lines = [f"{a} and {b}: {pair.verdict}"]
    if not np.isnan(pair.lost):
        lines += [
            f"lost: {pair.lost:.2%} ({pair.low:.2%} to {pair.high:.2%})",
            f"{a} first {pair.orders[0]:.2%}, {b} first {pair.orders[1]:.2%}",
            f"chance of more than {tolerance:.0%}: {pair.chance:.1%}",
        ]
    return "<br>".join(lines)


def _spans(table: Separability) -> list[tuple[int, int]]:
    """Return where each block begins and ends."""
    ends = np.cumsum([len(block) for block in table.blocks]).tolist()
    return list(zip([0, *ends[:-1]], ends, strict=True))


def printed(table: Separability, width: paper.Width = "one") -> Figure:
    """Return the figure for print."""
    count = len(table.names)
    side = paper.inches(width)
    result = paper.figure(width, side * 0.86 if count > 3 else side * 0.66)
    axes = result.add_subplot()
    said = _said(table)
    if said is not None:
        paper.say(axes, said)
        return result
    names, lost, end = _arranged(table)
    image = axes.imshow(np.ma.masked_invalid(lost), cmap=COLOURS_OF_LOSS, vmin=0.0, vmax=end, aspect="auto")
    numbered = count <= (8 if width == "one" else 14)
    for (i, j), value in np.ndenumerate(lost):
        if numbered and not np.isnan(value):
            colour = "white" if value > 0.65 * end else "black"
            axes.text(j, i, f"{value:.1f}", ha="center", va="center", fontsize=paper.SMALL, color=colour)
    for start, stop in _spans(table):
        side_ = stop - start
        look: dict[str, Any] = {"edgecolor": COLOURS[0], "linewidth": 2.2, "clip_on": False, "zorder": 4}
        axes.add_patch(Rectangle((start - 0.5, start - 0.5), side_, side_, fill=False, **look))
    texts = [paper.safe(shorten(name, 18)) for name in names]
    turn: dict[str, Any] = {"rotation": 40, "ha": "right", "rotation_mode": "anchor"} if count > 3 else {}
    axes.set_xticks(range(count), texts if count <= _NUMBERED else [""] * count, **turn)
    axes.set_yticks(range(count), texts)
    axes.tick_params(labelsize=paper.SMALL if count < 16 else 5.5, length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)
    bar = result.colorbar(image, ax=axes, extend="max", pad=0.02)
    bar.set_label(_TITLE, fontsize=paper.TEXT)
    bar.ax.tick_params(labelsize=paper.SMALL)
    bar.outline.set_visible(False)
    return result
