"""Which configurations may not be asked for again, kept up to date at a flat cost per trial."""

import numpy as np
from numpy.typing import NDArray

from parfocal.samplers import notebook
from parfocal.space import Space
from parfocal.trials import History
from parfocal.typing import Floats

ENUMERABLE = 2_000_000
"""Most level combinations of a discrete space that are enumerated to find what is left."""
BLOCK = 1 << 16
"""Rows that are enumerated at once."""


class Seen:
    """The keys of all trials of a history, pending and failed ones included, LOST ones not.

    Lives in the history's notebook: new trials are added as they come; a newly LOST trial makes it start afresh,
    since the configuration may be asked for again. ``epoch`` counts these starts.
    """

    def __init__(self, space: Space) -> None:
        self.space = space
        self.epoch = 0
        self._keys: set[int] = set()
        self._rows = 0
        self._lost = 0
        self._left: tuple[Floats, NDArray[np.uint64]] | None = None

    @classmethod
    def of(cls, space: Space, history: History) -> "Seen":
        """Return the up-to-date keys of a history."""
        notes = notebook(history)
        seen = notes.get("seen")
        if not isinstance(seen, cls) or seen.space is not space:
            seen = notes["seen"] = cls(space)
        seen._update(history)
        return seen

    def fork(self) -> "Seen":
        """Return an independent copy, for a history that goes another way from here."""
        twin = Seen(self.space)
        twin.epoch, twin._rows, twin._lost, twin._left = self.epoch, self._rows, self._lost, self._left
        twin._keys = set(self._keys)
        return twin

    def _update(self, history: History) -> None:
        lost = history.lost
        count = int(np.count_nonzero(lost))
        if count != self._lost:
            self.epoch, self._lost, self._rows, self._left = self.epoch + 1, count, 0, None
            self._keys.clear()
        rows = np.arange(self._rows, len(history))
        if count:
            rows = rows[~lost[rows]]
        if len(rows):
            self._keys.update(self.space.keys(history.X[rows]).tolist())
        self._rows = len(history)

    def __len__(self) -> int:
        return len(self._keys)

    def unseen(self, X: Floats) -> list[bool]:
        """Return which rows of ``X (n, d)`` are no trial yet; repetitions within X are not looked at."""
        return [key not in self._keys for key in self.space.keys(X).tolist()]

    def fresh(self, X: Floats, taken: set[int]) -> Floats:
        """Return the rows of X that are no trial and not in ``taken``, each once, in order; their keys join it."""
        kept = self.first(X, taken)
        return X if len(kept) == len(X) else X[kept]

    def first(self, X: Floats, taken: set[int] | None = None) -> list[int]:
        """Return the indices of the rows that :meth:`fresh` returns."""
        taken = set() if taken is None else taken
        kept = []
        for row, key in enumerate(self.space.keys(X).tolist()):
            if key not in self._keys and key not in taken:
                taken.add(key)
                kept.append(row)
        return kept

    def left(self) -> Floats:
        """Return all configurations of a discrete space that are no trial yet ``(k, d)``, in the order of its grid."""
        if self._left is None:
            grid = self.space.grid()
            blocks = []
            for start in range(0, len(grid), BLOCK):
                X = grid.rows(start, min(start + BLOCK, len(grid)))
                blocks.append(X[self.unseen(X)])
            X = np.concatenate(blocks) if blocks else np.empty((0, self.space.dimension))
            self._left = X, self.space.keys(X)
        X, keys = self._left
        kept = np.array([key not in self._keys for key in keys.tolist()], dtype=np.bool_)
        if not kept.all():
            self._left = X, keys = X[kept], keys[kept]
        return X


def may_repeat(space: Space) -> bool:
    """Whether independent draws can repeat each other: False when some continuous column is always active."""
    return not bool(np.any((space.levels == 0) & ~space.conditional))
