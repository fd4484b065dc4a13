"""The six kinds of parameter, as frozen values that check themselves."""

import math
from collections.abc import Sequence
from dataclasses import KW_ONLY, InitVar, dataclass
from typing import Any, ClassVar, TypeAlias

import numpy as np

from parfocal.errors import SpaceError
from parfocal.space.levels import MAX_LEVELS
from parfocal.space.priors import LogUniform, Prior, Uniform, prior_from
from parfocal.typing import Value


@dataclass(frozen=True)
class Float:
    """A real number in ``[low, high]``.

    Parameters
    ----------
    low, high
        Bounds, both reachable.
    prior
        A prior, or its name; see :mod:`parfocal.space.priors`. ``log=True`` is short for ``prior="log-uniform"``.
    step
        Resolution: only ``low``, ``low + step``, ... are used.
    levels
        Resolution as a number of values (at least 2) from ``low`` to ``high``: equidistant, geometric for log priors.
    default
        The value to start from; where there is a resolution, the nearest level is meant.
    when
        Condition on other parameters under which this one is active.
    unit
        For labels, such as ``"px"``.
    """

    low: float
    high: float
    _: KW_ONLY
    prior: Prior | str = Uniform()
    step: float | None = None
    levels: int | None = None
    default: float | None = None
    when: str | None = None
    unit: str | None = None
    log: InitVar[bool] = False
    kind: ClassVar[str] = "float"

    def __post_init__(self, log: bool) -> None:
        _set(self, low=_number(self.low, "low"), high=_number(self.high, "high"), prior=_prior(self.prior, log))
        _check_bounds(self)
        if self.step is not None:
            _set(self, step=_number(self.step, "step"))
        _check_resolution(self)
        if self.default is not None:
            _set(self, default=_number(self.default, "default"))
            _check_default(self)


@dataclass(frozen=True)
class Integer:
    """A whole number in ``[low, high]``, every one reachable and the ends as likely as their prior says.

    Parameters
    ----------
    low, high
        Bounds, both reachable.
    prior
        As for :class:`Float`; each number has the prior's share of its unit interval (of its ``step``).
    step
        Only ``low``, ``low + step``, ... are used.
    levels
        At most that many values from ``low`` to ``high`` (rounded to whole numbers), geometric for log priors.
    default, when, unit
        As for :class:`Float`.
    """

    low: int
    high: int
    _: KW_ONLY
    prior: Prior | str = Uniform()
    step: int = 1
    levels: int | None = None
    default: int | None = None
    when: str | None = None
    unit: str | None = None
    log: InitVar[bool] = False
    kind: ClassVar[str] = "integer"

    def __post_init__(self, log: bool) -> None:
        _set(self, low=_whole(self.low, "low"), high=_whole(self.high, "high"), prior=_prior(self.prior, log))
        _check_bounds(self)
        _set(self, step=_whole(1 if self.step is None else self.step, "step"))
        _check_resolution(self)
        if self.default is not None:
            _set(self, default=_whole(self.default, "default"))
            _check_default(self)


@dataclass(frozen=True)
class Categorical:
    """One of several choices without order: texts, numbers, truth values or None.

    Parameters
    ----------
    choices
        At least two different values.
    weights
        How likely each choice is (positive numbers, need not sum to 1); equal when not given.
    default, when
        As for :class:`Float`.
    """

    choices: tuple[Value, ...] | Sequence[Value]
    _: KW_ONLY
    weights: tuple[float, ...] | Sequence[float] | None = None
    default: Value = None
    when: str | None = None
    kind: ClassVar[str] = "categorical"

    def __post_init__(self) -> None:
        _set(self, choices=_options(self.choices, "choices"), weights=_weights(self.weights, self.choices, "choices"))
        _check_option(self, self.choices, "choices")


@dataclass(frozen=True)
class Ordinal:
    """One of several values whose order matters, such as ``[small, medium, large]`` or ``[1, 2, 4, 8]``.

    Parameters
    ----------
    values
        At least two different values, in their order.
    weights, default, when, unit
        As for :class:`Categorical` and :class:`Float`.
    """

    values: tuple[Value, ...] | Sequence[Value]
    _: KW_ONLY
    weights: tuple[float, ...] | Sequence[float] | None = None
    default: Value = None
    when: str | None = None
    unit: str | None = None
    kind: ClassVar[str] = "ordinal"

    def __post_init__(self) -> None:
        _set(self, values=_options(self.values, "values"), weights=_weights(self.weights, self.values, "values"))
        _check_option(self, self.values, "values")


@dataclass(frozen=True)
class Boolean:
    """True or False.

    Parameters
    ----------
    probability
        How likely True is, in (0, 1).
    default, when
        As for :class:`Float`.
    """

    _: KW_ONLY
    probability: float = 0.5
    default: bool | None = None
    when: str | None = None
    kind: ClassVar[str] = "boolean"

    def __post_init__(self) -> None:
        _set(self, probability=_number(self.probability, "probability"))
        if not 0 < self.probability < 1:
            raise SpaceError(
                f"'probability' must lie between 0 and 1, ends excluded; got {self.probability!r} "
                "(for a fixed value use a constant)."
            )
        if self.default is not None and not isinstance(self.default, bool | np.bool_):
            raise SpaceError(f"'default' must be true or false; got {self.default!r}.")


@dataclass(frozen=True)
class Constant:
    """A fixed value that every configuration holds (under its condition, if any); it takes no column of X."""

    value: Value
    _: KW_ONLY
    when: str | None = None
    kind: ClassVar[str] = "constant"

    def __post_init__(self) -> None:
        _set(self, value=_plain(self.value, "value"))


Parameter: TypeAlias = Float | Integer | Categorical | Ordinal | Boolean | Constant
KINDS: dict[str, type[Any]] = {kind.kind: kind for kind in (Float, Integer, Categorical, Ordinal, Boolean, Constant)}


def same(a: Any, b: Any) -> bool:
    """Return whether two options are the same one; True is not 1."""
    return isinstance(a, bool) == isinstance(b, bool) and bool(a == b)


def _set(parameter: Any, **values: Any) -> None:
    for name, value in values.items():
        object.__setattr__(parameter, name, value)


def _number(value: Any, name: str) -> float:
    if isinstance(value, str):
        try:
            float(value)
        except ValueError:
            pass
        else:
            hint = " (YAML reads 1e-3 as text: write 1.0e-3)" if "e" in value.lower() else ": remove the quotes"
            raise SpaceError(f"'{name}' must be a number; got the text {value!r}{hint}.")
    if isinstance(value, bool | np.bool_) or not isinstance(value, int | float | np.integer | np.floating):
        raise SpaceError(f"'{name}' must be a number; got {value!r}.")
    if not math.isfinite(value):
        raise SpaceError(f"'{name}' must be a finite number; got {value!r}.")
    return float(value)


def _whole(value: Any, name: str) -> int:
    number = _number(value, name)
    if number != math.floor(number):
        raise SpaceError(f"'{name}' must be a whole number; got {value!r} (for real numbers use a float parameter).")
    if abs(number) > 2**53:
        raise SpaceError(f"'{name}' must lie within -2**53 and 2**53; got {value!r}.")
    return int(value)


def _prior(prior: Any, log: bool) -> Prior:
    found = prior_from(prior)
    if not log or found.log:
        return found
    if isinstance(found, Uniform):
        return LogUniform()
    raise SpaceError(f"'log' cannot be joined with the prior '{found.name}': leave one of them out.")


def _check_bounds(parameter: Any) -> None:
    low, high, prior = parameter.low, parameter.high, parameter.prior
    if low > high:
        raise SpaceError(f"'low' must be below 'high'; got low={low!r} and high={high!r}: swap them.")
    if low == high:
        raise SpaceError(f"'low' and 'high' are both {low!r}: for a fixed value use a constant.")
    if not math.isfinite(float(high) - float(low)):
        raise SpaceError(f"The range from {low!r} to {high!r} is too wide for floating-point numbers.")
    if prior.log and low <= 0:
        raise SpaceError(f"The prior '{prior.name}' needs 'low' above 0; got low={low!r}.")


def _check_resolution(parameter: Any) -> None:
    low, high, step, levels = parameter.low, parameter.high, parameter.step, parameter.levels
    if levels is not None and step is not None and (parameter.kind == "float" or step != 1):
        raise SpaceError("'step' and 'levels' are two ways to say the resolution: give one of them.")
    if step is not None and not 0 < step <= high - low:
        raise SpaceError(f"'step' must be above 0 and at most high - low = {high - low:g}; got {step!r}.")
    if levels is not None:
        if isinstance(levels, bool) or not isinstance(levels, int | np.integer) or levels < 2:
            raise SpaceError(f"'levels' must be a whole number of at least 2; got {levels!r}.")
        _set(parameter, levels=int(levels))
    count = levels or ((high - low) / step if step else 0)
    if count >= MAX_LEVELS:
        raise SpaceError(f"The resolution gives {count:.3g} levels and at most 2**40 are possible: use a larger step.")


def _check_default(parameter: Any) -> None:
    if not parameter.low <= parameter.default <= parameter.high:
        raise SpaceError(
            f"'default' must lie between low={parameter.low!r} and high={parameter.high!r}; got {parameter.default!r}."
        )


def _plain(value: Any, name: str) -> Value:
    """Return ``value`` as a plain Python value that JSON can hold."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is not None and not isinstance(value, str | int | float | bool):
        raise SpaceError(f"'{name}' must hold texts, numbers, true, false or null; got {value!r}.")
    if isinstance(value, float) and not math.isfinite(value):
        raise SpaceError(f"'{name}' must hold finite numbers; got {value!r}.")
    return value


def _options(options: Any, name: str) -> tuple[Value, ...]:
    if isinstance(options, str) or not isinstance(options, Sequence | np.ndarray):
        raise SpaceError(f"'{name}' must be a list such as [a, b]; got {options!r}.")
    plain = tuple(_plain(option, name) for option in options)
    if not plain:
        raise SpaceError(f"'{name}' is empty: list at least two values.")
    for index, option in enumerate(plain):
        if any(option == other for other in plain[:index]):
            raise SpaceError(f"'{name}' holds {option!r} twice: keep one of them.")
    if len(plain) == 1:
        raise SpaceError(f"'{name}' holds only {plain[0]!r}: for a fixed value use a constant.")
    return plain


def _weights(weights: Any, options: Any, name: str) -> tuple[float, ...] | None:
    if weights is None:
        return None
    if isinstance(weights, str) or not isinstance(weights, Sequence | np.ndarray) or len(weights) != len(options):
        raise SpaceError(
            f"'weights' must be a list of {len(options)} numbers, one for each of '{name}'; got {weights!r}."
        )
    numbers = tuple(_number(weight, "weights") for weight in weights)
    if min(numbers) <= 0:
        raise SpaceError(f"'weights' must be above 0; got {min(numbers)!r}: leave a choice out that is never wanted.")
    return numbers


def _check_option(parameter: Any, options: Any, name: str) -> None:
    if parameter.default is None:
        return
    _set(parameter, default=_plain(parameter.default, "default"))
    if not any(same(parameter.default, option) for option in options):
        raise SpaceError(f"'default' must be one of '{name}' {list(options)!r}; got {parameter.default!r}.")
