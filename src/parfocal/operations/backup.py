"""Whole databases copied: a file by SQLite's own backup, anything else row by row."""

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, delete, func, insert, inspect, select, text, tuple_

from parfocal.errors import InvalidInput, StorageError
from parfocal.operations.export import check_target, replacing
from parfocal.storage import SqlStorage, Storage, open_storage, schema
from parfocal.storage.sqlite import check_readable, connect_read_only, translated

_TABLES = (schema.studies, schema.trials, schema.tags, schema.workers)
"""What is copied, each table before those that refer to it; the schema's own table says the same in every database."""
_CHUNK = 2_000


@dataclass(frozen=True, slots=True)
class Copied:
    """How much was copied."""

    place: str
    studies: int
    trials: int


def backup_file(source: Path, out: Path) -> Copied:
    """Copy a database file as it is at one moment, bit by bit; who writes meanwhile need not wait.

    Raises
    ------
    StorageError
        If the source is no database of parfocal.
    InvalidInput
        If ``out`` exists, or its folder does not.
    """
    check_target(out, replace=False)
    with replacing(out) as new, _opened(source) as connection:
        target = sqlite3.connect(new)
        try:
            connection.backup(target)
            (verdict,) = target.execute("PRAGMA quick_check(1)").fetchone()
            counts = [target.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in ("studies", "trials")]
        except sqlite3.Error as error:
            raise translated(error, str(source)) from error
        finally:
            target.close()
        if verdict != "ok":
            raise StorageError(f"The database '{source}' is damaged, and so would be its copy: {verdict}.")
    return Copied(str(out), *counts)


def backup(source: Storage, out: Path) -> Copied:
    """Copy a database of any kind into a new file, as it is at one moment.

    Raises
    ------
    InvalidInput
        If ``out`` exists, its folder does not, or the source is no database that can be read row by row.
    """
    check_target(out, replace=False)
    with replacing(out) as new:
        target = SqlStorage(new)
        try:
            studies, trials = copy_rows(source, target)
        finally:
            target.close()
    return Copied(str(out), studies, trials)


def restore(file: Path, place: str | Path) -> Copied:
    """Copy a database file to a place that is empty: a new file, or a server's database without studies.

    Raises
    ------
    InvalidInput
        If there are studies already.
    StorageError
        If the file is no database of parfocal.
    """
    if isinstance(place, Path):
        done = backup_file(file, place)
        SqlStorage(place).close()  # brings an older schema up to date
        return done
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, "copy.db")
        backup_file(file, copy)
        source, target = SqlStorage(copy), open_storage(place)
        try:
            return Copied(place, *copy_rows(source, target))
        finally:
            source.close()
            target.close()


def copy_rows(source: Storage, target: Storage) -> tuple[int, int]:
    """Copy all rows into an empty database, and return how many studies and trials those are.

    What is read is of one moment. If the copy fails, the target is empty again.

    Raises
    ------
    InvalidInput
        If the target holds studies, or one of the two has no rows to be read or written.
    """
    if not isinstance(source, SqlStorage) or not isinstance(target, SqlStorage):
        other = target if isinstance(source, SqlStorage) else source
        raise InvalidInput(f"'{other.url}' does not show its tables: copy it where its database is.")
    names = ", ".join(f"'{record.name}'" for record in target.studies())
    if names:
        raise InvalidInput(f"'{target.url}' holds studies already ({names}): name an empty database.")

    def copy(connection: Connection, _: bool) -> tuple[int, int]:
        target.database.run(_empty, "write")  # of what an attempt before this one has written
        counts = {}
        for table in _TABLES:
            counts[table.name] = 0
            if not inspect(connection).has_table(table.name):  # of an older schema that is only read
                continue
            for rows in _chunks(connection, table):
                target.database.run(lambda c, _, t=table, r=rows: c.execute(insert(t), r), "write")  # type: ignore[misc]
                counts[table.name] += len(rows)
        target.database.run(_count_on, "write")
        return counts["studies"], counts["trials"]

    try:
        return source.database.run(copy, "read")
    except BaseException:
        target.database.run(_empty, "write")
        raise


def _chunks(connection: Connection, table: Table) -> Iterator[list[dict[str, Any]]]:
    """Yield the rows in the order of their key, some at a time."""
    key = list(table.primary_key.columns)
    statement = select(table).order_by(*key).limit(_CHUNK)
    rows = connection.execute(statement).mappings().all()
    while rows:
        yield [dict(row) for row in rows]
        last = tuple(rows[-1][column.name] for column in key)
        rows = connection.execute(statement.where(tuple_(*key) > last)).mappings().all()


def _empty(connection: Connection, _: bool) -> None:
    for table in reversed(_TABLES):
        connection.execute(delete(table))


def _count_on(connection: Connection, _: bool) -> None:
    """Let a server number new studies behind the copied ones; a file does that by itself."""
    last = connection.execute(select(func.max(schema.studies.c.id))).scalar_one()
    if last is not None and connection.dialect.name == "postgresql":
        connection.execute(text("SELECT setval(pg_get_serial_sequence('studies', 'id'), :last)"), {"last": last})


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    """Yield a reading connection to a database of parfocal."""
    check_readable(path)
    connection = connect_read_only(path)
    try:
        found = connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (schema.meta.name,)).fetchone()
        if found is None:
            raise StorageError(f"'{path}' is no database of parfocal: check the name.")
        yield connection
    except sqlite3.Error as error:
        raise translated(error, str(path)) from error
    finally:
        connection.close()
