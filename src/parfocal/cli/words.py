"""Numbers as people say them."""

import re
from collections.abc import Iterable

from parfocal.errors import InvalidInput


def duration(seconds: float) -> str:
    """Return seconds as people say them: ``42 s``, ``3 min 20 s``, ``2 h 05 min``."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def plural(count: int, one: str, many: str) -> str:
    """Return a count with its noun: ``1 trial``, ``3 trials``."""
    return f"{count:,} {one if count == 1 else many}"


def listed(numbers: Iterable[int], most: int = 12) -> str:
    """Return numbers with commas between, the first ones where there are many."""
    words = [str(number) for number in numbers]
    more = f" and {len(words) - most} more" if len(words) > most else ""
    return ", ".join(words[:most]) + more


def between_commas(text: str, noun: str) -> list[str]:
    """Return what stands between commas, those within brackets left alone: options of optimizers have some."""
    parts = [each.strip() for each in _COMMA.split(text)]
    if not all(parts):
        raise InvalidInput(f"A {noun} is missing beside a comma of '{text}': names are separated by single commas.")
    return parts


_COMMA = re.compile(r",(?![^(]*\))")
