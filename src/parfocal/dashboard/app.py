"""The app: one table of pages, and the frame around them."""

from importlib.resources import files
from types import ModuleType
from typing import Any

from parfocal.dashboard.access import Door
from parfocal.dashboard.place import matched
from parfocal.dashboard.source import Source
from parfocal.errors import ParfocalError
from parfocal.extras import require


def pages() -> tuple[ModuleType, ...]:
    """Return the pages: each has ``PATH``, ``layout(source, place) -> Component`` and ``register(app, source)``."""
    from parfocal.dashboard.pages import studies, study

    return studies, study


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
    from dash import Dash
    from flask import Flask

    door, source = Door(token, prefix, hosts), Source(storage_url, edit=edit)
    server: Any = Flask("parfocal.dashboard")
    server.extensions["parfocal"] = source
    server.wsgi_app = _without(prefix, server.wsgi_app)
    door.guard(server)
    app = Dash(
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
    )
    app.layout = _frame(prefix)
    for page in pages():
        page.register(app, source)
    _route(app, source, prefix)
    door.allow_scripts(app.csp_hashes())
    return app


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

    named: dict[str, Any] = {"aria-label": "Place"}
    live: dict[str, Any] = {"aria-live": "polite"}
    return html.Div(
        [
            dcc.Location(id="location"),
            dcc.Interval(id="tick", interval=2000),
            html.A("Skip to the content", href="#page", className="skip"),
            html.Header([dcc.Link("parfocal", href=prefix, className="brand"), html.Nav(id="crumbs", **named)]),
            html.Div(id="banner", role="status", **live),
            html.Main(id="page", tabIndex="-1"),
        ]
    )


def _route(app: Any, source: Source, prefix: str) -> None:
    """Show the page of the address, and say where the database is away."""
    from dash import Input, Output, html

    table = pages()

    @app.callback(Output("page", "children"), Input("location", "pathname"), Input("location", "search"))  # type: ignore[untyped-decorator]
    def show(path: str | None, search: str | None) -> Any:
        for page in table:
            place = matched(page.PATH, prefix, path or prefix, search or "")
            if place is not None:
                try:
                    return page.layout(source, place)
                except ParfocalError as error:
                    return html.P(str(error), className="notice")
        return html.P("There is no such page here.", className="notice")

    @app.callback(Output("banner", "children"), Input("tick", "n_intervals"))  # type: ignore[untyped-decorator]
    def tell(_: int | None) -> Any:
        source.status()
        return (
            html.P(["The database is away; what you see is what was known last. ", source.trouble])
            if source.trouble
            else ""
        )
