"""Starting a helper process of parfocal, and talking to it: frames of pickled values over its standard streams.

Pickle is used here in transit only, between a process and the child that it has started itself.
"""

import os
import pickle
import struct
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from queue import Empty, SimpleQueue
from subprocess import PIPE, Popen
from typing import IO, Any

import parfocal
from parfocal.errors import InvalidInput

_SIZE = struct.Struct("!Q")
_importing = False


def guard() -> None:
    """Raise :class:`InvalidInput` in a helper process that imports the user's script, and the script starts a study."""
    if _importing:
        raise InvalidInput(
            "The script that defines the function starts the study whenever it is imported: put the lines that start "
            "it under  if __name__ == '__main__':"
        )


def launch(
    entry: str, *, stderr: IO[bytes], stdout: int | IO[bytes] = PIPE, env: Mapping[str, str] | None = None
) -> Popen[bytes]:
    """Start ``module:function`` in a new Python process in a session of its own; its standard input is a pipe."""
    from multiprocessing.spawn import get_executable

    from parfocal.evaluation import processes

    guard()
    executable = get_executable() or sys.executable
    module, _, function = entry.partition(":")
    # appended, so that it shadows nothing; the parent's own search path follows in the first message
    root = str(Path(parfocal.__file__).parents[1])
    code = f"import sys; sys.path.append({root!r}); from {module} import {function}; {function}()"
    return processes.start(
        [os.fsdecode(executable), "-P", "-c", code], stdin=PIPE, stdout=stdout, stderr=stderr, env=env
    )


def pack(value: Any, what: str = "function") -> bytes:
    """Return a value with all that another process needs to rebuild it, or raise :class:`InvalidInput`.

    Importable functions and classes travel by their names; those of the running script make the other process import
    the script (under another name than ``__main__``).
    """
    try:
        content = pickle.dumps(value)
    except Exception as error:
        raise InvalidInput(
            f"The {what} cannot be sent to another process, which could not import it by its name: define it with "
            f"'def' at the top of a module or script, or use isolation 'none' and no workers ({error})."
        ) from None
    script = None
    if b"__main__" in content:
        file = getattr(sys.modules["__main__"], "__file__", None)
        if file is None or not Path(file).is_file():
            raise InvalidInput(
                f"The {what} was defined in an interactive session, where another process cannot find it: put it into "
                "a module (a .py file) and import it, or use isolation 'none' and no workers."
            )
        script = str(Path(file).resolve())
    return pickle.dumps((list(sys.path), sys.argv, script, content))


def unpack(content: bytes) -> Any:
    """Return what :func:`pack` has packed; imports of the packed value happen here."""
    global _importing
    path, argv, script, inner = pickle.loads(content)
    sys.path[:], sys.argv[:] = path, argv
    if script is not None:
        import runpy
        from types import ModuleType

        _importing = True
        try:
            module = ModuleType("__mp_main__")  # the name that Python's own multiprocessing gives it
            module.__dict__.update(runpy.run_path(script, run_name="__mp_main__"))
        finally:
            _importing = False
        sys.modules["__main__"] = sys.modules["__mp_main__"] = module
    return pickle.loads(inner)


def outlive_parent_by(action: Callable[[], None], inbox: "Inbox") -> None:
    """Call ``action`` in a thread when the parent has closed its end of ``inbox``, or has died.

    A pipe alone would not tell: a process that the parent has forked may hold it open.
    """
    parent = os.getppid()

    def watch() -> None:
        while not inbox.join(1.0) and os.getppid() == parent:
            pass
        action()

    threading.Thread(target=watch, name="parfocal-parent", daemon=True).start()


def take_stdin() -> IO[bytes]:
    """Return the standard input as a private stream; whoever reads the standard input from now on finds it empty."""
    stream = os.fdopen(os.dup(0), "rb")
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    return stream


def send(stream: IO[bytes], value: Any) -> None:
    """Write one frame."""
    content = pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
    stream.write(_SIZE.pack(len(content)) + content)
    stream.flush()


def receive(stream: IO[bytes]) -> Any:
    """Read one frame; raise :class:`EOFError` where the other side has gone."""
    head = stream.read(_SIZE.size)
    content = stream.read(_SIZE.unpack(head)[0]) if len(head) == _SIZE.size else b""
    if len(head) < _SIZE.size or len(content) < _SIZE.unpack(head)[0]:
        raise EOFError
    return pickle.loads(content)


class Closed(Exception):
    """The other side of a stream has gone."""


class Inbox:
    """Frames of a stream, read by a thread, so that one can wait for them with a timeout on every platform.

    Parameters
    ----------
    stream
        What is read.
    """

    def __init__(self, stream: IO[bytes]) -> None:
        self._frames: SimpleQueue[Any] = SimpleQueue()
        self._stream = stream
        self._thread = threading.Thread(target=self._read, name="parfocal-inbox", daemon=True)
        self._thread.start()

    def _read(self) -> None:
        try:
            while True:
                self._frames.put((True, receive(self._stream)))
        except BaseException:  # a stream that was closed, or a frame cut short: nothing more will come
            self._frames.put((False, None))

    def get(self, seconds: float | None = None) -> Any:
        """Return the next frame; raise :class:`TimeoutError` after ``seconds``, or :class:`Closed`."""
        try:
            whole, frame = self._frames.get(timeout=seconds)
        except Empty:
            raise TimeoutError from None
        if not whole:
            self._frames.put((False, None))
            raise Closed
        return frame

    def join(self, seconds: float) -> bool:
        """Wait for the end of the reading thread; return whether it has ended."""
        self._thread.join(seconds)
        return not self._thread.is_alive()
