"""The app: one table of pages, and the frame around them."""

import logging
import re
from contextlib import suppress
from importlib import import_module
from importlib.resources import files
from types import ModuleType
from typing import Any

from parfocal.dashboard import cards, overlays
from parfocal.dashboard.access import Door
from parfocal.dashboard.parts import aria
from parfocal.dashboard.place import Place, link, matched
from parfocal.dashboard.source import Source
from parfocal.errors import ParfocalError, StorageError
from parfocal.extras import require

_LOG = logging.getLogger("parfocal.dashboard")
_SCRIPT = re.compile(r'<script src="[^"]*/_dash-component-suites/([^"]*)"></script>')
_LAZY = ("dash_table/", "async-mathjax", "async-markdown", "async-highlight", "async-datepicker", "async-slider")
"""Scripts that the browser is not told of at first; one that a page needs after all it asks for by itself."""


def pages() -> tuple[ModuleType, ...]:
    """Return the pages: each has ``PATH``, ``layout(source, place) -> Component`` and ``register(app, source)``."""
    from parfocal.dashboard.pages import compare, gallery, studies, study, trial

    return studies, study, trial, gallery, compare


def make_app(
    storage_url: str, *, token: str, prefix: str = "/", edit: bool = False, hosts: tuple[str, ...] = ()
) -> Any:
    """Return the Dash app of a storage; ``app.server`` is its WSGI application.

    Parameters
    ----------
    storage_url
        A file or url, as :func:`~parfocal.storage.open_storage` takes it.
    token
        Who comes has to show it: see :class:`~parfocal.dashboard.access.Door`.
    prefix
        Path under which a proxy shows the dashboard, with a slash at both ends; it may take it away or leave it.
    edit
        Whether pages may write: tags, for example.
    hosts
        More names under which the server may be called.

    Raises
    ------
    MissingPackage
        If Dash is not installed.
    """
    require("dash", "dashboard")
    with suppress(ImportError):  # plotly takes it as it is, and a second thread would find half of it
        import_module("pandas")
    from dash import Dash
    from flask import Flask

    door, source = Door(token, prefix, hosts), Source(storage_url, edit=edit)
    server: Any = Flask("parfocal.dashboard")
    server.extensions["parfocal"] = source
    server.wsgi_app = _without(prefix, server.wsgi_app)
    door.guard(server)

    app: Any = Dash(
        "parfocal.dashboard",
        server=server,
        assets_folder=str(files("parfocal.dashboard").joinpath("look")),
        requests_pathname_prefix=prefix,
        routes_pathname_prefix="/",
        serve_locally=True,
        suppress_callback_exceptions=True,
        title="parfocal",
        update_title="",
        add_log_handler=False,
        eager_loading=True,  # the figures' library is read by the browser while the server reads the study
        on_error=_unseen,
    )
    app.interpolate_index = _lean(app.interpolate_index)
    app.layout = _frame(prefix)
    for part in (overlays, cards, *pages()):
        part.register(app, source)
    _route(app, source, prefix)
    door.allow_scripts(app.csp_hashes())
    return app


def _lean(index: Any) -> Any:
    """Return what writes the page without the scripts of components that no page has, half of all."""
    return lambda **parts: index(**{**parts, "scripts": _SCRIPT.sub(_needed, parts["scripts"])})


def _needed(script: re.Match[str]) -> str:
    return "" if any(name in script[1] for name in _LAZY) else script[0]


def _unseen(error: Exception) -> Any:
    """Let a page stay as it is where a callback could not read: the banner says why."""
    from dash import no_update

    if not isinstance(error, ParfocalError):
        _LOG.error("A callback of the dashboard failed", exc_info=error)
    return no_update


def _without(prefix: str, inner: Any) -> Any:
    """Return a WSGI application that takes the prefix away where the proxy has left it."""

    def application(environ: dict[str, Any], start_response: Any) -> Any:
        path = environ.get("PATH_INFO", "")
        if prefix != "/" and path.startswith(prefix):
            environ["PATH_INFO"] = path[len(prefix) - 1 :]
        return inner(environ, start_response)

    return application


def _frame(prefix: str) -> Any:
    """Return what is around every page."""
    from dash import dcc, html

    live = dcc.Checklist([{"label": "live", "value": "live"}], ["live"], id="live", className="live")
    return html.Div(
        [
            dcc.Location(id="location"),
            dcc.Interval(id="tick", interval=2000),
            dcc.Interval(id="retry", interval=2000, disabled=True),
            dcc.Store(id="width"),
            dcc.Store(id="title"),
            html.A("Skip to the content", href="#page", className="skip"),
            html.Header(
                [
                    dcc.Link("parfocal", href=prefix, className="brand"),
                    html.Nav(id="crumbs", **aria(label="Place")),
                    live,
                ]
            ),
            html.Div(id="banner", role="status", **aria(live="polite")),
            html.Main(id="page", tabIndex="-1"),
        ]
    )


def _route(app: Any, source: Source, prefix: str) -> None:
    """Show the page of the address, and say where the database is away."""
    from dash import ClientsideFunction, Input, Output, State, html, no_update

    table = pages()

    @app.callback(
        Output("page", "children"),
        Output("crumbs", "children"),
        Output("retry", "disabled"),
        Input("location", "pathname"),
        Input("location", "search"),
        Input("retry", "n_intervals"),
    )  # type: ignore[untyped-decorator]
    def show(path: str | None, search: str | None, _: int | None) -> Any:
        for page in table:
            place = matched(page.PATH, prefix, path or prefix, search or "")
            if place is not None:
                try:
                    return page.layout(source, place), _crumbs(table, place), True
                except StorageError as error:  # it is tried again
                    return html.P(str(error), className="notice"), _crumbs(table, place), False
                except ParfocalError as error:
                    return html.P(str(error), className="notice"), [], True
        return html.P("There is no such page here.", className="notice"), [], True

    @app.callback(Output("banner", "children"), Input("tick", "n_intervals"), State("banner", "children"))  # type: ignore[untyped-decorator]
    def tell(_: int | None, before: Any) -> Any:
        source.status()
        away = "The database is away; what you see is what was known last."
        text = f"{away} {source.trouble}" if source.trouble else None
        return no_update if text == before else text

    app.clientside_callback(ClientsideFunction("parfocal", "title"), Output("title", "data"), Input("page", "children"))


def _crumbs(table: tuple[ModuleType, ...], place: Place) -> list[Any]:
    """Return links to the study of a page, and to the pages that have a ``LABEL``."""
    from dash import dcc

    prefix = place.prefix
    links = [dcc.Link("Studies", href=prefix)]
    if "study" in place.parts:
        links.append(dcc.Link(place.study or "(without a name)", href=link(prefix, "study", place.study)))
    for page in table:
        path = page.PATH.strip("/").split("/")
        wanted = [part[1:-1] for part in path if part.startswith("<")]
        if hasattr(page, "LABEL") and set(wanted) <= place.parts.keys():
            parts = [place.parts[part[1:-1]] if part.startswith("<") else part for part in path]
            links.append(dcc.Link(page.LABEL, href=link(prefix, *parts)))
    return links
