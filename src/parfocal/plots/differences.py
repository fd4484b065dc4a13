"""The diagram of critical differences (Demšar 2006): mean ranks, and who cannot be told from whom."""

import plotly.graph_objects as go
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from parfocal.analysis import Friedman
from parfocal.plots import interactive as web
from parfocal.plots import printed as paper
from parfocal.plots.style import COLOURS, MUTED, faint, shorten

_EMPTY = "Two optimizers and two blocks at least are needed."
_ROOM = 26


def interactive(table: Friedman) -> go.Figure:
    """Return the interactive figure: a row an optimizer, half a critical difference to both sides of its mean rank.

    Optimizers whose whiskers overlap are not told apart; a bar on the right joins the rows of each such group.
    """
    if table.blocks < 2 or len(table.optimizers) < 2:
        return web.say(web.figure(), _EMPTY)
    names = [web.safe(shorten(name, 16)) for name in table.optimizers]
    count = len(names)
    result = web.figure(150 + 26 * count)
    result.update_layout(margin={"t": 30})
    result.add_annotation(
        text=f"critical difference {table.difference:.2f}", x=0, xref="paper", xanchor="left", y=1, yref="paper",
        yanchor="bottom", showarrow=False, font={"color": MUTED, "size": 12},
    )  # fmt: skip
    rows = list(range(count))
    half = table.difference / 2
    result.add_scatter(
        x=web.numbers(table.ranks),
        y=rows,
        mode="markers",
        marker={"size": 10, "color": COLOURS[0]},
        error_x={"type": "constant", "value": half, "color": faint(COLOURS[0], 0.45), "thickness": 5, "width": 0},
        customdata=[web.safe(name) for name in table.optimizers],
        hovertemplate="%{customdata}: mean rank %{x:.2f}<extra></extra>",
        showlegend=False,
    )
    edge = max(float(table.ranks[-1]) + half, count)
    step = max(0.03 * edge, 0.08)
    for i, group in enumerate(table.groups):
        first = table.optimizers.index(group[0])
        last = first + len(group) - 1
        x = edge + step * (i + 1)
        result.add_scatter(
            x=[x, x],
            y=[first - 0.3, last + 0.3],
            mode="lines",
            line={"width": 5, "color": COLOURS[1]},
            hovertemplate=web.safe(", ".join(group)) + ": not told apart<extra></extra>",
            showlegend=False,
        )
    result.update_xaxes(
        title={"text": "mean rank (1 = best)"},
        range=[min(0.9, float(table.ranks[0]) - half - 0.05), edge + step * (len(table.groups) + 1)],
    )
    result.update_yaxes(
        tickmode="array", tickvals=rows, ticktext=names, range=[count - 0.4, -0.6], showgrid=False, ticks=""
    )
    return result


def printed(table: Friedman, width: paper.Width = "one") -> Figure:
    """Return the figure for print: names on both sides of the axis of mean ranks, bars over those not told apart."""
    count = len(table.optimizers)
    levels = _levels(table)
    depth = max(levels, default=-1) + 1
    rows = (count + 1) // 2
    result = paper.figure(width, 0.75 + 0.1 * depth + 0.17 * rows)
    axes = result.add_subplot()
    if table.blocks < 2 or count < 2:
        paper.say(axes, _EMPTY)
        return result
    axes.set_axis_off()
    below = 0.45 + 0.4 * depth
    axes.plot([1, count], [0, 0], color="black", linewidth=0.8)
    every = -(-(count - 1) // (5 if width == "one" else 12))
    for tick in range(1, count + 1):
        axes.plot([tick, tick], [0, -0.22], color="black", linewidth=0.8)
        if (tick - 1) % every == 0:
            axes.text(tick, -0.35, str(tick), ha="center", va="bottom", fontsize=paper.SMALL)
    for i, (name, rank) in enumerate(zip(table.optimizers, table.ranks.tolist(), strict=True)):
        left = i < rows
        y = below + (i if left else count - 1 - i) + 0.5
        end = 1 - 0.02 * (count - 1) if left else count + 0.02 * (count - 1)
        axes.plot([rank, rank, end], [0, y, y], color=MUTED, linewidth=0.7)
        axes.plot([rank], [0], "o", color=COLOURS[0], markersize=3, clip_on=False)
        text = f"{paper.safe(shorten(name, 14 if width == 'one' else _ROOM))} ({rank:.2f})"
        side = -0.01 if left else 0.01
        axes.text(end + side * (count - 1), y, text, ha="right" if left else "left", va="center", fontsize=paper.SMALL)
    for group, level in zip(table.groups, levels, strict=True):
        ends = [float(table.ranks[table.optimizers.index(name)]) for name in (group[0], group[-1])]
        pad = 0.012 * (count - 1)
        y = 0.45 + 0.4 * level
        axes.plot([ends[0] - pad, ends[1] + pad], [y, y], color=COLOURS[1], linewidth=2.6, solid_capstyle="butt")
    _ruler(axes, table)
    axes.set_ylim(below + rows + 0.1, -2.9)
    return result


def _ruler(axes: Axes, table: Friedman) -> None:
    """Draw the critical difference as a ruler above the axis."""
    end = 1 + table.difference
    axes.plot([1, end], [-1.6, -1.6], color="black", linewidth=1.2)
    for x in (1.0, end):
        axes.plot([x, x], [-1.4, -1.8], color="black", linewidth=1.0)
    text = f"critical difference {table.difference:.2f}"
    axes.text(1, -2.0, text, ha="left", va="bottom", fontsize=paper.SMALL)


def _levels(table: Friedman) -> list[int]:
    """Return the line on which each group's bar is drawn, so that no two overlap."""
    ends: list[int] = []
    found = []
    for group in table.groups:
        first = table.optimizers.index(group[0])
        level = next((i for i, end in enumerate(ends) if end < first), len(ends))
        ends[level : level + 1] = [first + len(group) - 1]
        found.append(level)
    return found
