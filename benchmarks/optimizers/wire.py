"""A space and its configurations in plain values, for peers that know nothing of parfocal.

A parameter is ``{"name", "kind", "when"}`` and

* ``float`` or ``integer``: ``low``, ``high``, ``log``; its value is the number;
* ``level``: ``count`` ordered, equally spaced levels; its value is the index of the level;
* ``categorical``: ``count`` unordered choices; its value is the index of the choice.

``when`` is None or ``[parent, indices]``: the parameter is active where the active parent has one of these levels.
Parents come first.
"""

from typing import Any

import numpy as np

from parfocal.space import Boolean, Categorical, Float, Integer, Space
from parfocal.space.priors import LogUniform, Uniform
from parfocal.typing import Floats

Values = dict[str, Any]


class Inexpressible(ValueError):
    """A space that has no plain description."""


def describe(space: Space) -> dict[str, Any]:
    """Return ``{"parameters": [...], "below": [[a, b], ...]}``; ``below``: constraints ``a < b`` on equal levels."""
    order = [name for name in space.columns if name not in space.layout.rules]
    order += [name for name in space.layout.order if name in space.layout.position]
    return {
        "parameters": [{"name": name, **_kind(space, name), "when": _when(space, name)} for name in order],
        "below": _below(space),
    }


def to_values(space: Space, row: Floats) -> Values:
    """Return the plain values of one canonical row ``(d,)``; inactive parameters are left out."""
    configuration = space.decode(row[None, :])[0]
    indices = space.indices(row[None, :])[0]
    return {
        name: int(index) if _by_level(space, name) else configuration[name]
        for name, index in zip(space.columns, indices, strict=True)
        if name in configuration
    }


def to_row(space: Space, values: Values) -> Floats:
    """Return the canonical row ``(d,)`` of plain values; values of inactive parameters are dropped."""
    configuration = {}
    for name, value in values.items():
        parameter = space.parameters[name]
        if _by_level(space, name):
            value = space.layout.axes[name].take(np.array([int(value)])).tolist()[0]
        elif isinstance(parameter, Integer):
            value = int(min(max(value, parameter.low), parameter.high))
        elif isinstance(parameter, Float):
            value = min(max(value, parameter.low), parameter.high)  # rounding in a peer's own scale
        configuration[name] = value
    return space.encode([configuration])[0]


def _by_level(space: Space, name: str) -> bool:
    parameter = space.parameters[name]
    whole = isinstance(parameter, Integer) and parameter.levels is None and parameter.step in (None, 1)
    return space.layout.axes[name].levels > 0 and not whole


def _kind(space: Space, name: str) -> Values:
    parameter: Any = space.parameters[name]
    levels = int(space.layout.axes[name].levels)
    if isinstance(parameter, Categorical | Boolean):
        return {"kind": "categorical", "count": levels}
    if _by_level(space, name):
        return {"kind": "level", "count": levels}
    if not isinstance(parameter.prior, Uniform | LogUniform):
        raise Inexpressible(f"'{name}': its prior is neither uniform nor log-uniform.")
    log = isinstance(parameter.prior, LogUniform)
    kind = "float" if isinstance(parameter, Float) else "integer"
    return {"kind": kind, "low": parameter.low, "high": parameter.high, "log": log}


def _when(space: Space, name: str) -> list[Any] | None:
    if name not in space.layout.rules:
        return None
    layout = space.layout
    rule = layout.rules[name]
    parents = sorted(rule.expression.names)
    levels = layout.axes[parents[0]].levels
    codes = layout.axes[parents[0]].codes
    if len(parents) != 1 or codes is None:
        raise Inexpressible(f"'{name}': its condition does not speak of levels of one parameter.")
    rows = np.tile(layout.start, (levels, 1))
    rows[:, layout.position[parents[0]]] = codes.code(np.arange(levels))
    return [parents[0], np.flatnonzero(rule.holds(layout.view(rows))).tolist()]


def _below(space: Space) -> list[list[str]]:
    found = []
    for text in space.constraints:
        names = [part.strip() for part in text.split("<")]
        if len(names) != 2 or not all(name in space.layout.axes for name in names):
            raise Inexpressible(f"The constraint '{text}' is not of the form a < b.")
        first, second = (space.layout.axes[name] for name in names)
        index = np.arange(first.levels)
        if not first.levels == second.levels > 0 or not np.array_equal(first.take(index), second.take(index)):
            raise Inexpressible(f"The constraint '{text}' does not compare equal levels.")
        found.append(names)
    return found
