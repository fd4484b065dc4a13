"""Columns of numbers: continuous, and with levels."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from parfocal.errors import SpaceError
from parfocal.space.levels import Levels
from parfocal.space.numbers import rounded, significant
from parfocal.space.parameters import Float, Integer
from parfocal.typing import Floats, Ints

_OUTSIDE = 1e-9
"""How far a written number may lie outside the bounds, as a share of the range (rounding of the writer)."""
_BETWEEN = 1e-6
"""How far a written number may lie from its level, as a share of the distance to the next."""
_NUMBERS = (int, float, np.integer, np.floating)


@dataclass(frozen=True, eq=False)
class Continuous:
    """A real number without resolution."""

    parameter: Float
    levels: int = 0
    codes: None = None

    @property
    def options(self) -> list[Any]:
        """None: the value is a number."""
        return []

    def index(self, u: Floats) -> Ints:
        """Return level indices; 0 where continuous."""
        return np.zeros(u.shape, dtype=np.int64)

    def snap(self, u: Floats) -> Floats:
        """Return codes moved to the middle of their level, within [0, 1]."""
        return np.clip(u, 0.0, 1.0)

    def take(self, index: Ints) -> NDArray[Any]:
        """Return the values of level indices."""
        raise SpaceError(f"A number between {self.parameter.low:g} and {self.parameter.high:g} has no levels.")

    def values(self, u: Floats) -> NDArray[Any]:
        """Return the values of codes."""
        parameter: Any = self.parameter
        values: Floats = parameter.prior.ppf(np.clip(u, 0.0, 1.0), parameter.low, parameter.high)
        rounding = significant if parameter.prior.log else rounded
        return rounding(values, parameter.low, parameter.high)

    def encode(self, values: Sequence[Any], name: str) -> Floats:
        """Return the codes of written values."""
        parameter: Any = self.parameter
        numbers = np.clip(_numbers(values, name, parameter), parameter.low, parameter.high)
        codes: Floats = parameter.prior.cdf(numbers, parameter.low, parameter.high)
        return np.clip(codes, 0.0, 1.0)

    def problem(self, value: Any, name: str) -> str | None:
        """Return one sentence saying why a value is impossible, or None."""
        try:
            decoded = float(self.values(self.encode([value], name))[0])
        except SpaceError as error:
            return str(error)
        if abs(decoded - value) <= _BETWEEN * (self.parameter.high - self.parameter.low):
            return None
        return (
            f"'{name}' is {value!r}, where its prior is so thin that numbers cannot be told apart: "
            "narrow the bounds or widen the prior."
        )

    def start(self) -> float:
        """Return the code to start from."""
        default = self.parameter.default
        if default is None:
            return 0.5
        problem = self.problem(default, "default")
        if problem is not None:
            raise SpaceError(problem)
        return float(self.encode([default], "default")[0])


@dataclass(frozen=True, eq=False)
class Stepped:
    """A number with levels.

    ``table`` holds their values (float64 or int64, ascending); where they are too many for a table it is None and
    they are ``step`` apart.
    """

    parameter: Float | Integer
    codes: Levels
    table: NDArray[Any] | None
    step: float = 0.0

    @property
    def levels(self) -> int:
        """Number of levels."""
        return self.codes.count

    @property
    def options(self) -> list[Any]:
        """None: the value is a number."""
        return []

    def index(self, u: Floats) -> Ints:
        """Return level indices; 0 where continuous."""
        return self.codes.index(u)

    def snap(self, u: Floats) -> Floats:
        """Return codes moved to the middle of their level, within [0, 1]."""
        return self.codes.code(self.codes.index(u))

    def take(self, index: Ints) -> NDArray[Any]:
        """Return the values of level indices."""
        return equidistant(self.parameter, self.step, index) if self.table is None else self.table[index]

    def values(self, u: Floats) -> NDArray[Any]:
        """Return the values of codes."""
        return self.take(self.codes.index(u))

    def encode(self, values: Sequence[Any], name: str) -> Floats:
        """Return the codes of written values."""
        return self.codes.code(self._nearest(_numbers(values, name, self.parameter)))

    def _nearest(self, numbers: Floats) -> Ints:
        if self.table is not None:
            return np.asarray(np.searchsorted((self.table[:-1] + self.table[1:]) / 2, numbers), dtype=np.int64)
        index = np.rint((numbers - self.parameter.low) / self.step).astype(np.int64)
        return np.clip(index, 0, self.levels - 1)

    def problem(self, value: Any, name: str) -> str | None:
        """Return one sentence saying why a value is impossible, or None."""
        try:
            index = int(self._nearest(_numbers([value], name, self.parameter))[0])
        except SpaceError as error:
            return str(error)
        around = self.take(np.unique(np.clip([index - 1, index, index + 1], 0, self.levels - 1)))
        nearest = self.take(np.array([index]))[0]
        if abs(float(nearest) - float(value)) <= _BETWEEN * float(np.diff(around).min()):
            return None
        return f"'{name}' must be one of its {self.levels} levels; got {value!r}: the nearest is {nearest.item()!r}."

    def start(self) -> float:
        """Return the code to start from."""
        if self.parameter.default is None:
            return float(self.snap(np.array([0.5]))[0])
        return float(self.encode([self.parameter.default], "default")[0])


def equidistant(parameter: Float | Integer, step: float, index: Ints) -> NDArray[Any]:
    """Return ``low + index step`` as int64 or float64, within the bounds."""
    if isinstance(parameter, Integer):
        return parameter.low + index * int(step)
    return rounded(np.asarray(parameter.low + index * step, dtype=np.float64), parameter.low, parameter.high)


def _numbers(values: Sequence[Any], name: str, parameter: Float | Integer) -> Floats:
    """Return written values as float64, or raise the sentence that says what is wrong with one of them."""
    kinds = [kind for kind in set(map(type, values)) if not issubclass(kind, _NUMBERS) or issubclass(kind, bool)]
    if kinds:
        value = next(value for value in values if type(value) in kinds)
        raise SpaceError(f"'{name}' must be a number; got {value!r}.")
    try:
        numbers = np.array(values, dtype=np.float64)
    except OverflowError:  # whole numbers of Python have no end
        numbers = np.array([max(min(value, 1e300), -1e300) for value in values], dtype=np.float64)
    slack = _OUTSIDE * (parameter.high - parameter.low) if isinstance(parameter, Float) else 0.0
    inside = (numbers >= parameter.low - slack) & (numbers <= parameter.high + slack)
    if not inside.all():
        value = values[int(np.argmin(inside))]
        raise SpaceError(f"'{name}' must lie between {parameter.low!r} and {parameter.high!r}; got {value!r}.")
    return numbers
