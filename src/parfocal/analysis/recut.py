"""Coarser cells: for pictures of grids with more levels than can be seen or sent."""

import math

from parfocal.analysis.cells import Cells, adaptive_cells
from parfocal.typing import Floats


def recut(cells: Cells, coordinates: Floats, most: int) -> Cells:
    """Return at most ``most`` cells of a number's axis, the inactive one aside; a category's choices stay.

    ``coordinates`` are those of the trials, (n,): cells are narrow where many lie.
    """
    if cells.axis.kind == "category" or len(cells) - cells.inactive <= most:
        return cells
    return adaptive_cells(cells.axis, coordinates, max(most, 1), cells.inactive)


def coarser(cells: tuple[Cells, ...], coordinates: Floats, most: int) -> tuple[Cells, ...]:
    """Return cells of which there are no more than ``most`` in all, if choices alone are not more.

    The longest axes are cut to one common length; ``coordinates`` are those of the trials, (n, k).
    """
    if math.prod(len(c) for c in cells) <= most:
        return cells
    room, limit = float(most), most
    order = sorted(range(len(cells)), key=lambda j: (cells[j].axis.kind == "number", len(cells[j])))
    for place, j in enumerate(order):  # the short ones keep what they have
        limit = max(int(room ** (1 / (len(order) - place)) + 1e-9), 1)
        if len(cells[j]) > limit and cells[j].axis.kind == "number":
            break
        room /= len(cells[j])
    return tuple(recut(c, coordinates[:, j], max(limit - c.inactive, 1)) for j, c in enumerate(cells))
