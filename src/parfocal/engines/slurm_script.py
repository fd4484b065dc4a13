"""The options of the engine ``slurm``, and the one job script that they make."""

import re
import shlex
import sys
from pathlib import Path
from typing import Annotated

from pydantic import Field, field_validator

from parfocal.engines.cores import THREADS
from parfocal.engines.options import Options
from parfocal.errors import InvalidInput
from parfocal.evaluation.limits import size

NOTICE = 60
"""Seconds before the end of a job's time, or its preemption, at which its worker is asked to leave."""
OURS = ("--array", "-a", "--job-name", "-J", "--output", "-o", "--error", "-e", "--signal", "--open-mode", "--requeue")
"""Options of ``sbatch`` that the script sets itself."""
_TIME = re.compile(r"(\d+-)?\d+(:\d+){0,2}")
_LINES = re.compile(r"[\r\n]")


class SlurmOptions(Options):
    """What ``engine: {kind: slurm, ...}`` may say.

    Attributes
    ----------
    workers
        Tasks of the job array, one worker each.
    partition, time, cpus, memory
        ``--partition``, ``--time``, ``--cpus-per-task`` and ``--mem`` of each task; None: the site's default.
    setup
        Lines of the script before the worker: ``module load``, ``source``, ...
    extra
        Further options of ``sbatch``, such as ``--account=x``.
    target
        What workers open instead of the coordinator's own storage: the url of a `parfocal serve`, for example.
    python
        The Python on the nodes; default: that of the coordinator.
    logs
        Folder of the log files; default: beside the study.
    poll
        Seconds between two questions to ``squeue``.
    """

    workers: Annotated[int, Field(ge=1)] = 8
    partition: str | None = None
    time: str | None = None
    cpus: Annotated[int, Field(ge=1)] = 1
    memory: str | None = None
    setup: list[str] = Field(default_factory=list)
    extra: list[str] = Field(default_factory=list)
    target: str | None = None
    python: str | None = None
    logs: str | None = None
    poll: Annotated[int, Field(ge=2)] = 5

    @field_validator("time")
    @classmethod
    def _time(cls, value: str | None) -> str | None:
        if value is not None and not _TIME.fullmatch(value):
            raise ValueError(f"expected a time as Slurm writes it, '02:00:00' or '1-12:00:00', got {value!r}.")
        return value

    @field_validator("memory")
    @classmethod
    def _memory(cls, value: str | None) -> str | None:
        if value is not None:
            try:
                size(value)
            except InvalidInput:
                raise ValueError(f"expected an amount with its unit, such as '8 GiB', got {value!r}.") from None
        return value

    @field_validator("partition")
    @classmethod
    def _word(cls, value: str | None) -> str | None:
        if value is not None and (not value or re.search(r"\s", value)):
            raise ValueError(f"expected one word, got {value!r}.")
        return value

    @field_validator("extra")
    @classmethod
    def _extra(cls, value: list[str]) -> list[str]:
        for entry in value:
            if not entry.startswith("-") or _LINES.search(entry):
                raise ValueError(f"expected options of sbatch such as '--account=x', got {entry!r}.")
            name = entry.split("=")[0].split()[0]
            if name in OURS:
                raise ValueError(f"'{name}' is set by parfocal; leave it out.")
        return value


def script(options: SlurmOptions, name: str, arguments: list[str], logs: Path) -> str:
    """Return the job script.

    Parameters
    ----------
    options
        Of the engine.
    name
        Of the job: by this an array is found again.
    arguments
        Of ``parfocal``: those of a worker.
    logs
        Folder of the log files.
    """
    output = str(logs).replace("%", "%%")
    directives = [
        f"--job-name={name}",
        f"--array=0-{options.workers - 1}",
        *([f"--partition={options.partition}"] if options.partition else []),
        *([f"--time={options.time}"] if options.time else []),
        "--ntasks=1",
        f"--cpus-per-task={options.cpus}",
        *([f"--mem={-(-size(options.memory) // 2**20)}M"] if options.memory else []),
        "--requeue",
        f"--signal=B:TERM@{NOTICE}",
        "--open-mode=append",
        f"--output={shlex.quote(f'{output}/%A_%a.log')}",
        *options.extra,
    ]
    threads = [f'export {name}="${{{name}:-{options.cpus}}}"' for name in THREADS]
    command = shlex.join([options.python or sys.executable, "-m", "parfocal", *arguments])
    return "\n".join(
        [
            "#!/bin/bash",
            "# Written by parfocal: one task of this array is one worker of a study. It may be submitted by hand:",
            "# sbatch FILE. Passwords and tokens stand nowhere in it; workers take them from the environment.",
            *(f"#SBATCH {directive}" for directive in directives),
            "",
            *options.setup,
            *threads,
            "# exec: the worker takes the place of the shell, so that it gets Slurm's signal and gives back its claims",
            f"exec {command} --parent $PPID",
            "",
        ]
    )
