"""From text to :class:`~parfocal.expressions.Expression`: parsed by :mod:`ast`, translated against tables."""

import ast
import warnings
from collections.abc import Callable
from functools import reduce
from typing import Any

import numpy as np

from parfocal.checks import did_you_mean
from parfocal.errors import ExpressionError
from parfocal.expressions.formula import Atom, Columns, Evaluate, Expression, Formula, Junction, Kind, Relation
from parfocal.expressions.language import (
    ALLOWED,
    ARITHMETIC,
    COMPARE,
    FLIPPED,
    FUNCTIONS,
    MAX_DEPTH,
    MAX_EXPONENT,
    MAX_LENGTH,
    REMEDIES,
    SIGNS,
    boolean,
    equal,
    number,
    syntax_hint,
)
from parfocal.typing import Value


def parse(text: str, *, kind: Kind) -> Expression:
    """Parse the text of a condition, a constraint or a criterion.

    Raises
    ------
    ExpressionError
        If it is no expression of the language; one sentence with text, position and remedy.
    """
    return _Parser(text, kind).expression()


class _Parser:
    """Translates one text."""

    def __init__(self, text: str, kind: Kind) -> None:
        self.text, self.kind = text, kind

    def expression(self) -> Expression:
        tree = self._tree()
        self._check_depth(tree)
        negation = isinstance(tree, ast.UnaryOp) and isinstance(tree.op, ast.Not)
        truth = isinstance(tree, ast.Compare | ast.BoolOp) or negation
        truth = truth or (isinstance(tree, ast.Constant) and isinstance(tree.value, bool))
        if self.kind == "criterion":
            if truth:
                raise self.error(tree, "a criterion must give a number, and this gives true or false")
            return Expression(self.text, self.kind, _names(tree), None, self.value(tree))
        formula = self.formula(tree, False)
        if not truth and not isinstance(tree, ast.Name):
            raise self.error(tree, f"a {self.kind} must be true or false: compare the value with something")
        return Expression(self.text, self.kind, _names(tree), formula, _nothing)

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
            remedy = syntax_hint(self.text) or f"allowed are {ALLOWED}"
            place = max(error.offset or 1, 1)
            raise ExpressionError(
                f"The {self.kind} '{_short(self.text)}' cannot be read at character {place}: {remedy}."
            ) from None
        except (RecursionError, MemoryError, ValueError):
            raise ExpressionError(f"The {self.kind} '{_short(self.text)}' cannot be read: simplify it.") from None

    def _check_depth(self, tree: ast.expr) -> None:
        layer: list[ast.AST] = [tree]
        for _ in range(MAX_DEPTH + 1):
            layer = [child for node in layer for child in ast.iter_child_nodes(node)]
            if not layer:
                return
        raise ExpressionError(f"The {self.kind} '{_short(self.text)}' is nested more than {MAX_DEPTH} levels deep.")

    def error(self, node: ast.AST, problem: str) -> ExpressionError:
        position = getattr(node, "col_offset", 0) + 1
        return ExpressionError(f"The {self.kind} '{_short(self.text)}' is wrong at character {position}: {problem}.")

    def formula(self, node: ast.expr, negated: bool) -> Formula:
        """Return a formula with ``not`` pushed to the atoms (De Morgan) and chained comparisons taken apart."""
        if isinstance(node, ast.BoolOp):
            every = isinstance(node.op, ast.And) != negated
            return Junction(every, tuple(self.formula(part, negated) for part in node.values))
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            return self.formula(node.operand, not negated)
        if isinstance(node, ast.Compare):
            pairs = tuple(self.atom(*pair, negated) for pair in _pairs(node))
            return pairs[0] if len(pairs) == 1 else Junction(not negated, pairs)
        return Atom(_names(node), self.value(node), negated)

    def atom(self, left: ast.expr, operator: ast.cmpop, right: ast.expr, negated: bool) -> Atom:
        value = self.pair(left, operator, right)
        if isinstance(operator, ast.NotIn):
            value = self.pair(left, ast.In(), right)
            negated = not negated
        return Atom(_names(left) | _names(right), value, negated, self.relation(left, operator, right))

    def relation(self, left: ast.expr, operator: ast.cmpop, right: ast.expr) -> Relation | None:
        """Return the comparison in its simplest form, or None where it is not that simple."""
        if isinstance(operator, ast.In | ast.NotIn):
            listed = right.elts if isinstance(right, ast.List | ast.Tuple | ast.Set) else []
            values = tuple(self.literal(element) for element in listed)
            return Relation(left.id, "in", values) if isinstance(left, ast.Name) else None
        sign = SIGNS[type(operator)]
        if isinstance(left, ast.Name) and isinstance(right, ast.Name):
            return Relation(left.id, sign, (), right.id)
        if isinstance(left, ast.Name) and _is_literal(right):
            return Relation(left.id, sign, (self.literal(right),))
        if isinstance(right, ast.Name) and _is_literal(left):
            return Relation(right.id, FLIPPED[sign], (self.literal(left),))
        return None

    def value(self, node: ast.expr) -> Evaluate:
        translate = _TRANSLATE.get(type(node))
        if translate is None:
            raise self.error(node, f"{REMEDIES.get(type(node), 'this is not allowed')}; allowed are {ALLOWED}")
        return translate(self, node)

    def constant(self, node: ast.Constant) -> Evaluate:
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
        apply = ARITHMETIC.get(type(node.op))
        if apply is None:
            raise self.error(node, REMEDIES.get(type(node.op), "this operator is not allowed"))
        if isinstance(node.op, ast.Pow):
            self._check_exponent(node.right)
        left, right, operate = self.value(node.left), self.value(node.right), apply
        return lambda columns: operate(number(left(columns)), number(right(columns)))

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
            return lambda columns: ~boolean(operand(columns))
        if isinstance(node.op, ast.Invert):
            raise self.error(node, REMEDIES[ast.Invert])
        sign = -1.0 if isinstance(node.op, ast.USub) else 1.0
        return lambda columns: sign * number(operand(columns))

    def logic(self, node: ast.BoolOp) -> Evaluate:
        parts = [self.value(part) for part in node.values]
        join: Any = np.logical_and if isinstance(node.op, ast.And) else np.logical_or
        return lambda columns: reduce(join, (boolean(part(columns)) for part in parts))

    def call(self, node: ast.Call) -> Evaluate:
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name not in FUNCTIONS:
            raise self.error(node, f"{REMEDIES[ast.Call]}{did_you_mean(name, FUNCTIONS)}")
        function, fewest, most = FUNCTIONS[name]
        if node.keywords or not fewest <= len(node.args) <= most:
            count = "one argument" if most == 1 else f"{fewest} to {most} arguments"
            raise self.error(node, f"{name}() takes {count}")
        arguments = [self.value(argument) for argument in node.args]
        return lambda columns: function(*(number(argument(columns)) for argument in arguments))

    def compare(self, node: ast.Compare) -> Evaluate:
        pairs = [self.pair(*pair) for pair in _pairs(node)]
        join: Any = np.logical_and
        return lambda columns: reduce(join, (pair(columns) for pair in pairs))

    def pair(self, left: ast.expr, operator: ast.cmpop, right: ast.expr) -> Evaluate:
        if isinstance(operator, ast.In | ast.NotIn):
            return self.membership(left, right, isinstance(operator, ast.NotIn))
        if type(operator) not in SIGNS:
            raise self.error(left, REMEDIES.get(type(operator), "this comparison is not allowed"))
        a, b, apply = self.value(left), self.value(right), COMPARE[SIGNS[type(operator)]]
        return lambda columns: apply(a(columns), b(columns))

    def membership(self, left: ast.expr, right: ast.expr, negated: bool) -> Evaluate:
        if not isinstance(right, ast.List | ast.Tuple | ast.Set) or not right.elts:
            raise self.error(right, "after 'in' a list is needed, such as ['a', 'b']")
        values = [self.literal(element) for element in right.elts]
        item = self.value(left)
        join: Any = np.logical_or

        def evaluate(columns: Columns) -> Any:
            column = item(columns)
            found = reduce(join, (equal(column, value) for value in values))
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
    """Stand where a criterion has its number: conditions and constraints are evaluated by their formula alone."""
    raise ExpressionError("A condition or a constraint is true or false and has no number.")


def _pairs(node: ast.Compare) -> list[tuple[ast.expr, ast.cmpop, ast.expr]]:
    operands = [node.left, *node.comparators]
    return list(zip(operands[:-1], node.ops, operands[1:], strict=True))


def _is_literal(node: ast.expr) -> bool:
    signed = isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd)
    return isinstance(node.operand if signed and isinstance(node, ast.UnaryOp) else node, ast.Constant)


def _names(node: ast.AST) -> frozenset[str]:
    functions = {id(part.func) for part in ast.walk(node) if isinstance(part, ast.Call)}
    return frozenset(p.id for p in ast.walk(node) if isinstance(p, ast.Name) and id(p) not in functions)


def _short(text: str) -> str:
    return text if len(text) <= 120 else text[:117] + "..."
