"""Spaces from Optuna's distributions: objects or their JSON texts, read without the package."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from parfocal.errors import SpaceError
from parfocal.space.parameters import Categorical, Constant, Float, Integer, Parameter


def from_optuna(distributions: Mapping[str, Any]) -> dict[str, Parameter]:
    """Return one parameter for each of Optuna's distributions, such as ``study.best_trial.distributions``.

    Parameters
    ----------
    distributions
        By name: distributions of Optuna, or texts of ``optuna.distributions.distribution_to_json``.

    Raises
    ------
    SpaceError
        If a distribution is unknown; names the parameter.
    """
    return {name: _parameter(name, distribution) for name, distribution in distributions.items()}


def _parameter(name: str, distribution: Any) -> Parameter:
    if isinstance(distribution, str):
        try:
            content = json.loads(distribution)
            kind, attributes = content["name"], content["attributes"]
        except (json.JSONDecodeError, KeyError, TypeError):
            raise SpaceError(f"'{name}': this is no JSON text of an Optuna distribution: {distribution!r}.") from None
    else:
        kind, attributes = type(distribution).__name__, getattr(distribution, "__dict__", {})
    values = {key.lstrip("_"): value for key, value in attributes.items()}
    build = _DISTRIBUTIONS.get(kind)
    if build is None:
        raise SpaceError(f"'{name}': expected a distribution of Optuna; got {distribution!r}.")
    try:
        return build(values)
    except SpaceError as error:
        raise SpaceError(f"'{name}': {error}") from None


def _number(kind: type[Float] | type[Integer], values: Mapping[str, Any], log: bool) -> Parameter:
    low, high = values["low"], values["high"]
    step = values.get("step", values.get("q"))
    if low == high:
        return Constant(low)
    if kind is Integer:
        return Integer(low, high, prior="log-uniform" if log else "uniform", step=step or 1)
    return Float(low, high, prior="log-uniform" if log else "uniform", step=step)


def _categorical(values: Mapping[str, Any]) -> Parameter:
    choices = list(values["choices"])
    return Constant(choices[0]) if len(choices) == 1 else Categorical(choices)


_DISTRIBUTIONS: dict[str, Callable[[Mapping[str, Any]], Parameter]] = {
    "FloatDistribution": lambda values: _number(Float, values, bool(values.get("log"))),
    "IntDistribution": lambda values: _number(Integer, values, bool(values.get("log"))),
    "CategoricalDistribution": _categorical,
    "UniformDistribution": lambda values: _number(Float, values, False),
    "LogUniformDistribution": lambda values: _number(Float, values, True),
    "DiscreteUniformDistribution": lambda values: _number(Float, values, False),
    "IntUniformDistribution": lambda values: _number(Integer, values, False),
    "IntLogUniformDistribution": lambda values: _number(Integer, values, True),
}
