"""Finding and running one program to its end: no shell, own session, output in files."""

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from parfocal.errors import EvaluationError
from parfocal.evaluation.base import OutOfMemory


def find(program: str, folder: str, path: str | None = None) -> str:
    """Return the full path of a program, or raise :class:`EvaluationError`.

    Parameters
    ----------
    program
        With a slash in it: relative to ``folder``. Without: on the PATH.
    folder
        The experiment's folder.
    path
        Another PATH than this process's.
    """
    local = os.path.dirname(program)
    candidate = os.path.join(folder, program) if local else program
    found = shutil.which(candidate, path=path)
    if found is not None:
        return os.path.abspath(found)
    if local and os.path.exists(candidate):
        raise EvaluationError(
            f"The command '{program}' is there but cannot be executed: make it executable (chmod +x), or put the "
            "program that runs it in front, for example 'bash'."
        )
    if not local and os.path.exists(os.path.join(folder, program)):
        raise EvaluationError(
            f"The command '{program}' is not on the PATH; the one beside the experiment is written './{program}'."
        )
    where = f"in {os.path.dirname(candidate)}" if local else "on the PATH"
    raise EvaluationError(f"The command '{program}' was not found {where}: install it, or correct its name.")


def execute(
    command: Sequence[str], *, env: Mapping[str, str], cwd: Path, stdout: Path, stderr: Path
) -> tuple[int, str]:
    """Run a program to its end, and end whatever it leaves behind.

    Returns
    -------
    int
        The exit code; below 0: the signal that ended it.
    str
        What is to be said about a code that means failure: the code, and the last line of the program's errors.

    Raises
    ------
    EvaluationError
        If it cannot be started.
    OutOfMemory
        If the system ended it because memory ran out.
    """
    from parfocal.evaluation import processes

    name = os.path.basename(command[0])
    kills = processes.oom_kills()
    with stdout.open("wb") as out, stderr.open("wb") as err:
        try:
            process = processes.start(command, stdout=out, stderr=err, env=env, cwd=cwd)
        except OSError as error:
            where = f" in '{cwd}'" if not os.path.isdir(cwd) else ""
            raise EvaluationError(f"The command '{name}' cannot be started{where}: {error.strerror}.") from None
        try:
            code = _wait(process)
        finally:
            processes.end_group(process)
    last = processes.tail_of(stderr, 400).strip().rpartition("\n")[2]
    text = f"The command '{name}' ended with {processes.code_text(code)}" + (f": {last}" if last else ".")
    if code in (-9, 137) and processes.oom_kills() > kills:
        raise OutOfMemory(f"{text} The system ended it because memory ran out.")
    return code, text


def _wait(process: "subprocess.Popen[bytes]") -> int:
    """Wait for a process; on Windows in slices, since a signal is noticed between two waits only."""
    while True:
        try:
            return process.wait(None if os.name == "posix" else 0.1)
        except subprocess.TimeoutExpired:
            continue
