"""From a parameter to its column: which levels it has, and how likely the prior makes each."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from parfocal.errors import SpaceError
from parfocal.space.columns import Axis, Options
from parfocal.space.levels import MAX_TABLE, Computed, Even, Levels, Weighted
from parfocal.space.measures import Continuous, Stepped, equidistant
from parfocal.space.numbers import significant
from parfocal.space.parameters import Boolean, Categorical, Float, Integer, Ordinal, Parameter
from parfocal.space.priors import LogUniform, Prior, Uniform
from parfocal.typing import Floats

_TOLERANCE = 1e-9
"""How far the last step may miss the upper bound, in steps, and still reach it."""


def axis(parameter: Parameter) -> Axis:
    """Return the column of a parameter that is not constant.

    Raises
    ------
    SpaceError
        If it has too many levels, or its prior is practically zero between the bounds.
    """
    return _BUILD[type(parameter)](parameter)


def _float(parameter: Float) -> Axis:
    prior: Any = parameter.prior
    low, high, count = parameter.low, parameter.high, parameter.levels
    if parameter.step is not None:
        return _stepped(parameter, parameter.step)
    if count is None:
        with np.errstate(all="ignore"):
            _checked(prior.cdf(np.array([(low + high) / 2]), low, high), prior)
        return Continuous(parameter)
    if not prior.log:
        return _stepped(parameter, (high - low) / (count - 1))
    values = significant(np.geomspace(low, high, count), low, high)
    values[[0, -1]] = low, high
    return Stepped(parameter, _spread(prior, _apart(values), geometric=True), values)


def _integer(parameter: Integer) -> Axis:
    prior: Any = parameter.prior
    if parameter.levels is None or parameter.levels > parameter.high - parameter.low:
        return _stepped(parameter, parameter.step)
    spaced = np.geomspace if prior.log else np.linspace
    values = np.unique(np.rint(spaced(parameter.low, parameter.high, parameter.levels)).astype(np.int64))
    return Stepped(parameter, _spread(prior, values.astype(np.float64), geometric=False), values)


def _stepped(parameter: Any, step: float) -> Axis:
    """Return the column of equidistant values ``low``, ``low + step``, ... up to ``high``."""
    low, prior = parameter.low, parameter.prior
    count = math.floor((parameter.high - low) / step + _TOLERANCE) + 1
    values = None
    if count <= MAX_TABLE:
        values = equidistant(parameter, step, np.arange(count))
        if parameter.levels is not None:
            values[[0, -1]] = low, parameter.high
        _apart(values)
    else:
        _apart(equidistant(parameter, step, np.array([0, 1, count - 2, count - 1])))
    if isinstance(prior, Uniform):
        return Stepped(parameter, Even(count), values, step)
    if values is not None:
        return Stepped(parameter, _spread(prior, values.astype(np.float64), geometric=False), values, step)
    if not isinstance(prior, LogUniform):
        raise SpaceError(
            f"The resolution gives {count} levels and at most {MAX_TABLE} are possible with the prior '{prior.name}': "
            "use a larger step."
        )
    ends = max(low - step / 2, low / 2), low + (count - 0.5) * step
    levels = Computed(
        count,
        lambda k: prior.cdf(np.maximum(low + k * step, ends[0]), *ends),
        lambda u: (prior.ppf(np.clip(u, 0.0, 1.0), *ends) - low) / step,
    )
    return Stepped(parameter, levels, None, step)


def _apart(values: NDArray[Any]) -> NDArray[Any]:
    if not (np.diff(values) > 0).all():
        raise SpaceError(
            f"The levels near {values[0]:g} lie too close to be told apart as floating-point numbers: use fewer."
        )
    return values


def _spread(prior: Prior, values: Floats, *, geometric: bool) -> Weighted:
    """Return levels as probable as the prior is between the middles of neighbours; end cells are mirrored."""
    if geometric:
        x = np.log(values)
        edges = np.concatenate([[1.5 * x[0] - 0.5 * x[1]], (x[:-1] + x[1:]) / 2, [1.5 * x[-1] - 0.5 * x[-2]]])
        edges = np.exp(edges)
    else:
        ends = 1.5 * values[0] - 0.5 * values[1], 1.5 * values[-1] - 0.5 * values[-2]
        first = max(ends[0], values[0] / 2) if prior.log else ends[0]
        edges = np.concatenate([[first], (values[:-1] + values[1:]) / 2, [ends[1]]])
    with np.errstate(all="ignore"):
        shares = np.diff(prior.cdf(edges, float(edges[0]), float(edges[-1])))
    return Weighted(_checked(shares, prior))


def _checked(shares: Floats, prior: Prior) -> Floats:
    if not np.isfinite(shares).all() or not shares.sum() > 0:
        raise SpaceError(f"The prior '{prior.name}' is practically zero between the bounds: move it or the bounds.")
    return shares


def _options(parameter: Categorical | Ordinal) -> Axis:
    values = parameter.choices if isinstance(parameter, Categorical) else parameter.values
    table: NDArray[Any] = np.empty(len(values), dtype=object)
    table[:] = list(values)
    for kind, dtype in _KINDS:
        if all(type(value) is kind for value in values):
            table = np.array(values, dtype=dtype)
    levels: Levels = Even(len(values)) if parameter.weights is None else Weighted(parameter.weights)
    return Options(parameter, levels, table)


def _boolean(parameter: Boolean) -> Axis:
    true = parameter.probability
    levels: Levels = Even(2) if true == 0.5 else Weighted([1 - true, true])
    return Options(parameter, levels, np.array([False, True]))


_KINDS: tuple[tuple[type[Any], Any], ...] = ((bool, np.bool_), (int, np.int64), (float, np.float64))
_BUILD: dict[type[Any], Callable[[Any], Axis]] = {
    Float: _float,
    Integer: _integer,
    Categorical: _options,
    Ordinal: _options,
    Boolean: _boolean,
}
