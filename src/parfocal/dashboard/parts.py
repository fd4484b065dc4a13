"""Parts that pages share: figures, tiles, sections that open, and numbers as people write them."""

import math
import time
from collections.abc import Sequence
from typing import Any

CONFIG: Any = {
    "displaylogo": False,
    "showSendToCloud": False,
    "showEditInChartStudio": False,
    "plotlyServerURL": "",
    "responsive": True,
    "modeBarButtonsToRemove": ["select2d", "lasso2d", "autoScale2d"],
}
"""What all figures are shown with: no button leads out of this server.

A list of the buttons that are wanted would be changed by plotly.js, which then took every update for a new figure.
"""


def aria(**values: str) -> dict[str, Any]:
    """Return ARIA attributes as Dash takes them: ``aria(label="x")``."""
    return {f"aria-{name}": value for name, value in values.items()}


def graph(identifier: str, description: str, figure: Any = None, **options: Any) -> Any:
    """Return a place for a figure, with what it shows for those who cannot see it."""
    from dash import dcc, html

    shown = {} if figure is None else {"figure": figure}
    return html.Div(
        dcc.Graph(id=identifier, config=CONFIG, className="plot", **shown, **options),
        role="group",
        **aria(label=description),
    )


def zoomable(figure: Any) -> Any:
    """Return a figure whose axes find their ranges by themselves, within the limits that it gives.

    A range that changes with the data would be taken by plotly.js for a wish to show that one, and end a user's zoom.
    """
    for axis in (*figure.select_xaxes(), *figure.select_yaxes()):
        if axis.range is not None and axis.type != "log" and not axis.fixedrange:
            low, high = axis.range
            axis.update(range=None, autorange=True, autorangeoptions={"minallowed": low, "maxallowed": high})
    return figure


def sign(figure: Any) -> str:
    """Return what two figures share of which one can take the other's place without anything but numbers changing."""
    axes = sorted(key for key in figure.layout.to_plotly_json() if key.startswith(("xaxis", "yaxis")))
    return repr(([trace.type for trace in figure.data], axes, figure.layout.height, figure.layout.xaxis.visible))


def change(figure: Any, patch: Any) -> Any:
    """Enter the numbers of a figure into ``patch``, one of a figure with the same :func:`sign`; a user's zoom stays."""
    content = figure.to_plotly_json()
    patch["data"] = content["data"]
    for key, value in content["layout"].items():
        if not key.startswith(("xaxis", "yaxis")):
            patch["layout"][key] = value
            continue
        for name, part in value.items():
            if name not in ("range", "autorange"):
                patch["layout"][key][name] = part
    return patch


def section(identifier: str, title: str, *content: Any, opened: bool = False) -> Any:
    """Return a part of a page that can be opened; what stands in it is computed when it is (``study-open``)."""
    from dash import html

    data: dict[str, Any] = {"data-section": identifier}
    return html.Details(
        [html.Summary(html.H2(title)), *content], id=identifier, className="section", open=opened, **data
    )


def tile(name: str, value: Any, note: Any = "", *, live: bool = False) -> Any:
    """Return one number with its name."""
    from dash import html

    said = aria(live="polite", atomic="true") if live else {}
    lines = [html.Dt(name), html.Dd(value), *([html.Dd(note, className="note")] if note else [])]
    return html.Div(lines, className="tile", **said)


def number(value: float | None, digits: int = 5) -> str:
    """Return a number as people write it; a dash where there is none."""
    return "–" if value is None or math.isnan(value) else f"{value:.{digits}g}".replace("-", "−")


def duration(seconds: float) -> str:
    """Return a time as people say it."""
    if math.isnan(seconds):
        return "–"
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"


def ago(moment: float, now: float) -> str:
    """Return how long ago a moment was, by the same clock."""
    return "–" if math.isnan(moment) else f"{duration(max(0.0, now - moment))} ago"


def date(moment: float) -> str:
    """Return a moment in the server's own time."""
    return "" if math.isnan(moment) else time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(moment))


def counted(count: int, noun: str) -> str:
    """Return a count with its noun."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def table(head: Sequence[Any], rows: Sequence[Sequence[Any]], caption: str, *, numeric: Sequence[int] = ()) -> Any:
    """Return a table that scrolls sideways where it is too wide."""
    from dash import html

    def cells(kind: Any, row: Sequence[Any]) -> list[Any]:
        return [kind(cell, className="n" if i in numeric else None) for i, cell in enumerate(row)]

    return html.Div(
        html.Table(
            [
                html.Caption(caption),
                html.Thead(
                    html.Tr(
                        [
                            html.Th(cell, scope="col", className="n" if i in numeric else None)
                            for i, cell in enumerate(head)
                        ]
                    )
                ),
                html.Tbody([html.Tr(cells(html.Td, row)) for row in rows]),
            ]
        ),
        className="scroll",
        tabIndex="0",
        role="region",
        **aria(label=caption),
    )
