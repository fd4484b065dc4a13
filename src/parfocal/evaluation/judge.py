"""From what an evaluation returned or raised to an Outcome: the one place where a reason is found."""

import math
import os
import traceback
from collections.abc import Mapping
from typing import Any

from parfocal.errors import EvaluationError, InvalidInput
from parfocal.evaluation.base import InvalidConfiguration, MissingResult, OutOfMemory, Result, ServerFailure
from parfocal.trials import Objective, Outcome, Reason, State
from parfocal.trials.objective import RUNTIME

_REASONS: tuple[tuple[type[BaseException], Reason], ...] = (
    (InvalidConfiguration, Reason.INVALID),
    (MissingResult, Reason.MISSING),
    (OutOfMemory, Reason.MEMORY),
    (MemoryError, Reason.MEMORY),
    (ServerFailure, Reason.SERVER),
    (KeyboardInterrupt, Reason.INTERRUPTED),
)


def judge(returned: Any, objective: Objective, runtime: float = math.nan) -> Outcome:
    """Return the outcome of what an evaluation returned: COMPLETE, or FAILED if the objective is not in it.

    A mapping may hold more than the objective needs; entries that are no numbers are left out, and named in the
    outcome's message.
    """
    try:
        result = returned if isinstance(returned, Result) else Result(returned)
        metrics, dropped = _numbers(objective.with_runtime(_metrics(result.metrics, objective), runtime))
        scores = {str(key): _numbers(row)[0] for key, row in result.scores.items()} if result.scores else {}
        artifacts = {str(name): os.fspath(path) for name, path in result.artifacts.items()} if result.artifacts else {}
    except Exception as error:  # a mapping or number of the user's own making may raise anything
        return failed(error, runtime)
    absent = objective.missing(metrics, scores)
    wrong = [name for name in absent if name in dropped]
    if wrong:
        texts = ", ".join(f"'{name}' = {dropped[name]}" for name in wrong)
        reason, message = Reason.ERROR, f"A metric must be a number; got {texts}."
    elif absent:
        need = ", ".join(f"'{name}'" for name in absent)
        have = ", ".join(f"'{name}'" for name in metrics) or "none"
        reason = Reason.MISSING
        message = f"The objective '{objective}' needs the metric {need}; the evaluation returned {have}."
    else:
        try:
            objective.loss(metrics, scores)
            objective.rest(metrics, scores)
        except EvaluationError as error:
            reason, message = Reason.NOT_FINITE, str(error)
        else:
            if not any(map(math.isfinite, metrics.values())):  # the objective came from the scores alone
                metrics = {**metrics, objective.metric: objective.value(objective.loss(metrics, scores))}
            note = f"Left out, since they are no numbers: {', '.join(dropped)}." if dropped else ""
            return Outcome(State.COMPLETE, metrics, scores, runtime, message=note, artifacts=artifacts)
    return Outcome.failed(reason, message, metrics=metrics, scores=scores, runtime=runtime, artifacts=artifacts)


def _metrics(returned: Any, objective: Objective) -> Mapping[str, Any]:
    """Return metrics by name of a mapping, or of a number alone, or raise."""
    if isinstance(returned, Mapping):
        return returned
    if returned is None:
        raise MissingResult(f"The evaluation returned nothing; return the metric {_names(objective)}.")
    if isinstance(returned, bool) or _number(returned) is None:
        raise InvalidInput(
            f"The evaluation returned {_brief(returned)}; expected a number, a mapping of metrics, or a Result."
        )
    names = [name for name in objective.names if name != RUNTIME] or [RUNTIME]
    if len(names) != 1:
        raise MissingResult(
            f"The evaluation returned {_brief(returned)}, and the objective needs several metrics: return a mapping of "
            f"{_names(objective)}."
        )
    return {names[0]: returned}


def _names(objective: Objective) -> str:
    return ", ".join(f"'{name}'" for name in objective.names)


def _numbers(values: Mapping[Any, Any]) -> tuple[dict[str, float], dict[str, str]]:
    """Return the entries that are numbers, and a short text for each of the others."""
    numbers: dict[str, float] = {}
    dropped: dict[str, str] = {}
    for key, value in values.items():
        number = value if type(value) is float else _number(value)
        if number is None:
            dropped[str(key)] = _brief(value)
        else:
            numbers[str(key)] = number
    return numbers, dropped


def _number(value: Any) -> float | None:
    """Return a scalar of any library as a float, or None: text, arrays and everything else is no number."""
    if isinstance(value, str | bytes | bytearray) or getattr(value, "ndim", 0) != 0:
        return None
    try:
        return float(value)
    except OverflowError:
        return math.inf
    except Exception:
        return None


def _brief(value: Any) -> str:
    """Return a short text for a value of any kind."""
    try:
        text = repr(value)
    except Exception:
        text = "an object"
    text = text if len(text) <= 60 else f"{text[:57]}..."
    return f"{text} ({type(value).__name__})"


def failed(error: BaseException, runtime: float = math.nan, stage: str = "") -> Outcome:
    """Return the outcome of an exception: reason, one sentence that names it and its place, traceback as log."""
    reason = next((reason for kind, reason in _REASONS if isinstance(error, kind)), Reason.ERROR)
    message = describe(error)
    if stage:
        message = f"The {stage} failed: {message}"
    log = "" if isinstance(error, EvaluationError) else _traceback(error)
    return Outcome.failed(reason, message, runtime=runtime, log=log)


def describe(error: BaseException) -> str:
    """Return ``ValueError: text (pipeline.py, line 12, in segment)``; errors of parfocal's own are their text."""
    if isinstance(error, EvaluationError | InvalidInput):
        return str(error)
    text = "".join(traceback.format_exception_only(error)).strip()
    if isinstance(error, SystemExit):
        text = f"SystemExit: the evaluation wanted to end the program (code {error.code!r}); return or raise instead"
    frames = traceback.extract_tb(error.__traceback__)
    if frames:
        last = frames[-1]
        text += f" ({os.path.basename(last.filename)}, line {last.lineno}, in {last.name})"
    return text


def _traceback(error: BaseException) -> str:
    """Return the traceback from the user's own frames on: the first frame is parfocal's own call."""
    inner = error.__traceback__.tb_next if error.__traceback__ is not None else None
    try:
        return "".join(traceback.format_exception(type(error), error, inner or error.__traceback__))
    except Exception:  # an exception of the user's own making may fail even here
        return f"{type(error).__name__} (its traceback cannot be shown)"


def noted(outcome: Outcome, note: str) -> Outcome:
    """Return the outcome with one more sentence in its message."""
    return with_texts(outcome, f"{outcome.message} {note}".strip(), outcome.log)


def with_texts(outcome: Outcome, message: str, log: str) -> Outcome:
    """Return the outcome with another message and log."""
    return Outcome(
        outcome.state, outcome.metrics, outcome.scores, outcome.runtime, outcome.reason, message, outcome.artifacts, log
    )
