"""The dashboard's process: its socket, its threads, its end."""

import signal
import socket
from collections.abc import Callable
from types import FrameType

from parfocal.dashboard.app import make_app
from parfocal.extras import require

_THREADS = 8


def serve(
    storage_url: str,
    listener: socket.socket,
    *,
    token: str,
    prefix: str = "/",
    edit: bool = False,
    hosts: tuple[str, ...] = (),
    started: Callable[[], None] | None = None,
) -> None:
    """Show the studies of a storage until Ctrl-C or SIGTERM; arguments as for :func:`~parfocal.dashboard.make_app`.

    ``listener`` is where it listens; ``started`` is called when browsers can connect.
    """
    for package in ("dash", "waitress"):
        require(package, "dashboard")
    import waitress

    app = make_app(storage_url, token=token, prefix=prefix, edit=edit, hosts=hosts)
    listener.listen(64)
    server = waitress.create_server(app.server, sockets=[listener], threads=_THREADS, ident=None)
    app.server.extensions["parfocal"].warm()
    before = signal.signal(signal.SIGTERM, _end)
    if started is not None:
        started()
    try:
        server.run()
    finally:
        signal.signal(signal.SIGTERM, before)
        app.server.extensions["parfocal"].close()


def _end(number: int, frame: FrameType | None) -> None:
    """End as Ctrl-C does: what is at work is finished, and the storage closed."""
    raise SystemExit(0)
