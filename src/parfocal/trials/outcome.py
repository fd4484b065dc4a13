"""What became of one evaluation: metrics, or a failure with its reason."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from parfocal.errors import InvalidInput
from parfocal.trials.state import Reason, State

LOG_LIMIT = 16_384
"""Most bytes of a log that are kept: its tail."""
MESSAGE_LIMIT = 2_000
"""Most characters of a message that are kept: its head."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of one evaluation; it checks itself, copies its mappings and bounds its texts.

    Parameters
    ----------
    state
        COMPLETE, PRUNED, FAILED or LOST.
    metrics
        Name to number over the whole evaluation. COMPLETE needs at least one finite metric; others may be NaN where
        they are undefined (a precision without predictions). Whether the *objective* is finite is its own check.
    scores
        Instance (an image, a fold) to metric to number; NaN where undefined.
    runtime
        Seconds, NaN where unknown.
    reason
        Why it FAILED; None for every other state.
    message
        One sentence on a failure; cut to 2,000 characters.
    artifacts
        Name to path of files that the evaluation left.
    log
        Tail of traceback, stdout and stderr; cut to its last 16 KiB.

    Raises
    ------
    InvalidInput
        If the parts contradict each other or are no numbers.
    """

    state: State
    metrics: Mapping[str, float] = field(default_factory=dict)
    scores: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    runtime: float = math.nan
    reason: Reason | None = None
    message: str = ""
    artifacts: Mapping[str, str] = field(default_factory=dict)
    log: str = ""

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "state", _final(self.state))
        put(self, "metrics", _numbers(self.metrics, "metrics"))
        if self.scores:
            put(self, "scores", {str(key): _numbers(row, f"scores of '{key}'") for key, row in self.scores.items()})
        else:
            put(self, "scores", {})
        put(self, "artifacts", {str(name): str(path) for name, path in self.artifacts.items()})
        put(self, "runtime", float(self.runtime))
        put(self, "reason", None if self.reason is None else Reason(self.reason))
        put(self, "message", clean(self.message)[:MESSAGE_LIMIT])
        put(self, "log", tail(self.log))
        if self.runtime < 0 or math.isinf(self.runtime):
            raise InvalidInput(f"A runtime must be a number of seconds of at least 0, or NaN; got {self.runtime}.")
        if (self.state == State.FAILED) != (self.reason is not None):
            raise InvalidInput(
                f"A reason belongs to FAILED, and to no other state; got {self.state.name}, {self.reason}."
            )
        if self.state == State.COMPLETE and not any(map(math.isfinite, self.metrics.values())):
            raise InvalidInput(f"A COMPLETE outcome needs at least one finite metric; got {dict(self.metrics)}.")

    @classmethod
    def complete(
        cls,
        metrics: Mapping[str, float],
        *,
        scores: Mapping[str, Mapping[str, float]] | None = None,
        runtime: float = math.nan,
        artifacts: Mapping[str, str] | None = None,
        log: str = "",
    ) -> "Outcome":
        """Return the outcome of an evaluation that came to its end."""
        return cls(State.COMPLETE, metrics, scores or {}, runtime, artifacts=artifacts or {}, log=log)

    @classmethod
    def pruned(
        cls,
        message: str = "",
        *,
        metrics: Mapping[str, float] | None = None,
        scores: Mapping[str, Mapping[str, float]] | None = None,
        runtime: float = math.nan,
        artifacts: Mapping[str, str] | None = None,
        log: str = "",
    ) -> "Outcome":
        """Return the outcome of an evaluation that was stopped on purpose; ``metrics`` are partial."""
        return cls(
            State.PRUNED, metrics or {}, scores or {}, runtime, message=message, artifacts=artifacts or {}, log=log
        )

    @classmethod
    def failed(
        cls,
        reason: Reason | str,
        message: str,
        *,
        metrics: Mapping[str, float] | None = None,
        scores: Mapping[str, Mapping[str, float]] | None = None,
        runtime: float = math.nan,
        artifacts: Mapping[str, str] | None = None,
        log: str = "",
    ) -> "Outcome":
        """Return the outcome of an evaluation that failed, with its reason and one sentence."""
        return cls(State.FAILED, metrics or {}, scores or {}, runtime, Reason(reason), message, artifacts or {}, log)


def clean(text: str) -> str:
    """Return ``text`` without what a database refuses: NUL characters and lone surrogates."""
    if text.isascii():
        return text.replace("\0", "")
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", "")


def tail(text: str, limit: int = LOG_LIMIT) -> str:
    """Return the last ``limit`` bytes (UTF-8) of the cleaned ``text``, cut at a character."""
    text = clean(text[-limit:])
    if len(text) * 4 <= limit or text.isascii():
        return text
    return text.encode("utf-8")[-limit:].decode("utf-8", "ignore")


def _final(state: Any) -> State:
    """Return a final state, or raise."""
    if type(state) is State and state >= State.COMPLETE:
        return state
    if state not in (State.COMPLETE, State.PRUNED, State.FAILED, State.LOST):
        raise InvalidInput(f"An outcome is COMPLETE, PRUNED, FAILED or LOST; got {state!r}.")
    return State(state)


def _numbers(values: Mapping[str, Any], name: str) -> dict[str, float]:
    """Return name to float, or raise with the first value that is no number."""
    plain = dict(values)
    for key, value in plain.items():
        if type(value) is float and type(key) is str:
            continue
        if not isinstance(key, str) or isinstance(value, str | bytes):
            raise InvalidInput(f"The {name} must map names to numbers; got {key!r}: {value!r}.")
        try:
            plain[key] = float(value)
        except (TypeError, ValueError, OverflowError):
            raise InvalidInput(f"The {name} must map names to numbers; got {key!r}: {value!r}.") from None
    return plain
