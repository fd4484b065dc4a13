"""Tags in SQL."""

from operator import attrgetter

from sqlalchemy import Connection, bindparam, delete, inspect, select, text

from parfocal.storage import inputs, sqlqueue
from parfocal.storage.records import Tag
from parfocal.storage.schema import tags, trials

_c = tags.c
_TRIAL = select(trials.c.number).where(trials.c.study_id == bindparam("study"), trials.c.number == bindparam("number"))
# two who tag at once are no error, in words that SQLite and PostgreSQL share
_TAG = text(
    "INSERT INTO tags (study_id, number, image, tag, author, created) "
    "VALUES (:study, :number, :image, :tag, :author, :created) ON CONFLICT DO NOTHING"
)
_UNTAG = delete(tags).where(
    _c.study_id == bindparam("study"),
    _c.number == bindparam("b_number"),
    _c.image == bindparam("b_image"),
    _c.tag == bindparam("b_tag"),
)
_TAGS = select(_c.number, _c.tag, _c.image, _c.author, _c.created).where(_c.study_id == bindparam("study"))


def tag(connection: Connection, study: int, new: Tag) -> None:
    """Enter a tag of a trial that exists."""
    _require(connection, study, new.number)
    values = {name: getattr(new, name) for name in ("number", "image", "tag", "author", "created")}
    connection.execute(_TAG, {"study": study, **values})


def untag(connection: Connection, study: int, old: Tag) -> None:
    """Remove a tag of a trial that exists."""
    _require(connection, study, old.number)
    values = {"b_number": old.number, "b_image": old.image, "b_tag": old.tag}
    connection.execute(_UNTAG, {"study": study, **values})


def read_tags(connection: Connection, study: int) -> list[Tag]:
    """Return the tags of a study that exists; a schema that is older than tags has none."""
    sqlqueue.ledger(connection, study)
    if not inspect(connection).has_table(tags.name):
        return []
    found = [Tag(*row) for row in connection.execute(_TAGS, {"study": study})]
    return sorted(found, key=attrgetter("number", "image", "tag"))  # not by the database's own order of texts


def _require(connection: Connection, study: int, number: int) -> None:
    total = sqlqueue.ledger(connection, study).total
    if connection.execute(_TRIAL, {"study": study, "number": number}).one_or_none() is None:
        raise inputs.no_trial(number, total)
