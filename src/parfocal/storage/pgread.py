"""Bulk reading on PostgreSQL: columns as bytes and configurations as one text, not a row at a time."""

import json
from typing import Any

import numpy as np
from sqlalchemy import Connection

from parfocal.storage.ledger import Ledger
from parfocal.storage.records import Changes, Times
from parfocal.trials import Reason, State

_CODES = " ".join(f"WHEN '{reason.value}' THEN {reason.code}" for reason in Reason)
_COLUMNS = {
    "number": ("number", ">i8"),
    "revision": ("revision", ">i8"),
    "state": (f"CASE WHEN state = {State.RUNNING:d} THEN {State.WAITING:d} ELSE state END", ">i8"),
    "loss": ("COALESCE(loss, 'NaN')", ">f8"),
    "runtime": ("COALESCE(runtime, 'NaN')", ">f8"),
    "reason": (f"CASE reason {_CODES} ELSE -1 END", ">i8"),
    "fraction": ("fraction", ">f8"),
    "ask": ("ask", ">i8"),
    "member": ("member", ">i8"),
}
"""Name to expression and type; none is ever null, so that all rows have the same length."""
_ROW = np.dtype([(name, kind) for name, (_, kind) in _COLUMNS.items()])
_SEND = {">i8": "int8send(({})::bigint)", ">f8": "float8send(({})::float8)"}
_BYTES = " || ".join(_SEND[kind].format(expression) for expression, kind in _COLUMNS.values())
_CHANGES = f"""
SELECT string_agg({_BYTES}, ''::bytea) FROM trials
WHERE study_id = %(study)s AND revision > %(since)s AND revision <= %(until)s
"""
_TIMES = {
    "number": ("number", ">i8"),
    "state": ("state", ">i8"),
    "created": ("created", ">f8"),
    "started": ("COALESCE(started, 'NaN')", ">f8"),
    "finished": ("COALESCE(finished, 'NaN')", ">f8"),
    "runtime": ("COALESCE(runtime, 'NaN')", ">f8"),
    "worker": ("COALESCE(w.place, 0) - 1", ">i8"),
}
_TIME = np.dtype([(name, kind) for name, (_, kind) in _TIMES.items()])
_WORKERS = "SELECT DISTINCT worker FROM trials WHERE study_id = %(study)s AND worker IS NOT NULL"
_TIME_BYTES = " || ".join(_SEND[kind].format(expression) for expression, kind in _TIMES.values())
_READ_TIMES = f"""
SELECT string_agg({_TIME_BYTES}, ''::bytea)
FROM trials LEFT JOIN unnest(%(workers)s::text[]) WITH ORDINALITY AS w(id, place) ON w.id = trials.worker
WHERE study_id = %(study)s AND number >= %(start)s AND number < %(stop)s
"""
_SPAN = 2_000_000  # revisions of one value: the server takes no value above 1 GB
_CONFIGURATIONS = """
SELECT string_agg(configuration, ',' ORDER BY number) FROM trials
WHERE study_id = %(study)s AND number >= %(start)s AND number < %(stop)s
"""


def read_changes(connection: Connection, study: int, since: int, account: Ledger) -> Changes:
    """Return what is new or final since a revision, in order."""
    raw: Any = connection.connection.driver_connection
    parts = [np.empty(0, _ROW)]
    with raw.cursor(binary=True) as cursor:
        for start in range(since, account.revision, _SPAN):
            values = {"study": study, "since": start, "until": start + _SPAN}
            parts.append(np.frombuffer(cursor.execute(_CHANGES, values).fetchone()[0] or b"", _ROW))
    rows = np.concatenate(parts)
    rows = rows[np.argsort(rows["revision"])]
    native = {name: rows[name].astype(kind[1:]) for name, (_, kind) in _COLUMNS.items()}
    native["reason"] = native["reason"].astype(np.int8)
    return Changes(account.revision, account.total, *native.values())


def read_configurations(connection: Connection, study: int, start: int, stop: int) -> list[dict[str, Any]]:
    """Return the configurations of the trials [start, stop)."""
    values = {"study": study, "start": start, "stop": stop}
    text = connection.exec_driver_sql(_CONFIGURATIONS, values).scalar()
    decoded: list[dict[str, Any]] = json.loads(f"[{text or ''}]")
    return decoded


def read_times(connection: Connection, study: int) -> Times:
    """Return when each trial was created, claimed and finished, and by whom."""
    raw: Any = connection.connection.driver_connection
    parts = [np.empty(0, _TIME)]
    with raw.cursor(binary=True) as cursor:
        workers = sorted(row[0] for row in cursor.execute(_WORKERS, {"study": study}))
        total = cursor.execute("SELECT total FROM studies WHERE id = %(study)s", {"study": study}).fetchone()[0]
        for start in range(0, total, _SPAN):
            values = {"study": study, "start": start, "stop": start + _SPAN, "workers": workers}
            parts.append(np.frombuffer(cursor.execute(_READ_TIMES, values).fetchone()[0] or b"", _TIME))
    rows = np.concatenate(parts)
    rows = rows[np.argsort(rows["number"])]
    native = {name: rows[name].astype(kind[1:]) for name, (_, kind) in _TIMES.items() if name != "number"}
    return Times(**native, workers=tuple(workers))
