"""A Galaxy server: requests with a limit of time, tried again while the server is in trouble, told in one sentence."""

import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar
from urllib.parse import urlsplit

from parfocal.errors import EvaluationError
from parfocal.evaluation.base import ServerFailure
from parfocal.extras import require

T = TypeVar("T")

KEY = "PARFOCAL_GALAXY_KEY"
"""The environment variable with the API key; it stands nowhere else."""
URL = "PARFOCAL_GALAXY_URL"
"""The environment variable with the server's address, where the experiment does not name one."""
TIMEOUT = 60.0
"""Seconds that a single request may be without an answer."""
PAUSES = (0.5, 30.0)
"""Shortest and longest pause in seconds before a request is sent again; each is twice the one before."""
_DENIED = (401, 403)
_PASSING = (408, 425, 429)


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a request got no good answer."""

    status: int | None
    """The code of HTTP; None where there was no answer."""
    text: str
    data: Any = None
    """What Galaxy adds to some errors, for example the parameters that it refuses."""

    @property
    def passing(self) -> bool:
        """Whether the same request may well succeed later."""
        status = self.status
        return status is None or status < 400 or status in _PASSING or status >= 500


class Refused(EvaluationError):
    """The server understood the request and refused it; asking again would not help."""

    def __init__(self, text: str, trouble: Trouble) -> None:
        super().__init__(text)
        self.trouble = trouble


class NoServer(ServerFailure):
    """The server cannot be reached for as long as patience lasts, or denies access: nothing else need be tried."""


class Server:
    """A connection to a Galaxy server.

    Parameters
    ----------
    url
        Address of the server; None: from the environment.
    patience
        Seconds for which a request that fails for the server's sake is tried again.

    Raises
    ------
    EvaluationError
        If the address or the key is missing or cannot be used; :class:`~parfocal.errors.MissingPackage` without
        BioBlend.
    """

    def __init__(self, url: str | None, patience: float) -> None:
        self.url = address(url)
        self.patience = patience
        self._key = os.environ.get(KEY, "").strip()
        if not self._key:
            raise EvaluationError(
                f"The API key of {self.url} is missing: set the environment variable {KEY} (in Galaxy: User, "
                "Preferences, Manage API Key)."
            )

    @cached_property
    def gi(self) -> Any:
        """BioBlend's connection; it is not used before the first request."""
        instance = require("bioblend.galaxy", "galaxy").GalaxyInstance(self.url, key=self._key)
        instance.timeout = TIMEOUT
        return instance

    @property
    def headers(self) -> dict[str, str]:
        """What authorizes a request that BioBlend does not send itself."""
        return {"x-api-key": self._key}

    def call(self, ask: Callable[[Any], T]) -> T:
        """Return what ``ask`` (called with BioBlend's connection) returns.

        Raises
        ------
        Refused
            If the server refuses it.
        NoServer
            If the server could not be reached, failed or asked for patience for too long, or denies access.
        """
        kinds = (
            require("bioblend", "galaxy").ConnectionError,
            require("requests", "galaxy").RequestException,
        )
        begin, pause, attempts = time.monotonic(), PAUSES[0], 0
        while True:
            attempts += 1
            try:
                return ask(self.gi)
            except kinds as error:
                trouble = self._trouble(error)
            if not trouble.passing:
                raise self._refusal(trouble)
            if time.monotonic() - begin + pause > self.patience:
                raise NoServer(
                    f"The Galaxy server {self.url} {trouble.text} ({attempts} attempts in "
                    f"{time.monotonic() - begin:.0f} s)."
                )
            time.sleep(pause)
            pause = min(2 * pause, PAUSES[1])

    def dataset(self, of: str) -> dict[str, Any]:
        """Return what the server says of a dataset."""
        shown: dict[str, Any] = self.call(lambda gi: gi.datasets.show_dataset(of))
        return shown

    def _refusal(self, trouble: Trouble) -> EvaluationError:
        if trouble.status in _DENIED:
            return NoServer(f"The Galaxy server {self.url} denies access: {trouble.text} See the key in {KEY}.")
        return Refused(f"The Galaxy server {self.url} refuses this: {trouble.text}", trouble)

    def _trouble(self, error: Exception) -> Trouble:
        """Return what an exception of BioBlend or requests says."""
        response = getattr(error, "response", None)
        status = getattr(error, "status_code", None) or getattr(response, "status_code", None)
        body = getattr(error, "body", None) or getattr(response, "text", None) or ""
        text, data = _said(body)
        text = text.replace(self._key, "***")
        if status is None:
            return Trouble(None, _unreachable(error))
        if status < 400:
            return Trouble(status, "answers with something that is not the API of Galaxy")
        if status == 429:
            return Trouble(status, "asks for fewer requests (HTTP 429)")
        if Trouble(status, "").passing:
            return Trouble(status, f"is in trouble (HTTP {status}{': ' + text.rstrip('.') if text else ''})")
        return Trouble(status, f"{text or 'no reason given'} (HTTP {status})".replace(". (", " (") + ".", data)


def _said(body: Any) -> tuple[str, Any]:
    """Return the message and the data of an answer of Galaxy; nothing of the page of a proxy."""
    try:
        document = json.loads(body)
        return str(document["err_msg"]).strip()[:500], document.get("err_data")
    except (TypeError, ValueError, KeyError, AttributeError):
        return "", None


def _unreachable(error: Exception) -> str:
    words = f"{error!r}"
    if "Timeout" in type(error).__name__ or "timed out" in words:
        return "does not answer"
    for part, text in (
        ("refused", "cannot be reached: the connection is refused"),
        ("resolve", "cannot be reached: its name is unknown"),
        ("certificate", "cannot be trusted: its certificate is not valid"),
    ):
        if part in words:
            return text
    return "cannot be reached: the connection broke"


def address(url: str | None) -> str:
    """Return the address of the server, or raise :class:`EvaluationError`."""
    chosen = url or os.environ.get(URL, "").strip()
    if not chosen:
        raise EvaluationError(
            f"Which Galaxy server? Write 'url: https://usegalaxy.eu' in the evaluation, or set {URL}."
        )
    parts = urlsplit(chosen)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise EvaluationError(f"A Galaxy server is written as its address, such as https://usegalaxy.eu; got {url!r}.")
    if parts.username or parts.password or parts.query:
        raise EvaluationError(f"The address of a Galaxy server holds no user, password or key: set {KEY} instead.")
    return chosen.rstrip("/")
