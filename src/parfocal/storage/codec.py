"""JSON at rest: what goes into a text column and comes back the same, numbers that are not finite included.

NaN is written as ``null`` and the infinities as the texts ``"inf"`` and ``"-inf"``, so that every column holds
standard JSON that any database can query.
"""

import json
import math
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from parfocal.errors import InvalidInput
from parfocal.trials import Fidelity, Outcome, Provenance, Reason, State

_COMPACT = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode


def definition_text(definition: Mapping[str, Any]) -> str:
    """Return a study's definition as JSON in its own order, or raise :class:`InvalidInput`."""
    try:
        return _COMPACT(dict(definition))
    except (TypeError, ValueError) as error:
        raise InvalidInput(
            f"A study's definition must be JSON (text, finite numbers, lists, mappings): {error}."
        ) from None


def definition(text: str) -> dict[str, Any]:
    """Return the definition of :func:`definition_text`."""
    value: dict[str, Any] = json.loads(text)
    return value


@lru_cache(maxsize=1024)
def fidelity_text(fidelity: Fidelity) -> str:
    """Return a fidelity as JSON."""
    return _COMPACT(fidelity.to_dict())


@lru_cache(maxsize=1024)
def fidelity(text: str) -> Fidelity:
    """Return the fidelity of :func:`fidelity_text`."""
    return Fidelity.from_dict(json.loads(text))


def provenance_text(provenance: Provenance) -> str:
    """Return a provenance as JSON."""
    return _COMPACT(provenance.to_dict())


def provenance(text: str) -> Provenance:
    """Return the provenance of :func:`provenance_text`."""
    return Provenance.from_dict(json.loads(text))


def numbers_text(values: Mapping[str, float]) -> str:
    """Return name to number as JSON."""
    return _COMPACT({name: number_out(value) for name, value in values.items()})


def numbers(text: str) -> dict[str, float]:
    """Return the mapping of :func:`numbers_text`."""
    return {name: number_in(value) for name, value in json.loads(text).items()}


def scores_text(scores: Mapping[str, Mapping[str, float]]) -> str | None:
    """Return instance to metric to number as JSON; None for no scores."""
    if not scores:
        return None
    return _COMPACT({key: {name: number_out(value) for name, value in row.items()} for key, row in scores.items()})


def scores(text: str | None) -> dict[str, dict[str, float]]:
    """Return the scores of :func:`scores_text`."""
    if text is None:
        return {}
    return {key: {name: number_in(value) for name, value in row.items()} for key, row in json.loads(text).items()}


def number_out(value: float) -> float | str | None:
    """Return a number as JSON can hold it."""
    if math.isfinite(value):
        return value
    return None if math.isnan(value) else str(value)


def number_in(value: float | str | None) -> float:
    """Return the number of :func:`number_out`."""
    return math.nan if value is None else float(value)


OUTCOME = ("state", "reason", "loss", "runtime", "message", "metrics", "artifacts", "scores", "log")
"""The columns of an outcome."""


def outcome_row(outcome: Outcome, loss: float) -> dict[str, Any]:
    """Return the columns of an outcome."""
    return {
        "state": int(outcome.state),
        "reason": None if outcome.reason is None else outcome.reason.value,
        "loss": None if math.isnan(loss) else loss,
        "runtime": None if math.isnan(outcome.runtime) else outcome.runtime,
        "message": outcome.message or None,
        "metrics": numbers_text(outcome.metrics),
        "artifacts": _COMPACT(outcome.artifacts) if outcome.artifacts else None,
        "scores": scores_text(outcome.scores),
        "log": outcome.log or None,
    }


def outcome(row: Mapping[str, Any]) -> Outcome | None:
    """Return the outcome of its columns; None while the trial is pending."""
    state = State(row["state"])
    if not state.finished:
        return None
    return Outcome(
        state,
        {} if row["metrics"] is None else numbers(row["metrics"]),
        scores(row["scores"]),
        number_in(row["runtime"]),
        None if row["reason"] is None else Reason(row["reason"]),
        row["message"] or "",
        {} if row["artifacts"] is None else json.loads(row["artifacts"]),
        row["log"] or "",
    )


def lost_message(attempts: int) -> str:
    """Return the sentence of a LOST trial."""
    return f"Given up after {attempts} claims: each time its worker died or fell silent."
