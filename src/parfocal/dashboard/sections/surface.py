"""The loss over two parameters of one's choice."""

from typing import Any

from parfocal.analysis import influence, surface, trails
from parfocal.dashboard.chosen import chosen, rows
from parfocal.dashboard.sections import Shown, follow, kept, place
from parfocal.dashboard.source import Source, View
from parfocal.plots import surface as drawn

ID = "study-surface"
POINTS = 600
"""Single evaluations, and failures, that are drawn on a surface."""


def body(source: Source, view: View) -> list[Any]:
    """Return the controls and the place of the figure."""
    from dash import dcc, html

    names = list(influence(rows(source, view)).names)
    first, second = (*names, None, None)[:2]
    return [
        html.Div(
            [
                _axis("x", names, first),
                _axis("y", names, second),
                dcc.Checklist([{"label": "trail of the search", "value": "trails"}], [], id="study-trails"),
            ],
            className="controls",
        ),
        *place(ID),
    ]


def _axis(name: str, names: list[str], chosen: str | None) -> Any:
    from dash import dcc, html

    identifier = f"study-{name}"
    dropdown = dcc.Dropdown(names, chosen, id=identifier, clearable=False)
    return html.Div([html.Label(name, htmlFor=identifier), dropdown], className="pair")


def register(app: Any, source: Source) -> None:
    """Add the callbacks."""
    from dash import html

    def build(view: View, choice: Any, x: str | None, y: str | None, shown: list[str] | None) -> Shown:
        if x is None or y is None:
            return Shown(content=html.P("A surface needs two parameters.", className="notice"))
        if x == y:
            return Shown(content=html.P("Choose two different parameters.", className="notice"))
        which = chosen(source, view, choice)
        table = source.table(
            view,
            ("surface", which.key, x, y),
            lambda: surface(view.space, which.only, view.objective, x, y, points=POINTS),
        )
        found = trails(view.history, view.objective, which.rows, table) if shown else ()
        others = f"Each cell is the best over {', '.join(table.others)}. " if table.others else ""
        note = f"{kept(which)}{others}"
        return Shown(
            drawn.interactive(table, view.objective.label, found),
            None,
            note,
            f"Best value over {x} and {y}",
            f"{x}/{y}",
        )

    follow(app, source, ID, build, [("study-x", "value"), ("study-y", "value"), ("study-trails", "value")])
