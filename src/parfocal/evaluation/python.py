"""The evaluator for Python functions."""

import functools
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal, TypeAlias

from parfocal.errors import EvaluationError, InvalidInput
from parfocal.evaluation import functions
from parfocal.evaluation.base import Job, Returned

_EXTRAS: dict[str, Callable[[Job], Any]] = {
    "seed": lambda job: job.seed,
    "fidelity": lambda job: job.fidelity.value,
    "folder": Job.work_folder,
}

Function: TypeAlias = str | Callable[..., Any]
"""A callable, or the name of one: ``package.module:function``."""


@dataclass(frozen=True)
class PythonEvaluator:
    """Calls a Python function with the configuration.

    Parameters
    ----------
    function
        Called with the active parameters as keyword arguments; an inactive parameter is not passed, so the function's
        own default holds. It returns the objective's number, a mapping of metrics, or a
        :class:`~parfocal.evaluation.Result`. Where its signature names them (and no parameter has that name), it also
        gets ``seed`` (int), ``fidelity`` (the amount as a number) and ``folder`` (the trial's own
        :class:`~pathlib.Path`, which exists).
    call
        ``"configuration"`` passes one dictionary instead of keyword arguments.
    pre, post
        Hooks: called with the :class:`~parfocal.evaluation.Job` before and, in any case, after the evaluation.
    path
        Folder in which modules are looked for first, as a rule the experiment's.
    """

    function: Function
    call: Literal["kwargs", "configuration"] = "kwargs"
    pre: Function | None = None
    post: Function | None = None
    path: str | None = None

    def __post_init__(self) -> None:
        if self.call not in ("kwargs", "configuration"):
            raise InvalidInput(f"'call' must be 'kwargs' or 'configuration'; got {self.call!r}.")
        for name in ("function", "pre", "post"):
            value = getattr(self, name)
            if isinstance(value, str):
                functions.check_name(value)
            elif not callable(value) and not (value is None and name != "function"):
                raise InvalidInput(f"'{name}' must be a function or 'package.module:function'; got {value!r}.")
        if self.path is not None:
            object.__setattr__(self, "path", str(self.path))

    def __getstate__(self) -> dict[str, Any]:
        # what was imported stays here: the process that gets this imports for itself
        return {field.name: self.__dict__[field.name] for field in fields(self)}

    def _load(self, function: Function) -> Callable[..., Any]:
        return functions.load(function, self.path) if isinstance(function, str) else function

    @functools.cached_property
    def _plan(self) -> tuple[Callable[..., Any], tuple[str, ...]]:
        """The function, and the extra arguments that its signature names."""
        function = self._load(self.function)
        named = _arguments(function)
        return function, tuple(name for name in _EXTRAS if named is not None and name in named)

    def load(self) -> None:
        """Import the function and the hooks."""
        _ = self._plan
        for hook in (self.pre, self.post):
            if hook is not None:
                self._load(hook)

    def before(self, job: Job) -> None:
        """Run the pre-hook."""
        if self.pre is not None:
            self._load(self.pre)(job)

    def evaluate(self, job: Job) -> Returned:
        """Call the function."""
        function, extras = self._plan
        values = job.configuration.to_dict()
        more = {name: _EXTRAS[name](job) for name in extras if name not in values} if extras else {}
        result: Returned = function(values, **more) if self.call == "configuration" else function(**values, **more)
        return result

    def after(self, job: Job) -> None:
        """Run the post-hook."""
        if self.post is not None:
            self._load(self.post)(job)

    def check(self, parameters: tuple[str, ...], conditional: tuple[str, ...] = ()) -> list[str]:
        """Return what is wrong: a module or function that is not there, arguments that do not fit the parameters."""
        problems: list[str] = []
        try:
            function, extras = self._plan
            for hook in (self.pre, self.post):
                if hook is not None:
                    self._load(hook)
        except EvaluationError as error:
            return [str(error)]
        name = self._name(self.function)
        named = _arguments(function) if self.call == "kwargs" else None
        if named is None:
            return problems
        takes_any = any(argument.kind is argument.VAR_KEYWORD for argument in named.values())
        for parameter in parameters:
            argument = named.get(parameter)
            if (argument is None and not takes_any) or (argument is not None and argument.kind is _POSITIONAL_ONLY):
                problems.append(
                    f"The function '{name}' has no argument '{parameter}': add it, or remove the parameter from the "
                    "space."
                )
            elif argument is not None and parameter in conditional and argument.default is argument.empty:
                problems.append(
                    f"The parameter '{parameter}' is not always active, and the function '{name}' has no default for "
                    f"it: write '{parameter}=None' in its signature."
                )
        for key, argument in named.items():
            needed = argument.kind in _KEYWORDS and argument.default is argument.empty
            if needed and key not in parameters and key not in extras:
                problems.append(
                    f"The function '{name}' needs the argument '{key}', and the space has no such parameter."
                )
        return problems

    def _name(self, function: Function) -> str:
        return function if isinstance(function, str) else functions.name_of(function)

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready dictionary; a callable is written as its name."""
        script = None if isinstance(self.function, str) else functions.script_of(self.function)
        path = str(script.parent) if script is not None and self.path is None else self.path
        optional = {
            "call": None if self.call == "kwargs" else self.call,
            "pre": None if self.pre is None else self._name(self.pre),
            "post": None if self.post is None else self._name(self.post),
            "path": path,
        }
        chosen = {name: value for name, value in optional.items() if value is not None}
        return {"kind": "python", "function": self._name(self.function), **chosen}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any], folder: Path | None = None) -> "PythonEvaluator":
        """Return the evaluator of :meth:`to_dict`, or of a mapping that people write.

        Parameters
        ----------
        values
            ``function`` and, optionally, ``call``, ``pre``, ``post``, ``path``.
        folder
            What a relative ``path`` is relative to, and the ``path`` where none is given.
        """
        for name in ("function", "pre", "post"):
            value = values.get(name)
            if isinstance(value, str) and not functions.importable(value) and ("<" in value or value.endswith("()")):
                raise InvalidInput(
                    f"'{value}' has no name that another process could import: define the function with 'def' at the "
                    "top of a module, and continue the study from Python until then."
                )
        chosen = dict(values)
        if folder is not None:
            chosen["path"] = str(Path(folder, chosen.get("path") or ""))
        return cls(**chosen)


_POSITIONAL_ONLY = inspect.Parameter.POSITIONAL_ONLY
_KEYWORDS = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


def _arguments(function: Callable[..., Any]) -> Mapping[str, inspect.Parameter] | None:
    """Return the arguments of a function by name; None where Python cannot tell (some written in C)."""
    try:
        return inspect.signature(function).parameters
    except (TypeError, ValueError):
        return None
