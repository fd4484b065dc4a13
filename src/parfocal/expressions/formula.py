"""A parsed expression as a value: atoms joined by ``and`` and ``or``, evaluated on columns."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import reduce
from typing import Any, Literal, TypeAlias

import numpy as np

from parfocal.checks import did_you_mean
from parfocal.errors import ExpressionError
from parfocal.expressions.language import NOT_TRUTH, boolean
from parfocal.typing import Bools, Value

Kind: TypeAlias = Literal["condition", "constraint", "criterion"]
Columns: TypeAlias = Mapping[str, Any]
Evaluate: TypeAlias = Callable[[Columns], Any]


@dataclass(frozen=True)
class Relation:
    """A comparison in its simplest form: ``name sign value``, ``name sign other name`` or ``name in values``.

    Attributes
    ----------
    name
        The left side.
    sign
        ``==``, ``!=``, ``<``, ``<=``, ``>``, ``>=`` or ``in``.
    values
        The written values on the right side, empty where another name stands there.
    other
        The name on the right side, if any.
    """

    name: str
    sign: str
    values: tuple[Value, ...] = ()
    other: str | None = None


@dataclass(frozen=True, eq=False)
class Atom:
    """A part of a formula without ``and``, ``or``, ``not``: usually one comparison, maybe negated.

    ``relation`` is what is compared, before the negation, where it is as simple as that.
    """

    names: frozenset[str]
    value: Evaluate
    negated: bool
    relation: Relation | None = None

    def __call__(self, columns: Columns) -> Any:
        """Return the truth of the atom on ``columns`` (its own names are enough)."""
        value = boolean(self.value(columns))
        return ~value if self.negated else value


@dataclass(frozen=True, eq=False)
class Junction:
    """Parts joined by ``and`` (``every``) or by ``or``."""

    every: bool
    parts: tuple["Formula", ...]


Formula: TypeAlias = Atom | Junction


def truth(formula: Formula, value: Callable[[Atom], Any]) -> Any:
    """Return the truth of a formula from the truth that ``value`` gives to each of its atoms."""
    if isinstance(formula, Atom):
        return value(formula)
    join: Any = np.logical_and if formula.every else np.logical_or
    return reduce(join, (truth(part, value) for part in formula.parts))


def atoms(formula: Formula) -> list[Atom]:
    """Return the atoms of a formula from left to right."""
    if isinstance(formula, Atom):
        return [formula]
    return [atom for part in formula.parts for atom in atoms(part)]


@dataclass(frozen=True)
class Expression:
    """A parsed expression; call it with columns (arrays or single values by name) to evaluate it.

    Attributes
    ----------
    text, kind
        What was parsed, and as what.
    names
        The names that it needs.
    formula
        The parts joined by ``and`` and ``or``, with every ``not`` pushed down to the atoms; None for a criterion.
    """

    text: str
    kind: Kind
    names: frozenset[str] = field(compare=False)
    formula: Formula | None = field(compare=False, repr=False)
    value: Evaluate = field(compare=False, repr=False)

    def __str__(self) -> str:
        return self.text

    def __reduce__(self) -> tuple[Any, ...]:
        return _again, (self.text, self.kind)

    def __call__(self, columns: Columns, active: Mapping[str, Bools] | None = None) -> Any:
        """Evaluate on ``columns``; arrays of one shape, single values, or both.

        Parameters
        ----------
        columns
            A value for each of :attr:`names`.
        active
            Where each parameter is active; a name that is not in it is active everywhere. Without it, NaN and None
            mean inactive. Where a name is inactive, the atoms of a condition that need it are false and a constraint
            holds.

        Returns
        -------
        array or float or bool
            True or false for conditions and constraints, numbers for criteria; plain when all columns are plain.

        Raises
        ------
        ExpressionError
            If a name is missing, or text stands where a number is needed.
        """
        if not self.names <= columns.keys():
            name = min(self.names - columns.keys())
            raise ExpressionError(
                f"The {self.kind} '{self.text}' needs '{name}', which is not there{did_you_mean(name, columns)}."
            )
        try:
            with np.errstate(all="ignore"):
                result = self._evaluate(columns, active)
        except TypeError as error:
            raise ExpressionError(f"The {self.kind} '{self.text}' cannot be evaluated: {reason(error)}.") from None
        return result.item() if np.ndim(result) == 0 else result

    def _evaluate(self, columns: Columns, active: Mapping[str, Bools] | None) -> Any:
        if self.formula is None:
            return np.asarray(self.value(columns), dtype=np.float64)
        if active is None:
            active = {name: _given(columns[name]) for name in self.names}
        known: Mapping[str, Bools] = active

        def alive(names: frozenset[str]) -> Any:
            masks: list[Any] = [known[name] for name in names if name in known]
            return np.all(np.broadcast_arrays(*masks), axis=0) if masks else np.True_

        if self.kind == "constraint":
            return truth(self.formula, lambda atom: atom(columns)) | ~alive(self.names)
        return truth(self.formula, lambda atom: atom(columns) & alive(atom.names))


def reason(error: TypeError) -> str:
    """Return in words why an expression could not be evaluated on the columns that it got."""
    return NOT_TRUTH if str(error) == NOT_TRUTH else "text stands where a number is needed"


def _again(text: str, kind: Kind) -> Expression:
    from parfocal.expressions.parser import parse

    return parse(text, kind=kind)


def _given(column: Any) -> Any:
    """Return where a column holds a value (neither NaN nor None)."""
    array = np.asarray(column)
    if array.dtype.kind == "f":
        return ~np.isnan(array)
    if array.dtype == object:
        given = [value is not None and value == value for value in array.ravel()]
        return np.array(given, dtype=np.bool_).reshape(array.shape)
    return np.ones(array.shape, dtype=np.bool_)
