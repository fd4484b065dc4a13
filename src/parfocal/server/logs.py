"""The server's log: one line an event, for people or, as JSON, for machines; it never holds a token."""

import logging
import sys

from parfocal.logs import JsonFormatter, moment

LOG = logging.getLogger("parfocal.server")
FIELDS = {"event": "message", **dict.fromkeys(("method", "route", "status", "duration", "client", "again", "error"))}
"""What a line may say besides what every log says, and what stands there otherwise."""
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


class Lines(logging.Formatter):
    """One line for people."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        text = f"{moment(record)} {record.levelname.lower():7} {record.getMessage()}"
        if getattr(record, "event", "") == "request":
            known = [(name, getattr(record, name, None)) for name in ("study", "worker", "client", "again", "error")]
            text += "".join(f" {name}={value}" for name, value in known if value is not None)
        return f"{text}\n{self.formatException(record.exc_info)}" if record.exc_info else text


def configure(as_json: bool, level: str) -> None:
    """Send the log of this process's server to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter(FIELDS) if as_json else Lines())
    for name, least in (("parfocal", level), ("uvicorn", "warning")):
        logger = logging.getLogger(name)
        logger.handlers[:] = [handler]
        logger.propagate = False
        logger.setLevel(max(getattr(logging, least.upper()), getattr(logging, level.upper())))
