"""The token: where it comes from, and how one is compared with it."""

import hashlib
import hmac
import os
import secrets
import stat
from pathlib import Path
from typing import NamedTuple

from parfocal.errors import InvalidInput
from parfocal.storage.httpcaller import TOKEN, checked_token


class Token(NamedTuple):
    """A token, and how it came to be."""

    value: str
    fresh: bool = False
    """Whether it was made just now, and has to be shown once."""
    remark: str = ""
    """What the administrator should know about it."""


def find_token(file: Path | None) -> Token:
    """Return the token of a file, else that of the environment, else a new one.

    Raises
    ------
    InvalidInput
        If the file cannot be read.
    StorageError
        If the token is none; the text does not show it.
    """
    if file is not None:
        try:
            text = file.read_text(encoding="utf-8")
            mode = file.stat().st_mode
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is no text"
            raise InvalidInput(f"The token file '{file}' cannot be read: {reason}.") from None
        loose = os.name == "posix" and mode & (stat.S_IRGRP | stat.S_IROTH)
        remark = f"Others can read the token file: better  chmod 600 {file}" if loose else ""
        return Token(checked_token(text, f"The server (in '{file}')"), remark=remark)
    given = os.environ.get(TOKEN)
    if given is not None:
        return Token(checked_token(given, "The server"))
    return Token(secrets.token_urlsafe(32), fresh=True)


class Guard:
    """Compares the ``Authorization`` header of requests with a token, in constant time."""

    def __init__(self, token: str) -> None:
        self._digest = _digest(token.encode())

    def __repr__(self) -> str:
        return "Guard()"

    def lets(self, header: bytes | None) -> bool:
        """Whether a header holds the token: ``Bearer TOKEN``."""
        scheme, _, given = (header or b"").partition(b" ")
        same = hmac.compare_digest(_digest(given.strip()), self._digest)
        return scheme.lower() == b"bearer" and same


def _digest(text: bytes) -> bytes:
    return hashlib.sha256(text).digest()
