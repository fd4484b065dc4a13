"""When to worry about workers: they die one after another, or none comes up at all."""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

_LOG = logging.getLogger("parfocal.engines")


@dataclass
class Patience:
    """Counts deaths of workers in a row, without a single trial finished between them.

    Parameters
    ----------
    limit
        Deaths after which an engine gives up.
    """

    limit: int
    streak: int = 0
    _finished: int = -1

    def ended(self, deaths: int, finished: int) -> bool:
        """Count new deaths, when so many trials were finished; return whether patience is at its end."""
        self.streak = deaths + (self.streak if finished == self._finished else 0)
        self._finished = finished
        return self.streak >= self.limit

    def last_words(self, said: Sequence[str], how: str) -> str:
        """Return the sentence to stop with; ``said`` is what the last of them printed, line by line."""
        text = next((line.strip() for line in reversed(said) if line.strip()), "")
        words = f": {text}" if text else "."
        return f"{self.streak} workers in a row died without finishing a trial, the last with {how}{words}"


@dataclass
class Silence:
    """Says now and then that no worker has come up: a full queue looks the same as a job that is wrong."""

    since: float = field(default_factory=time.monotonic)
    after: float = 60.0

    def look(self, live: int, hint: str) -> None:
        """Log a warning where none has lived for a minute, then for two, four, ...; ``hint`` says where to look."""
        now = time.monotonic()
        if live:
            self.since, self.after = now, 60.0
        elif now - self.since > self.after:
            _LOG.warning("No worker has come up for %.0f s: %s", now - self.since, hint)
            self.after *= 2
