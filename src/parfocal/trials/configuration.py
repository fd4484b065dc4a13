"""One assignment of the active parameters: an immutable mapping for people, evaluators and SQL."""

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from parfocal.errors import InvalidInput
from parfocal.typing import Value

_PLAIN = frozenset((bool, int, str, type(None)))


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Configuration(Mapping[str, Value]):
    """An immutable, hashable mapping from parameter names to values.

    Parameters
    ----------
    values
        Names of the active parameters (inactive ones are absent) and their values: finite float, int, str, bool or
        None; numpy scalars become native Python values. The mapping is copied.

    Raises
    ------
    InvalidInput
        If a name is no text, or a value has another type or is not finite.

    Notes
    -----
    Two configurations are equal when they hold the same items, in any order; a configuration equals a plain
    mapping of the same items.
    """

    _values: dict[str, Value]

    def __init__(self, values: Mapping[str, Any]) -> None:
        plain = dict(values)
        for name, value in plain.items():
            kind = type(value)
            if kind in _PLAIN or (kind is float and math.isfinite(value)):
                if type(name) is str:
                    continue
                raise InvalidInput(f"A configuration's names must be text; got {name!r}.")
            plain[name] = _native(name, value)
        object.__setattr__(self, "_values", plain)

    def __getitem__(self, name: str) -> Value:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __contains__(self, name: object) -> bool:
        return name in self._values

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Configuration):
            return self._values == other._values
        return self._values == dict(other) if isinstance(other, Mapping) else NotImplemented

    def __hash__(self) -> int:
        return hash(frozenset(self._values.items()))

    def __repr__(self) -> str:
        return f"Configuration({self._values!r})"

    def to_dict(self) -> dict[str, Value]:
        """Return the items as a new plain dictionary, in their order."""
        return dict(self._values)

    def to_json(self) -> str:
        """Return the items as a compact JSON object, in their order."""
        return json.dumps(self._values, separators=(",", ":"), allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> "Configuration":
        """Return the configuration that :meth:`to_json` wrote."""
        return cls(json.loads(text))


def _native(name: str, value: Any) -> Value:
    """Return a numpy scalar (or a subclass of a plain type) as a native value, or raise :class:`InvalidInput`."""
    if isinstance(value, np.generic):
        value = value.item()
    for kind in (bool, int, str):
        if isinstance(value, kind):
            return kind(value)
    if isinstance(value, float) and math.isfinite(value):
        return float(value)
    raise InvalidInput(f"The value of '{name}' must be a finite number, text, true, false or null; got {value!r}.")
