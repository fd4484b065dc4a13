"""The list of studies, the one that has changed last first."""

import math
from typing import Any

from parfocal.dashboard import parts
from parfocal.dashboard.place import Place, link
from parfocal.dashboard.source import Source
from parfocal.dashboard.watch import Board
from parfocal.operations.status import StudyStatus

PATH = "/"
HEAD = ("Study", "State", "Best", "Progress", "Workers", "Failed", "Changed")


def layout(source: Source, place: Place) -> Any:
    """Return the page."""
    from dash import dcc, html

    return html.Div(
        [
            html.H1("Studies"),
            html.Div(_content(source.status(), place.prefix), id="studies-list"),
            dcc.Interval(id="studies-tick", interval=2000),
        ]
    )


def register(app: Any, source: Source) -> None:
    """Add the callbacks."""
    from dash import Input, Output, State, no_update

    prefix = app.config.requests_pathname_prefix

    @app.callback(
        Output("studies-list", "children"),
        Input("studies-tick", "n_intervals"),
        State("live", "value"),
        prevent_initial_call=True,
    )  # type: ignore[untyped-decorator]
    def follow(_: int, live: list[str]) -> Any:
        return _content(source.status(), prefix) if live else no_update


def _content(board: Board | None, prefix: str) -> Any:
    from dash import html

    if board is None:
        return html.P("The studies cannot be read now.", className="notice")
    if not board.studies:
        return html.P("No study yet: a search starts with  parfocal run.", className="notice")
    rows = [_row(board, study, prefix) for study in board.studies]
    return parts.table(
        HEAD, rows, f"{parts.counted(len(rows), 'study').replace('studys', 'studies')} in {board.url}", numeric=(4, 5)
    )


def _row(board: Board, study: StudyStatus, prefix: str) -> list[Any]:
    from dash import dcc, html

    stand = board.standings[study.name]
    best = "…" if study.name in board.reading else parts.number(study.value)
    last = board.created[study.name] if math.isnan(study.pace.last) else study.pace.last
    return [
        dcc.Link(study.name or "(without a name)", href=link(prefix, "study", study.name)),
        state(stand.stand),
        [html.B(best), html.Span(f" {study.metric}", className="note")],
        progress(study, stand.share),
        f"{stand.workers}" + (f" ({stand.lost} lost)" if stand.lost else ""),
        f"{study.counts.failed:,}",
        html.Span(parts.ago(last, board.now), title=parts.date(last)),
    ]


def state(word: str) -> Any:
    """Return how a study is, as a word with a mark."""
    from dash import html

    return html.Span(word, className=f"state {word}")


def progress(study: StudyStatus, share: float) -> Any:
    """Return how much of the budget is spent."""
    from dash import html

    if study.budget is None:
        return f"{study.spent:,} trials"
    text = f"{study.spent:,} of {study.budget:,}"
    bar = html.Progress(value=str(round(share, 4)), max="1", **parts.aria(label=f"{text} trials"))
    return html.Span([bar, html.Span(text, className="note")], className="progress")
