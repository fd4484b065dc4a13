"""The gate before all routes: the token, the size of a request, one line in the log and one count in the metrics."""

import time
from typing import TYPE_CHECKING, Any

from parfocal.server.auth import Guard
from parfocal.server.logs import LOG, level_of
from parfocal.server.metrics import Metrics
from parfocal.storage import wire

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

OPEN = frozenset(("/health", "/docs", "/openapi.json"))
"""Paths that need no token: they say nothing about studies."""
NOTES = "parfocal"
"""Where a route leaves in the scope what the log should say about the request."""
_METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "DELETE"))
_AGAIN = wire.AGAIN.lower().encode()


class Gate:
    """ASGI middleware.

    Parameters
    ----------
    app
        What lies behind.
    guard
        Knows the token.
    metrics
        Counts.
    limit
        Bytes of the largest request.
    open_paths
        Paths that need no token.
    root_path
        The path under which a proxy shows the server, whether or not it takes it away.
    """

    def __init__(
        self,
        app: "ASGIApp",
        *,
        guard: Guard,
        metrics: Metrics,
        limit: int,
        open_paths: frozenset[str] = OPEN,
        root_path: str = "",
    ) -> None:
        self._app, self._guard, self._metrics = app, guard, metrics
        self._limit, self._open, self._root = limit, open_paths, root_path

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """Let a request through, or answer it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begin = time.perf_counter()
        headers: dict[bytes, bytes] = dict(scope["headers"])
        notes: dict[str, Any] = {}
        scope[NOTES] = notes
        status = 500

        async def sent(message: "Message") -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            path = (
                scope["path"].removeprefix(self._root) if scope["path"].startswith(f"{self._root}/") else scope["path"]
            )
            scope.update(root_path=self._root, path=self._root + path)
            if path not in self._open and not self._guard.lets(headers.get(b"authorization")):
                self._metrics.denied()
                await _refuse(sent, 401, "StorageError", "The token is missing or wrong.", b"Bearer")
            elif _length(headers) > self._limit:
                await _refuse(sent, 413, "InvalidInput", self._too_large())
            else:
                await self._app(scope, self._counted(receive), sent)
        finally:
            self._note(scope, headers, notes, status, time.perf_counter() - begin)

    def _too_large(self) -> str:
        size = f"{self._limit / (1 << 20):g} MiB"
        return f"A request may have {size} at most: send less at once (fewer trials in one call)."

    def _counted(self, receive: "Receive") -> "Receive":
        """Return ``receive`` that ends a request which is longer than it had said."""
        from starlette.exceptions import HTTPException

        total = 0

        async def counted() -> "Message":
            nonlocal total
            message = await receive()
            total += len(message.get("body", b""))
            if total > self._limit:
                raise HTTPException(413, self._too_large())
            return message

        return counted

    def _note(self, scope: "Scope", headers: dict[bytes, bytes], notes: Any, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "(none)")
        method = scope["method"] if scope["method"] in _METHODS else "(other)"
        again = _AGAIN in headers
        self._metrics.answered(route, method, status, seconds, again)
        level = level_of(method, route, status)
        if LOG.isEnabledFor(level):
            client = scope.get("client")
            extra = {
                "event": "request",
                "method": scope["method"],
                "route": route,
                "status": status,
                "duration": round(seconds, 6),
                "study": _study(scope),
                "client": client[0] if client else None,
                "again": again or None,
                **notes,
            }
            LOG.log(level, "%s %s %d %.1f ms", scope["method"], route, status, 1e3 * seconds, extra=extra)


def _study(scope: "Scope") -> int | None:
    """Return the id of the study that a path names."""
    text = str(scope.get("path_params", {}).get("study", ""))
    return int(text) if text.isdecimal() and len(text) < 20 else None


def _length(headers: dict[bytes, bytes]) -> int:
    text = headers.get(b"content-length", b"0")
    return int(text) if text.isdigit() else 0


async def _refuse(send: "Send", status: int, kind: str, message: str, challenge: bytes = b"") -> None:
    """Answer without a look at what was sent."""
    body = wire.encode({"error": kind, "message": message})
    headers = [(b"content-type", wire.JSON.encode()), (b"content-length", str(len(body)).encode())]
    headers.append((b"connection", b"close"))  # the rest of the request is not read
    if challenge:
        headers.append((b"www-authenticate", challenge))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
