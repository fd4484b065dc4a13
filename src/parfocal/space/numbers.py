"""Rounding of decoded numbers, so that a value reads as it was written and encodes to the code that it came from."""

import math
from typing import Any

import numpy as np

from parfocal.typing import Floats

_DIGITS = 14
_SIGNIFICANT = 12


def rounded(values: Floats, low: float, high: float) -> Floats:
    """Return values of a linear scale rounded to 14 digits of the larger bound, within the bounds."""
    decimals = _DIGITS - math.ceil(math.log10(max(abs(low), abs(high))))
    if decimals <= 300:  # 10**decimals must exist
        values = np.round(values, decimals)
    return np.clip(values, low, high)


def significant(values: Floats, low: float, high: float) -> Floats:
    """Return values of a logarithmic scale rounded to 12 significant digits, within the bounds (NaN allowed)."""
    with np.errstate(all="ignore"):
        exponent = np.floor(np.log10(values))
        up, down = (
            10.0 ** np.maximum(_SIGNIFICANT - 1 - exponent, 0),
            10.0 ** np.maximum(exponent - _SIGNIFICANT + 1, 0),
        )
        digits: Any = np.rint(values / down * up) / up * down
    return np.clip(np.where(np.isfinite(digits), digits, values), low, high)
