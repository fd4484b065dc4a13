"""The arithmetic of one column: codes in the unit interval, level indices and values, whole columns at a time."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from parfocal.checks import did_you_mean
from parfocal.errors import SpaceError
from parfocal.space.levels import MAX_TABLE, Computed, Even, Levels, Weighted
from parfocal.space.parameters import Boolean, Categorical, Float, Integer, Ordinal, Parameter, same
from parfocal.space.priors import Prior, Uniform
from parfocal.typing import Floats, Ints, Value

_TOLERANCE = 1e-9
"""How far a written number may lie from a level, or outside the bounds, as a share of the step or the range."""


@dataclass(frozen=True, eq=False)
class Axis:
    """One column of X.

    Attributes
    ----------
    parameter
        What it stands for.
    levels
        Number of levels, 0 = continuous.
    table
        Value of each level (float64, int64, bool or object), None where there is none or too many.
    codes
        Codes of the levels, None where continuous.
    step
        Distance of equidistant values, 0 where they are not.
    """

    parameter: Parameter
    levels: int
    table: NDArray[Any] | None
    codes: Levels | None
    step: float = 0.0

    @property
    def options(self) -> bool:
        """Whether values are looked up among options (categories, ordinals, truth values) rather than measured."""
        return isinstance(self.parameter, Categorical | Ordinal | Boolean)

    def index(self, u: Floats) -> Ints:
        """Return level indices; 0 where continuous. NaN gives some level."""
        return self.codes.index(u) if self.codes else np.zeros(u.shape, dtype=np.int64)

    def snap(self, u: Floats) -> Floats:
        """Return codes moved to the middle of their level, within [0, 1]; NaN gives NaN only where continuous."""
        return self.codes.code(self.codes.index(u)) if self.codes else np.clip(u, 0.0, 1.0)

    def values(self, u: Floats) -> NDArray[Any]:
        """Return the values of codes: float64, int64, bool, or object for texts and mixed options."""
        if self.codes is None:
            return self._measure(u)
        return self.take(self.codes.index(u))

    def take(self, index: Ints) -> NDArray[Any]:
        """Return the values of level indices."""
        if self.table is not None:
            return self.table[index]
        parameter: Any = self.parameter
        return _equidistant(parameter, self.step, index)

    def _measure(self, u: Floats) -> Floats:
        parameter: Any = self.parameter
        prior: Prior = parameter.prior
        values = prior.ppf(np.clip(u, 0.0, 1.0), parameter.low, parameter.high)
        values = _significant(values) if prior.log else np.round(values, _decimals(parameter))
        return np.clip(values, parameter.low, parameter.high)

    def code(self, values: Sequence[Any], name: str) -> Floats:
        """Return the codes of written values, moved to the nearest level.

        Raises
        ------
        SpaceError
            If a value is none of the options, no number, or out of bounds; names the parameter ``name``.
        """
        if self.options:
            return self._lookup(values, name)
        parameter: Any = self.parameter
        wrong = [kind for kind in set(map(type, values)) if not issubclass(kind, _NUMBERS) or issubclass(kind, bool)]
        if wrong:
            value = next(value for value in values if type(value) in wrong)
            raise SpaceError(f"'{name}' must be a number; got {value!r}.")
        numbers = np.array(values, dtype=np.float64)
        slack = _TOLERANCE * (parameter.high - parameter.low)
        inside = (numbers >= parameter.low - slack) & (numbers <= parameter.high + slack)
        if not inside.all():
            raise SpaceError(
                f"'{name}' must lie between {parameter.low!r} and {parameter.high!r}; "
                f"got {values[int(np.argmin(inside))]!r}."
            )
        if self.codes is None:
            numbers = np.clip(numbers, parameter.low, parameter.high)
            return np.clip(parameter.prior.cdf(numbers, parameter.low, parameter.high), 0.0, 1.0)
        return self.codes.code(self._nearest(numbers))

    def _lookup(self, values: Sequence[Any], name: str) -> Floats:
        assert_codes: Any = self.codes
        index = {(isinstance(option, bool), option): k for k, option in enumerate(self._choices())}
        try:
            found = [index[isinstance(value, bool | np.bool_), value] for value in values]
        except (KeyError, TypeError):
            value = next(v for v in values if not any(same(v, option) for option in self._choices()))
            raise SpaceError(
                f"'{name}' must be one of {self._choices()!r}; got {value!r}{did_you_mean(value, self._choices())}."
            ) from None
        return assert_codes.code(np.array(found, dtype=np.int64))  # type: ignore[no-any-return]

    def _choices(self) -> list[Value]:
        return [] if self.table is None else self.table.tolist()

    def _nearest(self, numbers: Floats) -> Ints:
        if self.table is not None:
            return np.searchsorted((self.table[:-1] + self.table[1:]) / 2, numbers)
        parameter: Any = self.parameter
        index = np.rint((numbers - parameter.low) / self.step).astype(np.int64)
        return np.clip(index, 0, self.levels - 1)

    def problem(self, value: Any, name: str) -> str | None:
        """Return one sentence saying why ``value`` cannot stand in a configuration, or None."""
        try:
            code = self.code([value], name)
        except SpaceError as error:
            return str(error)
        if self.options or self.codes is None:
            return None
        parameter: Any = self.parameter
        index = self.codes.index(code)
        ends = self.take(np.clip(np.concatenate([index - 1, index, index + 1]), 0, self.levels - 1))
        if abs(float(ends[1]) - float(value)) <= _TOLERANCE * (parameter.high - parameter.low) / self.levels:
            return None
        return f"'{name}' must be one of its {self.levels} levels; got {value!r}: the nearest is {ends[1].item()!r}."

    def start(self) -> float:
        """Return the code of the default; without one, of the median (numbers) or of the likeliest option."""
        if not isinstance(self.parameter, Parameter_with_default):
            return 0.5
        if self.parameter.default is not None:
            return float(self.code([self.parameter.default], "default")[0])
        if self.options and self.codes is not None:
            index = np.arange(self.levels)
            likeliest = index[np.argmax(np.round(self.codes.probability(index), 12))]
            return float(self.codes.code(np.array([likeliest]))[0])
        return float(self.snap(np.array([0.5]))[0])


_NUMBERS = (int, float, np.integer, np.floating)
Parameter_with_default = (Float, Integer, Categorical, Ordinal, Boolean)


def axis(parameter: Parameter) -> Axis:
    """Return the column of a parameter that is not constant."""
    return _BUILD[type(parameter)](parameter)


def _float(parameter: Float) -> Axis:
    if parameter.levels is None and parameter.step is None:
        return Axis(parameter, 0, None, None)
    prior: Any = parameter.prior
    if parameter.step is not None:
        return _stepped(parameter, parameter.step)
    count = parameter.levels or 0
    if not prior.log:
        return _stepped(parameter, (parameter.high - parameter.low) / (count - 1))
    values = _significant(np.geomspace(parameter.low, parameter.high, count))
    values[[0, -1]] = parameter.low, parameter.high
    return Axis(parameter, count, values, _spread(prior, values, geometric=True))


def _integer(parameter: Integer) -> Axis:
    prior: Any = parameter.prior
    if parameter.levels is None or parameter.levels > parameter.high - parameter.low:
        return _stepped(parameter, parameter.step)
    spaced = np.geomspace if prior.log else np.linspace
    values = np.unique(np.rint(spaced(parameter.low, parameter.high, parameter.levels)).astype(np.int64))
    return Axis(parameter, values.size, values, _spread(prior, values.astype(np.float64), geometric=False))


def _stepped(parameter: Any, step: float) -> Axis:
    """Return the column of equidistant values ``low``, ``low + step``, ... up to ``high``."""
    low, prior = parameter.low, parameter.prior
    count = math.floor((parameter.high - low) / step + _TOLERANCE) + 1
    if isinstance(prior, Uniform):
        table = _equidistant(parameter, step, np.arange(count)) if count <= MAX_TABLE else None
        return Axis(parameter, count, table, Even(count), step)
    if count <= MAX_TABLE:
        values = _equidistant(parameter, step, np.arange(count))
        return Axis(parameter, count, values, _spread(prior, values.astype(np.float64), geometric=False), step)
    if prior.name != "log-uniform":
        raise SpaceError(
            f"The resolution gives {count} levels and at most {MAX_TABLE} are possible with the prior '{prior.name}': "
            "use a larger step."
        )
    ends = max(low - step / 2, low / 2), low + (count - 0.5) * step
    codes = Computed(
        count,
        lambda k: prior.cdf(np.maximum(low + k * step, ends[0]), *ends),
        lambda u: (prior.ppf(np.clip(u, 0.0, 1.0), *ends) - low) / step,
    )
    return Axis(parameter, count, None, codes, step)


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
    count = len(values)
    table: NDArray[Any] = np.empty(count, dtype=object)
    table[:] = list(values)
    for kind, dtype in ((bool, np.bool_), (int, np.int64), (float, np.float64)):
        if all(type(value) is kind for value in values):
            table = np.array(values, dtype=dtype)
    codes: Levels = Even(count) if parameter.weights is None else Weighted(parameter.weights)
    return Axis(parameter, count, table, codes)


def _boolean(parameter: Boolean) -> Axis:
    codes: Levels = (
        Even(2) if parameter.probability == 0.5 else Weighted([1 - parameter.probability, parameter.probability])
    )
    return Axis(parameter, 2, np.array([False, True]), codes)


_BUILD: dict[type[Any], Callable[[Any], Axis]] = {
    Float: _float,
    Integer: _integer,
    Categorical: _options,
    Ordinal: _options,
    Boolean: _boolean,
}


def _equidistant(parameter: Any, step: float, index: Ints) -> NDArray[Any]:
    if isinstance(parameter, Integer):
        return parameter.low + index * int(step)
    return np.clip(np.round(parameter.low + index * step, _decimals(parameter)), parameter.low, parameter.high)


def _decimals(parameter: Float) -> int:
    """Return how many decimals of a value are more than rounding error: 14 digits of the largest bound."""
    return 14 - math.ceil(math.log10(max(abs(parameter.low), abs(parameter.high))))


def _significant(values: Floats) -> Floats:
    """Return positive values rounded to 12 significant digits, so that a decoded value reads as it was written."""
    places = 11 - np.floor(np.log10(values)).astype(np.int64)
    up, down = 10.0 ** np.maximum(places, 0), 10.0 ** np.maximum(-places, 0)
    return np.rint(values / down * up) / up * down
