"""The ways to a dashboard: behind a proxy with a prefix, and of a database that goes away and comes back."""

import http.server
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest

from parfocal.errors import StorageError
from parfocal.testing.postgres import PostgresServer, programs

from .conftest import Look, Served, add, fill
from .test_pages import NUCLEI, text, wait_for

PREFIX = "/user/me/proxy/8050/"


class Proxy(http.server.BaseHTTPRequestHandler):
    """A small reverse proxy, as JupyterHub's: it shows a server under a prefix, with or without taking that away."""

    target: ClassVar[str] = ""
    strip: ClassVar[bool] = True

    def answer(self) -> None:
        if not self.path.startswith(PREFIX):
            self.send_error(404)
            return
        path = "/" + self.path.removeprefix(PREFIX) if self.strip else self.path
        length = int(self.headers.get("Content-Length") or 0)
        request = urllib.request.Request(
            self.target + path, self.rfile.read(length) if length else None, method=self.command
        )
        for name, value in self.headers.items():
            if name.lower() not in ("connection", "content-length", "accept-encoding"):
                request.add_header(name, value)
        try:
            reply: Any = opener.open(request)
        except urllib.error.HTTPError as error:
            reply = error
        body = reply.read()
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            if name.lower() not in ("connection", "transfer-encoding", "content-length", "server", "date"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = answer

    def log_message(self, *_: object) -> None:
        pass


class Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


opener = urllib.request.build_opener(Stay)


@pytest.fixture
def proxy() -> Iterator[Callable[[str, bool], str]]:
    servers = []

    def start(target: str, strip: bool) -> str:
        handler = type("Handler", (Proxy,), {"target": target.rstrip("/"), "strip": strip})
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("strip", [True, False])
def test_behind_a_proxy_with_a_prefix(
    finished: Path,
    serve: Callable[..., Served],
    look: Callable[..., Look],
    proxy: Callable[[str, bool], str],
    strip: bool,
) -> None:
    served, seen = serve(finished, "--prefix", PREFIX), look()
    front = proxy(served.base.removesuffix(PREFIX), strip)
    page = seen.open(f"{front}{PREFIX}?token={served.token}", drawn=False)
    page.get_by_role("link", name="nuclei/day 1").click()
    page.wait_for_selector("#study-convergence .main-svg")
    page.wait_for_selector("#study-trials table")
    assert page.url == f"{front}{PREFIX}{NUCLEI}"
    assert all(url.startswith((f"{front}{PREFIX}", "data:", "blob:")) for url in seen.requests)
    assert seen.context.cookies()[0]["path"] == PREFIX


@pytest.mark.slow
@pytest.mark.skipif(programs() is None, reason="no PostgreSQL is installed")
def test_a_database_that_goes_away_and_comes_back(serve: Callable[..., Served], look: Callable[..., Look]) -> None:
    pytest.importorskip("psycopg", reason="needs the extra 'postgres'")
    try:
        server = PostgresServer().__enter__()
    except StorageError as error:
        pytest.skip(str(error))
    try:
        study = fill(server.url, 30, "live", budget=60)
        served, seen = serve(server.url), look()
        page = seen.open(served.to("study/live"))
        assert "30 of 60" in text(page, "#study-tiles")
        study.storage.close()
        server.stop()
        wait_for(lambda: "The database is away" in text(page, "#banner"), 40)
        assert "30 of 60" in text(page, "#study-tiles")
        assert page.locator("#study-convergence .main-svg").count()
        other = seen.context.new_page()  # opened while it is away: what is known is shown
        other.goto(f"{served.base}study/live")
        other.wait_for_selector("#study-convergence .main-svg")
        server.start()
        wait_for(lambda: text(page, "#banner") == "", 40)
        add(study, 10, 1)
        wait_for(lambda: "40 of 60" in text(page, "#study-tiles"), 40)
        study.storage.close()
        time.sleep(0.1)
        served.stop()
    finally:
        server.__exit__(None, None, None)


@pytest.mark.slow
@pytest.mark.skipif(programs() is None, reason="no PostgreSQL is installed")
def test_a_database_that_is_away_at_first(serve: Callable[..., Served], look: Callable[..., Look]) -> None:
    pytest.importorskip("psycopg", reason="needs the extra 'postgres'")
    try:
        server = PostgresServer().__enter__()
    except StorageError as error:
        pytest.skip(str(error))
    try:
        fill(server.url, 10, "live").storage.close()
        server.stop()
        served, seen = serve(server.url), look()
        page = seen.open(served.to("study/live"), drawn=False)
        page.wait_for_selector("#page .notice")
        server.start()
        page.wait_for_selector("#study-convergence .main-svg", timeout=40_000)
        served.stop()
    finally:
        server.__exit__(None, None, None)
