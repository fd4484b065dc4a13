"""Runs: one history each, with a name and, where wanted, a way to its full trials; and what counts as an evaluation."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from parfocal.errors import InvalidInput
from parfocal.trials import History, State, Trial
from parfocal.typing import Bools, Floats, Ints

Accessor = Callable[[int, int], Sequence[Trial]]
"""``trials(start, stop)``: the trials with these numbers, with messages, logs and metrics."""


@dataclass(frozen=True)
class Run:
    """One run of an optimizer on a problem."""

    history: History
    label: str = ""
    """Runs with the same label are repetitions of the same thing: they share one curve."""
    trials: Accessor | None = None
    stamps: Floats | None = None
    """When the result of each trial came in, seconds from the beginning of the run, (n,); NaN where it has not
    (:func:`~parfocal.analysis.stamps`). None where it is not known."""

    def __post_init__(self) -> None:
        if self.stamps is not None and len(self.stamps) != len(self.history):
            raise InvalidInput(
                f"A run has a stamp for each of its trials; got {len(self.stamps)} for {len(self.history)} trials."
            )

    def trial(self, number: int) -> Trial | None:
        """Return one trial in full, or None where this run has no access to them."""
        found = self.trials(number, number + 1) if self.trials is not None else ()
        return next((trial for trial in found if trial.number == number), None)


Histories = History | Sequence[History] | Mapping[str, History | Sequence[History]] | Sequence[Run]
"""One run, repetitions of it, or named groups of repetitions (for example one group an optimizer)."""


def as_runs(
    histories: Histories, trials: Accessor | Sequence[Trial] | Sequence[Accessor] | None = None
) -> tuple[Run, ...]:
    """Return runs from any of the forms that people have at hand.

    Parameters
    ----------
    histories
        A history, several of them, groups by name, or runs (returned as they are).
    trials
        Access to full trials: ``trials(start, stop)`` or a list of trials for one history; a list of accessors, one a
        history, for several.

    Raises
    ------
    InvalidInput
        When there are not as many accessors as histories.
    """
    if isinstance(histories, Sequence) and histories and all(isinstance(run, Run) for run in histories):
        return tuple(run for run in histories if isinstance(run, Run))
    labelled = [(label, h) for label, group in _groups(histories) for h in group]
    accessors = _accessors(trials, len(labelled))
    if len(accessors) != len(labelled):
        raise InvalidInput(
            f"Give one accessor of trials for each history; got {len(accessors)} for {len(labelled)} histories."
        )
    return tuple(Run(h, label, access) for (label, h), access in zip(labelled, accessors, strict=True))


def _groups(histories: Histories) -> list[tuple[str, list[History]]]:
    if isinstance(histories, History):
        return [("", [histories])]
    if isinstance(histories, Mapping):
        return [(label, [group] if isinstance(group, History) else list(group)) for label, group in histories.items()]
    wrong = next((h for h in histories if not isinstance(h, History)), None)
    if wrong is not None:
        raise InvalidInput(f"Runs must be histories (or all of them Run); got a {type(wrong).__name__}.")
    return [("", [h for h in histories if isinstance(h, History)])]


def _accessors(trials: Accessor | Sequence[Trial] | Sequence[Accessor] | None, n: int) -> list[Accessor | None]:
    if trials is None:
        return [None] * n
    if callable(trials):
        return [trials]
    if all(isinstance(trial, Trial) for trial in trials):
        return [_from_list([trial for trial in trials if isinstance(trial, Trial)])]
    return [access for access in trials if not isinstance(access, Trial)]


def _from_list(trials: Sequence[Trial]) -> Accessor:
    ordered = sorted(trials, key=lambda trial: trial.number)
    numbers = np.array([trial.number for trial in ordered], dtype=np.int64)

    def access(start: int, stop: int) -> Sequence[Trial]:
        first, last = np.searchsorted(numbers, [start, stop]).tolist()
        return ordered[first:last]

    return access


@dataclass(frozen=True)
class Evaluations:
    """The evaluations of one run in the order in which their results came in; LOST trials are none."""

    rows: Ints
    """Rows of the history (= trial numbers), (n,)."""
    loss: Floats
    """Loss of each, (n,); NaN where it failed, was pruned, or was made at less than the highest fidelity."""

    def __len__(self) -> int:
        return len(self.rows)


def evaluations(history: History) -> Evaluations:
    """Return what was evaluated, in told order; only complete trials at the highest fidelity used carry a loss."""
    rows = np.asarray(history.finished_order, dtype=np.int64)
    rows = rows[np.asarray(history.state)[rows] != int(State.LOST)]
    loss = np.where(comparable(history), history.loss, np.nan)[rows]
    return Evaluations(rows, loss)


def comparable(history: History) -> Bools:
    """Return which rows may be compared, (n,): complete, and at the highest fidelity any complete trial had."""
    complete = np.asarray(history.complete)
    if not complete.any():
        return np.zeros(len(history), dtype=bool)
    return complete & (history.fidelity >= np.max(history.fidelity[complete]))
