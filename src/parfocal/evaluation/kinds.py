"""The kinds of evaluators, and evaluators from JSON or YAML."""

import difflib
import importlib
import inspect
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from parfocal.errors import InvalidInput
from parfocal.evaluation.base import Evaluator

KINDS: dict[str, tuple[str, str]] = {
    "python": ("parfocal.evaluation.python:PythonEvaluator", "function"),
    "command": ("parfocal.evaluation.command:CommandEvaluator", "command"),
    "galaxy": ("parfocal.evaluation.galaxy.evaluator:GalaxyEvaluator", "workflow"),
    "task": ("parfocal.tasks.evaluator:TaskEvaluator", "name"),
}
"""Kind to class, and to the option that may be written under the kind's own name (``python: pipeline:segment``).

Other packages add kinds by the entry point ``parfocal.evaluators``.
"""


def kinds() -> dict[str, tuple[str, str | None]]:
    """Return all kinds: the table's, and those of installed packages."""
    from importlib.metadata import entry_points

    others = {point.name: (point.value, None) for point in entry_points(group="parfocal.evaluators")}
    return {**others, **KINDS}


def evaluator_from_dict(fields: Mapping[str, Any], folder: Path | None = None) -> Evaluator:
    """Return the evaluator of what :meth:`Evaluator.to_dict` wrote, or of what people write.

    Parameters
    ----------
    fields
        ``{"kind": "python", "function": "pipeline:segment"}``, or shorter ``{"python": "pipeline:segment"}``; likewise
        ``{"command": [...], "result": {...}}``, ``{"galaxy": "segment.ga", ...}`` and ``{"task": "spots"}``.
    folder
        The experiment's folder, where modules and programs are looked for.

    Raises
    ------
    InvalidInput
        One sentence, if the kind or an option is unknown or wrong.
    """
    if not isinstance(fields, Mapping):
        raise InvalidInput(f"An evaluation must be a mapping, for example {{python: 'pipeline:run'}}; got {fields!r}.")
    table = kinds()
    options = dict(fields)
    kind = options.pop("kind", None)
    if kind is None:
        named = [key for key in options if key in table]
        if len(named) != 1:
            raise InvalidInput(f"An evaluation needs exactly one of the keys {_names(table)}; got {_names(options)}.")
        kind = named[0]
        _, main = table[kind]
        if main is not None and main != kind:
            options[main] = options.pop(kind)
    if kind not in table:
        near = difflib.get_close_matches(str(kind), table, 1)
        hint = f"did you mean '{near[0]}'?" if near else f"known are {_names(table)}."
        raise InvalidInput(f"There is no kind of evaluation '{kind}'; {hint}")
    module, _, name = table[kind][0].partition(":")
    try:
        found = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise InvalidInput(f"The evaluation '{kind}' cannot be loaded: {error}.") from None
    _check_options(kind, found, options)
    evaluator: Evaluator = found.from_dict(options, folder=folder)
    return evaluator


def _check_options(kind: str, found: type, options: Mapping[str, Any]) -> None:
    """Raise with the remedy where an option is not known or a needed one is missing."""
    arguments = inspect.signature(found).parameters
    if any(argument.kind is argument.VAR_KEYWORD for argument in arguments.values()):
        return
    for key in options:
        if key not in arguments:
            near = difflib.get_close_matches(str(key), arguments, 1)
            hint = f"did you mean '{near[0]}'?" if near else f"known are {_names(arguments)}."
            raise InvalidInput(f"The evaluation '{kind}' has no option '{key}'; {hint}")
    for key, argument in arguments.items():
        if argument.default is argument.empty and key not in options:
            raise InvalidInput(f"The evaluation '{kind}' needs the option '{key}'.")


def _names(keys: Any) -> str:
    return ", ".join(f"'{key}'" for key in keys) or "none"
