"""The process in which trials are evaluated, one after another (isolation ``process``); its parent watches it."""

import contextlib
import faulthandler
import os
import sys
from typing import IO, Any

from parfocal.evaluation import loop, processes
from parfocal.evaluation.base import Evaluator
from parfocal.evaluation.channel import Closed, Inbox, outlive_parent_by, send, take_stdin, unpack
from parfocal.evaluation.judge import describe
from parfocal.trials import Objective


def main() -> None:
    """Serve jobs until the parent says that it is enough; end with everything that was started if it dies."""
    requests, replies = _streams()
    processes.adopt_orphans()
    inbox = Inbox(requests)
    outlive_parent_by(_end, inbox)
    try:
        evaluator, objective = _load(inbox.get())
    except BaseException as error:
        _reply(replies, describe(error))
        return
    _reply(replies, None)
    with contextlib.suppress(Closed):
        while (request := inbox.get()) is not None:
            job, before = request
            _rewind()
            outcome = before or loop.attempt(evaluator, job, objective)
            if loop.has_post_hook(evaluator):
                _reply(replies, (False, outcome))  # so that it is not lost whatever the hook does
                outcome = loop.after(evaluator, job, outcome)
            processes.end_leftovers()
            _reply(replies, (True, outcome))


def _load(content: bytes) -> tuple[Evaluator, Objective]:
    """Rebuild evaluator and objective, and let the evaluator do what is done once."""
    evaluator, objective = unpack(content)
    load: Any = getattr(evaluator, "load", None)
    if load is not None:
        # what goes wrong here goes wrong once more, and is reported, when a trial is evaluated
        with contextlib.suppress(Exception, SystemExit):
            load()
    return evaluator, Objective.from_dict(objective)


def _streams() -> tuple[IO[bytes], IO[bytes]]:
    """Take the standard streams for requests and replies; what user code reads is empty, what it prints is the log."""
    requests = take_stdin()
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="backslashreplace", line_buffering=True)  # type: ignore[union-attr]
    faulthandler.enable()
    return requests, replies


def _rewind() -> None:
    """Empty the log before a trial."""
    if os.fstat(1).st_size:
        os.ftruncate(1, 0)
        os.lseek(1, 0, os.SEEK_SET)


def _reply(stream: IO[bytes], value: Any) -> None:
    """Write out what was printed, then send a reply."""
    for printed in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):  # user code may have closed or replaced them
            printed.flush()
    with contextlib.suppress(BrokenPipeError):
        send(stream, value)


def _end() -> None:
    """End this process and all that it has started: the parent died, or closed the pipe after its last word."""
    with contextlib.suppress(Exception):
        processes.end_tree(os.getpid(), spare_root=True, grace=0)
    os._exit(1)
