"""Every call once: the answers of the last calls, for clients whose connection broke before they heard them."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable

from parfocal.errors import ParfocalError, StorageUnavailable

_MOST = 20_000
_BYTES = 64 << 20


class Answers:
    """Remembers what calls that change something were answered; for one event loop.

    A call that comes a second time while the first is still at work waits for that one. What failed because the
    database was away, or for no known reason, is forgotten, so that it is tried again.

    Parameters
    ----------
    most, most_bytes
        Answers that are kept: the oldest are forgotten first.
    """

    def __init__(self, most: int = _MOST, most_bytes: int = _BYTES) -> None:
        self._most, self._most_bytes = most, most_bytes
        self._known: OrderedDict[str, asyncio.Future[bytes]] = OrderedDict()
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._known)

    def __contains__(self, key: str) -> bool:
        return key in self._known

    async def once(self, key: str, work: Callable[[], Awaitable[bytes]]) -> bytes:
        """Return the answer to the call ``key``, which ``work`` does unless it was done; an empty key is new."""
        if not key:
            return await work()
        known = self._known.get(key)
        if known is not None:
            return await asyncio.shield(known)
        future = self._known[key] = asyncio.get_running_loop().create_future()
        try:
            answer = await work()
        except BaseException as error:
            if not isinstance(error, ParfocalError) or isinstance(error, StorageUnavailable) or error.__cause__:
                del self._known[key]
            if isinstance(error, Exception):
                future.set_exception(error)
                future.exception()  # seen: nobody else may be there to hear it
            else:
                future.cancel()
            raise
        future.set_result(answer)
        self._bytes += len(answer)
        self._forget()
        return answer

    def _forget(self) -> None:
        while len(self._known) > self._most or self._bytes > self._most_bytes:
            key, oldest = next(iter(self._known.items()))
            if not oldest.done():  # still at work: it is the newest that matters, and they end soon
                self._known.move_to_end(key)
                if all(not future.done() for future in self._known.values()):
                    return
                continue
            del self._known[key]
            if not oldest.cancelled() and oldest.exception() is None:
                self._bytes -= len(oldest.result())
