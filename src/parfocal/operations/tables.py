"""Rows to files, a few at a time: CSV, Parquet and JSON."""

import csv
import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any, Literal, TypeAlias

from parfocal.extras import require
from parfocal.operations.rows import REAL, TIMES, WHOLE, Column, moment
from parfocal.space import Boolean, Categorical, Constant, Float, Integer, Ordinal, Space

Kind: TypeAlias = Literal["text", "whole", "real", "truth", "time"]
Row: TypeAlias = Mapping[str, Any]
Writer: TypeAlias = Callable[[Path, Sequence[Column], Mapping[str, Kind], Iterable[Row]], int]
_CHUNK = 5_000


def kinds(columns: Iterable[Column], space: Space) -> dict[str, Kind]:
    """Return what each column holds, by its name."""
    return {column.name: _kind(column, space) for column in columns}


def _kind(column: Column, space: Space) -> Kind:
    if column.group in ("metric", "value"):
        return "real"
    if column.group == "parameter":
        return _kind_of_parameter(space.parameters[column.key])
    if column.key in TIMES:
        return "time"
    return "whole" if column.key in WHOLE else "real" if column.key in REAL else "text"


def _kind_of_parameter(parameter: Any) -> Kind:
    if isinstance(parameter, Float | Integer | Boolean):
        return {Float: "real", Integer: "whole", Boolean: "truth"}[type(parameter)]  # type: ignore[return-value]
    values = [parameter.value] if isinstance(parameter, Constant) else []
    if isinstance(parameter, Categorical | Ordinal):
        values = list(parameter.choices if isinstance(parameter, Categorical) else parameter.values)
    types = {type(value) for value in values}
    if types <= {bool}:
        return "truth"
    if types <= {int}:
        return "whole"
    return "real" if types <= {int, float} else "text"


def write_csv(path: Path, columns: Sequence[Column], of: Mapping[str, Kind], rows: Iterable[Row]) -> int:
    """Write a table of text with commas (RFC 4180, UTF-8); numbers are written so that they are read the same."""
    count = 0
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow([column.name for column in columns])
        for row in rows:
            writer.writerow([_cell(column, of, row) for column in columns])
            count += 1
    return count


def _cell(column: Column, of: Mapping[str, Kind], row: Row) -> str:
    value = column.of(row)
    if value is None:  # None is a choice, too
        return "None" if column.group == "parameter" and column.within(row) else ""
    return moment(value) if of[column.name] == "time" else str(value)


def write_json(path: Path, columns: Sequence[Column], of: Mapping[str, Kind], rows: Iterable[Row]) -> int:
    """Write a list of objects, one a line."""
    count = 0
    with path.open("w", encoding="utf-8") as stream:
        stream.write("[")
        for row in rows:
            timed = {key: moment(row[key]) for key in TIMES if row.get(key) is not None}
            stream.write(",\n" if count else "\n")
            stream.write(json.dumps(standard({**row, **timed}), allow_nan=False, ensure_ascii=False))
            count += 1
        stream.write("\n]\n")
    return count


def standard(value: Any) -> Any:
    """Return a value that standard JSON can hold: texts in place of numbers that are not finite."""
    if isinstance(value, dict):
        return {key: standard(each) for key, each in value.items()}
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


def write_parquet(path: Path, columns: Sequence[Column], of: Mapping[str, Kind], rows: Iterable[Row]) -> int:
    """Write typed columns; needs pyarrow."""
    arrow, parquet = require("pyarrow", "export"), require("pyarrow.parquet", "export")
    types = {
        "text": arrow.string(),
        "whole": arrow.int64(),
        "real": arrow.float64(),
        "truth": arrow.bool_(),
        "time": arrow.timestamp("ms", tz="UTC"),
    }
    schema = arrow.schema([(column.name, types[of[column.name]]) for column in columns])
    count = 0
    with parquet.ParquetWriter(path, schema) as writer:
        for chunk in chunks(rows, _CHUNK):
            data = {c.name: [_typed(c, of[c.name], row) for row in chunk] for c in columns}
            writer.write_table(arrow.table(data, schema=schema))
            count += len(chunk)
    return count


def _typed(column: Column, kind: Kind, row: Row) -> Any:
    value = column.of(row)
    if value is None:
        return "None" if kind == "text" and column.group == "parameter" and column.within(row) else None
    if kind == "time":
        return datetime.fromtimestamp(value, UTC)
    return str(value) if kind == "text" else float(value) if kind == "real" else value


def chunks(rows: Iterable[Row], size: int) -> Iterator[list[Row]]:
    """Yield rows in lists of at most ``size``."""
    iterator = iter(rows)
    while chunk := list(islice(iterator, size)):
        yield chunk


WRITERS: dict[str, Writer] = {"csv": write_csv, "parquet": write_parquet, "json": write_json}
