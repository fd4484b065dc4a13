"""Reading in SQL: trials for people, columns for histories."""

import json
from collections.abc import Sequence
from operator import attrgetter
from typing import Any

import numpy as np
from sqlalchemy import Connection, bindparam, select

from parfocal.storage import codec
from parfocal.storage.ledger import Ledger
from parfocal.storage.records import Changes, Times
from parfocal.storage.schema import RUNNING, trials
from parfocal.trials import Configuration, Reason, State, Trial

_c = trials.c
TRIAL = (
    _c.number, _c.configuration, _c.fidelity, _c.seed, _c.state, _c.attempts, _c.provenance, _c.worker, _c.created,
    _c.started, _c.finished, _c.loss, _c.revision,
)  # fmt: skip
"""The columns of a trial but its outcome."""
_OUTCOME = tuple(_c[name] for name in codec.OUTCOME if name not in ("state", "loss"))
_RUNNING = select(*TRIAL).where(_c.study_id == bindparam("study"), _c.lease > 0, RUNNING)
_SPAN = (_c.study_id == bindparam("study"), _c.number >= bindparam("start"), _c.number < bindparam("stop"))
_TRIALS = select(*TRIAL, *_OUTCOME).where(*_SPAN).order_by(_c.number)
_CONFIGURATIONS = select(_c.configuration).where(*_SPAN).order_by(_c.number)
_CHANGES = (
    select(_c.number, _c.revision, _c.state, _c.loss, _c.runtime, _c.reason, _c.fraction, _c.ask, _c.member)
    .where(_c.study_id == bindparam("study"), _c.revision > bindparam("since"))
    .order_by(_c.revision)
)
_TIMES = (
    select(_c.number, _c.state, _c.created, _c.started, _c.finished, _c.runtime, _c.worker)
    .where(_c.study_id == bindparam("study"))
    .order_by(_c.number)
)
_STATES = tuple(State)
_REASONS: dict[str | None, int] = {None: -1, **{reason.value: reason.code for reason in Reason}}


def trial_of(row: Any, **newer: Any) -> Trial:
    """Return the trial of a row of :data:`TRIAL` and perhaps :data:`_OUTCOME`; ``newer`` goes before the row."""
    fields: dict[str, Any] = dict(row._mapping)
    fields.update(newer)
    state = _STATES[fields["state"]]
    return Trial(
        fields["number"],
        Configuration.from_json(fields["configuration"]),
        codec.fidelity(fields["fidelity"]),
        fields["seed"],
        state,
        fields["attempts"],
        codec.provenance(fields["provenance"]),
        codec.outcome(fields) if state.finished else None,
        fields["worker"],
        fields["created"],
        fields["started"],
        fields["finished"],
        codec.number_in(fields["loss"]),
        fields["revision"],
    )


def read_trials(connection: Connection, study: int, start: int, stop: int) -> list[Trial]:
    """Return the trials [start, stop)."""
    rows = connection.execute(_TRIALS, {"study": study, "start": start, "stop": stop})
    return [trial_of(row) for row in rows]


def read_running(connection: Connection, study: int) -> list[Trial]:
    """Return the trials that are claimed."""
    rows = connection.execute(_RUNNING, {"study": study}).all()
    return [trial_of(row) for row in sorted(rows, key=attrgetter("number"))]


def read_configurations(connection: Connection, study: int, start: int, stop: int) -> list[dict[str, Any]]:
    """Return the configurations of the trials [start, stop)."""
    texts = connection.execute(_CONFIGURATIONS, {"study": study, "start": start, "stop": stop}).scalars().all()
    decoded: list[dict[str, Any]] = json.loads(f"[{','.join(texts)}]")  # one call is several times faster than many
    return decoded


def read_changes(connection: Connection, study: int, since: int, account: Ledger) -> Changes:
    """Return what changed after a revision, in order."""
    rows: Sequence[Any] = connection.execute(_CHANGES, {"study": study, "since": since}).all()
    columns: list[Sequence[Any]] = list(zip(*rows, strict=True)) if rows else [()] * 9
    number, revision, state, loss, runtime, reason, fraction, ask, member = columns
    states = np.array(state, dtype=np.int64)
    states[states == State.RUNNING] = State.WAITING
    return Changes(
        account.revision,
        account.total,
        np.array(number, dtype=np.int64),
        np.array(revision, dtype=np.int64),
        states,
        np.array(loss, dtype=np.float64),
        np.array(runtime, dtype=np.float64),
        np.array([_REASONS[each] for each in reason], dtype=np.int8),
        np.array(fraction, dtype=np.float64),
        np.array(ask, dtype=np.int64),
        np.array(member, dtype=np.int64),
    )


def read_times(connection: Connection, study: int) -> Times:
    """Return when each trial was created, claimed and finished, and by whom."""
    rows: Sequence[Any] = connection.execute(_TIMES, {"study": study}).all()
    columns: list[Sequence[Any]] = list(zip(*rows, strict=True)) if rows else [()] * 7
    _, state, created, started, finished, runtime, worker = columns
    workers = sorted({name for name in worker if name is not None})
    index: dict[str | None, int] = {None: -1, **{name: i for i, name in enumerate(workers)}}
    return Times(
        np.array(state, dtype=np.int64),
        np.array(created, dtype=np.float64),
        np.array(started, dtype=np.float64),
        np.array(finished, dtype=np.float64),
        np.array(runtime, dtype=np.float64),
        np.array([index[name] for name in worker], dtype=np.int64),
        tuple(workers),
    )
