"""The server's log: one line an event, for people or, as JSON, for machines; it never holds a token."""

import json
import logging
import sys
import time
from typing import Any

LOG = logging.getLogger("parfocal.server")
FIELDS = ("event", "method", "route", "status", "duration", "study", "worker", "client", "again", "error")
"""What a line may say, besides time, level and message."""
LEVELS = ("debug", "info", "warning", "error")
_ROUTINE = ("heartbeat", "wait-for-work", "wait-for-change")


def level_of(method: str, route: str, status: int) -> int:
    """Return the level of a request: what fails, what changes something, and the rest."""
    if status >= 500:
        return logging.ERROR
    if status >= 400:
        return logging.WARNING
    routine = method == "GET" or route.rpartition("/")[2] in _ROUTINE
    return logging.DEBUG if routine else logging.INFO


class JsonLines(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line: dict[str, Any] = {
            "time": _time(record),
            "level": record.levelname.lower(),
            "event": getattr(record, "event", "message"),
            "message": record.getMessage(),
        }
        line.update((name, value) for name in FIELDS if (value := getattr(record, name, None)) is not None)
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return json.dumps(line)


class Lines(logging.Formatter):
    """One line for people."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        text = f"{_time(record)} {record.levelname.lower():7} {record.getMessage()}"
        if getattr(record, "event", "") == "request":
            known = [(name, getattr(record, name, None)) for name in ("study", "worker", "client", "again", "error")]
            text += "".join(f" {name}={value}" for name, value in known if value is not None)
        return f"{text}\n{self.formatException(record.exc_info)}" if record.exc_info else text


def _time(record: logging.LogRecord) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)) + f".{int(record.msecs):03d}Z"


def configure(as_json: bool, level: str) -> None:
    """Send the log of this process's server to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if as_json else Lines())
    for name, least in (("parfocal", level), ("uvicorn", "warning")):
        logger = logging.getLogger(name)
        logger.handlers[:] = [handler]
        logger.propagate = False
        logger.setLevel(max(getattr(logging, least.upper()), getattr(logging, level.upper())))
