"""How long a trial may take, and how much memory it may hold."""

import difflib
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from parfocal.errors import InvalidInput

_AMOUNT = re.compile(r"\s*(\d+(?:\.\d*)?|\.\d+)\s*([a-zA-Z]*)\s*")
_SECONDS = {
    "ms": 1e-3,
    **dict.fromkeys(("", "s", "sec", "second", "seconds"), 1.0),
    **dict.fromkeys(("m", "min", "minute", "minutes"), 60.0),
    **dict.fromkeys(("h", "hour", "hours"), 3_600.0),
    **dict.fromkeys(("d", "day", "days"), 86_400.0),
}
_BYTES = {
    "": 1, "B": 1,
    "kB": 10**3, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12,
    "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40,
}  # fmt: skip


def seconds(value: Any) -> float:
    """Return the seconds of ``60``, ``"60 s"``, ``"5 min"``, ``"1.5 h"``, ``"500 ms"`` or ``"2 d"``."""
    return _amount(value, _SECONDS, "time", "'60 s', '5 min' or '2 h'")


def size(value: Any) -> int:
    """Return the bytes of ``2147483648``, ``"2 GiB"`` (1,024-fold) or ``"2 GB"`` (1,000-fold)."""
    return round(_amount(value, _BYTES, "memory", "'500 MB' or '2 GiB'"))


def _amount(value: Any, units: Mapping[str, float], name: str, examples: str) -> float:
    """Return a number with a unit in the base unit, or raise :class:`InvalidInput`."""
    amount = math.nan
    if isinstance(value, str):
        found = _AMOUNT.fullmatch(value)
        if found and found[2] in units:
            amount = float(found[1]) * units[found[2]]
    elif isinstance(value, int | float) and not isinstance(value, bool):
        amount = float(value)
    if not (math.isfinite(amount) and amount > 0):
        raise InvalidInput(f"A limit of {name} is a number above 0 with a unit, such as {examples}; got {value!r}.")
    return amount


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one trial; None means no limit.

    Parameters
    ----------
    seconds
        For pre-hook and evaluation together, and once more for the post-hook.
    memory
        Bytes of resident memory, summed over the trial's process and all its descendants (memory that processes share
        counts once for each). It is watched from outside, some fifty times a second; the process is ended when it
        holds more.
    """

    seconds: float | None = None
    memory: int | None = None

    def __post_init__(self) -> None:
        if self.seconds is not None:
            object.__setattr__(self, "seconds", seconds(self.seconds))
        if self.memory is not None:
            object.__setattr__(self, "memory", size(self.memory))

    def __bool__(self) -> bool:
        return self.seconds is not None or self.memory is not None

    def to_dict(self) -> dict[str, Any]:
        """Return the limits as a JSON-ready dictionary."""
        fields = {"time": self.seconds, "memory": self.memory}
        return {name: value for name, value in fields.items() if value is not None}

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> "Limits":
        """Return the limits of ``{"time": "60 s", "memory": "2 GiB"}``."""
        for key in fields:
            if key not in ("time", "memory"):
                near = difflib.get_close_matches(str(key), ("time", "memory"), 1, 0.3)
                hint = f"; did you mean '{near[0]}'?" if near else "."
                raise InvalidInput(f"The limits are 'time' and 'memory'; got '{key}'{hint}")
        return cls(fields.get("time"), fields.get("memory"))

    def problem(self) -> str | None:
        """Return one sentence where this platform cannot set these limits, or None."""
        if self.memory is not None:
            try:
                import psutil

                psutil.Process().memory_info()
            except (ImportError, NotImplementedError, OSError) as error:
                return f"A limit of memory cannot be set on this platform ({error}): remove it."
        return None
