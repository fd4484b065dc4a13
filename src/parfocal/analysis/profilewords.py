"""A profile in words: where a parameter is best, and how far it may be moved for a loss that does not matter."""

import math
from collections.abc import Callable, Sequence

import numpy as np

from parfocal.analysis.axes import INACTIVE, Axis
from parfocal.analysis.profiles import Profile

_ALL = 0.95
"""From this share of the axis on, where a value lies hardly matters."""
_SHORT = 2
"""Intervals, and choices, that are told in short: the longest."""
_MOST = 3
"""Intervals that are told; of more, these first ones."""


def profile_sentence(profile: Profile) -> str:
    """Say where a parameter is best and how far it may be moved.

    Numbers are rounded to 3 digits into the interval, so that what is said holds: ``sigma: best at 1.6 px; you may move
    it between 1.2 and 2 px and lose less than 1 %.``
    """
    if not profile.known:
        return f"{profile.name}: nothing is known yet, no evaluation has succeeded."
    if profile.axis.kind == "category":
        return f"{profile.name}: best is {_best(profile)}; {_others(profile)}."
    return f"{profile.name}: best {_best(profile)}; {_moves(profile)}."


def loses(profile: Profile) -> str:
    """Say how much may be lost: ``less than 1 %``, and of what where that is not the best value itself."""
    return f"less than {_share(profile)}"


def _more(profile: Profile) -> str:
    share, _, rest = _share(profile).partition(" %")
    return f"{share} % or more{rest}"


def _share(profile: Profile) -> str:
    way = " of the way from the best to the median" if profile.of == "range" else ""
    return f"{100 * profile.tolerance:.3g} %{way}"


def within_text(profile: Profile) -> str:
    """Return what loses less than the tolerance, as short as it can be said: ``1.2 to 2 px, 5 to 6 px``."""
    axis = profile.axis
    if not profile.known:
        return "nothing known"
    if axis.kind == "category" and len(profile.choices) == len(profile.cells):
        return "any choice"
    long = sorted(profile.within, key=lambda ends: -float(np.ptp(axis.scale(np.array(ends)))))[:_SHORT]
    spans = [
        axis.text(low) if low == high else _inward(low, high, axis, profile.best, " to ", unit=False)
        for low, high in sorted(long)
    ]
    unit = f" {axis.unit}" if axis.unit and spans else ""
    told = [*([", ".join(spans) + unit] if spans else []), *profile.choices[:_SHORT]]
    more = max(len(profile.within) - _SHORT, 0) + max(len(profile.choices) - _SHORT, 0)
    return ", ".join(told) + (f" + {more} more" if more else "")


def _best(profile: Profile) -> str:
    axis = profile.axis
    if math.isnan(profile.best):
        return INACTIVE if axis.kind == "category" else f"where it is {INACTIVE}"
    text = axis.text(profile.best)
    return text if axis.kind == "category" else f"at {_with_unit(text, axis)}"


def _others(profile: Profile) -> str:
    best = _best(profile)
    others = [choice for choice in profile.choices if choice != best]
    tried = sum(1 for count in profile.infimum.counts.tolist() if count)
    if tried == 1:
        return "no other choice has been tried"
    if not others:
        return f"every other choice that was tried loses {_more(profile)}"
    if len(others) == tried - 1:
        return f"each other choice that was tried loses {loses(profile)}"
    return f"{_listed(others)} {'loses' if len(others) == 1 else 'lose'} {loses(profile)}"


def _moves(profile: Profile) -> str:
    axis, inactive = profile.axis, bool(profile.choices)
    spans = [(low, high) for low, high in profile.within if high > low]
    ranges = [f"between {_inward(low, high, axis, profile.best)}" for low, high in spans[:_MOST]]
    points = sorted({axis.text(low) for low, high in profile.within if low == high and low != profile.best})
    ways = ranges or ([f"to {' or '.join(_with_unit(point, axis) for point in points[:_MOST])}"] if points else [])
    resting = " (or leave it inactive)" if inactive and not math.isnan(profile.best) else ""
    if not ways:
        if resting:
            return f"you may leave it inactive and lose {loses(profile)}"
        return f"every other value that was tried loses {_more(profile)}"
    if profile.plateau >= _ALL and len(spans) == 1:
        low_high = _inward(*spans[0], axis, profile.best)
        return f"where it lies hardly matters: anywhere between {low_high} loses {loses(profile)}{resting}"
    more = f" or in {len(spans) - _MOST} more ranges" if len(spans) > _MOST else ""
    if profile.axis.kind == "number" and math.isnan(profile.best):
        return f"you may set it {' or '.join(ways)}{more} and lose {loses(profile)}"
    return f"you may move it {' or '.join(ways)}{more}{resting} and lose {loses(profile)}"


def _inward(low: float, high: float, axis: Axis, best: float, between: str = " and ", *, unit: bool = True) -> str:
    """Return both ends, rounded into the interval; as they are where that would leave out the best, or nothing."""
    a, b = (low, high) if axis.integer else (_rounded(low, math.ceil), _rounded(high, math.floor))
    if not a < b:
        a, b = low, high
    a, b = low if low <= best < a else a, high if b < best <= high else b
    return f"{axis.text(a)}{between}{_with_unit(axis.text(b), axis) if unit else axis.text(b)}"


def _rounded(value: float, way: Callable[[float], int], digits: int = 3) -> float:
    if value == 0 or not math.isfinite(value):
        return value
    step = 10.0 ** (math.floor(math.log10(abs(value))) - digits + 1)
    near = round(value / step) * step
    if math.isclose(near, value, rel_tol=1e-9):
        return near
    return way(value / step) * step


def _with_unit(text: str, axis: Axis) -> str:
    return f"{text} {axis.unit}" if axis.unit else text


def _listed(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
