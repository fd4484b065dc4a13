"""Spaces from ConfigSpace: its JSON (format of ConfigSpace 1.2 and the older ones), read without the package."""

import dataclasses
import json
import math
from collections.abc import Callable, Mapping
from itertools import product
from typing import Any

from parfocal.checks import did_you_mean
from parfocal.errors import SpaceError
from parfocal.space.parameters import Categorical, Constant, Float, Integer, Ordinal, Parameter
from parfocal.space.priors import Beta, LogNormal, Normal, Prior

Rename = Callable[[str], str] | Mapping[str, str] | None
Item = Mapping[str, Any]
_SIGNS = {"EQ": "==", "NEQ": "!=", "LT": "<", "GT": ">"}
_CLAUSES = {"EQUALS": "==", "CLAUSE_LT": "<", "CLAUSE_LE": "<=", "CLAUSE_GT": ">", "CLAUSE_GE": ">="}
_RELATIONS = {"LT": "<", "LE": "<=", "EQ": "==", "GT": ">", "GE": ">="}


def from_configspace(source: Any, rename: Rename = None) -> tuple[dict[str, Parameter], list[str]]:
    """Return parameters and constraints of a ConfigSpace.

    Parameters
    ----------
    source
        JSON text, its dict, or a ``ConfigSpace.ConfigurationSpace``.
    rename
        New names for those that are no identifiers (``"svm:C"``): a mapping or a function.

    Raises
    ------
    SpaceError
        If something cannot be expressed; one sentence that names it.
    """
    content = _content(source)
    reader = _Reader(rename)
    parameters = {reader.name(item["name"]): reader.parameter(item) for item in content["hyperparameters"]}
    if len(parameters) != len(content["hyperparameters"]):
        raise SpaceError("Two parameters of the ConfigSpace get the same new name: give each its own.")
    reader.parameters = parameters
    conditions: dict[str, list[str]] = {}
    for item in content.get("conditions", ()):
        conditions.setdefault(reader.name(item["child"]), []).append(reader.condition(item))
    for child, texts in conditions.items():
        parameters[child] = _replace_when(parameters[child], " and ".join(texts))
    constraints = [text for item in content.get("forbiddens", ()) for text in reader.constraints(item)]
    return parameters, constraints


def _content(source: Any) -> Item:
    if hasattr(source, "to_serialized_dict"):
        source = source.to_serialized_dict()
    if isinstance(source, str):
        try:
            source = json.loads(source)
        except json.JSONDecodeError as error:
            raise SpaceError(f"This is no valid JSON (line {error.lineno}): {error.msg}.") from None
    if not isinstance(source, Mapping) or not isinstance(source.get("hyperparameters"), list):
        raise SpaceError("A ConfigSpace must be its JSON text, the dict of it, or a ConfigurationSpace.")
    return source


class _Reader:
    """Reads the items of one ConfigSpace; holds the new names, and the parameters once they are known."""

    def __init__(self, rename: Rename) -> None:
        self.rename = rename
        self.parameters: dict[str, Parameter] = {}

    def name(self, name: str) -> str:
        new = name
        if isinstance(self.rename, Mapping):
            new = self.rename.get(name, name)
        elif self.rename is not None:
            new = self.rename(name)
        if not new.isidentifier():
            raise SpaceError(
                f"The ConfigSpace's parameter '{new}' has a name with characters other than letters, digits and '_': "
                "give it another one by 'rename'."
            )
        return new

    def parameter(self, item: Item) -> Parameter:
        kind = str(item.get("type"))
        build = _PARAMETERS.get(kind)
        if build is None:
            raise SpaceError(
                f"'{item.get('name')}': the ConfigSpace's type '{kind}' is unknown{did_you_mean(kind, _PARAMETERS)}."
            )
        try:
            return build(item)
        except SpaceError as error:
            raise SpaceError(f"'{item['name']}': {error}") from None
        except KeyError as error:
            raise SpaceError(f"'{item['name']}': the ConfigSpace's entry has no {error}.") from None

    def condition(self, item: Item) -> str:
        kind = str(item["type"])
        if kind in ("AND", "OR"):
            return "(" + f" {kind.lower()} ".join(self.condition(part) for part in item["conditions"]) + ")"
        parent = self.name(item["parent"])
        if kind == "IN":
            return f"{parent} in {list(item['values'])!r}"
        if kind not in _SIGNS:
            raise SpaceError(f"The ConfigSpace's condition '{kind}' on '{item['child']}' is unknown.")
        return self.compare(parent, _SIGNS[kind], item["value"])

    def compare(self, name: str, sign: str, value: Any) -> str:
        """Return a comparison; an ordinal is compared by rank, as ConfigSpace does."""
        parameter = self.parameters[name]
        if isinstance(parameter, Ordinal) and sign in ("<", ">", "<=", ">="):
            rank = list(parameter.values).index(value)
            first, last = {"<": (0, rank), "<=": (0, rank + 1), ">": (rank + 1, None), ">=": (rank, None)}[sign]
            options = list(parameter.values)[first:last]
            if not options:
                raise SpaceError(f"The ConfigSpace's condition '{name} {sign} {value!r}' is never true.")
            return f"{name} in {options!r}"
        return f"{name} {sign} {value!r}"

    def constraints(self, item: Item) -> list[str]:
        """Return the constraints that hold exactly where a forbidden clause does not apply."""
        forbidden = self.alternatives(item)
        return [f"not ({' and '.join(clauses)})" for clauses in forbidden]

    def alternatives(self, item: Item) -> list[tuple[str, ...]]:
        """Return the clause as alternatives of clauses that apply together (disjunctive normal form)."""
        kind = str(item["type"])
        if kind == "OR":
            return [clauses for part in item["clauses"] for clauses in self.alternatives(part)]
        if kind == "AND":
            parts = product(*(self.alternatives(part) for part in item["clauses"]))
            return [tuple(text for clauses in combination for text in clauses) for combination in parts]
        if kind.startswith("RELATION"):
            sign = _RELATIONS.get(str(item.get("lambda", kind.removeprefix("RELATION_"))))
            if sign is not None:
                return [(f"{self.name(item['left'])} {sign} {self.name(item['right'])}",)]
        if kind == "IN":
            return [(f"{self.name(item['name'])} in {list(item['values'])!r}",)]
        if kind in _CLAUSES:
            return [(self.compare(self.name(item["name"]), _CLAUSES[kind], item["value"]),)]
        raise SpaceError(f"The ConfigSpace's forbidden clause '{kind}' is unknown.")


def _default(item: Item) -> Any:
    return item.get("default_value", item.get("default"))


def _number(item: Item, kind: type[Float] | type[Integer], prior: Prior | str) -> Parameter:
    low, high = item["lower"], item["upper"]
    if low is None or high is None:
        raise SpaceError("it has no bounds in the ConfigSpace: give it a lower and an upper one")
    step = item.get("q")
    if kind is Integer:
        return Integer(low, high, prior=prior, step=step or 1, default=_default(item))
    return Float(low, high, prior=prior, step=step, default=_default(item))


def _uniform(kind: type[Float] | type[Integer]) -> Callable[[Item], Parameter]:
    return lambda item: _number(item, kind, "log-uniform" if item.get("log") else "uniform")


def _normal(kind: type[Float] | type[Integer]) -> Callable[[Item], Parameter]:
    def build(item: Item) -> Parameter:
        mean, std = item["mu"], item["sigma"]
        if not item.get("log"):
            return _number(item, kind, Normal(mean, std))
        # on the log scale ConfigSpace 1.2 takes log(mu) as mean and |log(lower + sigma)| as standard deviation
        return _number(item, kind, LogNormal(math.log(mean), abs(math.log(item["lower"] + std))))

    return build


def _beta(kind: type[Float] | type[Integer]) -> Callable[[Item], Parameter]:
    def build(item: Item) -> Parameter:
        if item.get("log"):
            raise SpaceError("a beta distribution on the log scale cannot be expressed: use a log-normal one")
        return _number(item, kind, Beta(item["alpha"], item["beta"]))

    return build


def _categorical(item: Item) -> Parameter:
    weights = item.get("weights", item.get("probabilities"))
    if len(item["choices"]) == 1:
        return Constant(item["choices"][0])
    return Categorical(item["choices"], weights=weights, default=_default(item))


def _ordinal(item: Item) -> Parameter:
    if len(item["sequence"]) == 1:
        return Constant(item["sequence"][0])
    return Ordinal(item["sequence"], default=_default(item))


_PARAMETERS: dict[str, Callable[[Item], Parameter]] = {
    "uniform_float": _uniform(Float),
    "uniform_int": _uniform(Integer),
    "normal_float": _normal(Float),
    "normal_int": _normal(Integer),
    "beta_float": _beta(Float),
    "beta_int": _beta(Integer),
    "categorical": _categorical,
    "ordinal": _ordinal,
    "constant": lambda item: Constant(item["value"]),
    "unparametrized": lambda item: Constant(item["value"]),
}


def _replace_when(parameter: Parameter, when: str) -> Parameter:
    return dataclasses.replace(parameter, when=when)
