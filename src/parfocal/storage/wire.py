"""Between a server and its clients: records as JSON, and columns as NumPy's own files without pickle.

NaN travels as ``null`` and the infinities as ``"inf"`` and ``"-inf"``, so that every text is standard JSON; columns
(:class:`~parfocal.storage.records.Changes`, :class:`~parfocal.storage.records.Times`) travel as an ``.npz`` archive.
"""

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any, Literal

import numpy as np

from parfocal import errors
from parfocal.errors import ParfocalError, StorageError
from parfocal.storage.codec import number_in, number_out
from parfocal.storage.records import Changes, Counts, StudyRecord, StudyState, Times, WorkerRecord
from parfocal.trials import Configuration, Fidelity, Outcome, Provenance, Reason, State, Trial

API = 1
"""Version of the routes, the number in their path."""
PREFIX = f"/v{API}"
REQUEST_ID = "X-Parfocal-Request"
"""Header with a new random text for each call: a server that has answered it already answers the same once more."""
AGAIN = "X-Parfocal-Again"
"""Header that says (``1``) that the call was sent before and its answer was lost."""
LONGEST_WAIT = 25.0
"""Seconds that one request may wait for a change or for work; whoever waits for longer asks again."""
JSON = "application/json"
NPZ = "application/x-npz"
Topic = Literal["change", "work"]
"""What one waits for: a new revision of a study, or a trial that can be claimed."""

ERRORS: dict[str, type[ParfocalError]] = {
    kind.__name__: kind
    for kind in (
        errors.InvalidInput,
        errors.SpaceError,
        errors.StorageError,
        errors.StudyExistsError,
        errors.SchemaVersionError,
        errors.StorageUnavailable,
        errors.OutOfStep,
    )
}
"""Errors that travel by name, and are raised at the other end as the same class with the same sentence."""

_encode = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode


def encode(content: Any) -> bytes:
    """Return JSON."""
    return _encode(content).encode()


def error_out(error: ParfocalError) -> dict[str, str]:
    """Return an error as JSON can hold it: the nearest class that travels, and the sentence."""
    kind = next((kind.__name__ for kind in type(error).__mro__ if kind.__name__ in ERRORS), StorageError.__name__)
    return {"error": kind, "message": str(error)}


def error_in(content: Any) -> ParfocalError | None:
    """Return the error of :func:`error_out`; None for anything else."""
    if not isinstance(content, Mapping) or not isinstance(content.get("message"), str):
        return None
    kind = ERRORS.get(str(content.get("error")))
    return None if kind is None else kind(content["message"])


def outcome_out(outcome: Outcome) -> dict[str, Any]:
    """Return an outcome as JSON can hold it."""
    return {
        "state": outcome.state.name,
        "metrics": _numbers_out(outcome.metrics),
        "scores": {key: _numbers_out(row) for key, row in outcome.scores.items()},
        "runtime": number_out(outcome.runtime),
        "reason": None if outcome.reason is None else outcome.reason.value,
        "message": outcome.message,
        "artifacts": dict(outcome.artifacts),
        "log": outcome.log,
    }


def outcome_in(content: Mapping[str, Any]) -> Outcome:
    """Return the outcome of :func:`outcome_out`."""
    reason = content["reason"]
    return Outcome(
        State[content["state"]],
        _numbers_in(content["metrics"]),
        {key: _numbers_in(row) for key, row in content["scores"].items()},
        number_in(content["runtime"]),
        None if reason is None else Reason(reason),
        content["message"],
        content["artifacts"],
        content["log"],
    )


def _numbers_out(values: Mapping[str, float]) -> dict[str, Any]:
    return {name: number_out(value) for name, value in values.items()}


def _numbers_in(values: Mapping[str, Any]) -> dict[str, float]:
    return {name: number_in(value) for name, value in values.items()}


def trial_out(trial: Trial) -> dict[str, Any]:
    """Return a trial as JSON can hold it."""
    return {
        "number": trial.number,
        "configuration": trial.configuration.to_dict(),
        "fidelity": trial.fidelity.to_dict(),
        "seed": trial.seed,
        "state": trial.state.name,
        "attempts": trial.attempts,
        "provenance": trial.provenance.to_dict(),
        "outcome": None if trial.outcome is None else outcome_out(trial.outcome),
        "worker": trial.worker,
        "created": trial.created,
        "started": trial.started,
        "finished": trial.finished,
        "loss": number_out(trial.loss),
        "revision": trial.revision,
    }


def trial_in(content: Mapping[str, Any]) -> Trial:
    """Return the trial of :func:`trial_out`."""
    outcome = content["outcome"]
    return Trial(
        content["number"],
        Configuration(content["configuration"]),
        Fidelity.from_dict(content["fidelity"]),
        content["seed"],
        State[content["state"]],
        content["attempts"],
        Provenance.from_dict(content["provenance"]),
        None if outcome is None else outcome_in(outcome),
        content["worker"],
        content["created"],
        content["started"],
        content["finished"],
        number_in(content["loss"]),
        content["revision"],
    )


def trials_out(trials: Sequence[Trial]) -> dict[str, Any]:
    """Return trials as JSON can hold them."""
    return {"trials": [trial_out(trial) for trial in trials]}


def study_out(record: StudyRecord) -> dict[str, Any]:
    """Return a study as JSON can hold it."""
    return {"id": record.id, "name": record.name, "definition": record.definition, "created": record.created}


def study_in(content: Mapping[str, Any]) -> StudyRecord:
    """Return the study of :func:`study_out`."""
    return StudyRecord(content["id"], content["name"], content["definition"], content["created"])


def worker_out(record: WorkerRecord) -> dict[str, Any]:
    """Return a worker as JSON can hold it."""
    return asdict(record)


def state_out(state: StudyState) -> dict[str, Any]:
    """Return how far a study is as JSON can hold it."""
    return asdict(state) | {"lead_ends": number_out(state.lead_ends)}


def state_in(content: Mapping[str, Any]) -> StudyState:
    """Return the state of :func:`state_out`."""
    return StudyState(
        content["revision"],
        Counts(**content["counts"]),
        content["budget"],
        content["asker"],
        number_in(content["lead_ends"]),
        content["now"],
    )


def columns_out(record: Changes | Times) -> bytes:
    """Return changes or times as an ``.npz`` archive: one array a field, texts as the bytes of a JSON list."""
    buffer = io.BytesIO()
    columns: dict[str, Any] = {field.name: getattr(record, field.name) for field in fields(record)}
    if isinstance(record, Times):
        columns["workers"] = np.frombuffer(encode(record.workers), dtype=np.uint8)
    np.savez(buffer, **columns)  # numbers only: nothing that would be pickled
    return buffer.getvalue()


def columns_in(content: bytes) -> Changes | Times:
    """Return the changes or times of :func:`columns_out`."""
    with np.load(io.BytesIO(content), allow_pickle=False) as archive:
        columns: dict[str, Any] = {name: archive[name] for name in archive.files}
    kind = Times if "workers" in columns else Changes
    wanted = {field.name for field in fields(kind)}
    columns = {name: column for name, column in columns.items() if name in wanted}
    if missing := wanted - columns.keys():
        raise ValueError(f"The archive lacks {', '.join(sorted(missing))}.")
    if kind is Times:
        return Times(**columns | {"workers": tuple(json.loads(columns["workers"].tobytes()))})
    return Changes(**columns | {"revision": int(columns["revision"]), "total": int(columns["total"])})
