"""Tables of earlier results, read a row at a time: CSV, Parquet and JSON files, and databases of Optuna."""

import csv
import json
import math
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Protocol, TypeAlias

from parfocal.errors import DataError
from parfocal.extras import require
from parfocal.operations.rows import FIXED, prefixed
from parfocal.trials import Objective

Cells: TypeAlias = Mapping[str, Any]
OPTUNA = "optuna://"
_GROUPS = (("parameters", "parameter"), ("metrics", "metric"), ("values", "value"))
_SAMPLE = 1 << 16


class Source(Protocol):
    """A table that can be read more than once."""

    @property
    def name(self) -> str:
        """What it is called in messages."""
        ...

    def headers(self) -> list[str]:
        """Return the names of its columns."""
        ...

    def rows(self) -> Iterator[tuple[str, Cells]]:
        """Yield where each row is, ``row 7``, and its cells by column; an empty cell is None or left out."""
        ...


@dataclass(frozen=True)
class CsvSource:
    """A text table; the separator is the one of comma, semicolon and tabulator that its first line has most of."""

    path: Path

    @property
    def name(self) -> str:
        """The file."""
        return str(self.path)

    def headers(self) -> list[str]:
        """Return the first line."""
        with self._open() as stream:
            return next(csv.reader(stream, delimiter=self._separator()), [])

    def rows(self) -> Iterator[tuple[str, Cells]]:
        """Yield the lines behind the first one; numbered as in a spreadsheet, the first line being 1."""
        headers = self.headers()
        with self._open() as stream:
            for row, cells in enumerate(csv.reader(stream, delimiter=self._separator()), 1):
                if row > 1 and any(cells):
                    if len(cells) != len(headers):
                        got = f"{len(cells)} cells, and the first line names {len(headers)} columns"
                        raise DataError(f"{self.path}: row {row} has {got}.")
                    yield f"row {row}", dict(zip(headers, cells, strict=True))

    @contextmanager
    def _open(self) -> Iterator[IO[str]]:
        try:
            with self.path.open(encoding="utf-8-sig", newline="") as stream:
                yield stream
        except (csv.Error, UnicodeDecodeError) as error:
            raise DataError(f"{self.path} cannot be read as a table of text in UTF-8: {error}.") from None

    def _separator(self) -> str:
        with self.path.open(encoding="utf-8-sig", errors="replace") as stream:
            first = stream.readline(_SAMPLE)
        return max(",;\t", key=first.count)


@dataclass(frozen=True)
class ParquetSource:
    """A Parquet file; needs pyarrow."""

    path: Path

    @property
    def name(self) -> str:
        """The file."""
        return str(self.path)

    def _file(self) -> Any:
        arrow, parquet = require("pyarrow", "export"), require("pyarrow.parquet", "export")
        try:
            return parquet.ParquetFile(self.path)
        except (arrow.ArrowException, OSError) as error:
            raise DataError(f"{self.path} cannot be read as a Parquet file: {error}.") from None

    def headers(self) -> list[str]:
        """Return the names of its columns."""
        with self._file() as file:
            return list(file.schema_arrow.names)

    def rows(self) -> Iterator[tuple[str, Cells]]:
        """Yield the rows, counted from 1."""
        row = 0
        with self._file() as file:
            for batch in file.iter_batches(batch_size=2_000):
                for cells in batch.to_pylist():
                    row += 1
                    yield f"row {row}", cells


@dataclass(frozen=True)
class JsonSource:
    """A list of objects: flat ones, or those of ``parfocal export`` with their parameters and metrics inside."""

    path: Path

    @property
    def name(self) -> str:
        """The file."""
        return str(self.path)

    def _content(self) -> list[Any]:
        try:
            content = json.loads(self.path.read_text(encoding="utf-8-sig"))
        except (json.JSONDecodeError, UnicodeDecodeError) as error:
            raise DataError(f"{self.path} is no JSON: {error}.") from None
        if not isinstance(content, list) or not all(isinstance(each, dict) for each in content):
            raise DataError(f"{self.path} must hold a list of objects, one for each result.")
        return content

    def headers(self) -> list[str]:
        """Return the names of all keys, in the order in which they come."""
        return list(dict.fromkeys(name for _, cells in self.rows() for name in cells))

    def rows(self) -> Iterator[tuple[str, Cells]]:
        """Yield the objects, counted from 1."""
        for row, found in enumerate(self._content(), 1):
            yield f"row {row}", flat(found)


def flat(found: Mapping[str, Any]) -> dict[str, Any]:
    """Return an object of ``parfocal export`` as cells with the names of their groups; others as they are."""
    if not all(isinstance(found.get(key), dict) for key, _ in _GROUPS[:2]):
        return dict(found)
    cells = {name: found[name] for name in FIXED if name in found}
    for key, group in _GROUPS:
        cells.update({prefixed(group, name): value for name, value in (found.get(key) or {}).items()})
    return cells


@dataclass(frozen=True)
class OptunaSource:
    """A study in a storage of Optuna; its values are those of the objective, in its order."""

    url: str
    study: str | None
    objective: Objective

    @property
    def name(self) -> str:
        """The storage."""
        return self.url

    def headers(self) -> list[str]:
        """Return the names of all columns that some trial has."""
        return list(dict.fromkeys(name for _, cells in self.rows() for name in cells))

    def rows(self) -> Iterator[tuple[str, Cells]]:
        """Yield the trials.

        Raises
        ------
        DataError
            If the storage cannot be read, holds several studies, or optimizes something else.
        """
        optuna = require("optuna", "interop")
        try:
            database = optuna.storages.RDBStorage(self.url, skip_table_creation=True)
        except Exception as error:  # its drivers raise anything
            raise DataError(f"'{self.url}' cannot be read as a storage of Optuna: {error}.") from None
        try:
            found = self._study(optuna, database)
            for trial in found.get_trials(deepcopy=False):
                yield f"trial {trial.number}", self._cells(trial)
        finally:
            database.remove_session()
            database.engine.dispose()

    def _study(self, optuna: Any, database: Any) -> Any:
        names = optuna.get_all_study_names(database)
        wanted = self.study or (names[0] if len(names) == 1 else None)
        if wanted not in names:
            have = ", ".join(f"'{name}'" for name in names) or "none"
            raise DataError(f"'{self.url}' holds the studies {have}: say which one (--from-study NAME).")
        found = optuna.load_study(study_name=wanted, storage=database, sampler=optuna.samplers.RandomSampler())
        theirs = [direction.name.lower() for direction in found.directions]
        ours = [objective.direction for objective in self.objective.all]
        if theirs != ours:
            raise DataError(
                f"The study '{wanted}' of Optuna is to {' and '.join(theirs)} its values, and this one to "
                f"{' and '.join(ours)}: they do not measure the same."
            )
        return found

    def _cells(self, trial: Any) -> dict[str, Any]:
        attributes = trial.user_attrs
        cells: dict[str, Any] = {prefixed("parameter", name): value for name, value in trial.params.items()}
        metrics = attributes.get("metrics")
        if isinstance(metrics, dict):
            cells |= {prefixed("metric", name): value for name, value in metrics.items()}
        elif trial.values is not None:
            pairs = zip(self.objective.all, trial.values, strict=True)
            cells |= {prefixed("metric", objective.metric): value for objective, value in pairs}
        if trial.state.name == "PRUNED" and trial.intermediate_values:
            last = trial.intermediate_values[trial.last_step]
            cells["loss"] = 0.0 - last if self.objective.direction == "maximize" else last
        begun, ended = trial.datetime_start, trial.datetime_complete
        runtime = (ended - begun).total_seconds() if begun and ended else math.nan
        cells["runtime"] = attributes.get("runtime", runtime if runtime >= 0 else None)
        cells["state"] = attributes.get("parfocal_state", trial.state.name)
        for name in ("reason", "message", "seed", "fidelity", "resource", "amount"):
            if attributes.get(name) is not None:
                cells[name] = attributes[name]
        return cells


def source_of(place: str, objective: Objective, study: str | None = None) -> Source:
    """Return the table at a place: a file by its suffix, ``optuna:///`` and a file, ``optuna://`` and a url, or a file.

    Raises
    ------
    DataError
        If there is none.
    """
    if place.startswith(OPTUNA):
        rest = place.removeprefix(OPTUNA)
        if "://" in rest:
            return OptunaSource(rest, study, objective)
        place = rest.removeprefix("/")  # like sqlite:///FILE
    path = Path(place)
    if not path.is_file():
        raise DataError(f"There is no file '{place}': check the name and the folder.")
    if _is_sqlite(path):
        if not {"trial_params", "study_directions"} <= _tables(path):
            raise DataError(f"'{place}' is no database of Optuna: export it to a table first.")
        return OptunaSource(f"sqlite:///{path.resolve().as_posix()}", study, objective)
    made = _FILES.get(path.suffix.lower())
    if made is None:
        raise DataError(f"'{place}' must be {', '.join(_FILES)}, or a database of Optuna; its suffix says which.")
    if study is not None:
        raise DataError(f"--from-study is a study in a storage of Optuna, and '{place}' is a table: leave it out.")
    found: Source = made(path)
    return found


_FILES: dict[str, Any] = {
    ".csv": CsvSource,
    ".tsv": CsvSource,
    ".txt": CsvSource,
    ".parquet": ParquetSource,
    ".json": JsonSource,
}


def _is_sqlite(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(16) == b"SQLite format 3\0"


def _tables(path: Path) -> set[str]:
    connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
    try:
        return {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    except sqlite3.Error as error:
        raise DataError(f"'{path}' cannot be read: {error}.") from None
    finally:
        connection.close()
