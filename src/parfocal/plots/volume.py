"""Three parameters at once: one small surface for each range of the third, all with the same colours.

Panels, and no cloud in three dimensions: in a cloud near cells hide far ones, distances cannot be read without turning
it, and it cannot be printed. Side by side every cell is seen, and the same place is compared across panels.
"""

from typing import Any

import numpy as np
import plotly.graph_objects as go
from matplotlib.figure import Figure
from plotly.subplots import make_subplots

from parfocal.analysis import Volume
from parfocal.plots import interactive as web
from parfocal.plots import printed as paper
from parfocal.plots.style import BLANK, SEQUENTIAL, STAR, STAR_EDGE, shorten

_EMPTY = "No evaluation has succeeded yet, so there is nothing to draw."
_ROOM = 18  # letters along a short axis


def interactive(table: Volume, label: str, columns: int = 3) -> go.Figure:
    """Return the interactive figure, ``columns`` panels in a row."""
    base = web.figure()
    if table.first is None:
        return web.say(base, _EMPTY)
    columns = min(columns, len(table.panels))
    rows = -(-len(table.panels) // columns)
    height = 120 + 290 * rows
    result = make_subplots(
        rows, columns, shared_xaxes="all", shared_yaxes="all", horizontal_spacing=0.03, vertical_spacing=46 / height,
        subplot_titles=[web.safe(text) for text in _titles(table, 40, ", ")],
    )  # fmt: skip
    result.update_annotations(font={"size": 12})
    result.update_layout(base.layout)
    x, y, _ = table.projection.cells
    worst, top = table.projection.limits
    for i, panel in enumerate(table.panels.tolist()):
        at: dict[str, Any] = {"row": i // columns + 1, "col": i % columns + 1}
        counts = table.projection.counts[:, :, panel].T
        failures = table.projection.failures[:, :, panel].T
        result.add_heatmap(
            x=web.numbers(x.edges),
            y=web.numbers(y.edges),
            z=[web.numbers(row) for row in table.projection.value[:, :, panel].T],
            customdata=np.stack([table.projection.number[:, :, panel].T, counts, failures], axis=-1).tolist(),
            coloraxis="coloraxis",
            hoverongaps=False,
            hovertemplate=(
                f"{web.safe(x.axis.name)} %{{x}}<br>{web.safe(y.axis.name)} %{{y}}<br>best %{{z:.4~g}} "
                "(trial %{customdata[0]})<br>%{customdata[1]} complete, %{customdata[2]} failed<extra></extra>"
            ),
            **at,
        )
        spot = table.spots[[i]]
        hover = f"best here: {table.best[i]:.4g}, trial {table.numbers[i]}"
        star: dict[str, Any] = {"symbol": "star", "size": 17, "color": STAR, "outline": STAR_EDGE}
        dot: dict[str, Any] = {"symbol": "circle", "size": 7, "color": STAR, "outline": STAR_EDGE}
        name, look = ("best", star) if i == table.first else ("best of the panel", dot)
        look |= {"legendgroup": name, "showlegend": i == table.first or i == (table.first == 0), **at}
        web.marks(result, spot[:, 0], spot[:, 1], name, hover, **look)
    result.update_xaxes({**web.along(x), "title": None}, showgrid=False)
    result.update_yaxes({**web.along(y), "title": None}, showgrid=False)
    for i in range(len(table.panels)):
        at = {"row": i // columns + 1, "col": i % columns + 1}
        lowest = i + columns >= len(table.panels)
        result.update_xaxes(showticklabels=lowest, title={"text": web.safe(x.axis.title)} if lowest else None, **at)
        if i % columns == 0:
            result.update_yaxes(title={"text": web.safe(y.axis.title)}, showticklabels=True, **at)
    result.update_layout(
        height=height,
        plot_bgcolor=BLANK,
        legend={"y": 1 + 34 / height},
        margin={"t": 66},
        coloraxis={
            "cmin": min(worst, top),
            "cmax": max(worst, top),
            "colorscale": SEQUENTIAL,
            "reversescale": top < worst,
            "colorbar": {"title": {"text": web.safe(label), "side": "right"}, "thickness": 14, "outlinewidth": 0},
        },
    )
    return result


def printed(table: Volume, label: str, width: paper.Width = "two") -> Figure:
    """Return the figure for print: three panels in a row on two columns of a page, two on one."""
    columns = max(min(3 if width == "two" else 2, len(table.panels)), 1)
    rows = max(-(-len(table.panels) // columns), 1)
    result = paper.figure(width, 0.5 + rows * paper.inches(width) / columns * 0.78)
    if table.first is None:
        paper.say(result.add_subplot(), _EMPTY)
        return result
    grid = result.subplots(rows, columns, squeeze=False)
    x, y, _ = table.projection.cells
    worst, top = table.projection.limits
    titles = _titles(table, 26 if width == "one" else 36, "\n")
    mesh = None
    for i, axes in enumerate(grid.flat):
        if i >= len(table.panels):
            axes.set_axis_off()
            continue
        lowest = i + columns >= len(table.panels)
        paper.tidy(axes)
        paper.along(axes, x, "x", title=lowest, room=_ROOM)
        paper.along(axes, y, "y", title=i % columns == 0)
        axes.grid(False)
        axes.set_facecolor("0.93")
        if not lowest:
            axes.set_xticklabels([])
        if i % columns:
            axes.set_yticklabels([])
        values = np.ma.masked_invalid(table.projection.value[:, :, table.panels[i]].T)
        mesh = axes.pcolormesh(
            x.edges, y.edges, values, cmap=SEQUENTIAL.lower() + ("_r" if top < worst else ""),
            vmin=min(worst, top), vmax=max(worst, top), rasterized=values.size > 2500,
        )  # fmt: skip
        axes.set_title(paper.safe(titles[i]), fontsize=paper.SMALL - 0.5)
        spot = table.spots[[i]]
        if i == table.first:
            paper.star(axes, spot[:, 0], spot[:, 1], 9)
        else:
            axes.plot(spot[:, 0], spot[:, 1], "o", color=STAR, markeredgecolor=STAR_EDGE, markersize=3)
    if mesh is not None:
        bar = result.colorbar(mesh, ax=grid, pad=0.02, shrink=0.9)
        bar.set_label(paper.safe(label), fontsize=paper.TEXT)
        bar.ax.tick_params(labelsize=paper.SMALL)
        bar.outline.set_visible(False)
    return result


def _titles(table: Volume, length: int, between: str) -> list[str]:
    """Return what stands above each panel: the range or choice of the third parameter, and the best that is there."""
    axis = table.third.axis
    texts = []
    for panel, best in zip(table.panels.tolist(), table.best.tolist(), strict=True):
        unit = f" {axis.unit}" if axis.unit and axis.kind == "number" else ""
        inactive = table.third.inactive and panel == len(table.third) - 1
        text = shorten(f"{axis.name} {table.third.labels[panel]}{'' if inactive else unit}", length)
        texts.append(f"{text}{between}best {best:.3g}" if best == best else f"{text}{between}none succeeded")
    return texts
