"""The throw-away server leaves nothing behind, however its owner ends."""

import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from parfocal.errors import StorageError
from parfocal.testing.postgres import PostgresServer


def wait(condition, seconds=15):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.skipif(os.name != "posix", reason="needs signals of POSIX")
def test_a_server_does_not_outlive_an_owner_that_was_killed(postgres_server):
    code = (
        "import sys; from parfocal.testing.postgres import PostgresServer\n"
        "with PostgresServer() as s: print(s.pid, s._folder, flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as owner:
        pid, folder = owner.stdout.readline().split()
        assert psutil.pid_exists(int(pid)) and Path(folder).is_dir()
        owner.kill()
    wait(lambda: not Path(folder).exists())
    wait(lambda: not psutil.pid_exists(int(pid)) or psutil.Process(int(pid)).status() == psutil.STATUS_ZOMBIE)


def test_a_start_that_fails_leaves_nothing(postgres_server):
    server = PostgresServer(connections=-1)
    with pytest.raises(StorageError, match="did not start"), server:
        pass
    assert not server._folder.exists()
    assert server.pid == 0


def test_a_server_is_stopped_and_removed_at_the_end(postgres_server):
    with PostgresServer() as server:
        process, folder = psutil.Process(server.pid), server._folder
        server.stop()
        server.start()
        assert psutil.Process(server.pid).pid != process.pid
        process = psutil.Process(server.pid)
    assert not process.is_running() and not folder.exists()
