"""Spaces to ConfigSpace 1.2, where it can express them; a clear error where it cannot."""

import math
from collections.abc import Callable, Mapping
from copy import deepcopy
from itertools import product
from typing import Any

import numpy as np

from parfocal.errors import SpaceError
from parfocal.expressions import Atom, Formula
from parfocal.expressions.language import NEGATED
from parfocal.extras import require
from parfocal.space.columns import Axis
from parfocal.space.conditions import Rule
from parfocal.space.draws import draws
from parfocal.space.layout import Layout
from parfocal.space.parameters import Boolean, Categorical, Constant, Float, Integer, Ordinal
from parfocal.space.priors import Beta, LogNormal, LogUniform, Normal, Uniform
from parfocal.typing import Floats

Item = dict[str, Any]
_CONDITIONS = {"==": "EQ", "!=": "NEQ", "<": "LT", ">": "GT"}
_CLAUSES = {"==": "EQUALS", "<": "CLAUSE_LT", "<=": "CLAUSE_LE", ">": "CLAUSE_GT", ">=": "CLAUSE_GE"}
_RELATIONS = {"==": "RELATION_EQ", "<": "RELATION_LT", "<=": "RELATION_LE", ">": "RELATION_GT", ">=": "RELATION_GE"}
_MOST = 100_000
_STRICT = {">=": ">", "<=": "<"}


def to_configspace(layout: Layout) -> Any:
    """Return a ``ConfigSpace.ConfigurationSpace`` of the same configurations and priors.

    Numbers with a resolution become ordinals, truth values categories; conditions and constraints must compare one
    parameter with values, or (constraints only) two parameters with each other, joined by and / or / not.

    Raises
    ------
    SpaceError
        If ConfigSpace cannot express a prior, a resolution, a condition or a constraint.
    MissingPackage
        If ConfigSpace is not installed.
    """
    configspace = require("ConfigSpace", "interop")
    content = to_configspace_dict(layout)
    try:
        return configspace.ConfigurationSpace.from_serialized_dict(content)
    except (ValueError, TypeError, KeyError) as error:
        raise SpaceError(f"ConfigSpace refuses the space: {' '.join(str(error).split())}") from None


def to_configspace_dict(layout: Layout) -> Item:
    """Return the content of ConfigSpace's own JSON (format 0.4); the package is not needed."""
    conditions = []
    for name in layout.order:
        rule = layout.rules[name]
        conditions.append(_condition(rule.formula, name, layout) | {"child": name})
    forbiddens = []
    for rule in layout.constraints:
        forbiddens += _forbiddens(rule.formula, rule, layout)
    start = _start(layout)
    return {
        "name": None,
        "hyperparameters": [_hyperparameter(name, layout, start) for name in layout.parameters],
        "conditions": conditions,
        "forbiddens": forbiddens,
        "python_module_version": "1.2.0",
        "format_version": 0.4,
    }


def _start(layout: Layout) -> Floats:
    """Return codes of a feasible start ``(d,)``: ConfigSpace refuses a default that is forbidden."""
    if layout.feasible(layout.canonical(layout.start[None, :]))[0]:
        return layout.start
    drawn = draws(layout).sample(1, np.random.default_rng(0))[0]
    return np.where(np.isnan(drawn), layout.start, drawn)


def _hyperparameter(name: str, layout: Layout, codes: Floats) -> Item:
    parameter = layout.parameters[name]
    if isinstance(parameter, Constant):
        if parameter.value is None:
            raise SpaceError(f"'{name}': ConfigSpace has no constant None.")
        return {"type": "constant", "name": name, "value": parameter.value, "meta": None}
    axis = layout.axes[name]
    start = axis.values(codes[[layout.position[name]]]).tolist()[0]
    item = {"name": name, "default_value": start, "meta": None}
    if isinstance(parameter, Categorical):
        weights = None if parameter.weights is None else list(parameter.weights)
        return item | {"type": "categorical", "choices": list(parameter.choices), "weights": weights}
    if isinstance(parameter, Boolean):
        weights = None if parameter.probability == 0.5 else [1 - parameter.probability, parameter.probability]
        return item | {"type": "categorical", "choices": [False, True], "weights": weights}
    if (
        isinstance(parameter, Ordinal)
        or parameter.levels is not None
        or parameter.step not in (None, 1)
        or (isinstance(parameter, Float) and parameter.step is not None)
    ):
        return item | {"type": "ordinal", "sequence": _sequence(name, axis)}
    suffix = "float" if isinstance(parameter, Float) else "int"
    prior: Any = parameter.prior
    if type(prior) not in _PRIORS:
        raise SpaceError(f"'{name}': ConfigSpace has no prior '{prior.name}': use another one for the export.")
    kind, arguments = _PRIORS[type(prior)](prior, parameter)
    return item | {"type": f"{kind}_{suffix}", "lower": parameter.low, "upper": parameter.high} | arguments


def _sequence(name: str, axis: Axis) -> list[Any]:
    """Return the levels of a column whose levels are equally likely."""
    index = np.arange(min(axis.levels, _MOST))
    if (
        axis.codes is None
        or axis.levels > len(index)
        or not np.allclose(axis.codes.probability(index), 1 / axis.levels, rtol=1e-6)
    ):
        raise SpaceError(
            f"'{name}': ConfigSpace can express a resolution or order only with equally likely levels, at most {_MOST}."
        )
    return list(axis.take(index).tolist())


def _log_normal(prior: LogNormal, parameter: Any) -> tuple[str, Item]:
    sigma = math.exp(prior.std) - parameter.low  # ConfigSpace 1.2 reads |log(lower + sigma)| as standard deviation
    if sigma <= 0:
        raise SpaceError(f"ConfigSpace cannot express the log-normal std {prior.std:g} above low={parameter.low:g}.")
    return "normal", {"mu": math.exp(prior.mean), "sigma": sigma, "log": True}


def _beta(prior: Beta, parameter: Any) -> tuple[str, Item]:
    if prior.a < 1 or prior.b < 1:
        raise SpaceError(f"ConfigSpace cannot express a beta prior with a or b below 1; got {prior}.")
    return "beta", {"alpha": prior.a, "beta": prior.b, "log": False}


_PRIORS: Mapping[type[Any], Callable[[Any, Any], tuple[str, Item]]] = {
    Uniform: lambda prior, parameter: ("uniform", {"log": False}),
    LogUniform: lambda prior, parameter: ("uniform", {"log": True}),
    Normal: lambda prior, parameter: ("normal", {"mu": prior.mean, "sigma": prior.std, "log": False}),
    LogNormal: _log_normal,
    Beta: _beta,
}


def _condition(formula: Formula, child: str, layout: Layout) -> Item:
    if not isinstance(formula, Atom):
        parts = [_condition(part, child, layout) for part in formula.parts]
        return {"type": "AND" if formula.every else "OR", "child": child, "conditions": parts}
    levels = _levels(formula, layout.rules[child], layout, True)
    if levels is not None:
        return {"type": "IN", "child": child, "parent": levels[0], "values": levels[1]}
    relation = formula.relation
    if relation is None or len(relation.values) != 1 or not _is_number(relation.values[0]):
        raise SpaceError(
            f"'{child}': ConfigSpace cannot express the condition '{layout.parameters[child].when}': "
            "it compares one parameter with written values only."
        )
    sign = NEGATED[relation.sign] if formula.negated else relation.sign
    value = _as_value(relation.values[0], layout.parameters[relation.name])
    signs = (_STRICT[sign], "==") if sign in _STRICT else (sign,)
    parent = {"child": child, "parent": relation.name, "value": value}
    either = [parent | {"type": _CONDITIONS[part]} for part in signs]
    return either[0] if len(either) == 1 else {"type": "OR", "child": child, "conditions": either}


def _forbiddens(formula: Formula, rule: Rule, layout: Layout) -> list[Item]:
    """Return the clauses that forbid what breaks a constraint: each applies alone."""
    if isinstance(formula, Atom):
        return _broken(formula, rule, layout)
    parts = [_forbiddens(part, rule, layout) for part in formula.parts]
    if formula.every:
        return [clause for part in parts for clause in part]
    return [{"type": "AND", "clauses": deepcopy(list(clauses))} for clauses in product(*parts)]


def _broken(atom: Atom, rule: Rule, layout: Layout) -> list[Item]:
    """Return the clauses under which an atom is false."""
    levels = _levels(atom, rule, layout, False)
    if levels is not None:
        return [{"type": "IN", "name": levels[0], "values": levels[1]}] if levels[1] else []
    relation = atom.relation
    if relation is None or relation.sign == "in" or not all(_is_number(value) for value in relation.values):
        raise SpaceError(
            f"ConfigSpace cannot express the constraint '{rule.expression}': "
            "it compares one parameter with written values, or two parameters with each other."
        )
    sign = relation.sign if atom.negated else NEGATED[relation.sign]
    signs = ("<", ">") if sign == "!=" else (sign,)
    name = relation.name
    if relation.other is not None:
        return [{"type": _RELATIONS[part], "left": name, "right": relation.other} for part in signs]
    value = _as_value(relation.values[0], layout.parameters[name])
    if signs == ("<=",):
        signs = ("<", "==")  # ConfigSpace 1.2.2 draws what its clause "<=" forbids
    return [{"type": _CLAUSES[part], "name": name, "value": value} for part in signs]


def _levels(atom: Atom, rule: Rule, layout: Layout, wanted: bool) -> tuple[str, list[Any]] | None:
    """Return the discrete parameter that alone decides an atom, and its levels for which it is ``wanted``."""
    if id(atom) not in rule.lookups:
        return None
    name, answers = rule.lookups[id(atom)]
    return name, layout.axes[name].take(np.flatnonzero(answers == wanted)).tolist()


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _as_value(value: Any, parameter: Any) -> Any:
    """Return a written number as ConfigSpace wants it: the language knows only one kind of number."""
    return int(value) if isinstance(parameter, Integer) and float(value).is_integer() else value
