"""The commands of one evaluation: those of the pre-hook, those that evaluate, those of the post-hook."""

from dataclasses import dataclass
from typing import Any

from parfocal.errors import InvalidInput
from parfocal.evaluation.results import Reader
from parfocal.evaluation.templates import Arguments


@dataclass(frozen=True)
class Parsed:
    """All templates of a command evaluator, parsed once."""

    steps: dict[str, Arguments]
    """Name of the step (empty for the last of the evaluation itself) to its command, in the order in which they run."""
    others: dict[str, Arguments]
    reader: Reader

    @property
    def names(self) -> dict[str, None]:
        """Names of all placeholders."""
        every = [*self.steps.values(), *self.others.values()]
        return dict.fromkeys(name for arguments in every for name in arguments.names)


def steps(command: Any, pre: Any, post: Any) -> dict[str, Arguments]:
    """Return the commands of the hooks and of the evaluation by the names of their steps."""
    parsed: dict[str, Arguments] = {}
    for stage, given in (("pre", pre), ("run", command), ("post", post)):
        several = _several(given, "command" if stage == "run" else stage)
        for index, arguments in enumerate(several, 1):
            last = stage == "run" and index == len(several)
            name = "" if last else stage if len(several) == 1 else f"{stage}{index}"
            parsed[name] = _arguments(arguments, "command" if stage == "run" else stage)
    return parsed


def _arguments(command: Any, name: str) -> Arguments:
    if isinstance(command, str) or not isinstance(command, list | tuple) or not command:
        raise InvalidInput(
            f"'{name}' must be a list of arguments, the program first, for example [octave, segment.m, '{{sigma}}']; "
            f"got {command!r}."
        )
    return Arguments.parse(command)


def _several(commands: Any, name: str) -> list[Any]:
    """Return a list of commands of what may be one command, or a list of commands."""
    if commands is None and name != "command":
        return []
    if not isinstance(commands, list | tuple) or not commands:
        _arguments(commands, name)
    return list(commands) if isinstance(commands[0], list | tuple) else [commands]
