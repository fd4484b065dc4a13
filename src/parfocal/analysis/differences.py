"""Differences: a few configurations side by side, and where they are not the same."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from parfocal.analysis.axes import Axis
from parfocal.analysis.coordinates import axes_of, coordinates_of
from parfocal.space import Space
from parfocal.typing import Bools, Floats, Value, Values


@dataclass(frozen=True)
class Difference:
    """One parameter in each of several configurations; the first one is what the others are compared with."""

    axis: Axis
    values: tuple[Value, ...]
    """The values themselves; None where the parameter is not active (see ``active``), or where None is the value."""
    active: Bools
    """(k,) whether the parameter is active."""
    position: Floats
    """(k,) where the value lies between the bounds, 0 to 1 on the axis' own scale; NaN inactive."""
    differs: Bools
    """(k,) whether the value is not that of the first configuration; the first entry is False."""

    @property
    def same(self) -> bool:
        """Whether all configurations agree."""
        return not self.differs.any()


def differences(space: Space, configurations: Sequence[Values]) -> tuple[Difference, ...]:
    """Return one row for each parameter, in the order of the space.

    Parameters
    ----------
    space
        The space of all configurations.
    configurations
        At least one; the others are compared with the first.
    """
    axes, points = axes_of(space), coordinates_of(space, space.encode(list(configurations)))
    rows = []
    for axis, column in zip(axes, points.T, strict=True):
        active = np.array([axis.name in each for each in configurations])
        values = tuple(each.get(axis.name) for each in configurations)
        differs = (active != active[0]) | np.array([value != values[0] for value in values])
        rows.append(Difference(axis, values, active, _position(axis, column), differs))
    return tuple(rows)


def _position(axis: Axis, coordinates: Floats) -> Floats:
    low, high = axis.scale(np.array([axis.low, axis.high])).tolist()
    with np.errstate(invalid="ignore"):
        where = axis.scale(np.asarray(coordinates, dtype=np.float64)) - low
    return np.clip(where / (high - low), 0, 1) if high > low else np.where(np.isnan(where), np.nan, 0.5)


def changed(rows: Sequence[Difference]) -> Mapping[str, int]:
    """Return how many configurations differ from the first one in each parameter that is not the same in all."""
    return {row.axis.name: int(row.differs.sum()) for row in rows if not row.same}
