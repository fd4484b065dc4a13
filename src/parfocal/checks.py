"""Checks at public doors: each returns the checked value or raises one clear sentence."""

import difflib
from collections.abc import Iterable
from typing import Any

import numpy as np

from parfocal.errors import InvalidInput
from parfocal.typing import Floats


def points(X: Any, dimension: int, name: str = "X") -> Floats:
    """Return ``X`` as float64 ``(n, dimension)``, or raise :class:`InvalidInput`; NaN is allowed (inactive)."""
    array = np.asarray(X, dtype=np.float64)
    if array.ndim != 2 or array.shape[1] != dimension:
        raise InvalidInput(f"{name} must have the shape (n, {dimension}), one row a configuration; got {array.shape}.")
    return array


def positive(value: Any, name: str) -> int:
    """Return ``value`` as an int of at least 1, or raise :class:`InvalidInput`."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
        raise InvalidInput(f"{name} must be a whole number of at least 1; got {value!r}.")
    return int(value)


def did_you_mean(name: object, known: Iterable[object]) -> str:
    """Return ``" (did you mean 'sigma'?)"`` for a misspelt name, or an empty text when nothing is near."""
    near = difflib.get_close_matches(str(name).lower(), [str(option).lower() for option in known], n=1, cutoff=0.6)
    match = next((str(option) for option in known if str(option).lower() == near[0]), None) if near else None
    return f" (did you mean '{match}'?)" if match is not None and match != str(name) else ""
