"""A connection to PostgreSQL that does not wait for ever: a server that says nothing for too long counts as away.

Only this end can tell: while the server's host acknowledges what is sent, no timeout of TCP or of the server itself
ends the wait for a process that stands still (a stalled disk, a machine that is being moved).
"""

import time
from collections.abc import Generator
from typing import Any

import psycopg

from parfocal.storage.patience import Patience, in_background

_CONNECT = 10  # s, for a connection to each address
_LEAST = 10.0  # s, that a statement may take however short the patience is
_DEAD = 60  # s, after which a host that acknowledges nothing is dead


class Connection(psycopg.Connection[Any]):
    """Gives up where the server says nothing for longer than the patience, or than a hurry allows."""

    patience: Patience

    def wait(self, gen: Any, *arguments: Any, **named: Any) -> Any:  # as the installed psycopg has them
        """See :meth:`psycopg.Connection.wait`."""
        return super().wait(self._watched(gen), *arguments, **named)

    def _watched(self, talk: Generator[Any, Any, Any]) -> Generator[Any, Any, Any]:
        """Pass a talk with the server on; psycopg asks ten times a second, also while nothing comes."""
        begin, longest = time.monotonic(), max(_LEAST, self.patience.seconds)
        try:
            wish = next(talk)
            while True:
                ready = yield wish
                if ready:
                    begin = time.monotonic()
                elif self.patience.overdue(begin, longest):
                    self.pgconn.finish()
                    raise psycopg.OperationalError(f"no answer for {time.monotonic() - begin:.0f} s")
                wish = talk.send(ready)
        except StopIteration as end:
            return end.value


def connect(url: str, patience: Patience) -> Connection:
    """Return a connection, or raise :class:`psycopg.OperationalError`; a hurry does not wait for it."""

    def call(given_up: Any) -> Connection:
        connection = Connection.connect(
            url,
            connect_timeout=_CONNECT,
            application_name="parfocal",
            keepalives_idle=30,
            keepalives_interval=10,
            keepalives_count=3,
            tcp_user_timeout=1000 * _DEAD,
        )
        connection.patience = patience
        if given_up():
            connection.close()
        return connection

    begin = time.monotonic()
    made = in_background(call, lambda: patience.overdue(begin))
    if made is None:
        raise psycopg.OperationalError("no connection in time")
    return made
