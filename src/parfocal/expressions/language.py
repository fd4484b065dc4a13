"""What the expression language allows: tables of operators and functions, and numpy's meaning of each."""

import ast
from collections.abc import Callable
from functools import reduce
from typing import Any

import numpy as np

MAX_LENGTH = 10_000
MAX_DEPTH = 64
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
ARITHMETIC: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: np.add,
    ast.Sub: np.subtract,
    ast.Mult: np.multiply,
    ast.Div: np.divide,
    ast.FloorDiv: np.floor_divide,
    ast.Mod: np.mod,
    ast.Pow: np.power,
}
SIGNS: dict[type[ast.cmpop], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
}
REMEDIES: dict[type[ast.AST], str] = {
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
ALLOWED = "numbers, texts in quotes, names, + - * / // % **, comparisons, in, and, or, not and simple functions"
NOT_TRUTH = "a number or text stands where true or false is needed: compare it with something"
_SLIPS = (
    ("&&", "write 'and' instead of '&&'"),
    ("||", "write 'or' instead of '||'"),
    ("=", "write '==' to compare"),
    ("!", "write 'not' instead of '!'"),
)


def syntax_hint(text: str) -> str:
    """Return the remedy for a slip that is no Python at all, or an empty text."""
    for sign in ("==", "!=", "<=", ">="):
        text = text.replace(sign, "")
    return next((hint for sign, hint in _SLIPS if sign in text), "")


def equal(left: Any, right: Any) -> Any:
    """Return where two columns are equal; a text never equals a number, and numpy never warns."""
    a, b = np.asarray(left), np.asarray(right)
    if a.dtype != object and b.dtype != object and (a.dtype.kind == "U") != (b.dtype.kind == "U"):
        return np.zeros(np.broadcast_shapes(a.shape, b.shape), dtype=np.bool_)
    return np.asarray(a == b, dtype=np.bool_)


def number(value: Any) -> Any:
    """Return a column as float64; raise TypeError for texts and None."""
    array = np.asarray(value)
    if array.dtype.kind in "US" or (array.dtype == object and any(v is None or isinstance(v, str) for v in array.flat)):
        raise TypeError
    return array.astype(np.float64)


def boolean(value: Any) -> Any:
    """Return a column of truth values as it is; raise TypeError for anything else."""
    array = np.asarray(value)
    if array.dtype != np.bool_:
        raise TypeError(NOT_TRUTH)
    return array


COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "==": equal,
    "!=": lambda left, right: ~equal(left, right),
    "<": lambda left, right: np.less(number(left), number(right)),
    "<=": lambda left, right: np.less_equal(number(left), number(right)),
    ">": lambda left, right: np.greater(number(left), number(right)),
    ">=": lambda left, right: np.greater_equal(number(left), number(right)),
}
NEGATED: dict[str, str] = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
FLIPPED: dict[str, str] = {"==": "==", "!=": "!=", "<": ">", ">": "<", "<=": ">=", ">=": "<="}
