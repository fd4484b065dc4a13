"""The one SQL schema, with its version: the same for SQLite and PostgreSQL.

``trials_waiting``, ``trials_again`` (what waits once more) and ``trials_leases`` are partial indices: they hold only
what is pending, so that a claim costs the same whatever has been finished. ``trials_changes`` carries the incremental
reading. Long texts come last in a row, so that reading the columns before them does not touch them.
"""

from sqlalchemy import BigInteger as Big
from sqlalchemy import (
    Column,
    Connection,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    insert,
    inspect,
    select,
    text,
    update,
)

import parfocal
from parfocal.errors import SchemaVersionError, StorageError
from parfocal.storage.ledger import FINAL
from parfocal.trials import State

VERSION = 4
"""The schema that this version of parfocal writes."""
READABLE = 3
"""The oldest schema that can be read as it is; what came later is empty there."""
BEHIND = (
    "is not of this version of parfocal, or holds nothing yet, and here it is only read: any command that writes, "
    "`parfocal run` for example, brings it up to date."
)
"""What is wrong with a database whose schema is older than :data:`READABLE`, where nothing may be written."""
MIGRATIONS: dict[int, tuple[str, ...]] = {
    1: ("ALTER TABLE trials ADD COLUMN member INTEGER DEFAULT -1 NOT NULL",),
    2: (
        "ALTER TABLE studies ADD COLUMN total BIGINT DEFAULT 0 NOT NULL",
        "UPDATE studies SET total = waiting + running + complete + pruned + failed + lost",
        "ALTER TABLE studies DROP COLUMN waiting",
        "ALTER TABLE studies DROP COLUMN running",
        "ALTER TABLE studies ADD COLUMN budget BIGINT",
        "ALTER TABLE studies ADD COLUMN asker TEXT",
        "ALTER TABLE studies ADD COLUMN lead DOUBLE PRECISION",
        "ALTER TABLE workers ADD COLUMN study BIGINT DEFAULT 0 NOT NULL",
        "ALTER TABLE workers ADD COLUMN job TEXT DEFAULT '' NOT NULL",
        "CREATE INDEX trials_again ON trials (study_id, number) WHERE state = 0 AND attempts > 0",
    ),
    3: (
        "CREATE TABLE tags (study_id INTEGER NOT NULL, number BIGINT NOT NULL, image TEXT DEFAULT '' NOT NULL, "
        "tag TEXT NOT NULL, author TEXT DEFAULT '' NOT NULL, created DOUBLE PRECISION NOT NULL, "
        "PRIMARY KEY (study_id, number, image, tag), "
        "FOREIGN KEY (study_id, number) REFERENCES trials (study_id, number) ON DELETE CASCADE)",
    ),
}
"""Statements that lead from a version to the next one."""

metadata = MetaData()

meta = Table("parfocal_meta", metadata, Column("key", Text, primary_key=True), Column("value", Text, nullable=False))

COUNTS = tuple(state.name.lower() for state in FINAL)
"""Names of the columns of a study that count its finished trials, in the order of :data:`FINAL`."""

studies = Table(
    "studies",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("definition", Text, nullable=False),
    Column("created", Float(53), nullable=False),
    Column("revision", Big, nullable=False, default=0),
    Column("total", Big, nullable=False, server_default="0"),
    *(Column(name, Big, nullable=False, default=0) for name in COUNTS),
    Column("budget", Big),
    Column("asker", Text),
    Column("lead", Float(53)),
    sqlite_autoincrement=True,  # the id of a deleted study is never used again
)

trials = Table(
    "trials",
    metadata,
    Column("study_id", ForeignKey("studies.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Big, primary_key=True, autoincrement=False),
    Column("state", Integer, nullable=False),
    Column("revision", Big, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("released", Integer, nullable=False),
    Column("worker", Text),
    Column("lease", Float(53)),
    Column("loss", Float(53)),
    Column("runtime", Float(53)),
    Column("reason", Text),
    Column("fraction", Float(53), nullable=False),
    Column("ask", Big, nullable=False),
    Column("member", Integer, nullable=False, server_default="-1"),
    Column("seed", Big, nullable=False),
    Column("created", Float(53), nullable=False),
    Column("started", Float(53)),
    Column("finished", Float(53)),
    Column("configuration", Text, nullable=False),
    Column("fidelity", Text, nullable=False),
    Column("provenance", Text, nullable=False),
    Column("message", Text),
    Column("metrics", Text),
    Column("artifacts", Text),
    Column("scores", Text),
    Column("log", Text),
)

WAITING = text(f"trials.state = {State.WAITING:d}")
RUNNING = text(f"trials.state = {State.RUNNING:d}")
"""Literal conditions, since a partial index serves only a query that repeats its condition word for word."""

Index(
    "trials_waiting",
    trials.c.study_id,
    trials.c.number,
    sqlite_where=text(f"state = {State.WAITING:d}"),
    postgresql_where=text(f"state = {State.WAITING:d}"),
)
AGAIN = f"state = {State.WAITING:d} AND attempts > 0"
Index(
    "trials_again",
    trials.c.study_id,
    trials.c.number,
    sqlite_where=text(AGAIN),
    postgresql_where=text(AGAIN),
)
Index(
    "trials_leases",
    trials.c.study_id,
    trials.c.lease,
    sqlite_where=text(f"state = {State.RUNNING:d}"),
    postgresql_where=text(f"state = {State.RUNNING:d}"),
)
Index("trials_changes", trials.c.study_id, trials.c.revision)

tags = Table(
    "tags",
    metadata,
    Column("study_id", Integer, primary_key=True, autoincrement=False),
    Column("number", Big, primary_key=True, autoincrement=False),
    Column("image", Text, primary_key=True, server_default=""),
    Column("tag", Text, primary_key=True),
    Column("author", Text, nullable=False, server_default=""),
    Column("created", Float(53), nullable=False),
    ForeignKeyConstraint(("study_id", "number"), (trials.c.study_id, trials.c.number), ondelete="CASCADE"),
)

workers = Table(
    "workers",
    metadata,
    Column("id", Text, primary_key=True),
    Column("host", Text, nullable=False),
    Column("pid", Big, nullable=False),
    Column("started", Float(53), nullable=False),
    Column("seen", Float(53), nullable=False),
    Column("study", Big, nullable=False, server_default="0"),
    Column("job", Text, nullable=False, server_default=""),
)


def current(connection: Connection, where: str) -> bool:
    """Return whether the schema is there and up to date.

    Raises
    ------
    SchemaVersionError
        If a newer parfocal wrote it.
    StorageError
        If it is the database of another program.
    """
    return _found(connection, where) == VERSION


def readable(connection: Connection, where: str) -> bool:
    """Return whether the schema is there and can be read as it is; it raises as :func:`current` does."""
    return (_found(connection, where) or 0) >= READABLE


def ensure(connection: Connection, where: str) -> None:
    """Make the schema in an empty database, or bring an older one up to date; inside one writing transaction."""
    found = _found(connection, where)
    if found is None:
        metadata.create_all(connection)
        rows = [{"key": "schema", "value": str(VERSION)}, {"key": "made by", "value": parfocal.__version__}]
        connection.execute(insert(meta), rows)
        return
    for version in range(found, VERSION):
        for statement in MIGRATIONS[version]:
            connection.exec_driver_sql(statement)
    if found < VERSION:
        connection.execute(update(meta).where(meta.c.key == "schema").values(value=str(VERSION)))


def _found(connection: Connection, where: str) -> int | None:
    """Return the version of the schema that is there, None for none."""
    tables = set(inspect(connection).get_table_names())
    others = tables
    if connection.dialect.name == "postgresql":  # a server's database may well serve several programs
        others = tables & set(metadata.tables)
    if not others:
        return None
    if meta.name not in tables:
        raise StorageError(
            f"'{where}' is a database of another program (it has the tables {', '.join(sorted(others)[:5])}): "
            "name another one for the studies."
        )
    text = connection.execute(select(meta.c.value).where(meta.c.key == "schema")).scalar_one_or_none()
    if text is None or not text.isdigit():
        raise StorageError(f"'{where}' does not say which schema it has: restore a copy, or name another one.")
    found = int(text)
    if found > VERSION:
        raise SchemaVersionError(
            f"'{where}' was written by a newer parfocal (schema {found}; this one, {parfocal.__version__}, reads up to "
            f"{VERSION}): update with  pip install -U parfocal."
        )
    return found
