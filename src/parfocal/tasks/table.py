"""The tasks by name, each with the import path of its loader; nothing is imported before it is used."""

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from inspect import signature
from typing import Any, get_type_hints

from parfocal.errors import InvalidInput
from parfocal.tasks.base import Task


@dataclass(frozen=True)
class Row:
    """One task: the loader as ``module:function``, options it always gets, and one line for people."""

    loader: str
    title: str
    options: Mapping[str, Any] = field(default_factory=dict)


TASKS: Mapping[str, Row] = {
    "nuclei": Row("parfocal.tasks.nuclei:nuclei", "cell nuclei by k-means clustering (6 parameters)"),
    "spots": Row("parfocal.tasks.spots:spots", "spots by the spot-enhancing filter (2 parameters)"),
    "spots-background": Row(
        "parfocal.tasks.spots:spots", "the same after subtraction of the background (3 parameters)", {"subtract": True}
    ),
}


def names() -> tuple[str, ...]:
    """Return the names of all tasks, those of installed plug-ins (entry points ``parfocal.tasks``) included."""
    return (*TASKS, *sorted({point.name for point in entry_points(group="parfocal.tasks")} - set(TASKS)))


def load(name: str, **options: Any) -> Task:
    """Return the task ``name``; its images are read or simulated now.

    Raises
    ------
    InvalidInput
        When there is no such task, or it does not know an option.
    MissingPackage, DataError
        When its images cannot be had.
    """
    if name in TASKS:
        row = TASKS[name]
        module, _, function = row.loader.partition(":")
        loader, fixed = getattr(importlib.import_module(module), function), row.options
    else:
        found = [point for point in entry_points(group="parfocal.tasks") if point.name == name]
        if not found:
            raise InvalidInput(f"There is no task {name!r}; expected one of {', '.join(names())}.")
        loader, fixed = found[0].load(), {}
    known = [each for each in signature(loader).parameters if each not in fixed]
    for option, value in options.items():
        if option not in known:
            raise InvalidInput(f"The task '{name}' has no option {option!r}; expected some of {', '.join(known)}.")
        _check_type(name, option, value, get_type_hints(loader).get(option, Any))
    task = loader(**fixed, **options)
    if not isinstance(task, Task):
        raise InvalidInput(f"The loader of the task '{name}' must return a Task; got {type(task).__name__}.")
    return task


def _check_type(name: str, option: str, value: Any, expected: Any) -> None:
    from pydantic import TypeAdapter, ValidationError

    try:
        TypeAdapter(expected).validate_python(value, strict=True)
    except ValidationError as error:
        why = error.errors()[0]["msg"]
        raise InvalidInput(f"The option '{option}' of the task '{name}' cannot be {value!r}: {why}.") from None
