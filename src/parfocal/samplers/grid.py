"""Grid search: every configuration of a discrete space, or of a coarse grid over any space, in order."""

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from parfocal.checks import positive
from parfocal.errors import OptimizerError
from parfocal.samplers.memo import remembered
from parfocal.samplers.permutation import LARGEST, permuted
from parfocal.samplers.selection import Selection
from parfocal.samplers.settled import settled
from parfocal.space import Space
from parfocal.space.grid import Grid as Rows
from parfocal.trials import History
from parfocal.typing import Floats

ORDERS = ("ordered", "shuffled")


@dataclass(frozen=True)
class Grid:
    """Walk along the grid of the space: finite, resumable, each point once.

    Parameters
    ----------
    target : int or None
        None for the full grid, which needs levels on each parameter; else the most points of a coarse grid, whose
        levels are spread evenly over the parameters.
    order : {"ordered", "shuffled"}
        The order of the grid (last parameter fastest), or a random one of the study's seed: then an unfinished grid,
        and the pool of a learning strategy, cover the whole space.
    """

    target: int | None = None
    order: Literal["ordered", "shuffled"] = "ordered"
    name: ClassVar[str] = "grid"
    learns: ClassVar[bool] = False

    def __post_init__(self) -> None:
        if self.target is not None:
            positive(self.target, "target")
        if self.order not in ORDERS:
            raise OptimizerError(f"order must be 'ordered' or 'shuffled'; got {self.order!r}.")

    def at(self, space: Space, seed: int, start: int, n: int) -> Floats:
        """Return points ``start`` to ``start + n`` ``(m, d)``; fewer at the end of the grid, none behind it."""
        grid = self._rows(space)
        stop = min(start + n, grid.size)
        if self.order == "ordered" or stop <= start:
            return settled(space, grid.rows(start, max(start, stop)))
        if grid.size > LARGEST:
            raise OptimizerError(
                f"A grid of {grid.size:.2g} points cannot be shuffled: give it a target, or use random or sobol."
            )
        index = permuted(np.arange(start, stop, dtype=np.int64), grid.size, seed)
        X = np.empty((len(index), space.dimension))
        for part in reversed(grid.parts):
            index, digit = np.divmod(index, part.count)
            X[:, part.columns] = part.take(digit)
        return settled(space, X)

    def length(self, space: Space) -> int | None:
        """Return the number of points of the grid."""
        return self._rows(space).size

    def sample(self, space: Space, history: History, selection: Selection, n: int, rng: np.random.Generator) -> Floats:
        """Return the points from position ``len(history)`` on, ``(m, d)``; fewer at the end of the grid."""
        return self.at(space, 0, len(history), n)

    def _rows(self, space: Space) -> Rows:
        return remembered(space, ("grid", self.target), lambda: space.grid(self.target))
