"""What stands in the files: trials on their way out and outcomes on their way back, as plain JSON values.

Each document names its schema and version. Numbers that are not finite are written as everywhere in parfocal: NaN as
``null``, the infinities as ``"inf"`` and ``"-inf"``. Whatever is wrong with a document ends as one
:class:`~parfocal.errors.ExchangeError` in one sentence.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from parfocal.checks import did_you_mean
from parfocal.errors import ExchangeError, ParfocalError
from parfocal.evaluation import Isolation, Limits, Result, judge
from parfocal.evaluation.judge import with_texts
from parfocal.trials import Configuration, Fidelity, Objective, Outcome, Reason, State

VERSION = 1
"""Of all three kinds of documents."""
TRIAL, BATCH, OUTCOME = "parfocal/trial", "parfocal/batch", "parfocal/outcome"

T = TypeVar("T")
_STATES = {state.name.lower(): state for state in (State.COMPLETE, State.PRUNED, State.FAILED)}
_LONGEST = 1e12  # s, some 30,000 years
_INFINITIES = {"inf": math.inf, "-inf": -math.inf}


@dataclass(frozen=True, slots=True)
class Claim:
    """Which claim of which trial a file belongs to, wherever the study is stored.

    Parameters
    ----------
    study
        The study's name.
    number
        The trial's number, from 0.
    attempt
        1 for the first claim of the trial.
    worker
        Name of the hand-out.
    """

    study: str
    number: int
    attempt: int
    worker: str

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as a JSON-ready dictionary."""
        return {"study": self.study, "number": self.number, "attempt": self.attempt, "worker": self.worker}


@dataclass(frozen=True)
class Evaluation:
    """How a trial is evaluated: a study's evaluator (as JSON), objective, limits and isolation."""

    evaluator: Mapping[str, Any]
    objective: Objective
    limits: Limits = field(default_factory=Limits)
    isolation: Isolation = "process"


@dataclass(frozen=True)
class HandedTrial:
    """One trial that was handed out; ``evaluation`` is None where the study has no evaluator of its own."""

    claim: Claim
    configuration: Configuration
    seed: int
    fidelity: Fidelity
    evaluation: Evaluation | None = None


@dataclass(frozen=True)
class Returned:
    """One outcome on its way back, as it was written: whether it fits the study is judged by :meth:`outcome`.

    Parameters
    ----------
    claim
        The claim that it belongs to.
    state
        None where only metrics are given, as in the minimal form.
    metrics, scores, artifacts
        As in :class:`~parfocal.evaluation.Result`.
    """

    claim: Claim
    state: State | None
    metrics: Mapping[str, Any]
    scores: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    artifacts: Mapping[str, str] = field(default_factory=dict)
    runtime: float = math.nan
    reason: Reason | None = None
    message: str = ""
    log: str = ""
    source: str = ""
    """Name of the file, for messages."""

    def outcome(self, objective: Objective) -> Outcome:
        """Return the outcome for a study with this ``objective``.

        Raises
        ------
        ExchangeError
            If what the objective needs is not there: the file is wrong then, not the trial.
        """
        state = State.COMPLETE if self.state is None else self.state
        if state == State.COMPLETE:
            judged = judge(Result(self.metrics, self.scores, self.artifacts), objective, self.runtime)
            if judged.reason not in (None, Reason.NOT_FINITE):
                raise ExchangeError(judged.message.replace("the evaluation returned", "the file has"))
            return with_texts(judged, self.message or judged.message, self.log)
        reason = self.reason or (Reason.ERROR if state == State.FAILED else None)
        try:
            return Outcome(
                state, self.metrics, self.scores, self.runtime, reason, self.message, self.artifacts, self.log
            )
        except ParfocalError as error:
            raise ExchangeError(str(error)) from None


# ------------------------------------------------------------ writing


def trial_document(trial: HandedTrial) -> dict[str, Any]:
    """Return the document of one trial; it holds all that :func:`~parfocal.exchange.evaluate` needs."""
    evaluation = trial.evaluation
    return {
        "schema": TRIAL,
        "version": VERSION,
        "trial": trial.claim.to_dict(),
        "configuration": trial.configuration.to_dict(),
        "seed": trial.seed,
        "fidelity": trial.fidelity.to_dict(),
        "evaluation": None
        if evaluation is None
        else {
            "evaluator": dict(evaluation.evaluator),
            "objective": evaluation.objective.to_dict(),
            "limits": evaluation.limits.to_dict(),
            "isolation": evaluation.isolation,
        },
    }


def batch_document(trials: Iterable[HandedTrial]) -> dict[str, Any]:
    """Return one document of several trials, each of them whole."""
    return {"schema": BATCH, "version": VERSION, "trials": [trial_document(trial) for trial in trials]}


def outcome_document(claim: Claim, outcome: Outcome) -> dict[str, Any]:
    """Return the document of one outcome."""
    return {
        "schema": OUTCOME,
        "version": VERSION,
        "trial": claim.to_dict(),
        "state": outcome.state.name.lower(),
        "metrics": _written(outcome.metrics),
        "scores": {name: _written(row) for name, row in outcome.scores.items()},
        "runtime": _number_out(outcome.runtime),
        "reason": None if outcome.reason is None else outcome.reason.value,
        "message": outcome.message,
        "artifacts": dict(outcome.artifacts),
        "log": outcome.log,
    }


def _written(values: Mapping[str, float]) -> dict[str, Any]:
    return {name: _number_out(value) for name, value in values.items()}


def _number_out(value: float) -> float | str | None:
    if math.isfinite(value):
        return value
    return None if math.isnan(value) else str(value)


# ------------------------------------------------------------ reading


def trial_from(document: Any) -> HandedTrial:
    """Return the trial of :func:`trial_document`, or raise :class:`ExchangeError`."""
    fields = _headed(document, TRIAL)
    _known(fields, ("schema", "version", "trial", "configuration", "seed", "fidelity", "evaluation"))
    given = fields.get("evaluation")
    return HandedTrial(
        _claim(fields),
        _made(Configuration, _get(fields, "configuration", dict), "configuration"),
        _get(fields, "seed", int),
        _made(Fidelity.from_dict, _get(fields, "fidelity", dict), "fidelity"),
        None if given is None else _evaluation(_get(fields, "evaluation", dict)),
    )


def outcome_from(document: Any) -> Returned:
    """Return the outcome of :func:`outcome_document` or of the minimal form ``{"trial": ..., "metrics": ...}``."""
    fields = _headed(document, OUTCOME, optional=True)
    _known(fields, _OUTCOME_KEYS)
    claim = _claim(fields)
    state, reason = fields.get("state"), fields.get("reason")
    if state is not None and (not isinstance(state, str) or state not in _STATES):
        raise ExchangeError(f"'state' must be one of {', '.join(_STATES)}; got {_brief(state)}.")
    if reason is not None and reason not in tuple(Reason):
        raise ExchangeError(f"'reason' must be one of {', '.join(Reason)}; got {_brief(reason)}.")
    if reason is not None and state != "failed":
        raise ExchangeError(f"A 'reason' belongs to the state 'failed'; got the state {_brief(state)}.")
    if "metrics" not in fields and state in (None, "complete"):
        raise ExchangeError("The key 'metrics' is missing: an outcome has metrics, or the state 'failed'.")
    scores = _get(fields, "scores", dict, {})
    return Returned(
        claim,
        None if state is None else _STATES[state],
        _read(_get(fields, "metrics", dict, {})),
        {name: _read(_get(scores, name, dict)) for name in scores},
        {name: _get(fields["artifacts"], name, str) for name in _get(fields, "artifacts", dict, {})},
        _seconds(fields.get("runtime")),
        None if reason is None else Reason(reason),
        _get(fields, "message", str, ""),
        _get(fields, "log", str, ""),
    )


_OUTCOME_KEYS = (
    "schema", "version", "trial", "state", "metrics", "scores", "runtime", "reason", "message", "artifacts", "log",
)  # fmt: skip
_KINDS: dict[type, str] = {dict: "an object", str: "text", int: "a whole number", list: "a list"}


def _headed(document: Any, schema: str, *, optional: bool = False) -> Mapping[str, Any]:
    """Return a document whose schema and version are as expected; where they are ``optional`` they may be left out."""
    if not isinstance(document, Mapping):
        raise ExchangeError(f"The file must hold a JSON object; got {_brief(document)}.")
    given, version = document.get("schema"), document.get("version")
    if given != schema and not (optional and given is None):
        if given == BATCH:
            raise ExchangeError("This is a batch of trials: write one file a trial by `parfocal ask ... -o FOLDER`.")
        raise ExchangeError(f"'schema' must be '{schema}'; got {_brief(given)}.")
    if optional and version is None:
        return document
    if isinstance(version, bool) or not isinstance(version, int) or version < 1:
        raise ExchangeError(f"'version' must be {VERSION}; got {_brief(version)}.")
    if version > VERSION:
        raise ExchangeError(
            f"A newer parfocal wrote this (version {version} of '{schema}', and this one reads {VERSION}): "
            "update it by  pip install -U parfocal"
        )
    return document


def _known(fields: Mapping[str, Any], keys: tuple[str, ...]) -> None:
    for key in fields:
        if key not in keys:
            hint = did_you_mean(key, keys) or f"; the keys are {', '.join(keys)}"
            raise ExchangeError(f"There is no key '{key}'{hint}.")


def _get(fields: Mapping[str, Any], key: str, kind: type[T], default: T | None = None) -> T:
    """Return a value of the right kind, or raise; without a default the key must be there."""
    value = fields.get(key, default)
    if value is None:
        if key in fields:
            raise ExchangeError(f"'{key}' must be {_KINDS[kind]}; got null.")
        raise ExchangeError(f"The key '{key}' is missing.")
    if not isinstance(value, kind) or isinstance(value, bool):
        raise ExchangeError(f"'{key}' must be {_KINDS[kind]}; got {_brief(value)}.")
    return value


def _claim(fields: Mapping[str, Any]) -> Claim:
    given = _get(fields, "trial", dict)
    _known(given, Claim.__slots__)
    claim = Claim(
        _get(given, "study", str), _get(given, "number", int), _get(given, "attempt", int), _get(given, "worker", str)
    )
    if claim.number < 0 or claim.attempt < 1:
        raise ExchangeError(
            f"A trial's 'number' is at least 0 and its 'attempt' at least 1; got {claim.number} and {claim.attempt}."
        )
    return claim


def _evaluation(fields: Mapping[str, Any]) -> Evaluation:
    _known(fields, ("evaluator", "objective", "limits", "isolation"))
    isolation = fields.get("isolation")
    if isolation not in ("process", "none"):
        raise ExchangeError(f"'isolation' must be 'process' or 'none'; got {_brief(isolation)}.")
    return Evaluation(
        _get(fields, "evaluator", dict),
        _made(Objective.from_dict, _get(fields, "objective", dict), "objective"),
        _made(Limits.from_dict, _get(fields, "limits", dict), "limits"),
        isolation,
    )


def _made(make: Callable[[Any], T], fields: Mapping[str, Any], key: str) -> T:
    """Return what ``make`` makes of a part of a document, or raise with the part's name."""
    try:
        return make(fields)
    except (ParfocalError, TypeError, ValueError, AttributeError) as error:
        raise ExchangeError(f"'{key}' cannot be read: {error}") from None


def _read(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _number_in(value) for name, value in values.items()}


def _number_in(value: Any) -> Any:
    """Return the number of :func:`_number_out`; anything else as it is, for those who judge it."""
    if value is None:
        return math.nan
    return _INFINITIES.get(value, value) if isinstance(value, str) else value


def _seconds(value: Any) -> float:
    """Return a runtime; NaN for null."""
    if value is None:
        return math.nan
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= _LONGEST:
        return float(value)
    raise ExchangeError(f"'runtime' must be seconds of at least 0, or null; got {_brief(value)}.")


def _brief(value: Any) -> str:
    text = "nothing" if value is None else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
