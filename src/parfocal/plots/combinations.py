"""The heat map of samplers and strategies: what each pair reaches on one problem."""

from typing import Any

import numpy as np
import plotly.graph_objects as go
from matplotlib import colormaps
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from parfocal.analysis import Matrix
from parfocal.plots import interactive as web
from parfocal.plots import printed as paper
from parfocal.plots.style import BLANK, shorten

CELL = 0.4
"""Inches of one cell."""


def interactive(table: Matrix) -> go.Figure:
    """Return the interactive figure; a pair that could not run says why when it is pointed at."""
    rows, columns = len(table.samplers), len(table.strategies)
    result = web.figure(190 + 22 * rows)
    result.add_heatmap(
        z=[web.numbers(row) for row in table.regret],
        zmin=0,
        zmax=1,
        colorscale="Cividis",
        reversescale=True,
        xgap=1,
        ygap=1,
        text=[["" if np.isnan(regret) else _short(float(regret)) for regret in row] for row in table.regret],
        texttemplate="%{text}",
        textfont={"size": 10},
        customdata=[[_hover(table, i, j) for j in range(columns)] for i in range(rows)],
        hovertemplate="%{customdata}<extra></extra>",
        hoverongaps=False,
        colorbar={
            "tickvals": [0, 1], "ticktext": ["0: best of<br>all runs", "1: as after<br>the warm-up"],
            "thickness": 12, "outlinewidth": 0,
        },
    )  # fmt: skip
    blank = np.argwhere(np.isnan(table.regret))
    web.marks(
        result, blank[:, 1], blank[:, 0].astype(np.float64), "cannot run", "%{customdata}",
        [_hover(table, i, j) for i, j in blank.tolist()], symbol="square", size=16, color=BLANK, showlegend=False,
    )  # fmt: skip
    ticks: dict[str, Any] = {"tickmode": "array", "showgrid": False, "ticks": ""}
    strategies, samplers = ([web.safe(shorten(name)) for name in names] for names in (table.strategies, table.samplers))
    result.update_xaxes(
        **ticks, tickvals=list(range(columns)), ticktext=strategies, tickangle=-45, range=[-0.5, columns - 0.5],
        title={"text": "strategy", "standoff": 8},
    )  # fmt: skip
    result.update_yaxes(
        **ticks,
        tickvals=list(range(rows)),
        ticktext=samplers,
        range=[rows - 0.5, -0.5],
        title={"text": "sampler", "standoff": 8},
    )
    return result


def _hover(table: Matrix, i: int, j: int) -> str:
    pair = table.samplers[i], table.strategies[j]
    said = web.safe(" + ".join(pair))
    if np.isnan(table.regret[i, j]):
        return f"{said}: {web.safe(table.skipped.get(pair, 'could not run'))}"
    return f"{said}: {web.safe(table.objective.metric)} {table.value[i, j]:.5g}, regret {table.regret[i, j]:.3f}"


def printed(table: Matrix) -> Figure:
    """Return the figure, as large as its cells need; bright is better, cells that could not run are hatched."""
    rows, columns = len(table.samplers), len(table.strategies)
    width, height = max(5.6, CELL * columns + 3.0), max(2.8, CELL * rows + 2.2)
    figure = Figure(figsize=(width, height), layout="compressed", facecolor="white")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    colours = colormaps["cividis_r"].with_extremes(bad=(1, 1, 1, 0))
    axes.set_facecolor("#ffffff")
    axes.patch.set(hatch="////", edgecolor="#c8ccd2")
    image = axes.imshow(np.ma.masked_invalid(table.regret), cmap=colours, vmin=0.0, vmax=1.0, aspect="equal")
    for (i, j), regret in np.ndenumerate(table.regret):
        if not np.isnan(regret):
            dark = "black" if regret < 0.5 else "white"
            axes.text(j, i, _short(regret), ha="center", va="center", fontsize=paper.SMALL, color=dark)
    axes.set_xticks(range(columns), [shorten(name) for name in table.strategies], rotation=45, ha="right")
    axes.set_yticks(range(rows), [shorten(name) for name in table.samplers])
    axes.tick_params(labelsize=paper.TEXT, length=0)
    hatched = " (hatched: this pair cannot run here)" if np.isnan(table.regret).any() else ""
    axes.set_xlabel(f"strategy{hatched}", fontsize=paper.TEXT)
    axes.set_ylabel("sampler", fontsize=paper.TEXT)
    axes.set_xticks(np.arange(columns + 1) - 0.5, minor=True)
    axes.set_yticks(np.arange(rows + 1) - 0.5, minor=True)
    axes.grid(which="minor", color="white", linewidth=1)
    axes.tick_params(which="minor", length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)
    seeds = "1 run" if table.seeds == 1 else f"{table.seeds} runs"
    figure.suptitle(
        paper.safe(f"{table.problem}: {table.objective.label}, {table.trials} evaluations, {seeds}"),
        fontsize=paper.TEXT,
    )
    bar = figure.colorbar(image, ax=axes, shrink=min(1.0, 2.2 / (CELL * rows)), fraction=0.05, aspect=14)
    bar.set_label(
        paper.safe(f"regret of {shorten(table.objective.metric)}\n0: best of all runs\n1: as after the warm-up"),
        fontsize=paper.SMALL,
    )
    bar.ax.tick_params(labelsize=paper.SMALL)
    bar.ax.invert_yaxis()
    bar.outline.set_visible(False)
    return figure


def _short(regret: float) -> str:
    """Return a regret as two digits: ``.07``, ``1``, ``0`` only where it is nil."""
    text = f"{regret:.2f}"
    if text == "0.00":
        return "0" if regret < 0.0005 else "<.01"
    return "1" if text == "1.00" else text[1:]
