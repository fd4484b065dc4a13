"""From a path or a url to a storage."""

import os
from pathlib import Path

from parfocal.errors import InvalidInput, StorageError
from parfocal.extras import require
from parfocal.storage.base import Storage
from parfocal.storage.memory import MemoryStorage
from parfocal.storage.records import StudyRecord

_PATIENCE = 2.0  # s; who only looks need not wait for a server that is away


def open_storage(location: str | os.PathLike[str] | None = None, *, readonly: bool = False) -> Storage:
    """Return the storage at a location.

    Parameters
    ----------
    location
        None or ``memory``: in RAM. A path, or ``sqlite:///`` and a path: an SQLite file, which is made if it does not
        exist. ``postgresql://user@host:port/database``: a server; its password comes from the environment.
        ``https://host/...``: a `parfocal serve`; its token comes from ``PARFOCAL_TOKEN``.
    readonly
        Never write to it, not even the schema.

    Raises
    ------
    StorageError
        If the location cannot be used; the text says why and what to do.
    """
    text = "memory" if location is None else os.fspath(location)
    if not text:
        raise StorageError("The path of a storage is empty: name a file, for example 'study.db'.")
    if text == "memory":
        return MemoryStorage()
    scheme, separator, rest = text.partition("://")
    if scheme in ("http", "https") and separator:
        from parfocal.storage.http import HttpStorage

        return HttpStorage(text)
    if separator and scheme in ("postgresql", "postgres"):
        place: str | Path = text
    elif separator and not (scheme == "sqlite" and rest.removeprefix("/")):
        raise _no_storage(scheme)
    else:
        place = Path(rest.removeprefix("/") if separator else text)
    from parfocal.storage.sql import SqlStorage

    if readonly:
        return SqlStorage(place, readonly=True, patience=_PATIENCE)
    return SqlStorage(place)


def check_url(url: str) -> None:
    """Raise :class:`StorageError` where a url can be no storage; nothing is opened."""
    scheme, _, rest = url.partition("://")
    if scheme in ("http", "https"):
        from parfocal.storage import httpcaller

        httpcaller.checked(url)
    elif scheme in ("postgresql", "postgres"):
        from parfocal.storage import pgerrors

        require("psycopg", "postgres")
        pgerrors.checked(url)
    elif scheme != "sqlite" or not rest.removeprefix("/"):
        raise _no_storage(scheme)


def _no_storage(scheme: str) -> StorageError:
    """Return the error for a url of another kind; the rest of it may hold a password, and is not shown."""
    return StorageError(
        f"A storage is a path, 'sqlite:///PATH', 'postgresql://...', 'https://...' or 'memory'; got '{scheme}://...'."
    )


def the_study(storage: Storage, name: str | None = None, how: str = "--study NAME") -> StudyRecord:
    """Return the study of this name; without one, the only study that there is.

    Raises
    ------
    InvalidInput
        If no name is given and there is not exactly one study; ``how`` tells where to say which.
    StorageError
        If there is no study of this name.
    """
    if name is not None:
        return storage.open_study(name)
    records = storage.studies()
    if len(records) != 1:
        have = ", ".join(f"'{record.name}'" for record in records) or "none"
        raise InvalidInput(f"{storage.url} holds {len(records)} studies ({have}): say which one ({how}).")
    return records[0]
