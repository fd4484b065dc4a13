"""Parallel coordinates: one line a trial across all parameters to its value; highlighted sets lie on top."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure

from parfocal.analysis import Lane, Parallel
from parfocal.analysis.parallel import Constraints
from parfocal.plots import interactive as web
from parfocal.plots import printed as paper
from parfocal.plots.style import COLOURS, MUTED, SEQUENTIAL, shorten, squeeze
from parfocal.typing import Floats

_EMPTY = "No evaluation has succeeded yet."
_NONE = "The space has no parameter to draw."
_SETS = (COLOURS[1], COLOURS[3], COLOURS[4], COLOURS[7])
"""Colours of highlighted sets: none of them looks like one of the value's."""
_BAND = 0.16
"""Room of a set at the end of the colour bar, where the values have 1."""
_ONE_COLUMN = 7
"""Parameters that one column of a page has room for."""
_STOPS = 100
"""Where a brush can stop along a lane with ticks of its own: the library stops at ticks only."""
_SHADES = (0.12, 0.84)
"""The part of the colours that values take: the ends are lost on a dark page, or on a light one."""
_BLANKS = ("\u00a0", "\u2002")
"""Two kinds of space: the library takes ticks with the same text for one, so that each needs a text of its own."""


def interactive(table: Parallel, label: str) -> go.Figure:
    """Return the interactive figure; lanes can be brushed (:meth:`Parallel.select` takes the ranges) and moved."""
    if not len(table.value) or len(table.lanes) < 2:
        return web.say(web.figure(), _NONE if len(table.value) else _EMPTY)
    result = web.figure(520)
    many = len(table.lanes) > 6
    shown, colours = _line_colours(table)
    sets = len(table.groups)
    ticks, texts = _bar_ticks(table)
    result.add_parcoords(
        dimensions=[_dimension(lane) for lane in table.lanes],
        labelangle=-40 if many else 0,
        labelfont={"size": 11 if many else 12},
        tickfont={"size": 11},
        rangefont={"size": 1, "color": "rgba(0,0,0,0)"},  # the ticks say it
        line={
            "color": web.numbers(shown),
            "colorscale": colours,
            "cmin": 0,
            "cmax": 1 + _BAND * sets,
            "showscale": True,
            "colorbar": {
                "title": {"text": web.safe(label), "side": "top"},
                "orientation": "h",
                "y": -0.08,
                "yanchor": "top",
                "tickvals": ticks,
                "tickangle": 0,
                "ticktext": [web.safe(shorten(text)) for text in texts],
                "thickness": 14,
                "outlinewidth": 0,
            },
        },
        unselected={"line": {"color": MUTED, "opacity": 0.08}},
    )
    result.update_layout(margin={"l": 64, "r": 64, "t": 108 if many else 50, "b": 90})
    return result


def constraints(figure: Mapping[str, Any]) -> Constraints:
    """Return the ranges brushed on a figure (as a dictionary), for :meth:`Parallel.select`."""
    dimensions: Sequence[Mapping[str, Any]] = figure["data"][0].get("dimensions", ()) if figure.get("data") else ()
    return {i: dimension.get("constraintrange") for i, dimension in enumerate(dimensions)}


def note(table: Parallel) -> str:
    """Say what the figure leaves out: for a caption."""
    drawn, parts = len(table.value), []
    if drawn < table.complete:
        parts.append(f"{drawn:,} of {table.complete:,} complete trials are drawn: the best, and an even choice.")
    if table.clipped:
        how = "is" if table.clipped == 1 else "are"
        parts.append(f"{table.clipped:,} worse than {table.limits[0]:.3g} {how} drawn at that value.")
    if table.others:
        parts.append(f"Less influential and not drawn: {', '.join(table.others)}.")
    return " ".join(parts)


def _dimension(lane: Lane) -> dict[str, Any]:
    result: dict[str, Any] = {
        "label": web.safe(squeeze(lane.title)),
        "values": _rounded(lane, lane.position),
        "range": list(lane.limits),
    }
    stops, texts = _stops(lane)
    return result | {"tickvals": stops, "ticktext": _different(texts)}


def _stops(lane: Lane) -> tuple[list[float], list[str]]:
    """Return ticks with their texts, and between them places without text where a brush may stop."""
    ticks = _rounded(lane, lane.ticks)
    if lane.axis is not None and lane.axis.kind == "category":
        return ticks, [web.safe(shorten(text, 16)) for text in lane.texts]
    low, high = lane.limits
    levels = np.empty(0) if lane.axis is None else lane.axis.scale(lane.axis.levels)
    few = 0 < len(levels) <= _STOPS
    fine = levels if few else np.linspace(low if np.isnan(lane.inactive) else lane.ticks[0], high, _STOPS + 1)
    named = {tick: web.safe(shorten(text, 16)) for tick, text in zip(ticks, lane.texts, strict=True)}
    least = 0.4 * (high - low) / _STOPS
    free = [x for x in _rounded(lane, fine) if all(abs(x - tick) > least for tick in named)]
    stops = sorted([*named, *free])
    return stops, [named.get(stop, "") for stop in stops]


def _rounded(lane: Lane, positions: Floats) -> list[float]:
    """Return positions for JSON: to a millionth of the lane, however far from 0 it lies."""
    low, high = lane.limits
    digits = int(np.clip(6 - np.floor(np.log10(high - low)), 0, 300))
    return [float(position) for position in np.round(positions, digits)]


def _different(texts: Sequence[str]) -> list[str]:
    """Return texts that look the same and are all different."""
    digits = max(len(texts) - 1, 1).bit_length()
    marks = ["".join(_BLANKS[i >> k & 1] for k in range(digits)) for i in range(len(texts))]
    often = Counter(texts)
    return [text if often[text] == 1 else text + mark for text, mark in zip(texts, marks, strict=True)]


def _line_colours(table: Parallel) -> tuple[Any, list[list[Any]]]:
    """Return a number in [0, 1] for each trial by its value, above 1 for each set, and the colours of that scale.

    Lines of a higher number lie on top.
    """
    shown = table.shade.copy()
    for i, group in reversed(list(enumerate(table.groups))):  # the first set wins where they share a trial
        shown[group.index] = 1 + _BAND * (i + 0.5)
    top = 1 + _BAND * len(table.groups)
    scale = [[t / top, _hex(_shade(t))] for t in np.linspace(0, 1, 17).tolist()]
    for i in range(len(table.groups)):
        shade = _SETS[i % len(_SETS)]
        scale += [[(1 + _BAND * i) / top, shade], [(1 + _BAND * (i + 1)) / top, shade]]
    scale[-1][0] = 1.0
    return shown, scale


def _shade(goodness: Any) -> Any:
    """Return the colour of a value, RGBA in [0, 1], from 0 for the worst to 1 for the best."""
    low, high = _SHADES
    return colormaps[SEQUENTIAL.lower()](low + (high - low) * goodness)


def _hex(rgba: Sequence[float]) -> str:
    return "#" + "".join(f"{round(255 * part):02x}" for part in rgba[:3])


def _bar_ticks(table: Parallel) -> tuple[list[float], list[str]]:
    lane, (worst, best) = table.lanes[-1], table.limits
    span = best - worst
    at = [float((tick - worst) / span) if span else 1.0 for tick in lane.ticks.tolist()]
    marks = sorted((t, text) for t, text in zip(at, lane.texts, strict=True) if 0 <= t <= 0.92 or not table.groups)
    marks += [(1 + _BAND * (i + 0.5), group.label) for i, group in enumerate(table.groups)]
    return [t for t, _ in marks], [text for _, text in marks]


def printed(table: Parallel, label: str, width: paper.Width = "two") -> Figure:
    """Return the figure for print; on one column the seven most influential of its parameters."""
    narrow = width == "one"
    result = paper.figure(width, 2.7 if narrow else 3.2)
    axes = result.add_subplot()
    if not len(table.value) or len(table.lanes) < 2:
        paper.say(axes, _NONE if len(table.value) else _EMPTY)
        return result
    _draw(axes, table, narrow)
    mesh = axes.scatter([], [], c=[], cmap=ListedColormap(_shade(np.linspace(0, 1, 256))), vmin=0, vmax=1)
    bar = result.colorbar(mesh, ax=axes, pad=0.02 if not narrow else 0.03, fraction=0.05, aspect=30)
    ticks = [tick for tick in zip(*_bar_ticks(table), strict=True) if tick[0] <= 1]
    bar.set_ticks([t for t, _ in ticks], labels=[paper.safe(text) for _, text in ticks])
    bar.set_label(paper.safe(label), fontsize=paper.TEXT)
    bar.ax.tick_params(labelsize=paper.SMALL)
    bar.outline.set_visible(False)
    paper.legend(result, width)
    return result


def _draw(axes: Axes, table: Parallel, narrow: bool) -> None:
    lanes = (*table.lanes[:-1][: _ONE_COLUMN if narrow else None], table.lanes[-1])
    axes.set_xlim(-0.05, len(lanes) - 0.9)
    axes.set_ylim(-0.04, 1.04)
    for side in axes.spines.values():
        side.set_visible(False)
    axes.set_yticks([])
    y = np.stack([_unit(lane, lane.position) for lane in lanes], axis=1)
    x = np.arange(len(lanes), dtype=np.float64)
    order = np.argsort(table.shade, kind="stable")
    lines = np.stack([np.broadcast_to(x, y.shape), y], axis=2)[order]
    shades = _shade(table.shade[order])
    alpha = float(np.clip(60 / len(y), 0.12, 0.8))
    # thousands of lines as vectors make a file that no reader opens quickly
    axes.add_collection(
        LineCollection(list(lines), colors=shades, linewidths=0.6, alpha=alpha, rasterized=len(y) > 200)
    )
    for i, group in reversed(list(enumerate(table.groups))):
        back = np.broadcast_to(x, (len(group.index), len(x)))
        paths = list(np.stack([back, y[group.index]], axis=2))
        axes.add_collection(
            LineCollection(paths, colors=_SETS[i % len(_SETS)], linewidths=1.1, zorder=4 - 0.1 * i, label=group.label)
        )
    look: dict[str, Any] = {"fontsize": paper.SMALL - (1.5 if narrow else 0.5), "va": "center", "zorder": 5}
    box = {"facecolor": "white", "alpha": 0.75, "edgecolor": "none", "pad": 0.6}
    for i, lane in enumerate(lanes):
        axes.axvline(i, color=MUTED, linewidth=0.8, zorder=3)
        every = -(-len(lane.ticks) // (5 if lane.axis is None or lane.axis.kind == "number" else 12))
        for at, text in list(zip(_unit(lane, lane.ticks), lane.texts, strict=True))[::every]:
            axes.text(i + 0.04, at, paper.safe(shorten(text, 9 if narrow else 12)), bbox=box, **look)
    many = len(lanes) > (4 if narrow else 7)
    turn: dict[str, Any] = {"rotation": 30, "ha": "right", "rotation_mode": "anchor"} if many else {}
    axes.set_xticks(x, [paper.safe(squeeze(lane.title)) for lane in lanes], fontsize=paper.SMALL, **turn)
    axes.tick_params(length=0)


def _unit(lane: Lane, position: Any) -> Any:
    low, high = lane.limits
    return (position - low) / (high - low)
