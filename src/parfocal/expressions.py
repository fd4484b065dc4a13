"""One small, safe expression language for conditions, constraints and criteria, evaluated on whole columns.

The text is parsed by :mod:`ast` and translated node by node, against tables of what is allowed, into numpy calls;
nothing is ever compiled or executed as Python. Allowed are numbers, texts, ``True``, ``False``, ``None``, names,
``+ - * / // % **``, comparisons (also chained), ``in`` and ``not in`` a list, ``and``, ``or``, ``not`` and the
functions of :data:`FUNCTIONS`. Length, depth and exponents are bounded, and all arithmetic is float64.
"""

import ast
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import reduce
from typing import Any, Literal, TypeAlias

import numpy as np

from parfocal.checks import did_you_mean
from parfocal.errors import ExpressionError
from parfocal.typing import Bools, Value

Kind: TypeAlias = Literal["condition", "constraint", "criterion"]
Columns: TypeAlias = Mapping[str, Any]
Evaluate: TypeAlias = Callable[[Columns], Any]

MAX_LENGTH = 1000
MAX_DEPTH = 24
MAX_EXPONENT = 100.0
FUNCTIONS: dict[str, tuple[Callable[..., Any], int, int]] = {  # name -> (function, fewest arguments, most arguments)
    "min": (lambda *values: reduce(np.minimum, values), 2, 16),
    "max": (lambda *values: reduce(np.maximum, values), 2, 16),
    "abs": (np.abs, 1, 1),
    "sqrt": (np.sqrt, 1, 1),
    "log": (np.log, 1, 1),
    "log2": (np.log2, 1, 1),
    "log10": (np.log10, 1, 1),
    "exp": (np.exp, 1, 1),
    "round": (np.rint, 1, 1),
    "floor": (np.floor, 1, 1),
    "ceil": (np.ceil, 1, 1),
}
_ARITHMETIC: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: np.add, ast.Sub: np.subtract, ast.Mult: np.multiply, ast.Div: np.divide,
    ast.FloorDiv: np.floor_divide, ast.Mod: np.mod, ast.Pow: np.power,
}  # fmt: skip
_ORDER: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Lt: np.less, ast.LtE: np.less_equal, ast.Gt: np.greater, ast.GtE: np.greater_equal,
}  # fmt: skip
_REMEDIES: dict[type[ast.AST], str] = {
    ast.BitAnd: "write 'and' instead of '&'",
    ast.BitOr: "write 'or' instead of '|'",
    ast.Invert: "write 'not' instead of '~'",
    ast.BitXor: "write '**' for a power, not '^'",
    ast.Is: "write '==' instead of 'is'",
    ast.IsNot: "write '!=' instead of 'is not'",
    ast.Attribute: "a name cannot be followed by a dot",
    ast.Subscript: "a name cannot be followed by square brackets",
    ast.IfExp: "'if ... else' is not allowed",
    ast.Lambda: "'lambda' is not allowed",
    ast.Call: f"only these functions can be called: {', '.join(FUNCTIONS)}",
}
_ALLOWED = "numbers, texts in quotes, names, + - * / // % **, comparisons, in, and, or, not and simple functions"


@dataclass(frozen=True, eq=False)
class Atom:
    """A part of a formula without ``and``, ``or``, ``not``: usually one comparison."""

    names: frozenset[str]
    value: Evaluate
    negated: bool

    def __call__(self, columns: Columns) -> Any:
        """Return the truth of the atom on ``columns`` (its own names are enough)."""
        value = np.asarray(self.value(columns))
        if value.dtype != np.bool_:
            raise TypeError("a number or text stands where true or false is needed: compare it with something")
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
    join = np.logical_and if formula.every else np.logical_or
    return reduce(join, (truth(part, value) for part in formula.parts))


@dataclass(frozen=True)
class Expression:
    """A parsed expression; call it with columns (arrays or single values by name) to evaluate it.

    Attributes
    ----------
    text, kind
        What was parsed, and as what.
    names
        The names that it needs.
    comparisons
        Each name that is compared with a written value by ``==``, ``!=`` or ``in``, and that value.
    formula
        The parts joined by ``and`` and ``or``, with every ``not`` pushed down to the atoms.
    """

    text: str
    kind: Kind
    names: frozenset[str] = field(compare=False)
    comparisons: tuple[tuple[str, Value], ...] = field(compare=False, repr=False)
    formula: Formula = field(compare=False, repr=False)
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
            Where each parameter is active; a name that is not in it is active everywhere. Without it, NaN and
            None mean inactive. A condition's atom is false where one of its names is inactive; a constraint holds there.

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
            reason = str(error) if str(error).startswith("a number") else "text stands where a number is needed"
            raise ExpressionError(f"The {self.kind} '{self.text}' cannot be evaluated: {reason}.") from None
        return result.item() if isinstance(result, np.generic) or np.ndim(result) == 0 else result

    def _evaluate(self, columns: Columns, active: Mapping[str, Bools] | None) -> Any:
        if self.kind == "criterion":
            return np.asarray(self.value(columns), dtype=np.float64)
        if active is None:
            active = {name: _given(columns[name]) for name in self.names}
        known = active

        def alive(names: frozenset[str]) -> Any:
            return reduce(np.logical_and, (known[name] for name in names if name in known), np.True_)

        if self.kind == "constraint":
            return truth(self.formula, lambda atom: atom(columns)) | ~alive(self.names)
        return truth(self.formula, lambda atom: atom(columns) & alive(atom.names))


def parse(text: str, *, kind: Kind) -> Expression:
    """Parse the text of a condition, a constraint or a criterion.

    Raises
    ------
    ExpressionError
        If it is no expression of the language above; one sentence with text, position and remedy.
    """
    return _Parser(text, kind).expression()


def _again(text: str, kind: Kind) -> Expression:
    return parse(text, kind=kind)


def _given(column: Any) -> Any:
    """Return where a column holds a value (neither NaN nor None)."""
    array = np.asarray(column)
    if array.dtype.kind == "f":
        return ~np.isnan(array)
    if array.dtype == object:
        return np.array([value is not None for value in array.ravel()], dtype=np.bool_).reshape(array.shape)
    return np.ones(array.shape, dtype=np.bool_)


def _equal(left: Any, right: Any) -> Any:
    """Return where two columns are equal; text never equals a number, and nothing warns."""
    a, b = np.asarray(left), np.asarray(right)
    if a.dtype != object and b.dtype != object and (a.dtype.kind == "U") != (b.dtype.kind == "U"):
        return np.zeros(np.broadcast_shapes(a.shape, b.shape), dtype=np.bool_)
    return np.asarray(a == b, dtype=np.bool_)


def _number(value: Any) -> Any:
    """Return a column as numbers; raise TypeError for text."""
    array = np.asarray(value)
    if array.dtype.kind in "US" or (array.dtype == object and any(isinstance(v, str) for v in array.flat)):
        raise TypeError
    return array.astype(np.float64)


class _Parser:
    """Translates one text; collects names and comparisons on the way."""

    def __init__(self, text: str, kind: Kind) -> None:
        self.text, self.kind = text, kind
        self.comparisons: list[tuple[str, Value]] = []

    def expression(self) -> Expression:
        tree = self._tree()
        self._check_depth(tree)
        if self.kind == "criterion":
            if isinstance(tree, ast.Compare | ast.BoolOp):
                raise self.error(tree, "a criterion must give a number, and this gives true or false")
            value, formula = self.value(tree), Junction(True, ())
        else:
            if isinstance(tree, ast.BinOp | ast.Call) or (
                isinstance(tree, ast.Constant) and not isinstance(tree.value, bool)
            ):
                raise self.error(tree, f"a {self.kind} must be true or false: compare the value with something")
            formula, value = self.formula(tree, False), _nothing
        names = _names(tree)
        return Expression(self.text, self.kind, names, tuple(self.comparisons), formula, value)

    def _tree(self) -> ast.expr:
        if not isinstance(self.text, str) or not self.text.strip():
            raise ExpressionError(f"A {self.kind} must be a text such as 'a < b'; got {self.text!r}.")
        if len(self.text) > MAX_LENGTH:
            raise ExpressionError(f"The {self.kind} has {len(self.text)} characters; at most {MAX_LENGTH} are allowed.")
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return ast.parse(self.text.strip(), mode="eval").body
        except SyntaxError as error:
            hint = _syntax_hint(self.text)
            raise ExpressionError(
                f"The {self.kind} '{self.text}' cannot be read at character {max(error.offset or 1, 1)}"
                f"{': ' + hint if hint else f'; allowed are {_ALLOWED}'}."
            ) from None
        except (RecursionError, MemoryError, ValueError):
            raise ExpressionError(
                f"The {self.kind} '{self.text[:40]}...' cannot be read; it is nested too deeply."
            ) from None

    def _check_depth(self, tree: ast.expr) -> None:
        layer: list[ast.AST] = [tree]
        for _ in range(MAX_DEPTH + 1):
            layer = [child for node in layer for child in ast.iter_child_nodes(node)]
            if not layer:
                return
        raise ExpressionError(f"The {self.kind} '{self.text[:40]}...' is nested more than {MAX_DEPTH} levels deep.")

    def error(self, node: ast.AST, problem: str) -> ExpressionError:
        position = getattr(node, "col_offset", 0) + 1
        return ExpressionError(f"The {self.kind} '{self.text}' is wrong at character {position}: {problem}.")

    def formula(self, node: ast.expr, negated: bool) -> Formula:
        if isinstance(node, ast.BoolOp):
            every = isinstance(node.op, ast.And) != negated  # De Morgan
            return Junction(every, tuple(self.formula(part, negated) for part in node.values))
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            return self.formula(node.operand, not negated)
        return Atom(_names(node), self.value(node), negated)

    def value(self, node: ast.expr) -> Evaluate:
        translate = _TRANSLATE.get(type(node))
        if translate is None:
            raise self.error(node, f"{_REMEDIES.get(type(node), 'this is not allowed')}; allowed are {_ALLOWED}")
        return translate(self, node)

    def constant(self, node: Any) -> Evaluate:
        value = self.literal(node)
        return lambda columns: value

    def literal(self, node: ast.expr) -> Value:
        sign = 1
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
            sign, node = (-1 if isinstance(node.op, ast.USub) else 1), node.operand
        value = node.value if isinstance(node, ast.Constant) else ...
        if isinstance(value, int | float) and not isinstance(value, bool):
            if not abs(value) < 1e300:
                raise self.error(node, "this number is too large")
            return sign * float(value)
        if sign == 1 and (value is None or isinstance(value, str | bool)):
            return value
        raise self.error(node, "only numbers, texts in quotes, True, False and None can stand here")

    def name(self, node: ast.Name) -> Evaluate:
        name = node.id
        return lambda columns: columns[name]

    def arithmetic(self, node: ast.BinOp) -> Evaluate:
        function = _ARITHMETIC.get(type(node.op))
        if function is None:
            raise self.error(node, _REMEDIES.get(type(node.op), "this operator is not allowed"))
        if isinstance(node.op, ast.Pow):
            self._check_exponent(node.right)
        left, right, apply = self.value(node.left), self.value(node.right), function
        return lambda columns: apply(_number(left(columns)), _number(right(columns)))

    def _check_exponent(self, node: ast.expr) -> None:
        for part in ast.walk(node):
            if (
                isinstance(part, ast.Constant)
                and isinstance(part.value, int | float)
                and abs(part.value) > MAX_EXPONENT
            ):
                raise self.error(part, f"an exponent must be at most {MAX_EXPONENT:g}")

    def unary(self, node: ast.UnaryOp) -> Evaluate:
        operand = self.value(node.operand)
        if isinstance(node.op, ast.Not):
            return lambda columns: ~_boolean(operand(columns))
        if isinstance(node.op, ast.Invert):
            raise self.error(node, _REMEDIES[ast.Invert])
        sign = -1.0 if isinstance(node.op, ast.USub) else 1.0
        return lambda columns: sign * _number(operand(columns))

    def logic(self, node: ast.BoolOp) -> Evaluate:
        parts = [self.value(part) for part in node.values]
        join = np.logical_and if isinstance(node.op, ast.And) else np.logical_or
        return lambda columns: reduce(join, (_boolean(part(columns)) for part in parts))

    def call(self, node: ast.Call) -> Evaluate:
        if not isinstance(node.func, ast.Name):
            raise self.error(node, _REMEDIES[ast.Call])
        if node.func.id not in FUNCTIONS:
            raise self.error(node, f"{_REMEDIES[ast.Call]}{did_you_mean(node.func.id, FUNCTIONS)}")
        function, fewest, most = FUNCTIONS[node.func.id]
        if node.keywords or not fewest <= len(node.args) <= most:
            count = "one argument" if most == 1 else f"{fewest} to {most} arguments"
            raise self.error(node, f"{node.func.id}() takes {count}")
        arguments = [self.value(argument) for argument in node.args]
        return lambda columns: function(*(_number(argument(columns)) for argument in arguments))

    def compare(self, node: ast.Compare) -> Evaluate:
        operands = [node.left, *node.comparators]
        pairs = [
            self.pair(left, operator, right)
            for left, operator, right in zip(operands, node.ops, operands[1:], strict=False)
        ]
        return lambda columns: reduce(np.logical_and, (pair(columns) for pair in pairs))

    def pair(self, left: ast.expr, operator: ast.cmpop, right: ast.expr) -> Evaluate:
        if isinstance(operator, ast.In | ast.NotIn):
            return self.membership(left, right, isinstance(operator, ast.NotIn))
        a, b = self.value(left), self.value(right)
        if isinstance(operator, ast.Eq | ast.NotEq):
            for name, other in ((left, right), (right, left)):
                if isinstance(name, ast.Name) and isinstance(other, ast.Constant | ast.UnaryOp) and not _names(other):
                    self.comparisons.append((name.id, self.literal(other)))
            if isinstance(operator, ast.NotEq):
                return lambda columns: ~_equal(a(columns), b(columns))
            return lambda columns: _equal(a(columns), b(columns))
        if type(operator) not in _ORDER:
            raise self.error(left, _REMEDIES.get(type(operator), "this comparison is not allowed"))
        apply = _ORDER[type(operator)]
        return lambda columns: apply(_number(a(columns)), _number(b(columns)))

    def membership(self, left: ast.expr, right: ast.expr, negated: bool) -> Evaluate:
        if not isinstance(right, ast.List | ast.Tuple | ast.Set) or not right.elts:
            raise self.error(right, "after 'in' a list is needed, such as ['a', 'b']")
        values = [self.literal(element) for element in right.elts]
        if isinstance(left, ast.Name):
            self.comparisons += [(left.id, value) for value in values]
        item = self.value(left)

        def evaluate(columns: Columns) -> Any:
            column = item(columns)
            found = reduce(np.logical_or, (_equal(column, value) for value in values))
            return ~found if negated else found

        return evaluate


_TRANSLATE: dict[type[ast.expr], Callable[[_Parser, Any], Evaluate]] = {
    ast.Constant: _Parser.constant,
    ast.Name: _Parser.name,
    ast.BinOp: _Parser.arithmetic,
    ast.UnaryOp: _Parser.unary,
    ast.BoolOp: _Parser.logic,
    ast.Call: _Parser.call,
    ast.Compare: _Parser.compare,
}


def _nothing(columns: Columns) -> Any:
    raise NotImplementedError


def _boolean(value: Any) -> Any:
    array = np.asarray(value)
    if array.dtype != np.bool_:
        raise TypeError("a number or text stands where true or false is needed: compare it with something")
    return array


def _names(node: ast.AST) -> frozenset[str]:
    functions = {id(part.func) for part in ast.walk(node) if isinstance(part, ast.Call)}
    return frozenset(p.id for p in ast.walk(node) if isinstance(p, ast.Name) and id(p) not in functions)


def _syntax_hint(text: str) -> str:
    bare = text.replace("==", "").replace("!=", "").replace("<=", "").replace(">=", "")
    for sign, hint in (
        ("&&", "write 'and' instead of '&&'"),
        ("||", "write 'or' instead of '||'"),
        ("=", "write '==' to compare"),
        ("!", "write 'not' instead of '!'"),
    ):
        if sign in bare:
            return hint
    return ""
