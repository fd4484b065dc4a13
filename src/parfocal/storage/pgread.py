"""Bulk reading on PostgreSQL: columns as bytes and configurations as one text, not a row at a time."""

import json
from typing import Any

import numpy as np
from sqlalchemy import Connection

from parfocal.storage.ledger import Ledger
from parfocal.storage.records import Changes
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
