"""Reading the result of a command: from a JSON file, from a column of a CSV file, or from what it printed."""

import csv
import difflib
import io
import json
import math
import re
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from parfocal.errors import EvaluationError, InvalidInput
from parfocal.evaluation.base import MissingResult, Result, Returned

_LIMIT = 64 * 2**20
_KEYS: dict[str, tuple[str, ...]] = {
    "json": ("key", "scores"),
    "csv": ("column", "row", "instance", "delimiter"),
    "stdout": (),
}
"""The ways to read a result, and the options of each."""
_ROWS: dict[str, Callable[[list[float]], float]] = {
    "last": lambda values: values[-1],
    "first": lambda values: values[0],
    "mean": lambda values: math.fsum(values) / len(values),
}

_INDEX = re.compile("-?[0-9]{1,9}")


@dataclass(frozen=True)
class Reader:
    """How to read the result of a command.

    Parameters
    ----------
    kind
        ``json``, ``csv`` or ``stdout``.
    source
        Path of the file, relative to the work folder (``-``: standard output); for ``stdout`` a regular expression.
    options
        *json*: ``key`` is the path to a number or an object (``scores.dice``, ``images.0.f1``; left out: the whole
        document), or a mapping from metric to such a path; ``scores`` is the path to an object of instances.
        *csv*: ``column`` is a column's name, or a mapping from metric to column; ``row`` is ``last`` (default),
        ``first`` or ``mean``; ``instance`` is the column that names images or folds: each row is then a score.
        *stdout*: the last match counts; its named groups are metrics, an unnamed one is the objective's number.
    """

    kind: str
    source: str
    options: Mapping[str, Any]

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> "Reader":
        """Return the reader of ``{"json": "result.json", "key": "f1"}`` and the like, or raise in one sentence."""
        if not isinstance(fields, Mapping):
            raise InvalidInput(f"'result' must be a mapping such as {{json: result.json}}; got {fields!r}.")
        kinds = [kind for kind in _KEYS if kind in fields]
        if len(kinds) != 1:
            raise InvalidInput(f"'result' needs exactly one of {', '.join(_KEYS)}; got {', '.join(fields) or 'none'}.")
        kind = kinds[0]
        for key in fields:
            if key != kind and key not in _KEYS[kind]:
                near = difflib.get_close_matches(str(key), _KEYS[kind], 1)
                hint = f"did you mean '{near[0]}'" if near else f"known are {', '.join(_KEYS[kind]) or 'none'}"
                raise InvalidInput(f"'result' with '{kind}' has no option '{key}': {hint}.")
        reader = cls(kind, fields[kind], {key: value for key, value in fields.items() if key != kind})
        reader._check()
        return reader

    def _check(self) -> None:
        if not isinstance(self.source, str) or not self.source:
            raise InvalidInput(f"'{self.kind}' of 'result' must be text; got {self.source!r}.")
        if self.kind == "csv" and "column" not in self.options:
            raise InvalidInput("'result' with 'csv' needs 'column', the name of the column that holds the metric.")
        if self.options.get("row", "last") not in _ROWS:
            raise InvalidInput(f"'row' of 'result' must be one of {', '.join(_ROWS)}; got {self.options['row']!r}.")
        if self.kind == "stdout" and self._pattern().groups == 0:
            raise InvalidInput(f"The expression {self.source!r} of 'stdout' needs a group, as in 'dice ([0-9.]+)'.")

    def _pattern(self) -> re.Pattern[str]:
        try:
            return re.compile(self.source, re.MULTILINE)
        except re.error as error:
            raise InvalidInput(f"The expression {self.source!r} of 'stdout' cannot be read: {error}.") from None

    def to_dict(self) -> dict[str, Any]:
        """Return the mapping that :meth:`from_dict` takes."""
        return {self.kind: self.source, **self.options}

    @property
    def file(self) -> str | None:
        """The file that is read; None where the result is what the command printed."""
        return None if self.kind == "stdout" or self.source == "-" else self.source

    def read(self, file: Path, stdout: Path) -> Returned:
        """Read the result.

        Parameters
        ----------
        file
            Where :attr:`file` lies; not used where that is None.
        stdout
            The file that holds what the command printed.

        Raises
        ------
        MissingResult
            If it is not there.
        EvaluationError
            If it is there and cannot be read.
        """
        return _READ[self.kind](self, _content(stdout if self.file is None else file))


def with_artifacts(returned: Returned, paths: Mapping[str, Path]) -> Returned:
    """Return what an evaluation returned, with those artifacts that exist."""
    existing = {name: path for name, path in paths.items() if path.exists()}
    if not existing:
        return returned
    if isinstance(returned, Result):
        return Result(returned.metrics, returned.scores, {**existing, **returned.artifacts})
    return Result(returned, artifacts=existing)


def _content(path: Path) -> str:
    """Return the text of a file: its last 64 MiB."""
    try:
        with path.open("rb") as stream:
            stream.seek(max(0, path.stat().st_size - _LIMIT))
            return stream.read().decode("utf-8-sig", "replace")
    except FileNotFoundError:
        near = sorted(entry.name for entry in path.parent.iterdir()) if path.parent.is_dir() else []
        have = ", ".join(near[:8]) or "nothing"
        raise MissingResult(f"The command wrote no file '{path.name}'; its work folder holds {have}.") from None
    except OSError as error:
        raise EvaluationError(f"The result '{path}' cannot be read: {error.strerror}.") from None


def _json(reader: Reader, text: str) -> Returned:
    document = _parse(text, reader.source)
    key = reader.options.get("key")
    if isinstance(key, Mapping):
        found: Any = {str(name): _walk(document, path, reader.source) for name, path in key.items()}
    else:
        found = document if key is None else _walk(document, key, reader.source)
    path = reader.options.get("scores")
    if path is None:
        returned: Returned = _flat(found)
        return returned
    rows = _walk(document, path, reader.source)
    items = rows.items() if isinstance(rows, Mapping) else enumerate(rows) if isinstance(rows, list) else ()
    scores = {str(name): row for name, row in items if isinstance(row, Mapping)}
    return Result(_flat(found) if key is not None or isinstance(found, Mapping) else {}, scores)


def _flat(found: Any) -> Any:
    """Return an object without its nested parts, and anything else as it is: it is judged later."""
    if not isinstance(found, Mapping):
        return found
    return {name: value for name, value in found.items() if not isinstance(value, Mapping | list)}


def _parse(text: str, source: str) -> Any:
    """Return the JSON document of a file, or the last line of what was printed that is one."""
    candidates = [text] if source != "-" else [text, *(line for line in reversed(text.splitlines()) if line.strip())]
    for candidate in candidates:
        try:
            return json.loads(candidate)
        except ValueError as error:
            problem = str(error)
    if source == "-":
        raise MissingResult("The command printed no line that is JSON.")
    raise EvaluationError(f"The result '{source}' is no JSON: {problem}.")


def _walk(document: Any, path: Any, source: str) -> Any:
    """Return what lies at a path such as ``scores.0.dice``; a key that itself has dots is found, too."""
    here = document
    parts = str(path).split(".")
    while parts:
        for length in range(len(parts), 0, -1):
            key = ".".join(parts[:length])
            if isinstance(here, Mapping) and key in here:
                here = here[key]
                break
            if isinstance(here, list) and _INDEX.fullmatch(key) and -len(here) <= int(key) < len(here):
                here = here[int(key)]
                break
        else:
            have = ", ".join(map(str, list(here)[:8])) if isinstance(here, Mapping) else type(here).__name__
            raise MissingResult(f"The result '{source}' has no '{path}': at '{parts[0]}' there is {have or 'nothing'}.")
        parts = parts[length:]
    return here


def _csv(reader: Reader, text: str) -> Returned:
    delimiter = reader.options.get("delimiter") or _delimiter(text)
    rows = list(csv.DictReader(io.StringIO(text), delimiter=delimiter, skipinitialspace=True))
    column, instance = reader.options["column"], reader.options.get("instance")
    columns = {str(k): str(v) for k, v in column.items()} if isinstance(column, Mapping) else {str(column): str(column)}
    if not rows:
        raise MissingResult(f"The table '{reader.source}' has no row.")
    for name in (*columns.values(), *([] if instance is None else [str(instance)])):
        if name not in rows[0]:
            have = ", ".join(str(key) for key in rows[0])
            raise MissingResult(f"The table '{reader.source}' has no column '{name}'; it has {have}.")
    values = {metric: [_cell(row[name], name, reader.source) for row in rows] for metric, name in columns.items()}
    choose = _ROWS[reader.options.get("row", "last" if instance is None else "mean")]
    metrics = {metric: choose(numbers) for metric, numbers in values.items()}
    if instance is not None:
        scores = {row[str(instance)]: {m: values[m][i] for m in values} for i, row in enumerate(rows)}
        return Result(metrics, scores)
    return metrics if isinstance(column, Mapping) else metrics[str(column)]


def _delimiter(text: str) -> str:
    """Return the separator that stands most often in the head of a table: comma, semicolon or tab."""
    head = text.partition("\n")[0]
    return max(",;\t", key=head.count)


def _cell(text: str | None, column: str, source: str) -> float:
    """Return a cell as a number; an empty one is NaN."""
    try:
        return float(text) if text and text.strip() else math.nan
    except ValueError:
        raise EvaluationError(f"The column '{column}' of '{source}' must hold numbers; got {text!r}.") from None


def _stdout(reader: Reader, text: str) -> Returned:
    last = next(iter(deque(reader._pattern().finditer(text), maxlen=1)), None)
    if last is None:
        raise MissingResult(f"The expression {reader.source!r} was not found in what the command printed.")
    groups = last.groupdict() or {"": next((group for group in last.groups() if group is not None), None)}
    numbers: dict[str, float] = {}
    for name, group in groups.items():
        try:
            numbers[name] = float(group)
        except (TypeError, ValueError):
            raise EvaluationError(f"The expression {reader.source!r} found {group!r}, which is no number.") from None
    return numbers.get("", numbers)


_READ: dict[str, Callable[[Reader, str], Returned]] = {"json": _json, "csv": _csv, "stdout": _stdout}
