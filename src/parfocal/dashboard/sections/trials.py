"""The table of trials: sorted and paged by the server, so that it is as quick with 100,000 trials as with ten."""

from typing import Any

from parfocal.analysis import Listing, listing
from parfocal.analysis.listing import RUNTIME, STATE, TRIAL, VALUE
from parfocal.dashboard import parts
from parfocal.dashboard.chosen import chosen
from parfocal.dashboard.place import link
from parfocal.dashboard.sections import Shown, follow, kept, place
from parfocal.dashboard.source import Source, View

ID = "study-trials"
SIZE = 25
_PAGES = (
    ("first", "«", "First page"),
    ("back", "‹", "Page before"),
    ("next", "›", "Next page"),
    ("last", "»", "Last page"),
)


def body(source: Source, view: View) -> list[Any]:
    """Return the place of the table and its pager."""
    from dash import dcc, html

    best_first = {"by": VALUE, "descending": view.objective.direction == "maximize", "start": 0}
    buttons = [
        html.Button(sign, id={"part": "study-page", "to": to}, title=title, **parts.aria(label=title))
        for to, sign, title in _PAGES
    ]
    return [
        dcc.Store(id="study-order", data=best_first),
        *place(ID),
        html.Div(buttons, className="controls", role="group"),
    ]


def register(app: Any, source: Source) -> None:
    """Add the callbacks."""
    from dash import ALL, Input, Output, State, ctx, no_update

    prefix = app.config.requests_pathname_prefix

    def build(view: View, choice: Any, order: dict[str, Any]) -> Shown:
        which, board = chosen(source, view, choice), source.status()
        running = [
            number
            for worker in (board.workers if board is not None else ())
            if worker.study == view.name
            for number, _ in worker.trials
        ]
        table = listing(
            which.rows, view.history, view.objective, chosen=which.mask, size=SIZE, running=running, **order
        )
        return Shown(content=_drawn(view, table, prefix), note=kept(which))

    follow(app, source, ID, build, [("study-order", "data")])

    @app.callback(
        Output("study-order", "data"),
        Input({"part": "study-sort", "by": ALL}, "n_clicks"),
        Input({"part": "study-page", "to": ALL}, "n_clicks"),
        State("study-order", "data"),
        State("study-choice", "data"),
        State("study-name", "data"),
        prevent_initial_call=True,
    )  # type: ignore[untyped-decorator]
    def turn(_sorts: Any, _pages: Any, order: dict[str, Any], choice: Any, name: str) -> Any:
        button = ctx.triggered_id
        if not button or not ctx.triggered[0]["value"]:  # a button that has just been drawn
            return no_update
        return turned(order, button, chosen(source, source.view(name), choice).count)


def turned(order: dict[str, Any], button: Any, total: int) -> dict[str, Any]:
    """Return the order and page after a button; a column that is sorted already is turned round."""
    if button["part"] == "study-sort":
        same = button["by"] == order["by"]
        return {"by": button["by"], "descending": not order["descending"] if same else False, "start": 0}
    last = max(0, total - 1) // SIZE * SIZE
    start = {"first": 0, "back": order["start"] - SIZE, "next": order["start"] + SIZE, "last": last}[button["to"]]
    return {**order, "start": min(max(0, start), last)}


def _drawn(view: View, table: Listing, prefix: str) -> Any:
    from dash import dcc

    titles = {TRIAL: "Trial", STATE: "State", VALUE: view.objective.metric, RUNTIME: "Runtime (s)"}
    titles |= dict(zip(table.names, table.titles, strict=True))
    rows = [
        [
            dcc.Link(str(number), href=link(prefix, "study", view.name, "trial", number)),
            state,
            parts.number(value),
            parts.number(runtime, 3),
            *cells,
        ]
        for number, state, value, runtime, cells in zip(
            table.number.tolist(), table.state, table.value.tolist(), table.runtime.tolist(), table.cells, strict=True
        )
    ]
    end = table.start + len(rows)
    caption = f"Trials {table.start + 1:,} to {end:,} of {table.total:,}" if rows else "No trial"
    return parts.table([_head(table, key, title) for key, title in titles.items()], rows, caption, numeric=(0, 2, 3))


def _head(table: Listing, key: str, title: str) -> Any:
    from dash import html

    sorted_by = table.by == key
    sign = (" ▼" if table.descending else " ▲") if sorted_by else ""
    said = f"Sort by {title}" + (", sorted now: turn round" if sorted_by else "")
    return html.Button(
        f"{title}{sign}", id={"part": "study-sort", "by": key}, className="sort", **parts.aria(label=said)
    )
