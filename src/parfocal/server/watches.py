"""Those who wait for something in a study: woken by this server's own writes, and by a slow look for others' writes."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from parfocal.storage.records import StudyState
from parfocal.storage.wire import Topic

LOOK = 0.25
"""Seconds between two looks at a study for which somebody waits: others may write into the database, too."""


@dataclass(eq=False, slots=True)
class _Waiter:
    topic: Topic
    since: int
    future: "asyncio.Future[bool]"


@dataclass(eq=False, slots=True)
class _Watch:
    """One study for which somebody waits."""

    waiters: list[_Waiter] = field(default_factory=list)
    woken: asyncio.Event = field(default_factory=asyncio.Event)
    task: "asyncio.Task[None] | None" = None


class Watches:
    """All who wait, for one event loop: however many they are, a study is looked at once for all of them.

    Parameters
    ----------
    look
        Returns how far a study is.
    """

    def __init__(self, look: Callable[[int], Awaitable[StudyState]]) -> None:
        self._look = look
        self._watched: dict[int, _Watch] = {}
        self._closed = False

    def waiting(self, topic: Topic) -> int:
        """Return how many wait for a topic."""
        return sum(waiter.topic == topic for watch in self._watched.values() for waiter in watch.waiters)

    async def wait(self, study: int, topic: Topic, since: int, timeout: float) -> bool:
        """Return whether the study's revision is past ``since``, or a trial can be claimed, within the time."""
        watch = self._watched.setdefault(study, _Watch())
        waiter = _Waiter(topic, since, asyncio.get_running_loop().create_future())
        watch.waiters.append(waiter)  # before the look, so that nothing happens unseen between look and sleep
        try:
            if _ready(topic, since, await self._look(study)):
                return True
            if self._closed or timeout <= 0:
                return False
            if watch.task is None and not waiter.future.done():
                watch.task = asyncio.create_task(self._run(study, watch))
            with contextlib.suppress(TimeoutError):
                return await asyncio.wait_for(waiter.future, timeout)
            return False
        finally:
            if waiter in watch.waiters:
                watch.waiters.remove(waiter)
            if waiter.future.done() and not waiter.future.cancelled():
                waiter.future.exception()  # seen, also where the look has failed first
            self._drop(study, watch)

    def wake(self, study: int, *topics: Topic) -> None:
        """Look at a study at once, if somebody waits there for one of the topics."""
        watch = self._watched.get(study)
        if watch is not None and any(waiter.topic in topics for waiter in watch.waiters):
            watch.woken.set()

    def close(self) -> None:
        """Answer all who wait that nothing has happened, and nobody waits any more."""
        self._closed = True
        for watch in self._watched.values():
            for waiter in watch.waiters:
                if not waiter.future.done():
                    waiter.future.set_result(False)

    async def _run(self, study: int, watch: _Watch) -> None:
        """Look at a study as long as somebody waits."""
        try:
            while watch.waiters and not self._closed:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(watch.woken.wait(), LOOK)
                watch.woken.clear()
                if watch.waiters:
                    _settle(watch.waiters, await self._look(study))
        except Exception as error:  # the study is gone, or the database is away: those who wait say so
            for waiter in watch.waiters:
                if not waiter.future.done():
                    waiter.future.set_exception(error)
            watch.waiters.clear()
        finally:
            watch.task = None
            self._drop(study, watch)

    def _drop(self, study: int, watch: _Watch) -> None:
        """Forget a study for which nobody waits any more."""
        if not watch.waiters and watch.task is None and self._watched.get(study) is watch:
            del self._watched[study]


def _ready(topic: Topic, since: int, state: StudyState) -> bool:
    return state.revision > since if topic == "change" else state.claimable > 0


def _settle(waiters: list[_Waiter], state: StudyState) -> None:
    """Wake those whose time has come; of those who wait for work only as many as there is work, the longest first."""
    work = state.claimable
    for waiter in list(waiters):
        ready = _ready(waiter.topic, waiter.since, state)
        if waiter.topic == "work":
            ready = work > 0
            work -= ready
        if ready:
            waiters.remove(waiter)
            if not waiter.future.done():
                waiter.future.set_result(True)
