"""The parts of a study's page, a module each: ``ID``, ``body(source, view)`` and ``register(app, source)``.

A part is computed when it is opened, and again when its results have changed or other trials are chosen, and not
otherwise: a browser is only sent what is new.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from parfocal.analysis import influence
from parfocal.dashboard import parts
from parfocal.dashboard.chosen import Chosen, rows
from parfocal.dashboard.source import Later, Source, View
from parfocal.errors import ParfocalError

_MOST = 6  # parameters that are drawn at first


@dataclass(frozen=True)
class Shown:
    """What a part shows: a figure, or something else, and a line below it."""

    figure: Any = None
    content: Any = None
    note: Any = ""
    description: str = ""
    keep: str = "same"
    """As long as this is the same, a figure keeps the zoom that a person has chosen."""
    busy: bool = False
    """Whether more is being computed: it is asked for again soon."""


Build = Callable[..., Shown]
"""``build(view, choice, *values)``; ``values`` are those of the part's own controls."""


def place(identifier: str) -> list[Any]:
    """Return where :func:`follow` shows a part."""
    from dash import dcc, html

    return [
        html.Div(html.P("Computing …", className="note"), id=f"{identifier}-body"),
        html.Div(id=f"{identifier}-note", className="note", role="status"),
        dcc.Store(id=f"{identifier}-seen"),
        dcc.Interval(id=f"{identifier}-wait", interval=700, disabled=True),
    ]


def sliced(source: Source, view: View, identifier: str) -> Any:
    """Return a chooser of parameters, the most influential ones chosen."""
    from dash import dcc, html

    names = list(influence(rows(source, view)).names)
    chooser = dcc.Dropdown(names, names[:_MOST], multi=True, id=identifier, className="wide", closeOnSelect=False)
    return html.Div([html.Label("Parameters", htmlFor=identifier), chooser], className="controls")


def everything(choice: Any) -> Any:
    """Return a choice as it is."""
    return choice


def follow(
    app: Any,
    source: Source,
    identifier: str,
    build: Build,
    controls: Sequence[tuple[str, str]] = (),
    matters: Callable[[Any], Any] = everything,
) -> None:
    """Keep a part up to date.

    Parameters
    ----------
    identifier
        Of its section.
    build
        Returns what it shows.
    controls
        (id, property) of its own controls.
    matters
        What of the choice of trials makes a difference to it.
    """
    from dash import Input, Output, State, no_update

    @app.callback(
        Output(f"{identifier}-body", "children"),
        Output(f"{identifier}-note", "children"),
        Output(f"{identifier}-seen", "data"),
        Output(f"{identifier}-wait", "disabled"),
        Input(f"{identifier}-wait", "n_intervals"),
        Input("study-settled", "data"),
        Input("study-choice", "data"),
        Input("study-open", "data"),
        *(Input(*control) for control in controls),
        State(f"{identifier}-seen", "data"),
        State("study-name", "data"),
        prevent_initial_call=True,
    )  # type: ignore[untyped-decorator]
    def update(_: Any, settled: Any, choice: Any, opened: list[str] | None, *rest: Any) -> Any:
        *values, seen, name = rest
        if identifier not in (opened or ()):
            return no_update, no_update, no_update, True
        try:
            view = source.view(name)
            sign = json.dumps([view.record.id, view.version, matters(choice), values])
            if seen and seen["sign"] == sign:
                return no_update, no_update, no_update, True
            shown = build(view, choice, *values)
        except ParfocalError as error:
            return _message(str(error)), "", {"sign": "", "drawn": ""}, True
        now = {"sign": "" if shown.busy else sign, "drawn": "", "keep": shown.keep}
        if shown.figure is None:
            return shown.content, shown.note, now, not shown.busy
        now["drawn"] = parts.sign(parts.zoomable(shown.figure))
        return _figure(identifier, shown, now, seen), shown.note, now, not shown.busy


def _message(text: str) -> Any:
    from dash import html

    return html.P(text, className="notice")


def _figure(identifier: str, shown: Shown, now: dict[str, str], seen: dict[str, str] | None) -> Any:
    """Return a figure in its place; where one stands already, only what is drawn in it, or only its numbers."""
    from dash import Patch

    if not (seen and seen["drawn"]):
        return parts.graph(f"{identifier}-graph", shown.description, shown.figure)
    body: Any = Patch()
    if (seen["drawn"], seen["keep"]) == (now["drawn"], now["keep"]):
        parts.change(shown.figure, body["props"]["children"]["props"]["figure"])
    else:
        body["props"]["children"]["props"]["figure"] = shown.figure
    return body


def kept(chosen: Chosen) -> Any:
    """Return how many of all trials a figure shows; "" for all."""
    return "" if chosen.mask is None else f"{chosen.count:,} of {len(chosen.rows.loss):,} trials, as chosen above. "


def waiting(later: Later[Any], text: str) -> Shown:
    """Return what stands where nothing is computed yet: that it is, or why it cannot be."""
    return Shown(content=_message(later.error or text), busy=later.busy)
