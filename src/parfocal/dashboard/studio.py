"""A studio: pictures on demand, drawn one after another in another process, and kept in a folder of limited size.

Who serves pages never draws and never waits for long: it asks, gets what is there, and asks again. What was asked for
last is drawn first, and what nobody asks for any more is not drawn at all, so that scrolling through a thousand
pictures draws those that are looked at.
"""

import json
import logging
import tempfile
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from parfocal.dashboard.drawing import ORDER, Drawer
from parfocal.errors import InvalidInput
from parfocal.evaluation import Job, Limits
from parfocal.evaluation.isolated import Isolated
from parfocal.trials import Configuration, Objective, Outcome, Reason, State

_LOG = logging.getLogger("parfocal.dashboard")
LIMIT = 60.0
"""Seconds for one drawing, the loading of a task's images included."""
MOST = 256 * 2**20
"""Bytes of pictures that are kept."""
_FORGET = 10.0  # s, after which what nobody asks for any more is not drawn
_SULK = 30.0  # s, for which what could not be drawn is not tried again
_IDLE = 300.0  # s, after which the process is ended


@dataclass(frozen=True)
class Answer:
    """What a studio has to say about a picture: its bytes, or why there are none, or neither while it is drawn."""

    content: bytes | None = None
    error: str = ""
    ahead: int = 0
    """Drawings that come before it."""


@dataclass
class _Wanted:
    order: Mapping[str, Any]
    asked: float
    tries: int = 0


class Studio:
    """See the module.

    Parameters
    ----------
    limit
        Seconds for one drawing.
    most
        Bytes of pictures that are kept; those that were asked for longest ago are thrown away.
    """

    def __init__(self, limit: float = LIMIT, most: int = MOST) -> None:
        self._limits, self._most = Limits(seconds=limit), most
        self._temporary: tempfile.TemporaryDirectory[str] | None = None
        self._changed = threading.Condition()
        self._wanted: dict[str, _Wanted] = {}
        self._drawing: str | None = None
        self._kept: OrderedDict[str, int] = OrderedDict()  # name of a drawing to the bytes of its files
        self._failed: dict[str, tuple[str, float]] = {}
        self._thread: threading.Thread | None = None
        self._isolated: Isolated | None = None
        self._closed = False

    def __repr__(self) -> str:
        return f"Studio({len(self._kept)} drawings)"

    def ask(self, name: str, order: Mapping[str, Any], suffix: str, patience: float = 0.0) -> Answer:
        """Return a picture, or what there is to say about it, after ``patience`` seconds at most.

        Parameters
        ----------
        name
            Of the drawing: letters and digits; an order of the same name is the same.
        order
            What :class:`~parfocal.dashboard.drawing.Drawer` does; the files that it writes are added.
        suffix
            Which of its files is wanted.
        """
        deadline = time.monotonic() + patience
        with self._changed:
            while True:
                now = time.monotonic()
                answer = self._answer(name, order, suffix, now)
                if answer is not None:
                    return answer
                if now >= deadline:
                    return Answer(ahead=len(self._wanted) - 1)
                self._changed.wait(deadline - now)

    def _answer(self, name: str, order: Mapping[str, Any], suffix: str, now: float) -> Answer | None:
        if self._closed:
            return Answer(error="The dashboard is about to end.")
        if name in self._kept:
            self._kept.move_to_end(name)
            try:
                return Answer(self._file(name, suffix).read_bytes())
            except OSError:
                del self._kept[name]
        error, since = self._failed.get(name, ("", 0.0))
        if error and now - since < _SULK:
            return Answer(error=error)
        self._failed.pop(name, None)
        if name in self._wanted:
            self._wanted[name].asked = now
        else:
            self._wanted[name] = _Wanted(order, now)
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="parfocal-studio", daemon=True)
                self._thread.start()
            self._changed.notify_all()
        return None

    def _file(self, name: str, suffix: str) -> Path:
        return self._folder / (name + suffix)

    @property
    def _folder(self) -> Path:
        """Where pictures are kept: made with the first one, so that where nobody asks for any nothing is left."""
        if self._temporary is None:
            self._temporary = tempfile.TemporaryDirectory(prefix="parfocal-overlays-", ignore_cleanup_errors=True)
        folder = Path(self._temporary.name)
        folder.mkdir(mode=0o700, exist_ok=True)  # temporary folders are swept on some machines
        return folder

    # ------------------------------------------------------------ the thread that has drawings made

    def _work(self) -> None:
        while True:
            with self._changed:
                name = self._next()
                if name is None:
                    break
                wanted = self._wanted[name]
                wanted.tries += 1
                self._drawing = name
            try:
                outcome = self._draw(name, wanted.order)
            except Exception as error:  # whoever asks is told; the thread must live
                _LOG.exception("A drawing could not be made.")
                outcome = Outcome.failed(Reason.INVALID, f"The drawing could not be made: {error}")
            with self._changed:
                self._drawing = None
                self._done(name, wanted, outcome)
                self._changed.notify_all()
        if self._isolated is not None:
            self._isolated.close()
        if self._temporary is not None:
            self._temporary.cleanup()

    def _next(self) -> str | None:
        """Wait for something to draw and return its name, None in the end."""
        while not self._closed:
            now = time.monotonic()
            for name in [name for name, each in self._wanted.items() if now - each.asked > _FORGET]:
                del self._wanted[name]
            if self._wanted:
                return max(self._wanted, key=lambda name: self._wanted[name].asked)
            if not self._changed.wait(_IDLE) and self._isolated is not None:
                self._isolated.close()
                self._isolated = None
        return None

    def _draw(self, name: str, order: Mapping[str, Any]) -> Outcome:
        if self._isolated is None:
            self._isolated = Isolated(Drawer(), Objective("done"), self._limits)
        written = {key: str(self._file(name, suffix)) for key, suffix in FILES[order["do"]].items()}
        configuration = Configuration({ORDER: json.dumps({**order, **written})})
        try:
            return self._isolated.run(Job(0, configuration), lambda: self._closed)
        except InvalidInput as error:
            return Outcome.failed(Reason.INVALID, str(error))

    def _done(self, name: str, wanted: _Wanted, outcome: Outcome) -> None:
        if outcome.state != State.COMPLETE:
            if outcome.reason == Reason.ERROR and wanted.tries < 2 and not self._closed:
                return  # the process was killed, or crashed: a new one tries once more
            self._wanted.pop(name, None)
            sentence = outcome.message
            if outcome.reason == Reason.TIMEOUT:
                sentence = f"The drawing was not finished after {self._limits.seconds:g} s and was given up."
            self._failed[name] = (sentence, time.monotonic())
            while len(self._failed) > 1000:
                del self._failed[next(iter(self._failed))]
            return
        self._wanted.pop(name, None)
        files = [self._file(name, suffix) for suffix in FILES[wanted.order["do"]].values()]
        self._kept[name] = sum(file.stat().st_size for file in files if file.exists())
        while sum(self._kept.values()) > self._most and len(self._kept) > 1:
            old, _ = self._kept.popitem(last=False)
            for file in self._folder.glob(f"{old}.*"):
                file.unlink(missing_ok=True)

    def close(self) -> None:
        """End the process and remove the pictures."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            thread = self._thread
        if thread is not None:
            thread.join(15.0)


PNG, JPEG, NAMES = ".png", ".jpg", ".json"
FILES: Mapping[str, Mapping[str, str]] = {
    "overlay": {"out": PNG, "small": JPEG},
    "picture": {"out": PNG, "small": JPEG},
    "small": {"small": JPEG},
    "images": {"out": NAMES},
}
"""Order to the files that it writes: argument and suffix."""

__all__ = ["FILES", "JPEG", "LIMIT", "MOST", "NAMES", "PNG", "Answer", "Studio"]
