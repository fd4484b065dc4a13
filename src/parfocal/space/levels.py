"""Levels of a discrete column: level ``k`` owns an interval of the unit interval, as wide as it is probable.

The code of a level is the middle of its interval, so snapping a code is idempotent bit by bit.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from parfocal.typing import Floats, Ints

MAX_TABLE = 2**20
MAX_LEVELS = 2**40
_FLOOR = 1e-6
"""The least probability of a level, as a share of 1/levels: keeps codes apart where a prior is practically zero."""


class Levels(Protocol):
    """The two ways between a code ``u`` in [0, 1] and a level index in [0, count)."""

    @property
    def count(self) -> int:
        """Number of levels."""
        ...

    def index(self, u: Floats) -> Ints:
        """Return the level that owns each ``u`` (NaN gives some level)."""
        ...

    def code(self, index: Ints) -> Floats:
        """Return the middle of each level's interval."""
        ...

    def probability(self, index: Ints) -> Floats:
        """Return the width of each level's interval."""
        ...


@dataclass(frozen=True)
class Even:
    """``count`` levels of equal probability."""

    count: int

    def index(self, u: Floats) -> Ints:
        """Return ``floor(u count)``, at most ``count - 1``."""
        with np.errstate(invalid="ignore"):
            index = (u * self.count).astype(np.int64)
        np.clip(index, 0, self.count - 1, out=index)
        return index

    def code(self, index: Ints) -> Floats:
        """Return ``(index + 1/2) / count``."""
        return np.asarray((index + 0.5) / self.count, dtype=np.float64)

    def probability(self, index: Ints) -> Floats:
        """Return ``1 / count``."""
        return np.full(np.shape(index), 1.0 / self.count)


class Weighted:
    """Levels whose probabilities are tabulated."""

    def __init__(self, weights: Any) -> None:
        shares = np.asarray(weights, dtype=np.float64)
        shares = np.maximum(shares / shares.sum(), _FLOOR / shares.size)
        self.count = int(shares.size)
        edges = np.concatenate([[0.0], np.cumsum(shares)])
        edges /= edges[-1]  # not by the sum, which rounds otherwise: the last edge must be 1 and the edges ascend
        self._inner = edges[1:-1].copy()
        self._codes = (edges[:-1] + edges[1:]) / 2
        self._shares = np.diff(edges)

    def index(self, u: Floats) -> Ints:
        """Return the interval that holds ``u``, by bisection."""
        return np.asarray(np.searchsorted(self._inner, u, side="right"), dtype=np.int64)

    def code(self, index: Ints) -> Floats:
        """Return the tabulated middle."""
        return np.asarray(self._codes[index], dtype=np.float64)

    def probability(self, index: Ints) -> Floats:
        """Return the tabulated width."""
        return np.asarray(self._shares[index], dtype=np.float64)


@dataclass(frozen=True)
class Computed:
    """So many levels that no table is kept: equidistant values under a continuous, log-uniform distribution."""

    count: int
    cdf: Callable[[Floats], Floats]
    ppf: Callable[[Floats], Floats]

    def index(self, u: Floats) -> Ints:
        """Return the level nearest to the quantile; ``ppf`` speaks in level indices."""
        with np.errstate(invalid="ignore"):
            index = np.rint(self.ppf(u)).astype(np.int64)
        return np.clip(index, 0, self.count - 1)

    def code(self, index: Ints) -> Floats:
        """Return the middle of the level's interval of probability."""
        below, above = self._edges(index)
        return (below + above) / 2

    def probability(self, index: Ints) -> Floats:
        """Return the width of the level's interval of probability."""
        below, above = self._edges(index)
        return above - below

    def _edges(self, index: Ints) -> tuple[Floats, Floats]:
        middle = np.asarray(index, dtype=np.float64)
        return self.cdf(middle - 0.5), self.cdf(middle + 0.5)
