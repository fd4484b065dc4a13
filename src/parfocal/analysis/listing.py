"""A page of the table of trials: sorted by any column, and only those that a condition or a brush has chosen."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from parfocal.analysis.coordinates import values_of
from parfocal.analysis.rows import Rows
from parfocal.errors import InvalidInput
from parfocal.expressions import parse
from parfocal.space import Space
from parfocal.trials import History, Objective, Reason, State
from parfocal.typing import Bools, Floats, Ints

TRIAL, STATE, VALUE, RUNTIME = "trial", "state", "value", "runtime"
"""Columns that every trial has, besides its parameters."""
_STATES = np.array([state.name.lower() for state in State])


@dataclass(frozen=True)
class Listing:
    """Some trials of one run, a row each."""

    names: tuple[str, ...]
    """Parameters."""
    titles: tuple[str, ...]
    """Of the parameters, with units."""
    number: Ints
    """Trial numbers, (k,)."""
    state: tuple[str, ...]
    """``complete``, ``waiting``, ...; a failure with its reason: ``failed (timeout)``."""
    value: Floats
    """In the user's own units; NaN unless there is one."""
    runtime: Floats
    cells: tuple[tuple[str, ...], ...]
    """The parameters as people write them, a row a trial."""
    start: int
    """How many rows stand before the first one."""
    total: int
    """Rows in all."""
    by: str
    descending: bool


def listing(
    rows: Rows,
    history: History,
    objective: Objective,
    *,
    chosen: Bools | None = None,
    by: str = TRIAL,
    descending: bool = False,
    start: int = 0,
    size: int = 25,
    running: Collection[int] = (),
) -> Listing:
    """Return the rows [start, start + size) of the sorted table.

    Parameters
    ----------
    rows, history
        The same single run.
    chosen
        Which trials are listed, (n,); None: all.
    by
        ``trial``, ``state``, ``value``, ``runtime``, or a parameter's name. Trials without a value there come last.
    start
        Beyond the end the last page is returned.
    running
        Numbers of the pending trials that somebody has claimed, which a history does not tell from waiting ones.

    Raises
    ------
    InvalidInput
        If there is no column of this name.
    """
    names = tuple(axis.name for axis in rows.axes)
    which = np.arange(len(history)) if chosen is None else np.flatnonzero(chosen)
    key = _key(rows, history, objective, by)[which]
    order = np.argsort(-key if descending else key, kind="stable")  # NaN comes last either way
    start = max(0, min(start, (len(which) - 1) // size * size))
    shown = which[order[start : start + size]]
    return Listing(
        names,
        tuple(axis.title for axis in rows.axes),
        shown,
        tuple(_state(history, row, running) for row in shown.tolist()),
        objective.value(np.asarray(history.loss[shown])),
        np.asarray(history.runtime[shown], dtype=np.float64),
        tuple(
            tuple(axis.text(value) for axis, value in zip(rows.axes, line, strict=True))
            for line in rows.coordinates[shown].tolist()
        ),
        start,
        len(which),
        by,
        descending,
    )


def _key(rows: Rows, history: History, objective: Objective, by: str) -> Floats:
    names = [axis.name for axis in rows.axes]
    if by in names:
        return rows.coordinates[:, names.index(by)]
    known: dict[str, Any] = {
        TRIAL: np.arange(len(history)),
        STATE: history.state,
        VALUE: objective.value(np.asarray(history.loss)),
        RUNTIME: history.runtime,
    }
    if by not in known:
        raise InvalidInput(f"There is no column '{by}'; the table has {', '.join([*known, *names])}.")
    return np.asarray(known[by], dtype=np.float64)


def _state(history: History, row: int, running: Collection[int]) -> str:
    if history.state[row] <= State.RUNNING:
        return (State.RUNNING if row in running else State.WAITING).name.lower()
    state, reason = State(int(history.state[row])), Reason.from_code(int(history.reason[row]))
    return state.name.lower() + (f" ({reason})" if reason is not None else "")


def where(space: Space, history: History, objective: Objective, condition: str) -> Bools:
    """Return which trials fulfil a condition, (n,): ``sigma > 2 and smooth == 'gauss' and value >= 0.8``.

    Besides parameters it may speak of ``trial``, ``state`` (``'failed'``), ``runtime`` (s), and of the objective's
    value by ``value`` or its metric's name. What a trial does not have makes a comparison false.

    Raises
    ------
    ExpressionError
        If it is no condition, or speaks of something else; one sentence.
    """
    expression = parse(condition, kind="condition")
    values, active = values_of(space, history.X)
    value = objective.value(np.asarray(history.loss))
    own = {
        TRIAL: np.arange(len(history)),
        STATE: _STATES[history.state],
        VALUE: value,
        objective.metric: value,
        RUNTIME: np.asarray(history.runtime, dtype=np.float64),
    }
    columns = {**own, **values}
    known = {name: active.get(name, _known(column)) for name, column in columns.items()}
    return np.broadcast_to(np.asarray(expression(columns, known), dtype=np.bool_), (len(history),))


def _known(column: NDArray[Any]) -> Bools:
    return ~np.isnan(column) if column.dtype.kind == "f" else np.ones(len(column), dtype=np.bool_)
