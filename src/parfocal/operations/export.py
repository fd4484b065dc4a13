"""A study as a table, read once and in parts, so that its size does not matter."""

import json
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from parfocal.errors import InvalidInput
from parfocal.operations.rows import Column, Layout
from parfocal.operations.tables import WRITERS, Row, kinds
from parfocal.storage import Storage, StudyRecord, Tag
from parfocal.trials import Trial

FORMATS = ("csv", "parquet", "json", "optuna")
_SUFFIXES = {".csv": "csv", ".parquet": "parquet", ".json": "json"} | dict.fromkeys((".db", ".sqlite3"), "optuna")
_CHUNK = 1_000
_SQLITE = b"SQLite format 3\0"


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written."""

    path: Path
    rows: int
    scores: Path | None = None
    score_rows: int = 0


def format_of(path: Path, given: str | None) -> str:
    """Return the format of a file: what was said, else by its suffix.

    Raises
    ------
    InvalidInput
        If it is unknown.
    """
    if given is not None and given not in FORMATS:
        raise InvalidInput(f"--format is one of {', '.join(FORMATS)}; got '{given}'.")
    found = given or _SUFFIXES.get(path.suffix.lower())
    if found is None:
        known = ", ".join(_SUFFIXES)
        raise InvalidInput(f"What format '{path}' is to have is not known by its suffix ({known}): add --format.")
    return found


def export(
    storage: Storage, study: StudyRecord, path: Path, format: str | None = None, *, scores: bool = False
) -> Exported:
    """Write a study to a file, one row a trial; an older export of this name is replaced when all is written.

    Parameters
    ----------
    format
        ``csv``, ``parquet``, ``json``, or ``optuna``: a database that Optuna and its dashboard open.
    scores
        Also write the scores of single images, to a second file beside it (with ``optuna``: into the trials).

    Raises
    ------
    InvalidInput
        If the format is unknown, the folder does not exist, or the file is a database.
    """
    chosen = format_of(path, format)
    check_target(path, replace=chosen != "optuna")
    if chosen == "optuna":
        from parfocal.operations.optuna_export import write_optuna

        with replacing(path) as new:
            return Exported(path, write_optuna(storage, study, new, scores=scores))
    layout, write = Layout.of(study), WRITERS[chosen]
    beside = path.with_name(f"{path.stem}-scores{path.suffix}") if scores else None
    if beside is not None:
        check_target(beside)
    with ExitStack() as stack:
        files = [
            stack.enter_context(tempfile.TemporaryFile("w+", encoding="utf-8", dir=path.parent))
            for _ in ("rows", "scores")
        ]
        spool = _Spool(layout, *files)
        tags = tags_by_trial(storage, study.id)
        for trial in stream(storage, study.id):
            spool.add(trial, scores, tags.get(trial.number, ()))
        columns = layout.columns(spool.metrics)
        rows = write(stack.enter_context(replacing(path)), columns, kinds(columns, layout.space), spool.rows())
        if beside is None:
            return Exported(path, rows)
        table = [Column("number", "fixed", "number"), Column("instance", "fixed", "instance")]
        table += [Column(name, "metric", name) for name in spool.score_names]
        new = stack.enter_context(replacing(beside))
        return Exported(path, rows, beside, write(new, table, kinds(table, layout.space), spool.score_rows()))


def stream(storage: Storage, study: int, chunk: int = _CHUNK) -> Iterator[Trial]:
    """Yield the trials that there are now, by number, some at a time in memory."""
    total = storage.counts(study).total
    for start in range(0, total, chunk):
        yield from storage.trials(study, start, min(start + chunk, total))


def tags_by_trial(storage: Storage, study: int) -> dict[int, list[Tag]]:
    """Return the tags of each trial that has any."""
    found: dict[int, list[Tag]] = {}
    for tag in storage.tags(study):
        found.setdefault(tag.number, []).append(tag)
    return found


def check_target(path: Path, *, replace: bool = True) -> None:
    """Raise one sentence where a file cannot be written, or must not be."""
    if path.is_dir():
        raise InvalidInput(f"'{path}' is a folder: name a file in it.")
    if not path.parent.is_dir():
        raise InvalidInput(f"The folder '{path.parent}' does not exist: make it, or name another one.")
    if path.exists():
        with path.open("rb") as stream:
            database = stream.read(len(_SQLITE)) == _SQLITE
        if database or not replace:
            raise InvalidInput(f"'{path}' exists{' and is a database' if database else ''}: name another file.")


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield the path of a new file that takes the place of ``path`` in the end, unless an error comes before."""
    handle, name = tempfile.mkstemp(prefix=f".{path.stem}-", suffix=path.suffix, dir=path.parent)
    os.close(handle)
    new = Path(name)
    try:
        yield new
        new.chmod(0o666 & ~_umask())
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


class _Spool:
    """Rows on their way into a table, on disk: which metrics there are is known only when all have been read."""

    def __init__(self, layout: Layout, rows: IO[str], scores: IO[str]) -> None:
        self._layout, self._rows, self._scores = layout, rows, scores
        self._names: dict[str, None] = {}
        self._score_names: dict[str, None] = {}

    @property
    def metrics(self) -> list[str]:
        """Names of metrics: those of the objective, then the others in the order in which they came."""
        needed = [name for name in self._layout.objective.names if name in self._names]
        return list(dict.fromkeys([*needed, *self._names]))

    @property
    def score_names(self) -> list[str]:
        """Names of scores in the order in which they came."""
        return list(self._score_names)

    def add(self, trial: Trial, scores: bool, tags: Iterable[Tag]) -> None:
        """Take one trial."""
        row = self._layout.row_of(trial, tags)
        self._names.update(dict.fromkeys(row["metrics"]))
        self._rows.write(json.dumps(row) + "\n")  # Python's own dialect, which holds NaN
        if scores and trial.outcome is not None:
            for instance, found in trial.outcome.scores.items():
                self._score_names.update(dict.fromkeys(found))
                line: Mapping[str, Any] = {"number": trial.number, "instance": instance, "metrics": found}
                self._scores.write(json.dumps(line) + "\n")

    def rows(self) -> Iterable[Row]:
        """Yield the rows of trials."""
        return _read(self._rows)

    def score_rows(self) -> Iterable[Row]:
        """Yield a row for each instance of each trial."""
        return _read(self._scores)


def _read(stream: IO[str]) -> Iterator[Row]:
    stream.seek(0)
    for line in stream:
        row: Row = json.loads(line)
        yield row
