"""How long calls wait for a database or a server that is away, and how a process that ends cuts that short."""

import math
import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
_LAST = 1.0  # s, that an attempt may take once its process is in a hurry


class Patience:
    """How long the calls of one storage wait, for all threads.

    Parameters
    ----------
    seconds
        From the beginning of an outage.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._hurry = threading.Event()
        self._since = math.inf

    @property
    def ended(self) -> bool:
        """Whether the process is in a hurry."""
        return self._hurry.is_set()

    def hurry(self) -> None:
        """Let no call wait any more: who sleeps wakes up, and each attempt has a second at most."""
        self._since = min(self._since, time.monotonic())
        self._hurry.set()

    def overdue(self, begin: float, seconds: float = math.inf) -> bool:
        """Whether an attempt that began then, and may take so long, is to be given up."""
        now = time.monotonic()
        return now > begin + seconds or now > max(begin, self._since) + _LAST

    def pause(self, seconds: float, since: float, limit: float | None = None) -> bool:
        """Sleep before the next attempt; False: no more of them, where nothing was heard ``since`` then.

        Parameters
        ----------
        seconds
            To sleep.
        since
            Beginning of the outage, by ``time.monotonic``.
        limit
            Seconds from then on; None for the patience itself.
        """
        over = time.monotonic() > since + (self.seconds if limit is None else limit)
        return not (over or self._hurry.wait(seconds))


def in_background(call: Callable[[Callable[[], bool]], T], until: Callable[[], bool], look: float = 0.1) -> T | None:
    """Return ``call(given_up)`` from a thread of its own, and ask ``until`` in this one; None where that is True."""
    given_up = threading.Event()
    done = threading.Event()
    results: list[T] = []
    failures: list[BaseException] = []

    def run() -> None:
        try:
            results.append(call(given_up.is_set))
        except BaseException as error:
            failures.append(error)
        done.set()

    threading.Thread(target=run, name="parfocal-wait", daemon=True).start()
    while not done.wait(look):
        if until():
            given_up.set()
            return None
    if failures:
        raise failures[0]
    return results[0]
