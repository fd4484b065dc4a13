"""Calls over HTTP that survive an outage: addresses, the token, connections, retries, errors in plain words."""

import functools
import ipaddress
import json
import logging
import os
import random
import secrets
import ssl
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from parfocal.errors import InvalidInput, SchemaVersionError, StorageError, StorageUnavailable
from parfocal.extras import require
from parfocal.storage import wire
from parfocal.storage.base import never
from parfocal.storage.patience import Patience, in_background

if TYPE_CHECKING:
    import httpx

TOKEN = "PARFOCAL_TOKEN"
"""Environment variable with the token."""
INSECURE = "PARFOCAL_INSECURE_HTTP"
"""Environment variable that allows a token to go over a network unencrypted, with the value 1."""
_AWAY = (502, 503, 504)  # what a proxy says while the server behind it is away, and the server while its database is
_LOG = logging.getLogger("parfocal.storage")
_PAUSES = (0.05, 3.0)  # s, first and longest pause between two attempts
_FIRST = 15.0  # s, for the first answer of all
_CONNECT, _ANSWER = 5.0, 60.0  # s; a call that takes longer is sent again, and the server knows it by its id
_SMALLEST_TOKEN = 16


def checked(url: str) -> str:
    """Return the address of a server without a slash at its end, or raise one sentence."""
    scheme, _, rest = url.partition("://")
    if "@" in rest:  # looked for in the text: a password with a slash or a # in it is none to `urlsplit`
        raise StorageError(
            f"The address of a server holds no user or password: write '{scheme}://{rest.rpartition('@')[2]}', "
            f"and put the server's token into the environment ({TOKEN})."
        )
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise StorageError(f"'{url}' is no address of a server: {error}.") from None
    if parts.scheme not in ("http", "https") or not host or parts.query or parts.fragment:
        raise StorageError(f"A server's address looks like 'https://HOST:PORT' or 'https://HOST/PATH'; got '{url}'.")
    if parts.scheme == "http" and not is_loopback(host) and os.environ.get(INSECURE) != "1":
        raise StorageError(
            f"'{url}' would send the token over the network unencrypted: use https (docs/server.md shows a proxy that "
            f"does it), or an SSH tunnel to 127.0.0.1; on a network that you trust set {INSECURE}=1."
        )
    return url.rstrip("/")


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, and what is sent to it stays on it."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def checked_token(token: str | None, where: str) -> str:
    """Return a token, or raise one sentence that does not show it."""
    token = (token or "").strip()
    if not token:
        raise StorageError(f"{where} needs a token: set {TOKEN} to what `parfocal serve` printed, or was given.")
    if len(token) < _SMALLEST_TOKEN or not token.isascii() or not token.isprintable() or " " in token:
        raise StorageError(
            f"A token is printable ASCII without spaces, of at least {_SMALLEST_TOKEN} characters; that for {where} is "
            "not: make one with  python -c 'import secrets; print(secrets.token_urlsafe(32))'."
        )
    return token


class Caller:
    """Sends calls to one server, from any thread and on both sides of a fork.

    Parameters
    ----------
    url
        The server's address.
    token
        Its token; None takes it from the environment.
    patience
        Seconds to wait for a server that has stopped to answer, from the beginning of the outage.

    Raises
    ------
    StorageError
        If the server cannot be reached now, or is none of parfocal's.
    """

    def __init__(self, url: str, token: str | None, patience: float) -> None:
        require("httpx", "serve")
        self.url = checked(url)
        self._headers = {
            "Authorization": f"Bearer {checked_token(token or os.environ.get(TOKEN), self.url)}",
            "User-Agent": "parfocal",
        }
        self.patience = Patience(patience)
        self._clients: dict[int, httpx.Client] = {}
        self._away: float | None = None  # since when the server does not answer
        self._told = False  # whether the outage was logged
        try:
            self._greet()
        except BaseException:
            self.close()
            raise

    def __repr__(self) -> str:
        return f"Caller({self.url!r})"

    def _greet(self) -> None:
        """Ask what the server is, once and without patience: a mistyped address is told at once."""
        import httpx

        try:
            response = self._client().get(f"{self.url}{wire.PREFIX}/server")
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise StorageError(
                f"The server {self.url} cannot be reached ({_cause(error)}): is the address right, and does "
                "`parfocal serve` run there?"
            ) from error
        content = self._content(response) if response.status_code == 200 else self._refused(response)
        if not isinstance(content, Mapping) or content.get("server") != "parfocal":
            raise StorageError(f"What answers at {self.url} is no parfocal server: check the address and its path.")
        if content.get("api") != wire.API:
            raise SchemaVersionError(
                f"The server {self.url} (parfocal {content.get('version')}) speaks version {content.get('api')} of the "
                f"protocol, this parfocal version {wire.API}: install the same version at both ends."
            )

    # ------------------------------------------------------------ calls

    def get(self, path: str, *, until: Callable[[], bool] = never, wait: float = 0.0, **parameters: Any) -> Any:
        """Return the answer to a question; ``wait`` is how long the server may think, ``until`` True gives up."""
        given = {name: value for name, value in parameters.items() if value is not None}
        return self.call("GET", path, given, None, until, wait)

    def post(self, path: str, content: Mapping[str, Any] | None = None) -> Any:
        """Return the answer to a call that changes something."""
        return self.call("POST", path, {}, content or {})

    def call(
        self,
        method: str,
        path: str,
        parameters: Mapping[str, Any],
        content: Mapping[str, Any] | None,
        until: Callable[[], bool] = never,
        wait: float = 0.0,
    ) -> Any:
        """Send one call until it is answered.

        All attempts carry one id, so that the server does what is asked for only once, however often it hears it.

        Raises
        ------
        StorageUnavailable
            If the server does not answer for longer than the patience.
        """
        import httpx

        headers = {wire.REQUEST_ID: secrets.token_hex(16)}
        body = None
        if content is not None:
            body, headers["Content-Type"] = wire.encode(content), wire.JSON
        timeout = httpx.Timeout(min(_ANSWER, max(self.patience.seconds, 1.0)) + wait, connect=_CONNECT)
        attempt = 0
        while True:
            try:
                send = functools.partial(
                    self._client().request, method, self.url + wire.PREFIX + path, params=parameters, content=body,
                    headers=headers, timeout=timeout,
                )  # fmt: skip
                response = send() if wait else self._hasty(send)  # who waits long does so in the background already
                if response.status_code not in _AWAY:
                    self._away = None
                    if self._told:
                        self._told = False
                        _LOG.warning("The server %s answers again.", self.url)
                    return self._content(response) if response.status_code == 200 else self._refused(response)
                error: Exception | None = None
                reason = self._said(response)
            except (httpx.HTTPError, OSError, RuntimeError) as failure:
                # RuntimeError: another thread has closed the storage in between; it opens again
                error, reason = failure, _cause(failure)
                if isinstance(failure, RuntimeError) and "closed" not in str(failure):
                    raise
            if not isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
                headers[wire.AGAIN] = "1"  # it may have arrived
            self._pause(attempt, error, reason, until)
            attempt += 1

    def _hasty(self, send: "Callable[[], httpx.Response]") -> "httpx.Response":
        """Return the answer; a hurry does not wait for it."""
        import httpx

        begin = time.monotonic()
        response = in_background(lambda _: send(), lambda: self.patience.overdue(begin))
        if response is None:
            raise httpx.ReadTimeout("no answer in time")
        return response

    def _pause(self, attempt: int, error: Exception | None, reason: str, until: Callable[[], bool]) -> None:
        """Sleep before the next attempt, or raise."""
        now = time.monotonic()
        if self._away is None:
            self._away = now
        impatient = self.patience.ended or until() or _hopeless(error)
        if impatient or now - self._away > self.patience.seconds:
            raise StorageUnavailable(
                f"The server {self.url} has not answered for {now - self._away:.0f} s ({reason}): is it running? "
                "What was stored is safe; start it again, then go on."
            ) from error
        if attempt and not self._told:
            self._told = True
            _LOG.warning("The server %s does not answer (%s); waiting for it.", self.url, reason)
        if attempt:  # the first time at once: a connection that was idle for long is often closed by the other end
            pause = min(_PAUSES[1], _PAUSES[0] * 2.0 ** min(attempt, 10)) * random.uniform(0.5, 1.0)
            self.patience.pause(pause, self._away)

    # ------------------------------------------------------------ connections

    def _client(self) -> "httpx.Client":
        """Return this process's client; a connection must never cross a fork, and neither must a lock."""
        pid = os.getpid()
        client = self._clients.get(pid)
        if client is None or client.is_closed:
            client = self._clients[pid] = self._connect()
        return client

    def _connect(self) -> "httpx.Client":
        import httpx

        here = is_loopback(urlsplit(self.url).hostname or "")
        more = {"Accept-Encoding": "identity"} if here else {}  # to compress costs more than to copy
        return httpx.Client(
            headers={**self._headers, **more},
            timeout=httpx.Timeout(_ANSWER, connect=_CONNECT),
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=8, keepalive_expiry=60.0),
            mounts={"http://": None, "https://": None} if here else None,  # a site's proxy is no way to this machine
        )

    def close(self) -> None:
        """Close this process's connections; they are opened again when they are needed."""
        client = self._clients.pop(os.getpid(), None)
        if client is not None:
            client.close()

    # ------------------------------------------------------------ answers

    def _content(self, response: "httpx.Response") -> Any:
        kind = response.headers.get("content-type", "").partition(";")[0]
        try:
            if kind == wire.NPZ:
                return wire.columns_in(response.content)
            if kind == wire.JSON:
                return json.loads(response.content)
        except ValueError:
            pass
        raise StorageError(f"What answers at {self.url} is no parfocal server: it sent '{kind or 'nothing'}'.")

    def _said(self, response: "httpx.Response") -> str:
        try:
            error = wire.error_in(json.loads(response.content))
        except ValueError:
            error = None
        return f"status {response.status_code}" if error is None else str(error)

    def _refused(self, response: "httpx.Response") -> Any:
        """Raise what the server said."""
        status = response.status_code
        try:
            error = wire.error_in(json.loads(response.content))
        except ValueError:
            error = None
        if status == 401:
            raise StorageError(f"The server {self.url} refuses the token: set {TOKEN} to that of the server.")
        if error is not None:
            raise error
        if 300 <= status < 400:
            to = response.headers.get("location", "another address").partition(wire.PREFIX)[0]
            raise StorageError(f"The server {self.url} sends elsewhere, to {to}: use that address.")
        if status == 413:
            raise InvalidInput(f"A proxy before {self.url} refuses so much at once: raise its limit of a request.")
        if status == 404:
            raise StorageError(f"What answers at {self.url} is no parfocal server: check the address and its path.")
        raise StorageError(f"The server {self.url} answers with status {status}: its log says why.")


def _hopeless(error: Exception | None) -> bool:
    """Whether no patience helps."""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error = error.__cause__ or error.__context__  # type: ignore[assignment]
    return False


def _cause(error: BaseException) -> str:
    """Return the innermost reason of an error of the network."""
    inner: BaseException | None = error
    while inner is not None and not (isinstance(inner, OSError) and inner.strerror):
        inner = inner.__cause__ or inner.__context__
    text = getattr(inner, "strerror", None) or str(error) or type(error).__name__
    return str(text).rstrip(".")


__all__ = ["INSECURE", "TOKEN", "Caller", "checked", "checked_token", "is_loopback"]
