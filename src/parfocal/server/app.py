"""The application: routes behind the gate, errors as JSON, health, metrics, and the document of all that."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from starlette.exceptions import HTTPException

from parfocal import __version__
from parfocal.errors import ParfocalError, StorageError, StorageUnavailable
from parfocal.server import models
from parfocal.server.auth import Guard
from parfocal.server.calls import status_of
from parfocal.server.gate import NOTES, OPEN, Gate
from parfocal.server.keeper import Keeper, of_database
from parfocal.server.logs import LOG
from parfocal.server.routes import router
from parfocal.storage import Storage, wire

LIMIT = 64 << 20
"""Bytes of the largest request."""
_TEXT = "text/plain; version=0.0.4; charset=utf-8"
_DESCRIPTION = """
Hands out the trials of studies to workers and takes their results, for workers that cannot reach the database.

Every call but `/health` needs the header `Authorization: Bearer TOKEN`. Times are in seconds; moments are seconds since
1970 (UTC) by the storage's clock. A number that is not finite is `null` (NaN), `"inf"` or `"-inf"`.

A call that changes something carries `X-Parfocal-Request`, a new random text. Whoever has heard no answer sends the
same call with the same text and `X-Parfocal-Again: 1`: it is done once, and answered as the first time.
"""
_TAGS = {
    "server": "What answers here.",
    "studies": "Searches, by name.",
    "queue": "Trials on their way to workers and back.",
    "asking": "Who adds new trials, and how many may finish.",
    "reading": "What is stored.",
    "waiting": "Sleeping until something happens.",
    "tags": "Words that people put on trials.",
    "workers": "Who works.",
}


def create_app(
    storage: Storage, token: str, *, open_metrics: bool = False, root_path: str = "", limit: int = LIMIT
) -> FastAPI:
    """Return the ASGI application that serves a storage.

    Parameters
    ----------
    storage
        Where the studies are; it is closed with the application.
    token
        What every call but ``/health`` has to show.
    open_metrics
        Whether ``/metrics`` needs no token.
    root_path
        The path under which a proxy shows the server.
    limit
        Bytes of the largest request.
    """
    keeper = Keeper(storage)

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        yield
        keeper.close()

    app = FastAPI(
        title="parfocal",
        version=__version__,
        summary="Studies and their queues of trials over HTTP.",
        description=_DESCRIPTION,
        openapi_tags=[{"name": name, "description": text} for name, text in _TAGS.items()],
        license_info={"name": "BSD-3-Clause", "identifier": "BSD-3-Clause"},
        lifespan=life,
        redoc_url=None,
        swagger_ui_oauth2_redirect_url=None,
    )
    app.state.keeper = keeper
    app.include_router(router)
    _add_health(app, keeper)
    _add_errors(app, keeper)
    paths = OPEN | {"/metrics"} if open_metrics else OPEN
    at = root_path.rstrip("/")
    app.add_middleware(Gate, guard=Guard(token), metrics=keeper.metrics, limit=limit, open_paths=paths, root_path=at)
    app.openapi = lambda: _document(app, paths, at)  # type: ignore[method-assign]
    return app


def _add_health(app: FastAPI, keeper: Keeper) -> None:
    @app.get("/health", tags=["server"], response_model=models.Health, responses={503: {"model": models.Health}})
    async def health() -> Response:
        """Say whether the database can be read."""
        try:
            await keeper.read(lambda storage: storage.workers())
        except StorageError:
            return Response(wire.encode({"status": "database"}), 503, media_type=wire.JSON)
        return Response(wire.encode({"status": "ok"}), media_type=wire.JSON)

    @app.get(
        "/metrics",
        tags=["server"],
        response_class=Response,
        responses={200: {"description": "Prometheus' text format.", "content": {"text/plain": {}}}},
    )
    async def metrics() -> Response:
        """Return numbers for Prometheus."""
        return Response(await keeper.read(lambda _: keeper.metrics.text()), headers={"Content-Type": _TEXT})


def _add_errors(app: FastAPI, keeper: Keeper) -> None:
    def answer(request: Request, status: int, error: ParfocalError) -> Response:
        content = wire.error_out(error)
        request.scope[NOTES]["error"] = content["error"]
        return Response(wire.encode(content), status, media_type=wire.JSON)

    # each is called with the errors that it is entered for below; the framework's type is the general one

    async def refused(request: Request, error: Exception) -> Response:
        error = cast(ParfocalError, error)
        if of_database(error) or isinstance(error, StorageUnavailable):
            keeper.metrics.failed(error)
            LOG.error("%s", error, extra={"event": "database"})
        return answer(request, status_of(error), error)

    async def wrong(request: Request, error: Exception) -> Response:
        return answer(request, 422, wire.ERRORS["InvalidInput"](_sentence(cast(RequestValidationError, error))))

    async def http(request: Request, error: Exception) -> Response:
        error = cast(HTTPException, error)
        if error.status_code == 413:
            return answer(request, 413, wire.ERRORS["InvalidInput"](error.detail))
        return Response(wire.encode({"detail": error.detail}), error.status_code, error.headers, wire.JSON)

    async def bug(request: Request, error: Exception) -> Response:
        # the traceback goes to the log of the ASGI server: the error is raised again behind this answer
        return answer(request, 500, StorageError("The server has failed at this call: its log says how."))

    app.add_exception_handler(ParfocalError, refused)
    app.add_exception_handler(RequestValidationError, wrong)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(Exception, bug)


def _sentence(error: RequestValidationError) -> str:
    """Return the first thing that is wrong with a request."""
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"] if part != "body") or "the request"
    if first["type"] == "json_invalid":
        return "The request is no JSON."
    given = repr(first.get("input"))
    given = given if len(given) <= 60 else f"{given[:57]}..."
    return f"The request is wrong at '{place}': {first['msg']}; got {given}."


def _document(app: FastAPI, open_paths: frozenset[str], root_path: str) -> dict[str, Any]:
    """Return the OpenAPI document, with the token that the gate wants and the headers of calls that change."""
    if app.openapi_schema is not None:
        return app.openapi_schema
    document = get_openapi(
        title=app.title,
        version=app.version,
        summary=app.summary,
        description=app.description,
        routes=app.routes,
        tags=app.openapi_tags,
        license_info=app.license_info,
        servers=[{"url": root_path}] if root_path else None,
    )
    scheme = {"type": "http", "scheme": "bearer", "description": "The token of `parfocal serve`."}
    document["components"]["securitySchemes"] = {"token": scheme}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if path not in open_paths:
                operation["security"] = [{"token": []}]
            if method != "get":
                operation.setdefault("parameters", []).extend(_HEADERS)
    app.openapi_schema = document
    return document


_HEADERS = [
    {
        "name": wire.REQUEST_ID,
        "in": "header",
        "required": False,
        "schema": {"type": "string", "maxLength": 64},
        "description": "A new random text for each call, and the same one when it is sent again.",
    },
    {
        "name": wire.AGAIN,
        "in": "header",
        "required": False,
        "schema": {"type": "string", "enum": ["1"]},
        "description": "The call was sent before, and its answer was lost.",
    },
]
