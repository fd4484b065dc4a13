"""Trials that were claimed together since such trials were cheap: those that are not begun soon are given back."""

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from types import TracebackType

from parfocal.trials import Trial

LONG = 1.0
"""Seconds after which a batch is not as cheap as was thought, and somebody else may have the rest."""


class Batch:
    """Yields claimed trials one after another; a context manager.

    Parameters
    ----------
    trials
        In their order.
    late
        Called, from another thread, after :data:`LONG`, with the numbers of those that were not begun; they are not
        yielded any more.
    share
        Whether they may be taken away; otherwise all are yielded, and ``late`` is called with none.
    """

    def __init__(self, trials: Sequence[Trial], late: Callable[[list[int]], object], share: bool = True) -> None:
        self.begun = 0
        """How many were yielded."""
        self._rest = deque(trials)
        self._lock = threading.Lock()
        self._late, self._share = late, share
        self._timer: threading.Timer | None = None

    def __enter__(self) -> "Batch":
        if len(self._rest) > 1:
            self._timer = threading.Timer(LONG, self._shrink)
            self._timer.daemon = True
            self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def __iter__(self) -> Iterator[Trial]:
        while True:
            with self._lock:
                if not self._rest:
                    return
                trial = self._rest.popleft()
                self.begun += 1
            yield trial

    def _shrink(self) -> None:
        numbers = []
        if self._share:
            with self._lock:
                numbers = [trial.number for trial in self._rest]
                self._rest.clear()
        self._late(numbers)
