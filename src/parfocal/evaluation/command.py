"""The evaluator for command lines: any program in any language."""

import functools
import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, ClassVar

from parfocal.errors import EvaluationError, InvalidInput
from parfocal.evaluation import placeholders, programs
from parfocal.evaluation.base import InvalidConfiguration, Job, Returned
from parfocal.evaluation.results import Reader, with_artifacts
from parfocal.evaluation.steps import Parsed, steps
from parfocal.evaluation.templates import Arguments

_HALF = 8_000


@dataclass(frozen=True)
class CommandEvaluator:
    """Runs a program for each job, in the job's own work folder and without a shell.

    Parameters
    ----------
    command
        The program and its arguments, with placeholders (:mod:`parfocal.evaluation.templates`): the parameters by name,
        ``{seed}``, ``{fidelity}``, ``{number}``, ``{folder}`` (the work folder), ``{config}`` (path of a JSON file with
        the active parameters), ``{experiment}`` (the experiment's folder), ``{python}`` (this Python). A program with a
        slash in its name is looked for in the experiment's folder, any other one on the PATH. A list of such lists is
        run one after another, as long as they succeed (``[[segment, ...], [score, ...]]``).
    result
        Where the result is: :class:`~parfocal.evaluation.results.Reader`.
    env
        Environment variables to add; the values may have placeholders, and a variable whose placeholder has nothing to
        say is not set.
    pre, post
        Hooks: one argument list, or a list of them, run one after another, before and, in any case, after the command.
    success_codes
        Exit codes that mean success of the evaluation itself; a hook succeeds with 0.
    invalid_codes
        Exit codes by which the program says that the configuration itself is invalid.
    cwd
        Where the program runs; by default the work folder. Placeholders are allowed.
    artifacts
        Name to file (in the work folder) that is worth to be named in the outcome, if it was written.
    path
        The experiment's folder.

    Notes
    -----
    The work folder keeps ``config.json``, ``stdout.txt`` and ``stderr.txt``; those of other steps than the last command
    have its name in front, for example ``pre-stderr.txt`` and ``run1-stdout.txt``.
    """

    command: Sequence[Any]
    result: Mapping[str, Any] = field(default_factory=lambda: {"json": "result.json"})
    env: Mapping[str, str] = field(default_factory=dict)
    pre: Sequence[Any] | None = None
    post: Sequence[Any] | None = None
    success_codes: Sequence[int] = (0,)
    invalid_codes: Sequence[int] = ()
    cwd: str | None = None
    artifacts: Mapping[str, str] = field(default_factory=dict)
    path: str | None = None

    external: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if self.path is not None:
            object.__setattr__(self, "path", os.path.abspath(self.path))
        for name in ("success_codes", "invalid_codes"):
            codes = getattr(self, name)
            if isinstance(codes, int):
                object.__setattr__(self, name, (codes,))
            elif not isinstance(codes, list | tuple) or not all(type(code) is int for code in codes):
                raise InvalidInput(f"'{name}' must be a list of whole numbers; got {codes!r}.")
        for name in ("env", "artifacts"):
            if not isinstance(getattr(self, name), Mapping):
                raise InvalidInput(f"'{name}' must be a mapping; got {getattr(self, name)!r}.")
        _ = self._parsed

    def __getstate__(self) -> dict[str, Any]:
        return {field.name: self.__dict__[field.name] for field in fields(self)}

    @functools.cached_property
    def _parsed(self) -> Parsed:
        """The templates; wrong ones are found when the evaluator is made."""
        others = {**{f"env {key}": value for key, value in self.env.items()}, "cwd": self.cwd or ""}
        reader = Reader.from_dict(self.result)
        others["result"] = reader.file or ""
        others |= {f"artifact {key}": value for key, value in self.artifacts.items()}
        templates = {name: Arguments.parse([text]) for name, text in others.items()}
        return Parsed(steps(self.command, self.pre, self.post), templates, reader)

    @property
    def _experiment(self) -> str:
        return self.path or os.getcwd()

    def _steps(self, stage: str) -> list[str]:
        return [name for name in self._parsed.steps if name.startswith(stage)]

    def before(self, job: Job) -> None:
        """Run the commands of the pre-hook."""
        for step in self._steps("pre"):
            self._run(step, job)

    def after(self, job: Job) -> None:
        """Run the commands of the post-hook, all of them even if one fails."""
        problems = []
        for step in self._steps("post"):
            try:
                self._run(step, job)
            except EvaluationError as error:
                problems.append(str(error))
        if problems:
            raise EvaluationError(" ".join(problems))

    def evaluate(self, job: Job) -> Returned:
        """Run the command and read its result."""
        parsed, values = self._parsed, self._values(job)
        file = self._place(job, "result", values) if parsed.reader.file is not None else job.work_folder()
        old = _stamp(file)
        for step in (*self._steps("run"), ""):
            self._run(step, job)
        if parsed.reader.file is not None and old is not None and old == _stamp(file):
            raise EvaluationError(f"The result '{file}' is older than this trial: the command did not write it.")
        returned = parsed.reader.read(file, job.work_folder() / "stdout.txt")
        paths = {name: self._place(job, f"artifact {name}", values) for name in self.artifacts}
        return with_artifacts(returned, paths)

    def log(self, job: Job) -> str:
        """Return the tails of what the command printed."""
        from parfocal.evaluation.processes import tail_of

        if job.folder is None:
            return ""
        tails = []
        for step in self._parsed.steps:
            for stream in ("stdout", "stderr"):
                text = tail_of(job.folder / file_name(step, stream), _HALF).rstrip("\n")
                tails += [f"[{step}, {stream}]", text] if text and step else [text] if text else []
        return "\n".join(tails)

    def _values(self, job: Job) -> dict[str, Any]:
        """Return what the placeholders stand for; a parameter wins over a reserved name."""
        amount = job.fidelity.value
        folder = job.work_folder()
        return {
            "seed": job.seed,
            "fidelity": int(amount) if amount == int(amount) else amount,
            "folder": folder,
            "number": job.number,
            "config": folder / "config.json",
            "experiment": self._experiment,
            "python": sys.executable,
            **job.configuration,
        }

    def _place(self, job: Job, name: str, values: Mapping[str, Any]) -> Path:
        """Return the path of a file, relative to the work folder."""
        filled = self._parsed.others[name].fill(values)
        return job.work_folder() / (filled[0] if filled else "")

    def _run(self, step: str, job: Job) -> None:
        """Run one command to its end, or raise :class:`EvaluationError`."""
        values, folder = self._values(job), job.work_folder()
        config = folder / "config.json"
        if not config.exists():
            config.write_text(json.dumps(job.configuration.to_dict(), indent=1), encoding="utf-8")
        command = self._parsed.steps[step].fill(values) or [""]
        filled = {key: self._parsed.others[f"env {key}"].fill(values) for key in self.env}
        env = {**os.environ, **{key: text[0] for key, text in filled.items() if text}}
        command[0] = programs.find(command[0], self._experiment, env.get("PATH"))
        code, text = programs.execute(
            command,
            env=env,
            cwd=self._place(job, "cwd", values),
            stdout=folder / file_name(step, "stdout"),
            stderr=folder / file_name(step, "stderr"),
        )
        if code in (self.success_codes if step == "" or step.startswith("run") else (0,)):
            return
        raise InvalidConfiguration(text) if code in self.invalid_codes else EvaluationError(text)

    def check(self, parameters: tuple[str, ...], conditional: tuple[str, ...] = ()) -> list[str]:
        """Return what is wrong: programs that are not there, placeholders and parameters without each other."""
        return list(dict.fromkeys([*placeholders.problems(self._parsed.names, parameters), *self.missing()]))

    @property
    def names(self) -> tuple[str, ...]:
        """The placeholders of all commands and files."""
        return tuple(self._parsed.names)

    def missing(self) -> list[str]:
        """Return one sentence for each program that is not there."""
        found = []
        for arguments in self._parsed.steps.values():
            program = arguments.fill({"python": sys.executable, "experiment": self._experiment})[:1]
            try:
                programs.find(program[0] if program else "", self._experiment, self.env.get("PATH"))
            except EvaluationError as error:
                found.append(str(error))
        return found

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready dictionary."""
        written: dict[str, Any] = {"kind": "command", "command": _plain(self.command), "result": dict(self.result)}
        for name in ("env", "pre", "post", "success_codes", "invalid_codes", "cwd", "artifacts", "path"):
            value = getattr(self, name)
            if value and (name != "success_codes" or tuple(value) != (0,)):
                written[name] = _plain(value)
        return written

    @classmethod
    def from_dict(cls, values: Mapping[str, Any], folder: Path | None = None) -> "CommandEvaluator":
        """Return the evaluator of :meth:`to_dict`, or of a mapping that people write."""
        chosen = dict(values)
        if folder is not None:
            chosen["path"] = str(Path(folder, chosen.get("path") or ""))
        return cls(**chosen)


def file_name(step: str, stream: str) -> str:
    """Return the name of the file that keeps what a step printed."""
    return f"{step}-{stream}.txt" if step else f"{stream}.txt"


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value


def _stamp(path: Path) -> tuple[int, int] | None:
    """Return what changes when a file is written; None if there is none."""
    try:
        status = path.stat()
        return status.st_mtime_ns, status.st_size
    except OSError:
        return None
