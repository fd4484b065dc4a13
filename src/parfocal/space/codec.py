"""The bridge between configurations (for people) and rows of X (for algorithms), whole columns at a time."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from parfocal.checks import did_you_mean
from parfocal.errors import SpaceError
from parfocal.space.layout import Layout
from parfocal.space.parameters import Constant, same
from parfocal.typing import Bools, Floats, Ints, Value, Values

_ASLEEP: Any = object()


def encode(layout: Layout, configurations: Sequence[Values]) -> Floats:
    """Return canonical rows ``(n, d)``; values of inactive parameters are dropped, missing ones take their defaults.

    Raises
    ------
    SpaceError
        If a name is unknown or a value is impossible; whether constraints hold is not asked.
    """
    known = layout.parameters.keys()
    for configuration in configurations:
        if not configuration.keys() <= known:
            name = next(name for name in configuration if name not in known)
            raise SpaceError(f"'{name}' is no parameter of the space{did_you_mean(name, known)}.")
    X = np.full((len(configurations), len(layout.columns)), np.nan)
    for position, name in enumerate(layout.columns):
        values = [configuration.get(name, _ASLEEP) for configuration in configurations]
        given = np.fromiter((value is not _ASLEEP for value in values), dtype=np.bool_, count=len(values))
        if given.all():
            X[:, position] = layout.axes[name].code(values, name)
        elif given.any():
            X[given, position] = layout.axes[name].code([v for v in values if v is not _ASLEEP], name)
    return layout.canonical(X)


def decode(layout: Layout, X: Floats) -> list[dict[str, Value]]:
    """Return one dict a row: active parameters and constants in the space's order, as plain Python values."""
    view = layout.view(X)
    columns: list[list[Any]] = []
    active: list[Bools] = []
    for name, parameter in layout.parameters.items():
        constant = isinstance(parameter, Constant)
        values = [parameter.value] * len(X) if isinstance(parameter, Constant) else view.values(name).tolist()
        mask = view.active(name)
        if mask is None and not constant and np.isnan(X[:, layout.position[name]]).any():
            mask = ~np.isnan(X[:, layout.position[name]])
        active.append(np.ones(len(X), dtype=np.bool_) if mask is None else mask)
        columns.append(values)
    return _dicts(tuple(layout.parameters), columns, np.array(active))


def _dicts(names: tuple[str, ...], columns: list[list[Any]], active: Bools) -> list[dict[str, Value]]:
    """Return the rows as dicts; rows with the same active parameters are built together."""
    some = np.flatnonzero(~active.all(axis=1))
    if not some.size:
        return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]
    for position in some:
        values = columns[position]
        for row in np.flatnonzero(~active[position]).tolist():
            values[row] = _ASLEEP
    return [
        {name: value for name, value in zip(names, row, strict=True) if value is not _ASLEEP}
        for row in zip(*columns, strict=True)
    ]


def decode_columns(layout: Layout, X: Floats) -> dict[str, NDArray[Any]]:
    """Return one array a column of X: numbers as float64 with NaN where inactive, options as objects with None."""
    view = layout.view(X)
    decoded: dict[str, NDArray[Any]] = {}
    for position, name in enumerate(layout.columns):
        values = view.values(name)
        asleep = np.isnan(X[:, position])
        if values.dtype.kind in "fi":
            values = values.astype(np.float64)
            values[asleep] = np.nan
        else:
            values = values.astype(object)
            values[asleep] = None
        decoded[name] = values
    return decoded


def indices(layout: Layout, X: Floats) -> Ints:
    """Return the level of each entry: -1 where inactive, 0 where continuous and active."""
    index = np.empty(X.shape, dtype=np.int64)
    for position, name in enumerate(layout.columns):
        index[:, position] = layout.axes[name].index(X[:, position])
    index[np.isnan(X)] = -1
    return index


def keys(layout: Layout, X: Floats) -> NDArray[np.uint64]:
    """Return a hash of each canonical row: of its levels, and of continuous codes rounded to 2^-40 (splitmix64)."""
    words = indices(layout, X).astype(np.uint64)
    for position, name in enumerate(layout.columns):
        if not layout.axes[name].levels:
            column = X[:, position]
            words[:, position] = np.where(np.isnan(column), -1, np.rint(np.nan_to_num(column) * 2.0**40)).astype(
                np.int64
            )
    state = np.full(len(X), 0x9E3779B97F4A7C15, dtype=np.uint64)
    for column in words.T:
        z = (state ^ column) + np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        state = z ^ (z >> np.uint64(31))
    return state


def problem(layout: Layout, configuration: Values) -> str | None:
    """Return one sentence saying what is wrong with a configuration, or None."""
    known = layout.parameters.keys()
    for name in configuration:
        if name not in known:
            return f"'{name}' is no parameter of the space{did_you_mean(name, known)}."
    for name, value in configuration.items():
        parameter = layout.parameters[name]
        if isinstance(parameter, Constant):
            if not same(value, parameter.value):
                return f"'{name}' is constant and must be {parameter.value!r}; got {value!r}."
            continue
        wrong = layout.axes[name].problem(value, name)
        if wrong is not None:
            return wrong
    X = encode(layout, [configuration])
    view = layout.view(X)
    for name in layout.parameters:
        mask = view.active(name)
        active = mask is None or bool(mask[0])
        if active and name not in configuration:
            return f"'{name}' is missing: the configuration needs a value for each active parameter."
        if not active and name in configuration:
            rule = layout.rules[name].expression
            return f"'{name}' is given, but it is inactive here (it needs {rule}): leave it out."
    for rule in layout.constraints:
        if not rule.holds(view)[0]:
            return f"The configuration breaks the constraint '{rule.expression}'."
    return None
