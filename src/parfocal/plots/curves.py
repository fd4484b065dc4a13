"""One curve an optimizer, on screen and on paper: eight at most in colour, further ones thin and grey."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from matplotlib.axes import Axes

from parfocal.plots import interactive as web
from parfocal.plots import printed as paper
from parfocal.plots.style import COLOURS, MUTED, colour, faint, shorten
from parfocal.typing import Floats, Ints

MOST = len(COLOURS)
"""Optimizers that can be told apart by colour."""
_BANDS = 5  # more bands than these hide each other


def leading(names: Sequence[str], order: Sequence[int], shown: Sequence[str] | None = None) -> dict[str, int]:
    """Return the optimizers that are drawn in colour, with the index of their colour.

    Parameters
    ----------
    names, order
        All optimizers, and their indices with the best first.
    shown
        Those to be drawn in colour, so that several figures agree; default: all, or the best eight of many.
    """
    if shown is not None:
        return {name: i for i, name in enumerate(shown[:MOST]) if name in names}
    best = sorted(order[:MOST]) if len(names) > MOST else range(len(names))
    return {names[i]: place for place, i in enumerate(best)}


def kept(rows: Sequence[Floats]) -> Ints:
    """Return the points at which any of the rows changes, first and last included: steps need no others."""
    size = len(rows[0])
    changed = [np.flatnonzero(row[1:] != row[:-1]) + 1 for row in rows]
    return np.unique(np.concatenate([[0, size - 1], *changed])).astype(np.int64)


def tall(count: int) -> int:
    """Return the height of a figure whose legend names so many curves above it."""
    return 420 + 9 * max(0, min(count, MOST + 1) - 4)


def add(
    result: go.Figure,
    x: Floats,
    curves: Floats,
    names: Sequence[str],
    order: Sequence[int],
    hover: str,
    *,
    colours: Mapping[str, int],
    band: tuple[Floats, Floats] | None = None,
) -> None:
    """Add curves ``(o, g)`` as steps; ``hover`` is the text of a point behind the optimizer's name."""
    others = [i for i in order if names[i] not in colours]
    for n, i in enumerate(others):
        at = kept([curves[i]])
        result.add_scatter(
            x=web.numbers(x[at]), y=web.numbers(curves[i, at]), mode="lines", legendgroup="others", showlegend=n == 0,
            line={"width": 1, "color": faint(MUTED, 0.55), "shape": "hv"}, name=f"{len(others)} others",
            hovertemplate=f"{web.safe(names[i])}: {hover}<extra></extra>",
        )  # fmt: skip
    for i in reversed(order) if band is not None and len(colours) <= _BANDS else ():
        if names[i] in colours and not np.isnan(band[0][i]).all():  # type: ignore[index]
            _add_band(result, x, band[0][i], band[1][i], colour(colours[names[i]]), names[i])  # type: ignore[index]
    for i in order:
        if names[i] in colours:
            at = kept([curves[i]])
            result.add_scatter(
                x=web.numbers(x[at]), y=web.numbers(curves[i, at]), mode="lines", legendgroup=names[i],
                line={"width": 2.5, "color": colour(colours[names[i]]), "shape": "hv"},
                name=web.safe(shorten(names[i])),
                hovertemplate=f"{web.safe(names[i])}: {hover}<extra></extra>",
            )  # fmt: skip


def _add_band(result: go.Figure, x: Floats, low: Floats, high: Floats, shade: str, group: str) -> None:
    at = kept([low, high])
    common: dict[str, Any] = {
        "x": web.numbers(x[at]), "mode": "lines", "line": {"width": 0, "shape": "hv"}, "hoverinfo": "skip",
        "legendgroup": group, "showlegend": False,
    }  # fmt: skip
    result.add_scatter(y=web.numbers(low[at]), **common)
    result.add_scatter(y=web.numbers(high[at]), fill="tonexty", fillcolor=faint(shade, 0.2), **common)


def draw(
    axes: Axes,
    x: Floats,
    curves: Floats,
    names: Sequence[str],
    order: Sequence[int],
    *,
    colours: Mapping[str, int],
    band: tuple[Floats, Floats] | None = None,
) -> None:
    """Draw curves ``(o, g)`` as steps."""
    others = [i for i in order if names[i] not in colours]
    for n, i in enumerate(others):
        label = f"{len(others)} others" if n == 0 else None
        axes.step(x, curves[i], where="post", color=MUTED, alpha=0.6, linewidth=0.6, label=label)
    for i in reversed(order):
        if names[i] not in colours:
            continue
        shade = colour(colours[names[i]])
        if band is not None and len(colours) <= _BANDS:
            axes.fill_between(x, band[0][i], band[1][i], step="post", color=shade, alpha=0.18, linewidth=0)
    for i in order:
        if names[i] in colours:
            shade = colour(colours[names[i]])
            axes.step(x, curves[i], where="post", color=shade, linewidth=1.4, label=paper.safe(shorten(names[i])))
