"""Sending a file to a Galaxy server in pieces that are sent again if the connection breaks (the tus protocol, 1.0)."""

from base64 import b64encode
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit, urlunsplit

from parfocal.evaluation.base import ServerFailure
from parfocal.evaluation.galaxy.server import TIMEOUT, Server
from parfocal.extras import require

CHUNK = 10 * 2**20
_VERSION = {"Tus-Resumable": "1.0.0"}


def send(server: Server, file: Path, history: str, name: str, datatype: str) -> str:
    """Upload a file to a history; return the id of its dataset, which need not be ready yet."""
    # BioBlend sends the pieces, too, but without a limit of time
    session = _sent(server, file)
    answer = server.call(
        lambda gi: gi.tools.post_to_fetch(str(file), history, session, file_name=name, file_type=datatype)
    )
    try:
        return str(answer["outputs"][0]["id"])
    except (LookupError, TypeError):
        raise ServerFailure(f"The Galaxy server {server.url} took the file '{file}' and made no dataset.") from None


def _sent(server: Server, file: Path) -> str:
    """Send the content of a file; return the name of the upload."""
    size = file.stat().st_size
    place = f"{server.url}/api/upload/resumable_upload"
    described = "filename " + b64encode(file.name.encode()).decode()
    made = _request(server, "POST", place, {"Upload-Length": str(size), "Upload-Metadata": described})
    # servers behind a proxy may name themselves otherwise: the way back is the one that led here
    where = urlsplit(urljoin(f"{place}/", made["Location"]))
    known = urlsplit(server.url)
    path = where.path if where.path.startswith(known.path) else f"{known.path}{where.path}"
    place = urlunsplit((known.scheme, known.netloc, path, where.query, ""))
    with file.open("rb") as stream:
        offset = 0
        while offset < size:
            stream.seek(offset)
            offset = _piece(server, place, offset, stream.read(CHUNK))
    return path.rstrip("/").rpartition("/")[2]


def _piece(server: Server, place: str, offset: int, content: bytes) -> int:
    """Send one piece; return where the next one begins."""
    first = True

    def patch(gi: Any) -> int:
        nonlocal first
        if not first:  # it may have arrived although its answer did not
            there = int(_once(server, "HEAD", place, {})["Upload-Offset"])
            if there != offset:
                return there
        first = False
        headers = {"Upload-Offset": str(offset), "Content-Type": "application/offset+octet-stream"}
        return int(_once(server, "PATCH", place, headers, content)["Upload-Offset"])

    return server.call(patch)


def _request(server: Server, method: str, place: str, headers: dict[str, str]) -> Any:
    return server.call(lambda gi: _once(server, method, place, headers))


def _once(server: Server, method: str, place: str, headers: dict[str, str], content: bytes | None = None) -> Any:
    """Send one request; return the headers of the answer."""
    sent = {**server.headers, **_VERSION, **headers}
    answer = require("requests", "galaxy").request(
        method, place, headers=sent, data=content, timeout=TIMEOUT, allow_redirects=False
    )
    answer.raise_for_status()
    if answer.is_redirect:
        raise require("requests", "galaxy").HTTPError(f"sent on to {answer.headers['Location']}", response=answer)
    return answer.headers
