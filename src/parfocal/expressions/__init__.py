"""One small, safe expression language for conditions, constraints and criteria, evaluated on whole columns.

The text is parsed by :mod:`ast` and translated node by node, against tables of what is allowed, into numpy calls;
nothing is ever compiled or executed as Python. Allowed are numbers, texts, ``True``, ``False``, ``None``, names,
``+ - * / // % **``, comparisons (also chained), ``in`` and ``not in`` a list, ``and``, ``or``, ``not`` and the
functions of :data:`FUNCTIONS`. Length, depth and exponents are bounded, and all arithmetic is float64.
"""

from parfocal.expressions.formula import Atom, Expression, Formula, Junction, Kind, Relation, atoms, truth
from parfocal.expressions.language import FUNCTIONS
from parfocal.expressions.parser import parse

__all__ = ["FUNCTIONS", "Atom", "Expression", "Formula", "Junction", "Kind", "Relation", "atoms", "parse", "truth"]
