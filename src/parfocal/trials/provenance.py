"""Where a configuration comes from, so that every ask can be replayed exactly."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Provenance:
    """Who proposed a configuration, and what had been seen by then.

    Parameters
    ----------
    sampler, strategy
        Names of the two halves of the optimizer.
    ask
        Number of trials that existed when it was asked for: the number of the batch's first trial.
    seen
        The study's revision that the optimizer had seen.
    row
        Index within the batch.
    note
        Anything else worth keeping, for example ``warm-up`` or ``given by the user``.
    member
        Index of the member of a portfolio that proposed it, so that results can be credited; -1 for none.
    wanted
        Trials that were wanted by this ask; more than came where a finite space ended, 0 where nobody asked.
    """

    sampler: str
    strategy: str
    ask: int = 0
    seen: int = 0
    row: int = 0
    note: str | None = None
    member: int = -1
    wanted: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as a JSON-ready dictionary."""
        return {name: getattr(self, name) for name in self.__slots__}

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> "Provenance":
        """Return the provenance that :meth:`to_dict` wrote; what only a newer parfocal knows is left out."""
        return cls(**{name: value for name, value in fields.items() if name in cls.__slots__})


GIVEN = Provenance("given", "none")
"""The provenance of a configuration that no optimizer proposed."""
