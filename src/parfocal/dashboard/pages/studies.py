"""The list of studies."""

from typing import Any

from parfocal.dashboard.place import Place, link
from parfocal.dashboard.source import Source

PATH = "/"


def layout(source: Source, place: Place) -> Any:
    """Return the page."""
    from dash import dcc, html

    status = source.status()
    studies = () if status is None else status.studies
    items = [html.Li(dcc.Link(study.name, href=link(place.prefix, "study", study.name))) for study in studies]
    return html.Div([html.H1("Studies"), html.Ul(items)])


def register(app: Any, source: Source) -> None:
    """Add the callbacks."""
