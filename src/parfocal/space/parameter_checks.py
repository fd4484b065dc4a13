"""What a parameter accepts: each check returns the clean value, or raises one clear sentence."""

import dataclasses
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from parfocal.errors import SpaceError
from parfocal.space.levels import MAX_LEVELS
from parfocal.space.priors import LogUniform, Prior, Uniform, prior_from
from parfocal.typing import Value


def short(parameter: Any) -> str:
    """Return a parameter as one would write it, without what is at its default."""
    parts = []
    for item in dataclasses.fields(parameter):
        value = getattr(parameter, item.name)
        if item.default is dataclasses.MISSING:
            parts.append(repr(list(value) if isinstance(value, tuple) else value))
        elif value != item.default:
            parts.append(f"{item.name}={list(value) if isinstance(value, tuple) else value!r}")
    return f"{type(parameter).__name__}({', '.join(parts)})"


def same(a: Any, b: Any) -> bool:
    """Return whether two options are the same one; True is not 1."""
    return isinstance(a, bool) == isinstance(b, bool) and bool(a == b)


def assign(parameter: Any, **values: Any) -> None:
    """Set fields of a frozen parameter while it checks itself."""
    for name, value in values.items():
        object.__setattr__(parameter, name, value)


def number(value: Any, name: str) -> float:
    """Return a finite number, or raise; texts and truth values are none."""
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


def whole(value: Any, name: str) -> int:
    """Return a whole number within 2**53, or raise."""
    real = number(value, name)
    if real != math.floor(real):
        raise SpaceError(f"'{name}' must be a whole number; got {value!r} (for real numbers use a float parameter).")
    if abs(real) > 2**53:
        raise SpaceError(f"'{name}' must lie within -2**53 and 2**53; got {value!r}.")
    return int(value)


def prior_of(prior: Any, log: bool) -> Prior:
    """Return the prior of a form, made logarithmic where ``log`` asks for it."""
    found = prior_from(prior)
    if not log or found.log:
        return found
    if isinstance(found, Uniform):
        return LogUniform()
    raise SpaceError(f"'log' cannot be joined with the prior '{found.name}': leave one of them out.")


def check_bounds(parameter: Any) -> None:
    """Raise unless ``low < high``, both finite and above 0 for a logarithmic prior."""
    low, high, prior = parameter.low, parameter.high, parameter.prior
    if low > high:
        raise SpaceError(f"'low' must be below 'high'; got low={low!r} and high={high!r}: swap them.")
    if low == high:
        raise SpaceError(f"'low' and 'high' are both {low!r}: for a fixed value use a constant.")
    if not math.isfinite(float(high) - float(low)):
        raise SpaceError(f"The range from {low!r} to {high!r} is too wide for floating-point numbers.")
    if prior.log and low <= 0:
        raise SpaceError(f"The prior '{prior.name}' needs 'low' above 0; got low={low!r}.")


def check_resolution(parameter: Any) -> None:
    """Raise unless at most one of step and levels is given, and it fits the range."""
    low, high, step, levels = parameter.low, parameter.high, parameter.step, parameter.levels
    if levels is not None and step is not None and (parameter.kind == "float" or step != 1):
        raise SpaceError("'step' and 'levels' are two ways to say the resolution: give one of them.")
    if step is not None and not 0 < step <= high - low:
        raise SpaceError(f"'step' must be above 0 and at most high - low = {high - low:g}; got {step!r}.")
    if levels is not None:
        if isinstance(levels, bool) or not isinstance(levels, int | np.integer) or levels < 2:
            raise SpaceError(f"'levels' must be a whole number of at least 2; got {levels!r}.")
        assign(parameter, levels=int(levels))
    count = levels or ((high - low) / step if step else 0)
    if count >= MAX_LEVELS:
        raise SpaceError(f"The resolution gives {count:.3g} levels and at most 2**40 are possible: use a larger step.")


def check_default(parameter: Any) -> None:
    """Raise unless the default lies within the bounds."""
    if not parameter.low <= parameter.default <= parameter.high:
        raise SpaceError(
            f"'default' must lie between low={parameter.low!r} and high={parameter.high!r}; got {parameter.default!r}."
        )


def plain(value: Any, name: str) -> Value:
    """Return ``value`` as a plain Python value that JSON can hold."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is not None and not isinstance(value, str | int | float | bool):
        raise SpaceError(f"'{name}' must hold texts, numbers, true, false or null; got {value!r}.")
    if isinstance(value, float) and not math.isfinite(value):
        raise SpaceError(f"'{name}' must hold finite numbers; got {value!r}.")
    if isinstance(value, int) and abs(value) >= 2**63:
        raise SpaceError(f"'{name}' must hold whole numbers of at most 2**63; got {value!r}.")
    return value


def options_of(options: Any, name: str) -> tuple[Value, ...]:
    """Return at least two different options, or raise."""
    if isinstance(options, str) or not isinstance(options, Sequence | np.ndarray):
        raise SpaceError(f"'{name}' must be a list such as [a, b]; got {options!r}.")
    found = tuple(plain(option, name) for option in options)
    if not found:
        raise SpaceError(f"'{name}' is empty: list at least two values.")
    for index, option in enumerate(found):
        if any(option == other for other in found[:index]):
            raise SpaceError(f"'{name}' holds {option!r} twice: keep one of them.")
    if len(found) == 1:
        raise SpaceError(f"'{name}' holds only {found[0]!r}: for a fixed value use a constant.")
    return found


def weights_of(weights: Any, options: Any, name: str) -> tuple[float, ...] | None:
    """Return one positive weight an option, or raise; None stays None."""
    if weights is None:
        return None
    if isinstance(weights, str) or not isinstance(weights, Sequence | np.ndarray) or len(weights) != len(options):
        raise SpaceError(
            f"'weights' must be a list of {len(options)} numbers, one for each of '{name}'; got {weights!r}."
        )
    numbers = tuple(number(weight, "weights") for weight in weights)
    if min(numbers) <= 0:
        raise SpaceError(f"'weights' must be above 0; got {min(numbers)!r}: leave a choice out that is never wanted.")
    return numbers


def check_option(parameter: Any, options: Any, name: str) -> None:
    """Raise unless the default is one of the options."""
    if parameter.default is None:
        return
    assign(parameter, default=plain(parameter.default, "default"))
    if not any(same(parameter.default, option) for option in options):
        raise SpaceError(f"'default' must be one of '{name}' {list(options)!r}; got {parameter.default!r}.")
