"""Conditions and constraints compiled against the columns they speak of: looked up where possible, else evaluated."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import reduce
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from parfocal.checks import did_you_mean
from parfocal.errors import ExpressionError, SpaceError
from parfocal.expressions import Atom, Expression, Formula, Kind, Relation, atoms, parse, truth
from parfocal.expressions.formula import reason
from parfocal.expressions.language import COMPARE
from parfocal.space.columns import Axis
from parfocal.space.parameters import Constant, Ordinal, Parameter
from parfocal.typing import Bools, Floats, Ints

_MAX_LOOKUP = 4096
_ORDER = ("<", "<=", ">", ">=")


@dataclass(frozen=True, eq=False)
class Rule:
    """A condition or constraint, and for each atom that asks for one discrete parameter its answer for each level."""

    expression: Expression
    formula: Formula
    lookups: Mapping[int, tuple[str, Bools]]

    def holds(self, view: "View") -> Bools:
        """Return where the rule holds, ``(rows,)``.

        An atom of a condition on an inactive parameter is false; a constraint that involves one holds.
        """
        names = self.expression.names
        with np.errstate(all="ignore"):
            if self.expression.kind == "constraint":
                held = truth(self.formula, lambda atom: self._atom(atom, view))
                alive = _every(view.active(name) for name in sorted(names))
                return _rows(held if alive is None else held | ~alive, view)
            return _rows(truth(self.formula, lambda atom: self._living(atom, view)), view)

    def _living(self, atom: Atom, view: "View") -> Any:
        alive = _every(view.active(name) for name in sorted(atom.names))
        value = self._atom(atom, view)
        return value if alive is None else value & alive

    def _atom(self, atom: Atom, view: "View") -> Any:
        lookup = self.lookups.get(id(atom))
        if lookup is not None:
            return lookup[1][view.index(lookup[0])]
        return atom({name: view.values(name) for name in atom.names})


@dataclass(eq=False)
class View:
    """Columns of some rows, decoded only when asked for.

    ``column`` gives codes by name (NaN = inactive), ``rules`` the conditions by name.
    """

    parameters: Mapping[str, Parameter]
    axes: Mapping[str, Axis]
    rules: Mapping[str, Rule]
    column: Callable[[str], Floats]
    rows: int
    _index: dict[str, Ints] = field(default_factory=dict)
    _values: dict[str, NDArray[Any]] = field(default_factory=dict)
    _active: dict[str, Bools] = field(default_factory=dict)

    def index(self, name: str) -> Ints:
        """Return the level of each row; some level where inactive."""
        if name not in self._index:
            self._index[name] = self.axes[name].index(self.column(name))
        return self._index[name]

    def values(self, name: str) -> Any:
        """Return the value of each row (one value for a constant); anything where inactive."""
        if name not in self._values:
            parameter = self.parameters[name]
            if isinstance(parameter, Constant):
                self._values[name] = np.asarray(parameter.value)
            elif self.axes[name].levels:
                self._values[name] = self.axes[name].take(self.index(name))
            else:
                self._values[name] = self.axes[name].values(self.column(name))
        return self._values[name]

    def active(self, name: str) -> Bools | None:
        """Return where the parameter is active, None for everywhere."""
        if name not in self.rules:
            return None
        if name not in self._active:
            constant = isinstance(self.parameters[name], Constant)
            self._active[name] = self.rules[name].holds(self) if constant else ~np.isnan(self.column(name))
        return self._active[name]


def compile_rule(
    text: str, kind: Kind, owner: str, parameters: Mapping[str, Parameter], axes: Mapping[str, Axis]
) -> Rule:
    """Parse ``text`` and check it against the parameters; ``owner`` says in messages whose rule it is.

    Raises
    ------
    SpaceError
        If the text is wrong, names an unknown parameter, or compares one with a value that it cannot have.
    """
    try:
        expression = parse(text, kind=kind)
    except ExpressionError as error:
        raise SpaceError(f"{owner}: {error}") from None
    where = f"{owner}: the {kind} '{text}'"
    for name in sorted(expression.names):
        if name not in parameters:
            raise SpaceError(f"{where} names {_unknown(name, parameters, axes)}.")
    if not expression.names or expression.formula is None:
        raise SpaceError(f"{where} names no parameter.")
    lookups: dict[int, tuple[str, Bools]] = {}
    for atom in atoms(expression.formula):
        try:
            lookup = _lookup(atom, axes, where)
            if lookup is not None:
                lookups[id(atom)] = lookup
            else:
                _try(atom, parameters, axes)
        except TypeError as error:
            raise SpaceError(f"{where} cannot be evaluated: {reason(error)}.") from None
    looked_up = len(expression.names) == 1 and len(lookups) == len(atoms(expression.formula))
    if looked_up and not np.any(truth(expression.formula, lambda atom: lookups[id(atom)][1])):
        raise SpaceError(f"{where} is never true: it leaves no value of '{min(expression.names)}'.")
    return Rule(expression, expression.formula, lookups)


def _lookup(atom: Atom, axes: Mapping[str, Axis], where: str) -> tuple[str, Bools] | None:
    """Return the one discrete parameter that an atom asks for, and the answer for each of its levels."""
    name = next(iter(atom.names), "")
    if len(atom.names) != 1 or name not in axes:
        return None
    axis, relation = axes[name], atom.relation
    if relation is not None and relation.values:
        _check_values(name, relation, where, axis)
    if not 0 < axis.levels <= _MAX_LOOKUP:
        return None
    levels = axis.take(np.arange(axis.levels))
    if (
        relation is not None
        and relation.sign in _ORDER
        and levels.dtype == object
        and isinstance(axis.parameter, Ordinal)
    ):
        options = levels.tolist()
        if relation.values[0] in options:  # texts are compared by their rank
            ranked = COMPARE[relation.sign](np.arange(axis.levels), options.index(relation.values[0]))
            return name, ~ranked if atom.negated else ranked
    with np.errstate(all="ignore"):
        return name, np.broadcast_to(atom({name: levels}), levels.shape)


def _try(atom: Atom, parameters: Mapping[str, Parameter], axes: Mapping[str, Axis]) -> None:
    """Evaluate an atom on every option, so that a mix of texts and numbers shows before the first draw."""
    rows = np.arange(max([2, *(len(axes[name].options) for name in atom.names if name in axes)]))
    columns: dict[str, Any] = {}
    for name in atom.names:
        parameter = parameters[name]
        if isinstance(parameter, Constant):
            columns[name] = np.asarray(parameter.value)
        elif axes[name].options:
            columns[name] = axes[name].take(rows % axes[name].levels)
        else:
            columns[name] = axes[name].values(rows / len(rows))
    with np.errstate(all="ignore"):
        atom(columns)


def topological(names: tuple[str, ...], rules: Mapping[str, Rule]) -> tuple[str, ...]:
    """Return the conditional parameters so that each comes after those that its condition names.

    Raises
    ------
    SpaceError
        If conditions form a circle; the message walks it.
    """
    order: list[str] = []
    done = {name for name in names if name not in rules}

    def visit(name: str, path: tuple[str, ...]) -> None:
        if name in done:
            return
        if name in path:
            circle = [*path[path.index(name) :], name]
            if len(circle) == 2:
                raise SpaceError(f"'{name}': its condition '{rules[name].expression}' names the parameter itself.")
            walk = ", ".join(f"'{a}' needs '{b}'" for a, b in pairwise(circle))
            raise SpaceError(f"The conditions form a circle: {walk}; drop one of them.")
        for parent in sorted(rules[name].expression.names, key=names.index):
            visit(parent, (*path, name))
        done.add(name)
        order.append(name)

    for name in names:
        visit(name, ())
    return tuple(order)


def _every(masks: Any) -> Any:
    given = [mask for mask in masks if mask is not None]
    return reduce(np.logical_and, given) if given else None


def _rows(value: Any, view: View) -> Bools:
    return np.broadcast_to(np.asarray(value, dtype=np.bool_), (view.rows,))


def _unknown(name: str, parameters: Mapping[str, Parameter], axes: Mapping[str, Axis]) -> str:
    near = did_you_mean(name, parameters)
    options = [option for axis in axes.values() for option in axis.options]
    if name in options:
        near = f" (did you mean the text '{name}'? Then write it in quotes)"
    elif name in ("true", "false", "null"):
        near = f" (did you mean {dict(true=True, false=False, null=None)[name]}?)"
    return f"'{name}', which is no parameter{near}"


def _check_values(name: str, relation: Relation, where: str, axis: Axis) -> None:
    """Refuse a comparison with a value that the parameter never has: it is a slip of the pen."""
    options = axis.options
    texts = any(isinstance(option, str) for option in options)
    bounded: Any = axis.parameter
    for value in relation.values:
        if axis.options and (texts or relation.sign not in _ORDER):
            if not any(value == option for option in options):
                near = did_you_mean(value, options)
                raise SpaceError(f"{where} compares '{name}' with {value!r}, but it is one of {options!r}{near}.")
        elif isinstance(value, bool | str) or value is None:
            raise SpaceError(f"{where} compares '{name}' with {value!r}, which is no number.")
        elif not axis.options and relation.sign not in _ORDER and not bounded.low <= value <= bounded.high:
            raise SpaceError(
                f"{where} compares '{name}' with {value:g}, but it lies between {bounded.low:g} and {bounded.high:g}."
            )
