"""A real server on 127.0.0.1: in a thread of this process, or in a process of its own."""

import contextlib
import os
import socket
import subprocess
import sys
import threading
import time

import pytest

pytest.importorskip("fastapi", reason="pip install 'parfocal[serve]'")
pytest.importorskip("httpx", reason="pip install 'parfocal[serve]'")

import httpx
import uvicorn

from parfocal.server import create_app
from parfocal.server.run import address_of, bind

TOKEN = "a-token-of-the-tests-0123456789"


@contextlib.contextmanager
def running(storage, **options):
    """Serve a storage from a thread of this process; yield the server's url."""
    app = create_app(storage, TOKEN, **options)
    listener = bind("127.0.0.1", 0)
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, timeout_graceful_shutdown=5))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.01)
        yield address_of(listener)
    finally:
        app.state.keeper.watches.close()
        server.should_exit = True
        thread.join(20)
        assert not thread.is_alive()


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def start(target, port, *options, token=TOKEN):
    """Start `parfocal serve` in a process of its own, and return it when it answers."""
    command = [sys.executable, "-m", "parfocal", "serve", str(target), "--port", str(port), *options]
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PARFOCAL_TOKEN": token, "PYTHONWARNINGS": "error"},
        start_new_session=True,
    )
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(httpx.TransportError):
            httpx.get(f"http://127.0.0.1:{port}/health", trust_env=False)
            return process
        time.sleep(0.05)
    process.kill()
    raise AssertionError(process.communicate())


class Proxy:
    """Passes connections on to a server; drops answers, or everything, when it is told to.

    Attributes
    ----------
    drop
        Called with each request's bytes; True lets the request through and swallows its answer.
    """

    def __init__(self, port):
        self._target = ("127.0.0.1", port)
        self.drop = lambda request: False
        self.dropped = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._open = True
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._open = False
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self):
        while self._open:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._pass, args=(client,), daemon=True).start()

    def _pass(self, client):
        with client, contextlib.suppress(OSError), socket.create_connection(self._target) as server:
            while True:
                request = _message(client)
                if not request:
                    return
                drop = self.drop(request)
                server.sendall(request)
                answer = _message(server)
                if not answer:
                    return
                if drop:
                    self.dropped += 1
                    return
                client.sendall(answer)


def _message(stream):
    """Return one HTTP message with a Content-Length, or nothing."""
    data = b""
    while b"\r\n\r\n" not in data:
        part = stream.recv(65536)
        if not part:
            return b""
        data += part
    head, _, body = data.partition(b"\r\n\r\n")
    length = next(
        (int(v) for k, _, v in (x.partition(b":") for x in head.lower().split(b"\r\n")) if k == b"content-length"), 0
    )
    while len(body) < length:
        part = stream.recv(65536)
        if not part:
            return b""
        data += part
        body += part
    return data
