"""When the first trials all fail: what they had in common, in one sentence."""

from collections import Counter
from collections.abc import Collection, Sequence

from parfocal.trials import Outcome, State, Trial

_MANY = 4


def common_failure(trials: Sequence[Trial], first: int = 10, constant: Collection[str] = ()) -> str | None:
    """Return a sentence if the first trials of a study all FAILED, or None.

    Parameters
    ----------
    trials
        Trials of a study from number 0 on, in the order of their numbers; later ones are not looked at.
    first
        How many must fail; 0 for never.
    constant
        Parameters that have only one value anyway, not worth to be named.

    Returns
    -------
    str or None
        What the failures have in common: reason, message, and parameters that had the same value in all of them.
    """
    if first < 1 or len(trials) < first:
        return None
    head = trials[:first]
    outcomes = [trial.outcome for trial in head if trial.state == State.FAILED and trial.outcome is not None]
    if len(outcomes) < first:
        return None
    count = f"The first {first} trials all failed" if first > 1 else "The first trial failed"
    shared = _shared(head, constant) if first > 1 else ""
    return f"{count}{_said(outcomes)}{shared}; see the log of trial {head[0].number}, mend it, and run again."


def _said(outcomes: Sequence[Outcome]) -> str:
    """Return what the outcomes say: one message, one kind of error, one reason, or a mixture."""
    messages = Counter(outcome.message for outcome in outcomes)
    reasons = Counter(str(outcome.reason) for outcome in outcomes)
    kinds = Counter(outcome.message.partition(":")[0] for outcome in outcomes)
    message, often = messages.most_common(1)[0]
    if len(messages) == 1:
        return (
            f" ({next(iter(reasons))}), with the same message: {message.rstrip('.')}"
            if message
            else f" ({_list(reasons)})"
        )
    example = f"for example: {message.rstrip('.')}"
    if len(kinds) == 1 and len(reasons) == 1:
        return f" ({next(iter(reasons))}), all with '{next(iter(kinds))}', {example}"
    if len(reasons) == 1:
        share = f"{often} times: {message.rstrip('.')}" if often > 1 else example
        return f" for the same reason ({next(iter(reasons))}), {share}"
    return f" for several reasons ({_list(reasons)}), {example}"


def _list(counter: Counter[str]) -> str:
    return ", ".join(f"{name} {count} times" if len(counter) > 1 else name for name, count in counter.most_common())


def _shared(trials: Sequence[Trial], constant: Collection[str]) -> str:
    """Return the parameters that had the same value in all trials."""
    rows = [trial.configuration for trial in trials]
    same = [
        f"{name} = {value!r}"
        for name, value in rows[0].items()
        if name not in constant and all(name in row and row[name] == value for row in rows[1:])
    ]
    if not same:
        return ""
    more = f" and {len(same) - _MANY} others" if len(same) > _MANY else ""
    return f"; all had {', '.join(same[:_MANY])}{more}"
