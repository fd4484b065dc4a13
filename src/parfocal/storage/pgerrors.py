"""What a PostgreSQL server, and the url of one, may say: SQL states, errors in plain words, urls without secrets."""

import re

from sqlalchemy.exc import DBAPIError

from parfocal.errors import StorageError, StorageUnavailable

_AWAY = ("08", "25006", "25P03", "53200", "53300", "55P03", "57014", "57P01", "57P02", "57P03", "57P05")
"""Beginnings of SQL states that say that the server is not there for now, or busy with something else."""
_FULL = "53100"
READ_ONLY = "25006"
COLLISIONS = ("40001", "40P01", "23505")
"""SQL states of transactions that met another one: at once again."""
CROWDED = ("53300", "57P03")
"""States of a server that is there and lets nobody in for now: waited for also by those who come for the first time."""
_SAID = (
    (r"password", "28P01"),
    (r'role ".*" does not exist|no pg_hba\.conf entry|authentication failed', "28000"),
    (r'database ".*" does not exist', "3D000"),
    (r"too many (clients|connections)|remaining connection slots", "53300"),
    (r"(starting up|shutting down|in recovery mode|not (yet )?accepting connections)", "57P03"),
)
"""What a server says where it makes no connection, to the state that libpq keeps to itself."""
_MEANINGS = {
    "28P01": "refuses the password: set PGPASSWORD, or write it into ~/.pgpass",
    "28000": "refuses this user: check the name (createuser NAME makes a new one), and the server's pg_hba.conf",
    "3D000": "has no such database: make it with  createdb NAME, or name another one",
    "42501": "does not let this user do that: grant it, or use another user",
    "42P01": "has lost a table: restore a backup, or name another database",
    "42703": "has lost a column: restore a backup, or name another database",
    "53300": "has no connection left: raise its max_connections, or start fewer workers",
    _FULL: "has no room left on its disk: make room; nothing stored is lost",
    READ_ONLY: "is read-only (a standby?): name the one that can be written to",
}
"""SQL state to what it means."""
_SECRET = {"password", "sslpassword", "oauth_client_secret", "scram_client_key", "scram_server_key"}


def checked(url: str) -> str:
    """Return a URL that holds no password, or raise :class:`StorageError`, which does not show it."""
    import psycopg
    from psycopg.conninfo import conninfo_to_dict

    try:
        parts = conninfo_to_dict(url)
    except psycopg.Error:
        parts = {"port": "wrong"}
    if _SECRET & parts.keys():
        raise StorageError(
            "A storage's url must not hold a password, since it is shown and stored: leave it out, and set PGPASSWORD "
            "or write it into ~/.pgpass."
        )
    ports = str(parts.get("port", "")).replace(",", "")
    if "@" in f"{parts.get('host', '')}{parts.get('dbname', '')}" or not (ports.isdigit() or not ports):
        raise StorageError(
            "The url of a PostgreSQL storage is wrong: write postgresql://user@host:port/database, special characters "
            "as %XX, and no password."
        )
    return url


def sql_state(error: Exception) -> str:
    """Return the SQL state of an error, empty where it has none."""
    cause = getattr(error, "orig", None)
    state: str | None = getattr(cause, "sqlstate", None)
    if state is None and cause is not None:
        return next((state for pattern, state in _SAID if re.search(pattern, str(cause))), "")
    return state or ""


def is_away(error: Exception) -> bool:
    """Whether an error says that the server is not there for now: what was called may be called again."""
    import psycopg

    cause = error.orig if isinstance(error, DBAPIError) else error
    state = getattr(cause, "sqlstate", None)
    if state:
        return bool(state.startswith(_AWAY))
    lost = isinstance(error, DBAPIError) and error.connection_invalidated
    return lost or isinstance(cause, psycopg.OperationalError | psycopg.InterfaceError | OSError)


def translated(error: Exception, url: str) -> StorageError:
    """Return a driver's error as one sentence."""
    text = " ".join(str(getattr(error, "orig", None) or error).split())
    state = sql_state(error)
    away = state.startswith((*_AWAY, _FULL)) if state else is_away(error)
    kind = StorageUnavailable if away else StorageError
    if state in _MEANINGS:
        return kind(f"The server of '{url}' {_MEANINGS[state]} ({text}).")
    if away:
        return kind(f"The server of '{url}' does not answer: is it running, and can this host reach it? ({text})")
    return kind(f"The database '{url}' cannot be used: {text}.")
