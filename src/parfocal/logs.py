"""What happens, as a log for programs: one JSON object a line, or plain lines, by Python's standard logging."""

import contextvars
import json
import logging
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from parfocal.errors import InvalidInput

FIELDS = ("study", "worker", "trial")
"""What a record may be about: given as ``extra``, or by :func:`about`."""
FORMAT, FILE = "PARFOCAL_LOG", "PARFOCAL_LOG_FILE"
"""Environment variables: ``json`` or ``text``, and the file (standard error where there is none)."""
Kind = Literal["json", "text"]
_ABOUT: contextvars.ContextVar[dict[str, Any]] = contextvars.ContextVar("about")
_installed: logging.Handler | None = None


@contextmanager
def about(**fields: Any) -> Iterator[None]:
    """Let all records of this context say what they are about: ``study``, ``worker``, ``trial``."""
    unknown = fields.keys() - set(FIELDS)
    if unknown:
        raise InvalidInput(f"A record is about {', '.join(FIELDS)}; got '{min(unknown)}'.")
    token = _ABOUT.set({**_ABOUT.get({}), **fields})
    try:
        yield
    finally:
        _ABOUT.reset(token)


def fields_of(record: logging.LogRecord) -> dict[str, Any]:
    """Return what a record is about, as far as that is known."""
    known = {**_ABOUT.get({}), **{name: getattr(record, name) for name in FIELDS if hasattr(record, name)}}
    return {name: known[name] for name in FIELDS if known.get(name) is not None}


class JsonFormatter(logging.Formatter):
    """One object a line: ``time`` (ISO 8601, UTC), ``level``, ``logger``, ``message``, what it is about, ``error``.

    Parameters
    ----------
    more
        What else a record may have, and what stands there where it has not; None for nothing.
    """

    def __init__(self, more: Mapping[str, Any] | None = None) -> None:
        super().__init__()
        self._more = more or {}

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, without its end."""
        content = {
            "time": moment(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **fields_of(record),
        }
        more = ((name, getattr(record, name, default)) for name, default in self._more.items())
        content.update((name, value) for name, value in more if value is not None)
        if record.exc_info:
            content["error"] = self.formatException(record.exc_info)
        return json.dumps(content, ensure_ascii=False, default=str)


class TextFormatter(logging.Formatter):
    """``TIME LEVEL logger: message (study s, trial 3)``."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, and a traceback behind it where there is one."""
        found = ", ".join(f"{name} {value}" for name, value in fields_of(record).items())
        line = f"{moment(record)} {record.levelname} {record.name}: {record.getMessage()}"
        error = f"\n{self.formatException(record.exc_info)}" if record.exc_info else ""
        return f"{line}{f' ({found})' if found else ''}{error}"


def moment(record: logging.LogRecord) -> str:
    """Return when a record was made: ISO 8601, UTC."""
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def configure(kind: Kind, file: str | os.PathLike[str] | None = None) -> None:
    """Log what parfocal does, from now on: to the end of a file, or to standard error.

    The environment is set so that processes that this one starts can do the same by :func:`from_environment`. Several
    processes may write into one file: each line is written at once.

    Raises
    ------
    InvalidInput
        If the file cannot be written.
    """
    global _installed
    if file is None:
        handler: logging.Handler = logging.StreamHandler(sys.stderr)
    else:
        path = Path(file).expanduser().absolute()
        try:
            handler = logging.FileHandler(path, encoding="utf-8")
        except OSError as error:
            raise InvalidInput(f"The log '{path}' cannot be written: {error.strerror}.") from None
        os.environ[FILE] = str(path)
    os.environ[FORMAT] = kind
    handler.setFormatter(JsonFormatter() if kind == "json" else TextFormatter())
    logger = logging.getLogger("parfocal")
    if _installed is not None:
        logger.removeHandler(_installed)
        _installed.close()
    logger.addHandler(handler)
    if logger.level == logging.NOTSET or logger.level > logging.INFO:
        logger.setLevel(logging.INFO)
    _installed = handler


def from_environment() -> None:
    """Log as the environment says; without :data:`FORMAT` and :data:`FILE`, not at all.

    Raises
    ------
    InvalidInput
        If the format is neither ``json`` nor ``text``.
    """
    kind, file = os.environ.get(FORMAT, ""), os.environ.get(FILE)
    if kind not in ("", "json", "text"):
        raise InvalidInput(f"{FORMAT} must be 'json' or 'text'; got '{kind}'.")
    if kind or file:
        configure("json" if kind == "json" else "text", file or None)
