"""The server process: its socket, its signals, its end in good order."""

import contextlib
import errno
import signal
import socket
from collections.abc import Callable, Iterator
from types import FrameType

from parfocal.errors import InvalidInput
from parfocal.extras import require
from parfocal.storage import Storage

_END = 10  # s, for requests at work when the server is asked to stop
_IDLE = 75  # s, after which an idle connection is closed: later than clients close theirs
_MEANINGS = {
    errno.EADDRINUSE: "is in use by another program: choose another one (--port), or stop that program",
    errno.EADDRNOTAVAIL: "cannot be had: this machine has no such address (--host)",
    errno.EACCES: "may not be used by this user: choose a port above 1023 (--port)",
}


def bind(host: str, port: int) -> socket.socket:
    """Return a listening socket, or raise :class:`InvalidInput` with one sentence."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except (socket.gaierror, UnicodeError) as error:
        raise InvalidInput(f"The host '{host}' is not known ({error}): name an address of this machine.") from None
    listener = socket.socket(family, kind, protocol)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
    except (OSError, OverflowError) as error:
        listener.close()
        meaning = _MEANINGS.get(getattr(error, "errno", None) or 0, f"cannot be used: {error}")
        raise InvalidInput(f"Port {port} at '{host}' {meaning}.") from None
    return listener


def address_of(listener: socket.socket) -> str:
    """Return the url of a listening socket."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def serve(
    storage: Storage,
    token: str,
    listener: socket.socket,
    *,
    open_metrics: bool = False,
    root_path: str = "",
    started: Callable[[], None] | None = None,
) -> None:
    """Serve a storage until SIGTERM or Ctrl-C; then finish what is at work, and close the storage.

    Parameters
    ----------
    storage, token, open_metrics, root_path
        See :func:`~parfocal.server.app.create_app`.
    listener
        Where to listen: see :func:`bind`.
    started
        Called when clients can connect.

    Raises
    ------
    MissingPackage
        If FastAPI or uvicorn are not installed.
    """
    for package in ("fastapi", "uvicorn", "prometheus_client"):
        require(package, "serve")
    import uvicorn

    from parfocal.server.app import create_app

    app = create_app(storage, token, open_metrics=open_metrics, root_path=root_path)

    class Server(uvicorn.Server):
        """Tells those who wait when it is asked to stop, and ends without raising the signal again."""

        @contextlib.contextmanager
        def capture_signals(self) -> Iterator[None]:
            before = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)}
            try:
                yield
            finally:
                for number, handler in before.items():
                    signal.signal(number, handler)

        def handle_exit(self, sig: int, frame: FrameType | None) -> None:
            super().handle_exit(sig, frame)
            app.state.keeper.watches.close()

        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if started is not None:
                started()

    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=_IDLE,
        timeout_graceful_shutdown=_END,
        lifespan="on",
    )
    Server(config).run(sockets=[listener])
