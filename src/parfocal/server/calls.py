"""One request on its way: into a thread, at most once, and back as bytes."""

import gzip
from collections.abc import Callable, Sequence
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Request, Response

from parfocal.errors import (
    InvalidInput,
    OutOfStep,
    ParfocalError,
    SchemaVersionError,
    SpaceError,
    StorageError,
    StorageUnavailable,
    StudyExistsError,
)
from parfocal.server.gate import NOTES
from parfocal.server.keeper import Keeper, of_database
from parfocal.storage import Storage, wire
from parfocal.storage.wire import Topic

T = TypeVar("T")
_COMPRESS = 1 << 15  # bytes, from which on an answer is compressed for those who take that
_STATUS: tuple[tuple[type[ParfocalError], int], ...] = (
    (InvalidInput, 422),
    (SpaceError, 422),
    (StudyExistsError, 409),
    (OutOfStep, 409),
    (StorageUnavailable, 503),
    (SchemaVersionError, 500),
    (StorageError, 404),
)


def status_of(error: ParfocalError) -> int:
    """Return the HTTP status of an error."""
    if of_database(error) and not isinstance(error, StorageUnavailable | OutOfStep | StudyExistsError):
        return 500
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 500)


class Call:
    """One request.

    Attributes
    ----------
    keeper
        What all requests share.
    again
        Whether the client has sent it before without hearing an answer.
    """

    def __init__(self, request: Request) -> None:
        self.keeper: Keeper = request.app.state.keeper
        self._request = request
        self._id = request.headers.get(wire.REQUEST_ID, "")[:64]
        self.again = request.headers.get(wire.AGAIN) == "1"

    def note(self, **fields: Any) -> None:
        """Say something about the request in the log."""
        self._request.scope[NOTES].update(fields)

    async def read(self, work: Callable[[Storage], T], out: Callable[[T], dict[str, Any]]) -> Response:
        """Answer with what ``work`` reads."""
        return await self._read(lambda storage: wire.encode(out(work(storage))), wire.JSON)

    async def read_columns(self, work: Callable[[Storage], T], out: Callable[[T], bytes]) -> Response:
        """Answer with arrays."""
        return await self._read(lambda storage: out(work(storage)), wire.NPZ)

    async def _read(self, work: Callable[[Storage], bytes], kind: str) -> Response:
        """Answer with bytes, compressed where that is worth it."""
        headers = {}
        compress = "gzip" in self._request.headers.get("accept-encoding", "")

        def packed(storage: Storage) -> bytes:
            body = work(storage)
            if compress and len(body) >= _COMPRESS:
                headers["Content-Encoding"] = "gzip"
                return gzip.compress(body, 1)
            return body

        body = await self.keeper.read(packed)
        return Response(body, media_type=kind, headers=headers)

    async def write(
        self,
        work: Callable[[Storage], T],
        out: Callable[[T], dict[str, Any]],
        study: int | None = None,
        wakes: Sequence[Topic] = (),
    ) -> Response:
        """Do ``work`` once, however often the client asks for it, wake those who wait for it, and answer."""

        async def done() -> bytes:
            answer = await self.keeper.write(lambda storage: wire.encode(out(work(storage))))
            if study is not None and wakes:
                self.keeper.watches.wake(study, *wakes)
            return answer

        key = f"{self._id} {self._request.method} {self._request.url.path}" if self._id else ""
        return Response(await self.keeper.answers.once(key, done), media_type=wire.JSON)


async def the_call(request: Request) -> Call:
    """Return the request as a call."""
    return Call(request)


CallHere = Annotated[Call, Depends(the_call)]
"""What a route takes."""
