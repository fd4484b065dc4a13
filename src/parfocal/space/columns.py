"""The arithmetic of one column: codes in the unit interval, level indices and values; and the column of options."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from parfocal.checks import did_you_mean
from parfocal.errors import SpaceError
from parfocal.space.levels import Levels
from parfocal.space.parameter_checks import same
from parfocal.space.parameters import Boolean, Categorical, Ordinal
from parfocal.typing import Floats, Ints


class Axis(Protocol):
    """One column of X."""

    @property
    def parameter(self) -> Any:
        """What the column stands for."""
        ...

    @property
    def levels(self) -> int:
        """Number of levels, 0 = continuous."""
        ...

    @property
    def options(self) -> list[Any]:
        """Options in order; empty for numbers."""
        ...

    @property
    def codes(self) -> Levels | None:
        """Codes and probabilities of the levels; None where continuous."""
        ...

    def index(self, u: Floats) -> Ints:
        """Return level indices; 0 where continuous. NaN gives some level."""
        ...

    def snap(self, u: Floats) -> Floats:
        """Return codes moved to the middle of their level, within [0, 1]."""
        ...

    def values(self, u: Floats) -> NDArray[Any]:
        """Return the values of codes: float64, int64, bool, or object for texts and mixed options."""
        ...

    def take(self, index: Ints) -> NDArray[Any]:
        """Return the values of level indices."""
        ...

    def encode(self, values: Sequence[Any], name: str) -> Floats:
        """Return the codes of written values, moved to the nearest level.

        Raises
        ------
        SpaceError
            If a value is none of the options, no number, or out of bounds; names the parameter ``name``.
        """
        ...

    def problem(self, value: Any, name: str) -> str | None:
        """Return one sentence saying why ``value`` cannot stand in a configuration, or None."""
        ...

    def start(self) -> float:
        """Return the code of the default; without one, of the median (numbers) or of the likeliest option."""
        ...


@dataclass(frozen=True, eq=False)
class Options:
    """One of several written options; ``table`` holds them as bool, int64, float64 or object."""

    parameter: Categorical | Ordinal | Boolean
    codes: Levels
    table: NDArray[Any]

    @property
    def levels(self) -> int:
        """Number of options."""
        return self.codes.count

    @property
    def options(self) -> list[Any]:
        """Options in order."""
        return list(self.table.tolist())

    def index(self, u: Floats) -> Ints:
        """Return level indices; 0 where continuous."""
        return self.codes.index(u)

    def snap(self, u: Floats) -> Floats:
        """Return codes moved to the middle of their level, within [0, 1]."""
        return self.codes.code(self.codes.index(u))

    def take(self, index: Ints) -> NDArray[Any]:
        """Return the values of level indices."""
        return self.table[index]

    def values(self, u: Floats) -> NDArray[Any]:
        """Return the values of codes."""
        return self.table[self.codes.index(u)]

    def encode(self, values: Sequence[Any], name: str) -> Floats:
        """Return the codes of written values."""
        options = self.options
        truths = [isinstance(option, bool) for option in options]
        try:
            if any(truths) or {bool, np.bool_} & set(map(type, values)):  # True is not 1, though Python says so
                both = {(isinstance(option, bool), option): k for k, option in enumerate(options)}
                found = [both[isinstance(value, bool | np.bool_), value] for value in values]
            else:
                plain = {option: k for k, option in enumerate(options)}
                found = [plain[value] for value in values]
        except (KeyError, TypeError):
            wrong = next(value for value in values if not any(same(value, option) for option in options))
            near = did_you_mean(wrong, options)
            raise SpaceError(f"'{name}' must be one of {options!r}; got {wrong!r}{near}.") from None
        return self.codes.code(np.array(found, dtype=np.int64))

    def problem(self, value: Any, name: str) -> str | None:
        """Return one sentence saying why a value is impossible, or None."""
        try:
            self.encode([value], name)
        except SpaceError as error:
            return str(error)
        return None

    def start(self) -> float:
        """Return the code to start from."""
        if self.parameter.default is not None:
            return float(self.encode([self.parameter.default], "default")[0])
        index = np.arange(self.levels)
        likeliest = index[[np.argmax(np.round(self.codes.probability(index), 12))]]
        return float(self.codes.code(likeliest)[0])
