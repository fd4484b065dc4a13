"""Parallel coordinates: brushing a lane chooses trials for the whole page."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from parfocal.analysis import influence
from parfocal.analysis.parallel import LANES
from parfocal.dashboard import parts
from parfocal.dashboard.chosen import VALUE, lanes, rows
from parfocal.dashboard.sections import Shown, follow, place
from parfocal.dashboard.source import Source, View
from parfocal.plots import parallel as drawn

ID = "study-parallel"
_RANGE = re.compile(r"dimensions\[(\d+)\]\.constraintrange")


def body(source: Source, view: View) -> list[Any]:
    """Return the controls and the place of the figure."""
    from dash import dcc, html

    order = list(influence(rows(source, view)).names)
    lanes_shown = dcc.Dropdown(
        order, order[:LANES], multi=True, id="study-lanes", className="wide", closeOnSelect=False
    )
    told = (
        "Drag along a lane to choose trials: all that stands below shows these only. A condition above does the same."
    )
    return [
        html.Div([html.Label("Parameters", htmlFor="study-lanes"), lanes_shown], className="controls"),
        html.P(told, className="note"),
        *place(ID),
    ]


def register(app: Any, source: Source) -> None:
    """Add the callbacks."""
    from dash import Input, Output, State

    def build(view: View, choice: Any, names: list[str] | None, _: Any) -> Shown:
        words, brush, names = _part(choice, "words", ""), _part(choice, "brush", {}), names or []
        table = lanes(source, view, names, words)
        figure = drawn.interactive(table, view.objective.label)
        for name, ranges in brush.items():
            if name in (*names, VALUE) and figure.data:
                figure.data[0].dimensions[[*names, VALUE].index(name)].constraintrange = ranges
        more = f"; {parts.counted(len(table.others), 'parameter')} not drawn" if table.others else ""
        note = f"{len(table.value):,} of {table.complete:,} complete trials are drawn{more}."
        return Shown(figure, note=note, description="Parallel coordinates of trials", keep=repr(names))

    controls = [("study-lanes", "value"), ("study-redraw", "data")]
    follow(app, source, ID, build, controls, matters=lambda choice: _part(choice, "words", ""))

    @app.callback(
        Output("study-brush", "data"),
        Output("study-lanes", "value"),
        Input(f"{ID}-graph", "restyleData"),
        State("study-brush", "data"),
        State("study-lanes", "value"),
        State("study-choice", "data"),
        State("study-name", "data"),
        prevent_initial_call=True,
    )  # type: ignore[untyped-decorator]
    def brush(change: Any, held: Any, names: list[str] | None, choice: Any, name: str) -> Any:
        names = names or []
        if change and "dimensions" in change[0]:
            view = source.view(name)
            figure = drawn.interactive(lanes(source, view, names, _part(choice, "words", "")), "")
            names = moved(names, [each.label for each in figure.data[0].dimensions], change[0]["dimensions"][0])
        return brushed(held or {}, names, change[0] if change else {}), names


def _part(choice: Any, key: str, otherwise: Any) -> Any:
    return (choice or {}).get(key) or otherwise


def moved(names: Sequence[str], labels: Sequence[str], dimensions: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the parameters in the order in which their lanes were put; the objective's stays the last one."""
    order = [labels.index(each["label"]) for each in dimensions if each.get("label") in labels]
    return [names[i] for i in order if i < len(names)] if len(order) == len(labels) else list(names)


def brushed(held: Mapping[str, Any], names: Sequence[str], change: Mapping[str, Any]) -> dict[str, Any]:
    """Return the ranges of each lane after a change as plotly tells it: ``{"dimensions[2].constraintrange": ...}``."""
    result, order = dict(held), [*names, VALUE]
    for key, value in change.items():
        found = _RANGE.fullmatch(key)
        if found is None or int(found[1]) >= len(order):
            continue
        ranges = value[0] if isinstance(value, list) and value else None
        lane = order[int(found[1])]
        if ranges:
            result[lane] = ranges if isinstance(ranges[0], list) else [ranges]
        else:
            result.pop(lane, None)
    return result
