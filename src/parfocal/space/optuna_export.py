"""Spaces as Optuna's distributions; conditions, constraints and priors other than log-uniform have no place there."""

import warnings
from collections.abc import Callable, Mapping
from typing import Any

from parfocal.extras import require
from parfocal.space.parameters import Boolean, Categorical, Constant, Float, Integer, Ordinal, Parameter


def to_optuna(parameters: Mapping[str, Parameter]) -> dict[str, Any]:
    """Return one distribution for each parameter; it holds every value that the parameter can have."""
    require("optuna", "interop")
    return {name: _BUILD[type(parameter)](parameter) for name, parameter in parameters.items()}


def _float(parameter: Float) -> Any:
    from optuna.distributions import FloatDistribution

    low, high, log = parameter.low, parameter.high, bool(getattr(parameter.prior, "log", False))
    step = parameter.step
    if step is None and parameter.levels is not None and not log:
        step = (high - low) / (parameter.levels - 1)
    if step is None or log:
        return FloatDistribution(low, high, log=log)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it moves the upper bound where the last step misses it by rounding
        stepped = FloatDistribution(low, high, step=step)
    count = int((high - low) / step + 1e-9)
    reaches = stepped._contains(low + count * step) and (parameter.levels is None or stepped._contains(high))
    return stepped if reaches else FloatDistribution(low, high)


def _integer(parameter: Integer) -> Any:
    from optuna.distributions import IntDistribution

    low, high, log = parameter.low, parameter.high, bool(getattr(parameter.prior, "log", False))
    step = 1 if log or parameter.levels is not None else parameter.step
    return IntDistribution(low, high - (high - low) % step, log=log, step=step)


def _options(*values: Any) -> Any:
    from optuna.distributions import CategoricalDistribution

    return CategoricalDistribution(values)


_BUILD: dict[type[Any], Callable[[Any], Any]] = {
    Float: _float,
    Integer: _integer,
    Categorical: lambda parameter: _options(*parameter.choices),
    Ordinal: lambda parameter: _options(*parameter.values),
    Boolean: lambda parameter: _options(False, True),
    Constant: lambda parameter: _options(parameter.value),
}
