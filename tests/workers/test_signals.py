import random
import signal
import threading
import time

import pytest

from parfocal.evaluation import Interrupted, Stop
from parfocal.workers import stop_on_signals


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_a_signal_is_a_request_to_stop(name):
    number = getattr(signal, name)
    before = signal.getsignal(number)
    with stop_on_signals(Stop()) as stop:
        assert not stop.is_set()
        signal.raise_signal(number)
        assert stop.is_set()
        assert stop.wait(0)
    assert signal.getsignal(number) is before


def test_only_an_evaluation_is_broken_off():
    with stop_on_signals(Stop()) as stop:
        stop.armed = True
        with pytest.raises(Interrupted):
            signal.raise_signal(signal.SIGINT)
        assert not stop.armed
        signal.raise_signal(signal.SIGINT)  # now nothing is there that may be broken off


def test_an_ignored_signal_stays_ignored():
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        with stop_on_signals(Stop()) as stop:
            signal.raise_signal(signal.SIGTERM)
            assert not stop.is_set()
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGTERM, before)


def test_in_another_thread_it_does_nothing():
    before = signal.getsignal(signal.SIGINT)
    seen = []

    def inside():
        with stop_on_signals(Stop()):
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=inside)
    thread.start()
    thread.join()
    assert seen == [before]


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs timers of POSIX")
def test_a_signal_at_any_moment_is_heard():
    """Also within the calls of the request itself: a lock that is not taken twice would wait for ever."""
    rng = random.Random(0)
    for _ in range(3000):
        stop = Stop()
        before = signal.signal(signal.SIGALRM, lambda *_, stop=stop: stop.set())
        try:
            signal.setitimer(signal.ITIMER_REAL, rng.uniform(1e-6, 6e-5))
            deadline = time.monotonic() + 10
            while not stop.wait(1e-5):
                assert time.monotonic() < deadline
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)


def test_a_sleeper_wakes_when_another_thread_asks():
    stop = Stop()
    threading.Timer(0.05, stop.set).start()
    begin = time.monotonic()
    assert stop.wait(30)
    assert time.monotonic() - begin < 10
    assert not Stop().wait(0.01)
