"""Conditions and constraints compiled against the columns they speak of: looked up where possible, else evaluated."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from parfocal.checks import did_you_mean
from parfocal.errors import ExpressionError, SpaceError
from parfocal.expressions import Atom, Expression, Junction, Kind, parse, truth
from parfocal.space.axes import Axis
from parfocal.space.parameters import Constant, Parameter, same
from parfocal.typing import Bools, Floats, Ints

_MAX_LOOKUP = 4096


@dataclass(frozen=True, eq=False)
class Rule:
    """A condition or constraint, and for each atom that asks for one discrete parameter its answer for each level."""

    expression: Expression
    lookups: Mapping[int, tuple[str, Bools]]

    def holds(self, view: "View") -> Bools:
        """Return where the rule holds: an atom of a condition on an inactive parameter is false; a constraint that
        involves an inactive parameter holds.
        """  # noqa: D205
        names = self.expression.names
        with np.errstate(all="ignore"):
            if self.expression.kind == "constraint":
                held = truth(self.expression.formula, lambda atom: self._atom(atom, view))
                alive = _every(view.active(name) for name in sorted(names))
                return _rows(held if alive is None else held | ~alive, view)
            return _rows(truth(self.expression.formula, lambda atom: self._living(atom, view)), view)

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
    for name in sorted(expression.names):
        if name not in parameters:
            raise SpaceError(f"{owner}: the {kind} '{text}' names {_unknown(name, parameters, axes)}.")
    if not expression.names:
        raise SpaceError(f"{owner}: the {kind} '{text}' names no parameter.")
    for name, value in expression.comparisons:
        _check_comparison(name, value, f"{owner}: the {kind} '{text}'", parameters[name], axes)
    lookups: dict[int, tuple[str, Bools]] = {}
    try:
        for atom in _atoms(expression.formula):
            name = next(iter(atom.names), "")
            if len(atom.names) == 1 and name in axes and 0 < axes[name].levels <= _MAX_LOOKUP:
                levels = axes[name].take(np.arange(axes[name].levels))
                with np.errstate(all="ignore"):
                    lookups[id(atom)] = name, np.broadcast_to(atom({name: levels}), levels.shape)
            else:
                with np.errstate(all="ignore"):
                    atom({name: _example(name, parameters, axes) for name in atom.names})
    except TypeError as error:
        reason = str(error) if str(error).startswith("a number") else "text stands where a number is needed"
        raise SpaceError(f"{owner}: the {kind} '{text}' cannot be evaluated: {reason}.") from None
    return Rule(expression, lookups)


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
            walk = ", ".join(f"'{a}' needs '{b}'" for a, b in zip(circle, circle[1:], strict=False))
            raise SpaceError(f"The conditions form a circle: {walk}; drop one of them.")
        for parent in sorted(rules[name].expression.names, key=names.index):
            visit(parent, (*path, name))
        done.add(name)
        order.append(name)

    for name in names:
        visit(name, ())
    return tuple(order)


def _atoms(formula: Any) -> list[Atom]:
    if isinstance(formula, Junction):
        return [atom for part in formula.parts for atom in _atoms(part)]
    return [formula]


def _every(masks: Any) -> Any:
    given = [mask for mask in masks if mask is not None]
    return reduce(np.logical_and, given) if given else None


def _rows(value: Any, view: View) -> Bools:
    return np.broadcast_to(np.asarray(value, dtype=np.bool_), (view.rows,))


def _example(name: str, parameters: Mapping[str, Parameter], axes: Mapping[str, Axis]) -> Any:
    parameter = parameters[name]
    return np.asarray(parameter.value) if isinstance(parameter, Constant) else axes[name].values(np.array([0.0, 0.5]))


def _unknown(name: str, parameters: Mapping[str, Parameter], axes: Mapping[str, Axis]) -> str:
    near = did_you_mean(name, parameters)
    options = [
        option for axis in axes.values() if axis.options for option in axis.take(np.arange(axis.levels)).tolist()
    ]
    if name in options:
        near = f" (did you mean the text '{name}'? Then write it in quotes)"
    elif name in ("true", "false", "null"):
        near = f" (did you mean {dict(true=True, false=False, null=None)[name]}?)"
    return f"'{name}', which is no parameter{near}"


def _check_comparison(name: str, value: Any, where: str, parameter: Parameter, axes: Mapping[str, Axis]) -> None:
    """Refuse a comparison with a value that the parameter never has: it is a slip of the pen."""
    if isinstance(parameter, Constant):
        return
    axis = axes[name]
    if axis.options:
        options = axis.take(np.arange(axis.levels)).tolist()
        if not any(value == option for option in options):
            near = did_you_mean(value, options)
            raise SpaceError(f"{where} compares '{name}' with {value!r}, but it is one of {options!r}{near}.")
        return
    bounded: Any = parameter
    if isinstance(value, bool | str) or value is None:
        raise SpaceError(f"{where} compares the number '{name}' with {value!r}.")
    if not bounded.low <= value <= bounded.high:
        raise SpaceError(
            f"{where} compares '{name}' with {value:g}, but it lies between {bounded.low:g} and {bounded.high:g}."
        )
