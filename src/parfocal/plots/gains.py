"""Gains: each image under the default and the best configuration, joined by a line; its own best as a tick."""

from typing import Any

import numpy as np
import plotly.graph_objects as go
from matplotlib.figure import Figure

from parfocal.analysis import PerImage
from parfocal.plots import interactive as web
from parfocal.plots import printed as paper
from parfocal.plots.per_image import EMPTY
from parfocal.plots.style import COLOURS, FAILED, MUTED, shorten
from parfocal.typing import Bools, Floats

_NONE = "The default configuration was not evaluated, so there is no gain of single images to draw."


def interactive(table: PerImage) -> go.Figure:
    """Return the interactive figure, most improved image on top; of many images an even choice."""
    result = web.figure()
    shown = table.by_gain
    if table.paired is None or not len(shown):
        return web.say(result, _NONE if table.images else EMPTY)
    before, after, gain = table.paired.before[shown], table.paired.after[shown], table.paired.gain[shown]
    rows = np.arange(len(shown), dtype=np.float64)
    for name, shade, of in _directions(gain):
        x, y = _joined(before[of], after[of], rows[of])
        result.add_scatter(
            x=web.numbers(x), y=web.numbers(y), mode="lines", line={"width": 3, "color": shade}, name=name,
            hoverinfo="skip",
        )  # fmt: skip
    names = [web.safe(table.images[i]) for i in shown]
    own: dict[str, Any] = {"symbol": "line-ns-open", "size": 11, "color": MUTED}
    web.marks(result, table.own[shown], rows, "own best", "%{customdata}<br>own best: %{x:.4~g}", names, **own)
    web.marks(
        result,
        before,
        rows,
        "default",
        "%{customdata}<br>default: %{x:.4~g}",
        names,
        symbol="circle-open",
        size=8,
        color=MUTED,
    )
    told = list(zip(names, web.numbers(gain), strict=True))
    hover = "%{customdata[0]}<br>best: %{x:.4~g}, gain %{customdata[1]}"
    web.marks(result, after, rows, "best", hover, told, size=9, color=COLOURS[0])
    result.update_xaxes(title={"text": web.safe(table.label)})
    result.update_yaxes(
        range=[len(shown) - 0.4, -0.6],
        tickvals=rows.tolist(),
        ticktext=[web.safe(shorten(table.images[i], 18)) for i in shown],
        showgrid=False,
    )
    result.update_layout(height=int(np.clip(150 + 17 * len(shown), 260, 1200)))
    return result


def note(table: PerImage) -> str:
    """Say in a caption what the images gain on average, and how sure that is."""
    pair = table.paired
    if pair is None or not len(pair):
        return _NONE if table.images else EMPTY
    if len(pair) == 1:
        return f"The only image gains {pair.mean:+.3g} over the default."
    interval = f"95 % interval {pair.low:+.3g} to {pair.high:+.3g} over {len(pair):,} images"
    counts = f"{pair.better:,} better, {pair.worse:,} worse, {pair.equal:,} equal"
    return f"Mean gain over the default: {pair.mean:+.3g} ({interval}; Wilcoxon p = {pair.p:.2g}): {counts}."


def printed(table: PerImage, width: paper.Width = "one") -> Figure:
    """Return the figure for print."""
    shown = table.by_gain
    result = paper.figure(width, 1.0 + float(np.clip(0.14 * len(shown), 0.7, 7.5)))
    axes = paper.tidy(result.add_subplot())
    if table.paired is None or not len(shown):
        paper.say(axes, _NONE if table.images else EMPTY)
        return result
    before, after, gain = table.paired.before[shown], table.paired.after[shown], table.paired.gain[shown]
    rows = np.arange(len(shown), dtype=np.float64)
    for name, shade, of in _directions(gain):
        axes.hlines(rows[of], before[of], after[of], color=shade, linewidth=1.6, label=name)
    point: dict[str, Any] = {"linestyle": "none", "clip_on": False}
    axes.plot(table.own[shown], rows, "|", color=MUTED, markersize=5, label="own best", **point)
    axes.plot(
        before, rows, "o", markerfacecolor="white", markeredgecolor=MUTED, markersize=3.4, label="default", **point
    )
    axes.plot(after, rows, "o", color=COLOURS[0], markersize=3.6, label="best", **point)
    axes.set_yticks(rows, [paper.safe(shorten(table.images[i], 14 if width == "one" else 26)) for i in shown])
    axes.tick_params(axis="y", labelsize=paper.SMALL - (1.5 if len(shown) > 40 else 0))
    axes.set_ylim(len(shown) - 0.4, -0.6)
    axes.set_xlabel(paper.safe(table.label), fontsize=paper.TEXT)
    paper.legend(result, width)
    return result


def _directions(gain: Floats) -> list[tuple[str, str, Bools]]:
    parts = [("gain", COLOURS[2], np.asarray(gain > 0)), ("loss", FAILED, np.asarray(gain < 0))]
    return [part for part in parts if part[2].any()]


def _joined(before: Floats, after: Floats, rows: Any) -> tuple[Floats, Floats]:
    """Return one broken line of segments from before to after."""
    gap = np.full(len(rows), np.nan)
    return np.stack([before, after, gap], axis=1).ravel(), np.stack([rows, rows, gap], axis=1).ravel()
