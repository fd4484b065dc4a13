"""The server of studies: a storage over HTTP, for workers that cannot reach its database.

``parfocal serve`` starts it; :class:`~parfocal.storage.http.HttpStorage` is its client.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from parfocal.server.app import create_app
    from parfocal.server.run import serve

__all__ = ["create_app", "serve"]


def __getattr__(name: str) -> Any:
    """Import the server, and FastAPI with it, when it is asked for."""
    if name == "create_app":
        from parfocal.server.app import create_app

        return create_app
    if name == "serve":
        from parfocal.server.run import serve

        return serve
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
