"""The bridge between configurations (for people) and rows of X (for algorithms), whole columns at a time."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from parfocal.checks import did_you_mean
from parfocal.errors import SpaceError
from parfocal.space.layout import Layout
from parfocal.space.parameter_checks import same
from parfocal.space.parameters import Constant
from parfocal.typing import Bools, Floats, Ints, Value, Values

_FEW_ROWS = 16
"""Rows with the same active parameters are decoded together when there are that many of them on average."""


def encode(layout: Layout, configurations: Sequence[Values]) -> Floats:
    """Return canonical rows ``(n, d)``; values of inactive parameters are dropped, missing ones take their defaults.

    Raises
    ------
    SpaceError
        If a name is unknown or a value is impossible; whether constraints hold is not asked.
    """
    known = layout.parameters.keys()
    rows = [row if type(row) is dict else dict(row) for row in configurations]
    for row in rows:
        if not row.keys() <= known:
            name = next(name for name in row if name not in known)
            raise SpaceError(f"'{name}' is no parameter of the space{did_you_mean(name, known)}.")
    X = np.full((len(rows), len(layout.columns)), np.nan)
    for position, name in enumerate(layout.columns):
        values = [row[name] for row in rows if name in row]
        given = slice(None) if len(values) == len(rows) else np.array([name in row for row in rows])
        if values:
            X[given, position] = layout.axes[name].encode(values, name)
    return layout.canonical(X)


def decode(layout: Layout, X: Floats) -> list[dict[str, Value]]:
    """Return one dict a row: active parameters and constants in the space's order, as plain Python values."""
    view = layout.view(X)
    columns: list[NDArray[Any]] = []
    active = np.ones((len(X), len(layout.parameters)), dtype=np.bool_)
    for place, (name, parameter) in enumerate(layout.parameters.items()):
        if isinstance(parameter, Constant):
            columns.append(np.full(len(X), parameter.value, dtype=object))
            mask = view.active(name)
            active[:, place] = True if mask is None else mask
        else:
            columns.append(view.values(name))
            active[:, place] = ~np.isnan(X[:, layout.position[name]])
    return _dicts(tuple(layout.parameters), columns, active)


def _dicts(names: tuple[str, ...], columns: list[NDArray[Any]], active: Bools) -> list[dict[str, Value]]:
    """Return the rows as dicts; rows with the same active parameters are built together."""
    group = _groups(active)
    sizes = np.bincount(group)
    if len(sizes) > max(len(active) // _FEW_ROWS, 1):
        return _dicts_one_by_one(names, columns, active)
    order = np.argsort(group, kind="stable")
    stops = np.cumsum(sizes)
    found: list[dict[str, Value]] = []
    for start, stop in zip(stops - sizes, stops, strict=True):
        rows = order[start:stop]
        awake = np.flatnonzero(active[rows[0]])
        keys = tuple(names[place] for place in awake)
        lists = [columns[place][rows].tolist() for place in awake]
        found += [dict(zip(keys, row, strict=False)) for row in zip(*lists, strict=True)]
    if len(sizes) == 1:
        return found
    place_of = np.empty(len(order), dtype=np.int64)
    place_of[order] = np.arange(len(order))
    return [found[place] for place in place_of.tolist()]


def _groups(active: Bools) -> Ints:
    """Return a number for each row, from 0, the same for rows with the same active parameters."""
    group = np.zeros(len(active), dtype=np.int64)
    varied = active[:, ~active.all(axis=0)]
    for start in range(0, varied.shape[1], 32):
        some = varied[:, start : start + 32]
        word = (group << 32) + some @ (1 << np.arange(some.shape[1]))
        group = np.unique(word, return_inverse=True)[1].ravel()
    return group


def _dicts_one_by_one(names: tuple[str, ...], columns: list[NDArray[Any]], active: Bools) -> list[dict[str, Value]]:
    """Return the rows as dicts where hardly two of them have the same active parameters."""
    lists = [column.tolist() for column in columns]
    return [
        {name: value for name, value, awake in zip(names, row, mask, strict=True) if awake}
        for row, mask in zip(zip(*lists, strict=True), active.tolist(), strict=True)
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
            needed = layout.rules[name].expression
            return f"'{name}' is given, but it is inactive here (it needs {needed}): leave it out."
    for rule in layout.constraints:
        if not rule.holds(view)[0]:
            return f"The configuration breaks the constraint '{rule.expression}'."
    return None
