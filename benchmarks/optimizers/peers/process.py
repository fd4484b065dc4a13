"""The harness's side: the virtual environment of a peer, and a peer's process that plays runs."""

import json
import os
import subprocess
import venv
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

from benchmarks.optimizers.peers.table import OPTIMIZERS, Package
from benchmarks.optimizers.task import Task
from benchmarks.optimizers.wire import describe, to_row, to_values

from parfocal.typing import Floats

SCRIPTS = Path(__file__).parent / "scripts"
ONE_THREAD = {name: "1" for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")}


class PeerError(RuntimeError):
    """A peer that cannot be installed or started, or that stopped with an error."""


def python_of(package: Package, venvs: Path) -> Path:
    """Return the interpreter of a peer's environment."""
    return venvs / package.name / ("Scripts" if os.name == "nt" else "bin") / "python"


def install(package: Package, venvs: Path) -> None:
    """Make the environment of a package, unless it is complete already; raise :class:`PeerError` if pip fails."""
    folder = venvs / package.name
    done = folder / "installed.json"
    wanted = json.dumps(package.requirements)
    if done.exists() and done.read_text() == wanted:
        return
    print(f"  installing {package.name} into {folder}", flush=True)
    venv.create(folder, with_pip=True)
    for group in package.requirements:
        command = [str(python_of(package, venvs)), "-m", "pip", "install", "--quiet", *group]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        if result.returncode:
            raise PeerError(f"{package.name} does not install: {result.stderr.strip().splitlines()[-1:]}")
    done.write_text(wanted)


@dataclass
class Process:
    """A peer's process; it serves many runs, one after the other, so that its imports are paid once."""

    package: Package
    venvs: Path
    _process: subprocess.Popen[str] = field(init=False)
    _errors: IO[bytes] = field(init=False)
    version: str = field(init=False)

    def __post_init__(self) -> None:
        script = SCRIPTS / f"with_{self.package.name.replace('-', '_')}.py"
        python = python_of(self.package, self.venvs)
        if not python.exists():
            raise PeerError(f"There is no environment of {self.package.name} in {self.venvs}.")
        self._errors = TemporaryFile()  # noqa: SIM115 - open as long as the process
        self._process = subprocess.Popen(
            [str(python.absolute()), str(script)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            env=_environment(),
        )
        self.version = self._receive()["version"]

    def send(self, message: dict[str, Any]) -> dict[str, Any]:
        """Return the answer to a message."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(message) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise PeerError(self._last_words()) from None
        return self._receive()

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()

    def _receive(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise PeerError(self._last_words())
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise PeerError(f"{self.package.name}: {answer['error']}")
        return answer

    def _last_words(self) -> str:
        self._errors.seek(0)
        return f"{self.package.name} stopped: {self._errors.read()[-2000:].decode(errors='replace')}"


@dataclass
class Peer:
    """One run of a peer's optimizer."""

    process: Process
    task: Task
    _next: dict[str, Any]
    _spent: list[float]

    @classmethod
    def start(cls, process: Process, task: Task, optimizer: str, seed: int, rows: Floats, losses: Floats) -> "Peer":
        """Start a run with the initial trials told."""
        assert optimizer in OPTIMIZERS
        trials = [
            {"values": to_values(task.space, row), "loss": float(loss)} for row, loss in zip(rows, losses, strict=True)
        ]
        message = {
            "name": optimizer,
            "seed": seed,
            "evaluations": task.evaluations,
            "space": describe(task.space),
            "trials": trials,
        }
        peer = cls(process, task, {}, [0.0, 0.0])
        peer._take(process.send(message))
        return peer

    @property
    def spent(self) -> tuple[float, float]:
        """CPU and wall seconds that were spent in asks and tells so far."""
        return self._spent[0], self._spent[1]

    def ask(self) -> Floats | None:
        """Return the row that came with the last answer."""
        return to_row(self.task.space, self._next)

    def tell(self, row: Floats, loss: float, failed: bool) -> None:
        """Tell the loss; the answer is the next configuration."""
        self._take(self.process.send({"loss": loss, "failed": failed}))

    def _take(self, answer: dict[str, Any]) -> None:
        self._next = answer["values"]
        self._spent[0] += answer["cpu"]
        self._spent[1] += answer["wall"]


def _environment() -> dict[str, str]:
    """Return the environment of a peer: this one, without what would lead its imports astray."""
    kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}
    return {**kept, **ONE_THREAD, "PYTHONHASHSEED": "0", "PYTHONUTF8": "1"}
