"""The page of one study: how far it is, what it found, and why; live while it runs.

Heading and convergence come with the page. All else is in parts that are computed when they are opened.
"""

from types import ModuleType
from typing import Any

from parfocal.analysis import convergence
from parfocal.dashboard import parts
from parfocal.dashboard.chosen import VALUE, chosen, lanes, told
from parfocal.dashboard.pages.studies import progress, state
from parfocal.dashboard.place import Place, link
from parfocal.dashboard.source import Source, View
from parfocal.operations.status import StudyStatus
from parfocal.plots import convergence as drawn

PATH = "/study/<study>"
SETTLE = 10.0
"""Seconds between two updates of the parts: a figure that changes all the time cannot be read."""

DOTS = 500
"""Single evaluations that are drawn: more cannot be told apart, and cost a second."""


def sections() -> tuple[tuple[ModuleType, str, bool], ...]:
    """Return the parts with their titles, and whether they are open at first."""
    from parfocal.dashboard.sections import failures, importance, parallel, profiles, slices, surface, timeline, trials

    return (
        (parallel, "Parallel coordinates", True),
        (surface, "Surface", True),
        (trials, "Trials", True),
        (slices, "Slices", False),
        (importance, "Importance of parameters", False),
        (profiles, "Profiles", False),
        (timeline, "Timeline of workers", False),
        (failures, "Failures", False),
    )


def layout(source: Source, place: Place) -> Any:
    """Return the page."""
    from dash import dcc, html

    view = source.view(place.study)
    figure = _convergence(source, view)
    return html.Div(
        [
            html.H1(view.name or "(without a name)"),
            html.P(f"{view.objective}, by {view.record.definition.get('optimizer', '')}", className="note"),
            html.Dl(_tiles(source, view, place.prefix), id="study-tiles", className="tiles"),
            html.H2("Convergence"),
            parts.graph("study-convergence", "Best value after each evaluation", figure),
            *_choosing(),
            *(
                parts.section(module.ID, title, *module.body(source, view), opened=opened)
                for module, title, opened in sections()
            ),
            dcc.Store(id="study-name", data=view.name),
            dcc.Store(id="study-revision", data=view.version),
            dcc.Store(id="study-drawn", data=parts.sign(figure)),
            dcc.Store(id="study-settled", data=view.version),
            dcc.Store(id="study-choice", data={}),
            dcc.Store(id="study-brush", data={}),
            dcc.Store(id="study-redraw", data=0),
            dcc.Store(id="study-open"),
            dcc.Interval(id="study-tick", interval=2000),
            dcc.Interval(id="study-settle", interval=int(1000 * SETTLE)),
        ]
    )


def _choosing() -> list[Any]:
    """Return where a condition is written, and what is chosen now."""
    from dash import dcc, html

    example = "sigma > 2 and state == 'complete'"
    return [
        html.H2("Trials chosen"),
        html.Div(
            [
                html.Label("Condition", htmlFor="study-words"),
                dcc.Input(id="study-words", debounce=True, placeholder=example, className="wide", autoComplete="off"),
            ],
            className="controls",
        ),
        html.Div(id="study-words-error", className="notice", role="alert"),
        html.Div(id="study-chips", className="controls", role="status", **parts.aria(live="polite")),
    ]


def register(app: Any, source: Source) -> None:
    """Add the callbacks."""
    for module, _, _ in sections():
        module.register(app, source)
    _live(app, source)
    _choose(app, source)


def _live(app: Any, source: Source) -> None:
    from dash import Input, Output, Patch, State, no_update

    prefix = app.config.requests_pathname_prefix

    @app.callback(
        Output("study-tiles", "children"),
        Output("study-convergence", "figure"),
        Output("study-revision", "data"),
        Output("study-drawn", "data"),
        Input("study-tick", "n_intervals"),
        State("study-revision", "data"),
        State("study-drawn", "data"),
        State("study-name", "data"),
        State("live", "value"),
        prevent_initial_call=True,
    )  # type: ignore[untyped-decorator]
    def follow(_: int, revision: int, before: str, name: str, live: list[str]) -> Any:
        if not live:
            return no_update, no_update, no_update, no_update
        view = source.view(name)
        tiles = _tiles(source, view, prefix)
        if view.version == revision:
            return tiles, no_update, no_update, no_update
        figure = _convergence(source, view)
        now = parts.sign(figure)
        return tiles, parts.change(figure, Patch()) if now == before else figure, view.version, now

    app.clientside_callback(
        "function (_, revision, settled) {"
        " return revision === settled ? window.dash_clientside.no_update : revision; }",
        Output("study-settled", "data"),
        Input("study-settle", "n_intervals"),
        State("study-revision", "data"),
        State("study-settled", "data"),
        prevent_initial_call=True,
    )


def _choose(app: Any, source: Source) -> None:
    from dash import ALL, Input, Output, State, ctx, no_update

    @app.callback(
        Output("study-choice", "data"),
        Output("study-words-error", "children"),
        Input("study-brush", "data"),
        Input("study-words", "value"),
        Input("study-lanes", "value"),
        State("study-choice", "data"),
        State("study-name", "data"),
        prevent_initial_call=True,
    )  # type: ignore[untyped-decorator]
    def choose(brush: Any, words: str | None, names: list[str] | None, before: Any, name: str) -> Any:
        held = {lane: ranges for lane, ranges in (brush or {}).items() if lane in (*(names or ()), VALUE)}
        choice = {**({"brush": held, "lanes": names or []} if held else {}), **({"words": words} if words else {})}
        error = chosen(source, source.view(name), choice).error
        if error:
            return no_update, error
        return no_update if choice == before else choice, ""

    @app.callback(
        Output("study-chips", "children"),
        Input("study-choice", "data"),
        Input("study-settled", "data"),
        State("study-name", "data"),
    )  # type: ignore[untyped-decorator]
    def chips(choice: Any, _: Any, name: str) -> Any:
        return _chips(source, source.view(name), choice or {})

    @app.callback(
        Output("study-brush", "data", allow_duplicate=True),
        Output("study-words", "value"),
        Output("study-redraw", "data"),
        Input({"part": "study-chip", "lane": ALL}, "n_clicks"),
        State("study-brush", "data"),
        State("study-redraw", "data"),
        prevent_initial_call=True,
    )  # type: ignore[untyped-decorator]
    def clear(_: Any, brush: Any, redraw: int) -> Any:
        chip = ctx.triggered_id
        if not chip or not ctx.triggered[0]["value"]:
            return no_update, no_update, no_update
        if chip["lane"] == "words":
            return no_update, "", no_update
        if chip["lane"] == "all":
            return {}, "", redraw + 1
        return {lane: ranges for lane, ranges in brush.items() if f"lane {lane}" != chip["lane"]}, no_update, redraw + 1


def _chips(source: Source, view: View, choice: Any) -> list[Any]:
    """Return what is chosen, a button each that takes it back."""
    from dash import html

    which = chosen(source, view, choice)
    if which.mask is None:
        return [html.Span(f"All {len(which.rows.loss):,} trials.")]
    found = []
    brush, names = choice.get("brush") or {}, choice.get("lanes") or []
    if brush:
        table, order = lanes(source, view, names, choice.get("words") or ""), [*names, VALUE]
        found += [(f"lane {name}", told(table, ranges, order.index(name))) for name, ranges in brush.items()]
    if choice.get("words"):
        found.append(("words", choice["words"]))
    buttons = [
        html.Button(
            [text, " ✕"], id={"part": "study-chip", "lane": key}, className="chip", **parts.aria(label=f"Remove {text}")
        )
        for key, text in (*found, *([("all", "Choose all")] if len(found) > 1 else []))
    ]
    return [html.Span(f"{which.count:,} of {len(which.rows.loss):,} trials:"), *buttons]


def _convergence(source: Source, view: View) -> Any:
    table = source.table(view, "convergence", lambda: convergence(view.history, view.objective, dots=DOTS))
    return parts.zoomable(drawn.interactive(table, view.objective.label))


def _tiles(source: Source, view: View, prefix: str) -> list[Any]:
    """Return the numbers of the heading."""
    board, study = source.status(), source.study(view.name)
    if board is None or study is None:
        return [parts.tile("state", "…")]
    stand = board.standings[study.name]
    gone = f"{stand.lost} lost" if stand.lost else ""
    return [
        parts.tile("state", state(stand.stand), gone, live=True),
        parts.tile(f"best {study.metric}", *_best(study, prefix), live=True),
        parts.tile("trials", progress(study, stand.share)),
        parts.tile(
            "results a minute", parts.number(study.pace.recent, 3), f"{parts.number(study.pace.overall, 3)} overall"
        ),
        parts.tile("left", parts.duration(study.remaining)),
        parts.tile(
            "workers", f"{stand.workers}", f"{study.counts.running:,} running, {study.counts.waiting:,} waiting"
        ),
        parts.tile("failed", f"{study.counts.failed:,}", ", ".join(f"{n:,} {why}" for why, n in study.reasons.items())),
        parts.tile("last result", parts.ago(study.pace.last, board.now)),
    ]


def _best(study: StudyStatus, prefix: str) -> tuple[str, Any]:
    from dash import dcc

    if study.best is None:
        return "–", ""
    return parts.number(study.value, 6), dcc.Link(
        f"trial {study.best}", href=link(prefix, "study", study.name, "trial", study.best)
    )
