"""The figure of a Pareto front: two objectives, one an axis, the front as steps between its trials."""

from matplotlib.figure import Figure

from parfocal.analysis import Pareto
from parfocal.plots import printed as paper
from parfocal.plots.style import MUTED, colour

_EMPTY = "No evaluation has succeeded yet."


def printed(table: Pareto, width: paper.Width = "one", axes: tuple[int, int] = (1, 0)) -> Figure:
    """Return the figure for print.

    Parameters
    ----------
    table
        The front.
    width
        Columns of a journal page.
    axes
        The objectives along x and y. The front of more than two is drawn as its points, without steps.
    """
    result = paper.figure(width, 0.75 * paper.inches(width))
    panel = result.add_subplot()
    if not len(table):
        paper.say(panel, _EMPTY)
        return result
    paper.tidy(panel)
    x, y = axes
    panel.plot(table.dominated[:, x], table.dominated[:, y], "o", color=MUTED, alpha=0.5, markersize=2.5, label="trial")
    style = "o-" if len(table.objectives) == 2 else "o"
    # the front is what is attained: up to the next trial along x nothing better in y is known
    steps = "steps-post" if table.objectives[x].direction == "minimize" else "steps-pre"
    order = table.values[:, x].argsort(kind="stable")
    panel.plot(
        table.values[order, x],
        table.values[order, y],
        style,
        color=colour(0),
        drawstyle=steps if style == "o-" else "default",
        linewidth=1.2,
        markersize=4,
        label="Pareto front",
    )
    panel.set_xlabel(paper.safe(table.objectives[x].label), fontsize=paper.TEXT)
    panel.set_ylabel(paper.safe(table.objectives[y].label), fontsize=paper.TEXT)
    paper.legend(result, width)
    return result
