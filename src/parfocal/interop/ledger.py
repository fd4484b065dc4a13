"""The history that belongs to the trials of an Optuna study, extended as they come."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from parfocal.errors import SpaceError
from parfocal.extras import require
from parfocal.seeds import generator
from parfocal.space import Space
from parfocal.trials import History, State
from parfocal.typing import Floats

require("optuna", "interop")

from optuna.trial import FrozenTrial, TrialState  # noqa: E402

PROPOSED = "parfocal:configuration"
"""System attribute of a trial: the configuration that was proposed for it, before its parameters are asked for."""


class Ledger:
    """Row ``i`` of the history is the trial number ``i``.

    A trial that says nothing about the space (another sampler's, or one that another process has only just begun)
    holds a random row that is LOST, which optimizers ignore.

    Parameters
    ----------
    space : Space
    maximize : bool
        Direction of the study.
    seed : int
        Names the random rows of unknown trials.
    read : callable
        Returns what is known of the configuration of a trial, or None.
    """

    def __init__(
        self, space: Space, maximize: bool, seed: int, read: Callable[[FrozenTrial], dict[str, Any] | None]
    ) -> None:
        self.space, self.maximize, self.seed, self._read = space, maximize, seed, read
        self._begin()

    def _begin(self) -> None:
        self.history = History(self.space.dimension)
        self._open: set[int] = set()

    def update(self, trials: Sequence[FrozenTrial]) -> History:
        """Return the history of ``trials``, all trials of the study from number 0 on, in order.

        The history of the last call grows; it starts anew only when a row was not what it seemed: a trial that was
        unknown is known by now, or its parameters are not the proposed ones.
        """
        if len(trials) < len(self.history) or not self._extend(trials):
            self._begin()
            self._extend(trials)
        return self.history

    def _extend(self, trials: Sequence[FrozenTrial]) -> bool:
        """Enter what is new; return False if an old row turns out to be wrong."""
        start = len(self.history)
        for number in sorted(self._open):
            row = self._row(trials[number])
            known = not self.history.lost[number]
            if (row is not None) != known or (row is not None and not _same(row, self.history.X[number])):
                return False
        rows = [self._row(trial) for trial in trials[start:]]
        unknown = [start + k for k, row in enumerate(rows) if row is None]
        if rows:
            blank = [self._blank(start + k) if row is None else row for k, row in enumerate(rows)]
            self.history.append(np.concatenate(blank))
            self.history.tell(unknown, State.LOST, math.nan)
        self._open.update(range(start, len(trials)))
        told = [number for number in self._open if trials[number].state.is_finished()]
        told.sort(key=lambda number: (_ended(trials[number]), number))
        for number in told:
            self._open.discard(number)
            if not self.history.lost[number]:
                self.history.tell(number, *self._result(trials[number]))
        return True

    def _row(self, trial: FrozenTrial) -> Floats | None:
        """Return the row ``(1, d)`` of a trial; None when too little is known of it or it lies outside of the space."""
        values = self._read(trial)
        if values is None:
            return None
        try:
            row = self.space.encode([values])
        except SpaceError:
            return None
        active = zip(self.space.columns, np.isnan(row[0]).tolist(), strict=True)
        return row if all(asleep or name in values for name, asleep in active) else None

    def _blank(self, number: int) -> Floats:
        return self.space.sample(1, generator(self.seed, "unknown", number))

    def _result(self, trial: FrozenTrial) -> tuple[State, float]:
        """Return state and loss of a finished trial."""
        sign = -1.0 if self.maximize else 1.0
        if trial.state == TrialState.COMPLETE:
            loss = sign * float(trial.values[0])
            return (State.COMPLETE, loss) if math.isfinite(loss) else (State.FAILED, math.nan)
        if trial.state == TrialState.PRUNED:
            last = trial.last_step
            loss = math.nan if last is None else sign * float(trial.intermediate_values[last])
            return State.PRUNED, loss if math.isfinite(loss) else math.nan
        return State.FAILED, math.nan


def known_values(trial: FrozenTrial) -> dict[str, Any]:
    """Return what is known of a trial: the proposed values, under the enqueued and the asked ones."""
    attributes = trial.system_attrs
    return {**(attributes.get(PROPOSED) or {}), **(attributes.get("fixed_params") or {}), **trial.params}


def configuration(trial: FrozenTrial, space: Space) -> dict[str, Any]:
    """Return what is known of a trial's configuration in a space."""
    return {name: value for name, value in known_values(trial).items() if name in space.parameters}


def _same(row: Floats, other: Floats) -> bool:
    return bool(np.array_equal(row[0], other, equal_nan=True))


def _ended(trial: FrozenTrial) -> float:
    return 0.0 if trial.datetime_complete is None else trial.datetime_complete.timestamp()
