"""Why evaluations failed, and what they said."""

from typing import Any

from parfocal.analysis import Failure, Run, failures
from parfocal.dashboard import parts
from parfocal.dashboard.place import link
from parfocal.dashboard.sections import Shown, follow, place
from parfocal.dashboard.source import Source, View

ID = "study-failures"
HEAD = ("Reason", "Trials", "Share", "Most frequent message", "Example")
_READ = 100  # failed trials of each reason


def body(source: Source, view: View) -> list[Any]:
    """Return the place of the table."""
    return place(ID)


def register(app: Any, source: Source) -> None:
    """Add the callbacks."""
    prefix = app.config.requests_pathname_prefix

    def build(view: View, choice: Any) -> Shown:
        run = Run(view.history, trials=lambda start, stop: source.trials(view, start, stop))
        return Shown(content=_drawn(view, source.table(view, "failures", lambda: failures([run], read=_READ)), prefix))

    follow(app, source, ID, build, matters=lambda choice: None)


def _drawn(view: View, table: tuple[Failure, ...], prefix: str) -> Any:
    from dash import dcc, html

    if not table:
        return html.P("No evaluation has failed.", className="notice")
    rows = [
        [
            row.reason,
            f"{row.count:,}",
            f"{row.share:.1%}",
            [html.Span(row.message or "–"), _log(row)],
            dcc.Link(f"trial {row.example[1]}", href=link(prefix, "study", view.name, "trial", row.example[1])),
        ]
        for row in table
    ]
    return parts.table(HEAD, rows, f"{sum(row.count for row in table):,} failures by reason", numeric=(1, 2))


def _log(row: Failure) -> Any:
    from dash import html

    return html.Details([html.Summary("log"), html.Pre(row.log)]) if row.log else ""
