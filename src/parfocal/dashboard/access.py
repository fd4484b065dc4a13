"""Who may come in: a token, the names under which the server may be called, and what a browser may load from where."""

import hashlib
import hmac
import ipaddress
import logging
import socket
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flask import Flask, Response

_LOG = logging.getLogger("parfocal.dashboard")
_YEAR = 365 * 24 * 3600
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
_REFUSED = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    '<title>parfocal</title><p style="font: 1rem system-ui; margin: 3rem auto; max-width: 40rem">{}</p></html>'
)
_NO_TOKEN = (
    "The token is missing or wrong: open the address that <code>parfocal dashboard</code> has printed, with its "
    "<code>?token=</code>."
)


class Door:
    """Checks every request before anything else sees it.

    A request may hold the token once in its address, as ``?token=``: it is answered with a cookie and the same address
    without the token. The cookie holds a digest, so that the token itself is stored nowhere.

    Parameters
    ----------
    token
        The secret.
    prefix
        Path under which a proxy shows the dashboard; cookies are sent there only.
    hosts
        Names under which the server may be called, besides this machine's names and all IP addresses: a page of
        another site that has its name point to 127.0.0.1 is not answered.
    """

    def __init__(self, token: str, prefix: str = "/", hosts: Iterable[str] = ()) -> None:
        self._digest = _digest(token)
        self._secret = hmac.new(token.encode(), b"parfocal dashboard cookie", hashlib.sha256).hexdigest()
        self.cookie = f"parfocal-{hashlib.sha256(self._secret.encode()).hexdigest()[:8]}"  # one a server, not a host
        self._prefix = prefix
        self._hosts = {"localhost", socket.gethostname().lower(), socket.getfqdn().lower(), *map(str.lower, hosts)}
        self.policy = ""

    def __repr__(self) -> str:
        return "Door()"

    def guard(self, server: "Flask") -> None:
        """Stand before all routes of a server; has to be called before any other function that looks at requests."""
        server.before_request(self._before)
        server.after_request(self._after)

    def allow_scripts(self, hashes: Iterable[str]) -> None:
        """Let a browser run scripts of this server and inline ones with these hashes, and load nothing from outside."""
        self.policy = "; ".join(
            (
                "default-src 'none'",
                f"script-src 'self' 'unsafe-eval' {' '.join(hashes)}",  # plotly.js compiles its WebGL drawing
                "style-src 'self' 'unsafe-inline'",  # plotly.js and Dash write styles of elements
                "img-src 'self' data: blob:",
                "font-src 'self' data:",
                "connect-src 'self'",
                "worker-src 'self' blob:",
                "base-uri 'none'",
                "form-action 'none'",
                "frame-ancestors 'self'",
            )
        )

    def knows(self, host: str) -> bool:
        """Whether a ``Host`` header is one of the server's own."""
        name = host.rpartition(":")[0] if host.rpartition(":")[2].isdecimal() else host
        name = name.lower().rstrip(".").removeprefix("[").removesuffix("]")
        return name in self._hosts or _is_address(name)

    def _before(self) -> Any:
        from flask import Response, redirect, request

        if not self.knows(request.headers.get("Host", "")):
            text = "This address is not one of the dashboard's: name its host with <code>--allow-host</code>."
            return Response(_REFUSED.format(text), 403)
        if request.headers.get("Sec-Fetch-Site") == "cross-site" and request.method != "GET":
            return Response(_REFUSED.format("Requests of other sites are refused."), 403)
        given = request.args.get("token")
        if given is not None and request.method == "GET" and hmac.compare_digest(_digest(given), self._digest):
            rest = [(key, value) for key, value in request.args.items(multi=True) if key != "token"]
            answer = redirect(self._address(request.path, rest), 303)
            answer.set_cookie(
                self.cookie,
                self._secret,
                max_age=_YEAR,
                path=self._prefix,
                secure=request.headers.get("X-Forwarded-Proto", request.scheme) == "https",
                httponly=True,
                samesite="Strict",
            )
            return answer
        held = request.cookies.get(self.cookie, "")
        if not hmac.compare_digest(_digest(held), _digest(self._secret)):
            return Response(_REFUSED.format(_NO_TOKEN), 401)
        return None

    def _address(self, path: str, query: list[tuple[str, str]]) -> str:
        """Return an address on this server: never one that another server's name could stand in."""
        from urllib.parse import quote, urlencode

        address = self._prefix + quote(path.lstrip("/"), safe="/~")
        return f"{address}?{urlencode(query)}" if query else address

    def _after(self, response: "Response") -> "Response":
        response.headers.update(_HEADERS)
        response.headers["Content-Security-Policy"] = self.policy
        if response.mimetype in ("text/html", "application/json"):
            response.headers["Cache-Control"] = "no-store"
        return response


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
