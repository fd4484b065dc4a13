"""Evaluations with real faults, imported by name in trial processes."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from parfocal.evaluation import InvalidConfiguration, Job, Result


def square(x: float, y: float = 0.0) -> float:
    return x * x + y


def metrics(x: float) -> dict[str, float]:
    return {"f1": x, "precision": 0.5}


def result(x: float, folder: Path) -> Result:
    (folder / "mask.txt").write_text("mask")
    return Result({"f1": x}, {"a.tif": {"f1": x}, "b.tif": {"f1": x + 1}}, {"mask": folder / "mask.txt"})


def extras(x: float, seed: int, fidelity: float, folder: Path) -> dict[str, float]:
    return {"loss": x, "seed": seed, "fidelity": fidelity, "exists": float(folder.is_dir())}


def configuration(values: dict[str, float], seed: int = -1) -> dict[str, float]:
    return {"loss": values["x"], "seed": seed}


def pid(x: float) -> float:
    return float(os.getpid())


def raises(x: float) -> float:
    print("before the fault")
    raise ValueError(f"x must not be {x}")


def chained(x: float) -> float:
    try:
        return {}["key"]
    except KeyError as error:
        raise RuntimeError("outer") from error


def exits(x: float) -> float:
    sys.exit(0)


def interrupts(x: float) -> float:
    raise KeyboardInterrupt


def invalid(x: float) -> float:
    raise InvalidConfiguration("sigma is larger than the image")


def out_of_memory(x: float) -> float:
    raise MemoryError


def nothing(x: float) -> None:
    return None


def text(x: float) -> str:
    return "good"


def nan(x: float) -> float:
    return float("nan")


def array(x: float) -> np.ndarray:
    return np.ones(3)


def unpicklable(x: float) -> object:
    return {"loss": 1.0, "lock": lambda: None}


def forever(x: float) -> float:
    while True:
        pass


def stubborn(x: float) -> float:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    while True:
        time.sleep(0.01)


def sleeper(seconds: float = 60.0, *, new_session: bool = False) -> subprocess.Popen[bytes]:
    code = f"import time; time.sleep({seconds})"
    return subprocess.Popen([sys.executable, "-S", "-c", code], start_new_session=new_session)


def _note(folder: Path, *pids: int) -> None:
    """Write the process ids for the test, at once."""
    (folder / "pids.tmp").write_text(" ".join(map(str, pids)))
    (folder / "pids.tmp").replace(folder / "pids.txt")


def hangs(x: float, folder: Path) -> float:
    _note(folder, os.getpid())
    while True:
        pass


def forks_and_hangs(x: float, folder: Path) -> float:
    _note(folder, sleeper().pid, sleeper(new_session=True).pid)
    time.sleep(60)
    return x


def leaves_children(x: float, folder: Path) -> float:
    _note(folder, sleeper().pid, sleeper(new_session=True).pid)
    return x


def leaves_orphan(x: float, folder: Path) -> float:
    """Leave a grandchild whose parent has ended and that leads its own session."""
    code = (
        "import os, subprocess, sys\n"
        "sleep = [sys.executable, '-S', '-c', 'import time; time.sleep(60)']\n"
        "quiet = {'stdout': subprocess.DEVNULL, 'stderr': subprocess.DEVNULL}\n"
        "child = subprocess.Popen(sleep, start_new_session=True, **quiet)\n"
        "print(child.pid)\n"
        "os._exit(0)\n"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    _note(folder, int(printed))
    return x


def crashes_with_children(x: float, folder: Path) -> float:
    _note(folder, sleeper().pid)
    os._exit(7)


def hog(x: float) -> float:
    held = []
    for _ in range(2048):
        held.append(np.ones(2**17))  # 1 MiB
        time.sleep(0.0005)
    return float(len(held))


def hog_in_child(x: float) -> float:
    code = "import time; held = []\nfor i in range(2048):\n held.append(b'x' * 2**20); time.sleep(0.0005)"
    subprocess.run([sys.executable, "-c", code], check=True)
    return x


def segfault(x: float) -> float:
    ctypes.string_at(0)
    return x


def dies(x: float) -> float:
    print("last words", flush=True)
    os._exit(3)


def killed(x: float) -> float:
    os.kill(os.getpid(), signal.SIGKILL)
    return x


def noisy(x: float) -> float:
    line = "x" * 99
    for _ in range(30_000):
        print(line)
    print("the end äöü")
    os.write(2, b"\xff\xfe raw bytes\n")
    return x


def reads(x: float) -> float:
    return float(len(sys.stdin.read()))


def closes_streams(x: float) -> float:
    sys.stdout.close()
    sys.stdout = None  # type: ignore[assignment]
    return x


def dies_if_negative(x: float) -> float:
    if x < 0:
        os._exit(1)
    return x


def slow(x: float) -> float:
    time.sleep(x)
    return x


# hooks ------------------------------------------------------------------------------------------------


def note_before(job: Job) -> None:
    (job.work_folder() / "before.txt").write_text(str(os.getpid()))


def note_after(job: Job) -> None:
    (job.work_folder() / "after.txt").write_text(str(os.getpid()))


def bad_hook(job: Job) -> None:
    raise OSError("the disk is full")


def hanging_hook(job: Job) -> None:
    time.sleep(60)


def dying_hook(job: Job) -> None:
    os._exit(9)


def dispatch(name: str, **values: object) -> object:
    """Evaluate any of the functions above: one process can then serve them all."""
    if isinstance(values.get("folder"), str):
        values["folder"] = Path(str(values["folder"]))
    return globals()[name](**values)


def hangs_at_first(x: float, folder: Path) -> float:
    """Hang in the first attempt only; the folder of a second one ends with its number."""
    if folder.name.endswith("-2"):
        return x
    return hangs(x, folder)


@dataclass(frozen=True)
class Remote:
    """An evaluator of another package."""

    url: str

    def evaluate(self, job: Job) -> float:
        return 0.0

    def check(self, parameters: tuple[str, ...], conditional: tuple[str, ...] = ()) -> list[str]:
        return []

    def to_dict(self) -> dict[str, str]:
        return {"kind": "remote", "url": self.url}

    @classmethod
    def from_dict(cls, values: dict[str, str], folder: Path | None = None) -> "Remote":
        return cls(**values)
