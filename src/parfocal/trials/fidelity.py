"""How much is spent on one configuration: epochs, images, seconds, a crop."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from parfocal.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class Fidelity:
    """An amount of a resource, with the range that it comes from.

    Parameters
    ----------
    name
        What is spent, for example ``epochs``; ``full`` where nothing is rationed.
    value
        The amount, in [minimum, maximum] and above 0.
    minimum, maximum
        The smallest and the full amount.
    """

    name: str = "full"
    value: float = 1.0
    minimum: float = 0.0
    maximum: float = 1.0

    def __post_init__(self) -> None:
        if not self.name or not all(map(math.isfinite, (self.value, self.minimum, self.maximum))):
            raise InvalidInput(f"A fidelity needs a name and finite numbers; got {self!r}.")
        if not (0 <= self.minimum <= self.value <= self.maximum and self.value > 0):
            raise InvalidInput(f"A fidelity must lie above 0 and within [minimum, maximum]; got {self!r}.")

    @property
    def fraction(self) -> float:
        """The share of the full amount, in (0, 1]."""
        return self.value / self.maximum

    @property
    def full(self) -> bool:
        """Whether nothing is held back."""
        return self.value == self.maximum

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as a JSON-ready dictionary."""
        return asdict(self)

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> "Fidelity":
        """Return the fidelity that :meth:`to_dict` wrote."""
        return cls(**fields)


FULL = Fidelity()
"""The fidelity of every trial of a study that does not ration."""
