"""Ctrl-C and SIGTERM as a request to stop, instead of an exception anywhere."""

import contextlib
import signal
import threading
import time
from collections.abc import Iterator
from types import FrameType

from parfocal.evaluation import Interrupted, Stop

NAMES = ("SIGINT", "SIGTERM", "SIGBREAK", "SIGHUP")
"""Signals that ask to stop, where the platform has them."""
_APART = 1.0  # s between two signals that are two requests, not one that came twice


@contextlib.contextmanager
def stop_on_signals(stop: Stop) -> Iterator[Stop]:
    """Set ``stop`` on Ctrl-C and the like within this context; it does nothing in other threads than the main one.

    An evaluation without isolation is broken off by :class:`~parfocal.evaluation.Interrupted`; everything else comes to
    its end, so that no storage transaction and no clean-up is cut in half; a second signal, some time later, ends that
    too, by ``KeyboardInterrupt``. A signal that was ignored (``nohup``) stays ignored.
    """
    first: list[float] = []

    def handle(number: int, frame: FrameType | None) -> None:
        first.append(time.monotonic())
        if first[-1] - first[0] > _APART:
            raise KeyboardInterrupt
        stop.set()
        if stop.armed:
            stop.armed = False
            raise Interrupted

    before = {}
    if threading.current_thread() is threading.main_thread():
        for name in NAMES:
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
                before[number] = signal.signal(number, handle)
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
