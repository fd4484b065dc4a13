"""The states of a trial and the reasons of a failure: failures are states, never numbers."""

from enum import IntEnum, StrEnum


class State(IntEnum):
    """Where a trial stands; the numbers are those of the database and of ``History.state``.

    WAITING and RUNNING are pending; the others are final and never change again.
    """

    WAITING = 0
    """Asked for, not yet claimed by a worker."""
    RUNNING = 1
    """Claimed by a worker under a lease."""
    COMPLETE = 2
    """Evaluated, with a finite loss."""
    PRUNED = 3
    """Stopped on purpose before its end; its loss, if any, is a partial one."""
    FAILED = 4
    """Evaluated and failed; the :class:`Reason` says why."""
    LOST = 5
    """Its workers died or fell silent too many times; says nothing about the configuration."""

    @property
    def finished(self) -> bool:
        """Whether the state is final."""
        return self >= State.COMPLETE

    @property
    def pending(self) -> bool:
        """Whether a result is still awaited."""
        return self <= State.RUNNING


class Reason(StrEnum):
    """Why a trial FAILED; its place in this list is its code, so that new reasons are added at the end."""

    ERROR = "error"
    """An exception, a crash or a bad exit code."""
    TIMEOUT = "timeout"
    """The time limit was reached."""
    MEMORY = "memory"
    """The memory limit was reached, or memory ran out."""
    INVALID = "invalid"
    """The evaluation itself declared the configuration invalid."""
    NOT_FINITE = "not-finite"
    """The objective is NaN or infinite."""
    MISSING = "missing"
    """A metric that the objective needs was not returned."""
    INTERRUPTED = "interrupted"
    """Stopped from outside, for example by Ctrl-C."""
    SERVER = "server"
    """A server that should have done the work could not be reached, or failed, whatever the configuration."""

    @property
    def code(self) -> int:
        """The small number that stands for the reason in ``History.reason``, where -1 means no reason."""
        return _CODES[self]

    @classmethod
    def from_code(cls, code: int) -> "Reason | None":
        """Return the reason of a code of ``History.reason``; None for -1."""
        return None if code < 0 else _REASONS[code]


_REASONS = tuple(Reason)
_CODES = {reason: code for code, reason in enumerate(_REASONS)}
