"""Axes: where the values of one parameter lie, in the user's own units, and how the axis is to be drawn."""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from parfocal.errors import InvalidInput
from parfocal.typing import Floats

INACTIVE = "inactive"
"""The name of the cell that holds trials in which a conditional parameter was not active."""


@dataclass(frozen=True)
class Axis:
    """One parameter as an axis.

    A number has its own value as coordinate; a category has the index of its choice, 0 to ``len(labels) - 1``.
    NaN as a coordinate means: not active in that trial.
    """

    name: str
    kind: Literal["number", "category"]
    low: float
    """Lowest coordinate: the lower bound, or 0 for categories."""
    high: float
    """Highest coordinate: the upper bound, or the index of the last choice."""
    log: bool = False
    """Whether distances are ratios (log prior)."""
    unit: str | None = None
    integer: bool = False
    conditional: bool = False
    count: int = 0
    """Number of levels or choices; 0 = continuous."""
    levels: Floats = field(default_factory=lambda: np.empty(0))
    """Coordinates of all levels, ascending; empty for a continuous parameter (or one with too many levels to list)."""
    labels: tuple[str, ...] = ()
    """Text of each choice of a category; empty for numbers."""

    def __post_init__(self) -> None:
        if self.log and not self.low > 0:
            raise InvalidInput(f"A logarithmic axis must start above 0; '{self.name}' starts at {self.low:g}.")
        if self.kind == "category" and not self.labels:
            raise InvalidInput(f"The category axis '{self.name}' needs at least one label.")

    @property
    def title(self) -> str:
        """The name with its unit, for example ``sigma (px)``."""
        return f"{self.name} ({self.unit})" if self.unit else self.name

    def scale(self, coordinates: Floats) -> Floats:
        """Return coordinates in which equal distances look equal: log10 where the axis is logarithmic."""
        return np.log10(coordinates) if self.log else np.asarray(coordinates, dtype=np.float64)

    def unscale(self, scaled: Floats) -> Floats:
        """Invert :meth:`scale`."""
        return np.power(10.0, scaled) if self.log else np.asarray(scaled, dtype=np.float64)

    def text(self, coordinate: float) -> str:
        """Return one coordinate as people write it."""
        if np.isnan(coordinate):
            return INACTIVE
        if self.kind == "category":
            return self.labels[int(coordinate)]
        if self.integer:
            return f"{coordinate:.0f}"
        return f"{coordinate:.4g}".replace("e-0", "e-").replace("e+0", "e").replace("e+", "e")
