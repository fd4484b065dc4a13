"""A small bounded cache for the first steps of a pipeline, so that configurations that share them share the work."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import TypeVar, cast

from parfocal.errors import InvalidInput

T = TypeVar("T")


class Prefix:
    """Keep the last ``size`` results of deterministic steps; ``size=0`` keeps none and computes every time.

    A step is named by all that its result depends on: the instance, the step and the parameters up to it. The
    results do not depend on the cache, only the time does.
    """

    def __init__(self, size: int) -> None:
        if size < 0:
            raise InvalidInput(f"prefixes must be at least 0; got {size}.")
        self.size = size
        self._kept: OrderedDict[Hashable, object] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: Hashable, compute: Callable[[], T]) -> T:
        """Return the result kept under ``key``, or compute and keep it, dropping the one that was used longest ago."""
        if key in self._kept:
            self._kept.move_to_end(key)
            return cast(T, self._kept[key])
        result = compute()
        self._kept[key] = result
        while len(self._kept) > self.size:
            self._kept.popitem(last=False)
        return result
