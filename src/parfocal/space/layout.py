"""A space compiled for whole columns: axes, conditions in order, constraints, and the blocks that they tie together."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from parfocal.errors import SpaceError
from parfocal.space.axes import axis
from parfocal.space.columns import Axis
from parfocal.space.conditions import Rule, View, compile_rule, topological
from parfocal.space.parameters import Constant, Parameter
from parfocal.typing import Bools, Floats


@dataclass(frozen=True, eq=False)
class Layout:
    """What a space looks like to algorithms.

    Attributes
    ----------
    parameters
        All of them, constants included, in the user's order.
    columns
        Names of the columns of X.
    position
        Column of X by name.
    axes
        Arithmetic of each column by name.
    rules
        Conditions by name.
    order
        Conditional parameters, parents first.
    constraints
        Relations between parameters.
    start
        Codes of the defaults, ``(d,)``.
    """

    parameters: Mapping[str, Parameter]
    columns: tuple[str, ...]
    position: Mapping[str, int]
    axes: Mapping[str, Axis]
    rules: Mapping[str, Rule]
    order: tuple[str, ...]
    constraints: tuple[Rule, ...]
    start: Floats

    def view(self, X: Floats) -> View:
        """Return the decoded-on-demand columns of rows of X."""
        position = self.position
        return View(self.parameters, self.axes, self.rules, lambda name: X[:, position[name]], len(X))

    def canonical(self, U: Floats, columns: Sequence[str] | None = None) -> Floats:
        """Return a copy with codes snapped, NaN filled by defaults, and inactive columns NaN.

        Parameters
        ----------
        U
            ``(n, d)`` codes; never changed.
        columns
            Work on these alone; they must hold the parents of each of them. The others are copied as they are.
        """
        X = np.array(U, dtype=np.float64, order="F")
        chosen = self.columns if columns is None else columns
        for name in chosen:
            column = X[:, self.position[name]]
            missing = np.isnan(column)
            if missing.any():
                column[missing] = self.start[self.position[name]]
            column[:] = self.axes[name].snap(column)
        view = self.view(X)
        for name in self.order:
            if name in self.position and (columns is None or name in columns):
                X[~self.rules[name].holds(view), self.position[name]] = np.nan
        return X

    def ancestors(self, names: Iterable[str]) -> set[str]:
        """Return ``names`` and all parameters that their conditions name, directly or through others."""
        found: set[str] = set()
        todo = list(names)
        while todo:
            name = todo.pop()
            if name not in found:
                found.add(name)
                todo += self.rules[name].expression.names if name in self.rules else ()
        return found

    def feasible(self, X: Floats, constraints: Iterable[Rule] | None = None) -> Bools:
        """Return where the constraints hold on canonical rows."""
        view = self.view(X)
        held = np.ones(len(X), dtype=np.bool_)
        for rule in self.constraints if constraints is None else constraints:
            held &= rule.holds(view)
        return held


@dataclass(frozen=True)
class Block:
    """Columns that must be drawn together, and the constraints that tie them."""

    columns: tuple[str, ...]
    constraints: tuple[Rule, ...]


def blocks(layout: Layout, *, conditions: bool) -> tuple[Block, ...]:
    """Return the columns in independent blocks, each in the order of columns, blocks by their first column.

    Two columns are in one block when a constraint names both, or the parents of both; with ``conditions`` also when
    one is a parent of the other.
    """
    groups = [layout.ancestors(rule.expression.names) for rule in layout.constraints]
    if conditions:
        groups += [layout.ancestors([name]) for name in layout.order if name in layout.position]
        groups += [{name} for name in layout.columns]
    merged: list[set[str]] = []
    for group in groups:
        touching = [other for other in merged if other & group]
        merged = [other for other in merged if not other & group] + [group.union(*touching)]
    found = []
    for group in merged:
        columns = tuple(name for name in layout.columns if name in group)
        rules = tuple(rule for rule in layout.constraints if rule.expression.names <= group)
        if columns:
            found.append(Block(columns, rules))
    return tuple(sorted(found, key=lambda block: layout.position[block.columns[0]]))


def layout_of(parameters: Mapping[str, Parameter], constraints: Sequence[str]) -> Layout:
    """Compile a space; every fault is a :class:`SpaceError` in one sentence that names the parameter."""
    axes: dict[str, Axis] = {}
    start: list[float] = []
    for name, parameter in parameters.items():
        if not isinstance(parameter, Constant):
            try:
                axes[name] = axis(parameter)
                start.append(axes[name].start())
            except SpaceError as error:
                raise SpaceError(f"'{name}': {error}") from None
    if not axes:
        raise SpaceError("The space has no parameter to tune: give at least one that is not constant.")
    columns = tuple(axes)
    rules = {
        name: compile_rule(parameter.when, "condition", f"'{name}'", parameters, axes)
        for name, parameter in parameters.items()
        if parameter.when is not None
    }
    relations = tuple(
        compile_rule(text, "constraint", f"Constraint {index + 1}", parameters, axes)
        for index, text in enumerate(constraints)
    )
    layout = Layout(
        parameters=parameters,
        columns=columns,
        position={name: index for index, name in enumerate(columns)},
        axes=axes,
        rules=rules,
        order=topological(tuple(parameters), rules),
        constraints=relations,
        start=np.array(start),
    )
    for rule in relations:
        fixed = not any(name in axes for name in layout.ancestors(rule.expression.names))
        if fixed and not layout.feasible(layout.start[None, :], [rule])[0]:
            raise SpaceError(f"The constraint '{rule.expression}' names constants alone and never holds.")
    return layout
