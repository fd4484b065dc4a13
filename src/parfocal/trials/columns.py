"""Columns that grow by doubling and are shown as read-only views: the ground of the history."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray


class Columns:
    """Named arrays of one common capacity.

    Parameters
    ----------
    kinds
        Name to (shape of a row, type).
    capacity
        Rows to reserve.
    """

    __slots__ = ("_arrays", "capacity")

    def __init__(self, kinds: Mapping[str, tuple[tuple[int, ...], type]], capacity: int) -> None:
        self.capacity = capacity
        self._arrays: dict[str, NDArray[Any]] = {
            name: np.empty((capacity, *shape), dtype=kind) for name, (shape, kind) in kinds.items()
        }

    def __getitem__(self, name: str) -> NDArray[Any]:
        """Return the whole buffer, writable."""
        return self._arrays[name]

    def view(self, name: str, size: int) -> NDArray[Any]:
        """Return the first ``size`` rows, read-only and without a copy."""
        view = self._arrays[name][:size]
        view.flags.writeable = False
        return view

    def reserve(self, size: int) -> None:
        """Make room for ``size`` rows, at least doubling, so that n appends cost O(n)."""
        if size <= self.capacity:
            return
        old, self.capacity = self.capacity, max(size, 2 * self.capacity, 256)
        for name, array in self._arrays.items():
            grown = np.empty((self.capacity, *array.shape[1:]), dtype=array.dtype)
            grown[:old] = array
            self._arrays[name] = grown

    def past(self, size: int, shared: str) -> "Columns":
        """Return a copy of the first ``size`` rows; the column ``shared``, whose rows never change, is not copied."""
        past = Columns({}, size)
        past._arrays = {name: a[:size] if name == shared else a[:size].copy() for name, a in self._arrays.items()}
        return past
