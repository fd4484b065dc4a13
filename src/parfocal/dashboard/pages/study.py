"""The page of one study."""

from typing import Any

from parfocal.analysis import convergence
from parfocal.dashboard.place import Place
from parfocal.dashboard.source import Source
from parfocal.plots import convergence as drawn

PATH = "/study/<study>"


def layout(source: Source, place: Place) -> Any:
    """Return the page."""
    from dash import dcc, html

    view = source.view(place.study)
    table = source.table(view, "convergence", lambda: convergence(view.history, view.objective))
    figure = drawn.interactive(table, view.objective.label)
    return html.Div([html.H1(view.name), dcc.Graph(figure=figure)])


def register(app: Any, source: Source) -> None:
    """Add the callbacks."""
