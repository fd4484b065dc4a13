"""From a space to axes, and from X to coordinates: the one module here that looks inside a space."""

from typing import Any

import numpy as np

from parfocal.analysis.axes import Axis
from parfocal.space import Space
from parfocal.space.axes import axis as column_of
from parfocal.typing import Bools, Floats

_LISTED = 4096
"""Levels of a number are listed up to this many; beyond, the axis is treated as continuous."""


def axes_of(space: Space) -> tuple[Axis, ...]:
    """Return one axis for each column of X, in their order."""
    return tuple(
        _axis(name, space.parameters[name], conditional)
        for name, conditional in zip(space.columns, space.conditional.tolist(), strict=True)
    )


def _axis(name: str, parameter: Any, conditional: bool) -> Axis:
    column = column_of(parameter)
    unit = getattr(parameter, "unit", None)
    if column.options:
        labels = tuple(_label(value) for value in column.take(np.arange(column.levels)).tolist())
        return Axis(
            name,
            "category",
            0.0,
            len(labels) - 1.0,
            unit=unit,
            conditional=conditional,
            count=len(labels),
            labels=labels,
        )
    listed = 0 < column.levels <= _LISTED
    levels = column.take(np.arange(column.levels)).astype(np.float64) if listed else np.empty(0)
    return Axis(
        name,
        "number",
        float(parameter.low),
        float(parameter.high),
        log=parameter.prior.log,
        unit=unit,
        integer=parameter.kind == "integer",
        conditional=conditional,
        count=column.levels,
        levels=levels,
    )


def _label(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "none" if value is None else str(value)


def coordinates_of(space: Space, X: Floats) -> Floats:
    """Return coordinates ``(n, d)`` of points ``(n, d)``: values of numbers, indices of choices, NaN where inactive."""
    result = np.full(np.shape(X), np.nan)
    for j, name in enumerate(space.columns):
        column = column_of(space.parameters[name])
        active = ~np.isnan(X[:, j])
        u = X[active, j]
        result[active, j] = column.index(u) if column.options else column.values(u)
    return result


def values_of(space: Space, X: Floats) -> tuple[dict[str, Any], dict[str, Bools]]:
    """Return the values of each parameter ``(n,)``, and where it is active; some value stands where it is not."""
    values, active = {}, {}
    for j, name in enumerate(space.columns):
        column = column_of(space.parameters[name])
        active[name] = ~np.isnan(X[:, j])
        u = np.where(active[name], X[:, j], 0.5)
        values[name] = column.take(column.index(u)) if column.levels else column.values(u)
    return values, active


def points_of(space: Space, coordinates: Floats) -> Floats:
    """Return the points ``(n, d)`` of the unit cube with these coordinates: the inverse of :func:`coordinates_of`."""
    X = np.full(np.shape(coordinates), np.nan)
    for j, name in enumerate(space.columns):
        X[:, j] = codes_of(space, name, coordinates[:, j])
    return X


def codes_of(space: Space, name: str, coordinates: Floats) -> Floats:
    """Return the entries of X of coordinates of one parameter, (n,): the nearest level's; NaN where inactive."""
    column: Any = column_of(space.parameters[name])
    result, active = np.full(len(coordinates), np.nan), ~np.isnan(coordinates)
    written = coordinates[active]
    result[active] = column.codes.code(written.astype(np.int64)) if column.options else column.encode(written, name)
    return result


def tied_of(space: Space) -> Bools:
    """Return which columns of X a condition or a constraint names, (d,): others are spread alike wherever active."""
    rules = (*space.layout.rules.values(), *space.layout.constraints)
    named = set().union(*(rule.expression.names for rule in rules))
    return np.array([name in named for name in space.columns], dtype=np.bool_)
