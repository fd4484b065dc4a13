"""Which file, value and result goes where: the experiment's names against those of the workflow."""

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from parfocal.errors import EvaluationError
from parfocal.evaluation.galaxy.workflow import COLLECTION, DATA, PARAMETER, TOOL, Step, Workflow, hint, named
from parfocal.evaluation.templates import Template, plain

_INPUTS = (DATA, COLLECTION)


@dataclass(frozen=True)
class Place:
    """Where a value goes: to a parameter input of the workflow, or to an input of a tool (then with its path)."""

    step: Step
    path: str | None = None


@dataclass(frozen=True)
class Source:
    """Where a result comes from: a labelled result of the workflow, or an output of a step."""

    step: Step
    output: str
    label: str | None


@dataclass(frozen=True)
class Mapped:
    """The experiment's names, resolved in a workflow.

    Parameters
    ----------
    inputs
        Index of an input step to the name in the experiment.
    places
        Key of ``parameters`` to its place.
    open
        Parameter inputs by label that ``parameters`` does not set: a parameter of the same name does.
    outputs
        Key of ``outputs`` to its source.
    problems
        What does not fit, one sentence each.
    """

    inputs: Mapping[str, str]
    places: Mapping[str, Place]
    open: Mapping[str, Step]
    outputs: Mapping[str, Source]
    problems: tuple[str, ...]


def resolve(workflow: Workflow, inputs: Sequence[str], parameters: Sequence[str], outputs: Sequence[str]) -> Mapped:
    """Look for the names of an experiment in a workflow."""
    problems: list[str] = []
    found_inputs = {}
    for name in inputs:
        found = _input(workflow, name, problems)
        if found is not None:
            found_inputs[str(found.index)] = name
    places = {}
    for name in parameters:
        place = _place(workflow, name, problems)
        if place is not None:
            places[name] = place
    sources = {}
    for name in outputs:
        source = _source(workflow, name, problems)
        if source is not None:
            sources[name] = source
    for step in workflow.of(DATA):
        if str(step.index) not in found_inputs and not step.optional:
            problems.append(f"The workflow needs the input {step}: name its file under 'inputs'.")
    set_here = {place.step.index for place in places.values()}
    unset = {step.names[0]: step for step in workflow.of(PARAMETER) if step.index not in set_here}
    return Mapped(found_inputs, places, unset, sources, tuple(problems))


def _input(workflow: Workflow, name: str, problems: list[str]) -> Step | None:
    step = named(workflow.of(*_INPUTS), name)
    if step is None:
        other = named(workflow.steps, name)
        if other is not None and other.kind == PARAMETER:
            problems.append(f"The workflow's input '{name}' takes a value, not a file: set it under 'parameters'.")
        else:
            names = [step.names[0] for step in workflow.of(DATA)]
            problems.append(f"The workflow has no input '{name}'; {hint(name, names, 'its inputs are')}")
    elif step.kind == COLLECTION:
        problems.append(f"The workflow's input '{name}' takes a collection, which is not supported: use single files.")
        return None
    return step


def _place(workflow: Workflow, name: str, problems: list[str]) -> Place | None:
    step = named(workflow.of(PARAMETER), name)
    if step is not None:
        return Place(step)
    first, separator, path = name.partition("|")
    if not separator:
        names = [step.names[0] for step in workflow.of(PARAMETER)]
        problems.append(
            f"The workflow has no parameter '{name}'; {hint(name, names, 'its parameters are')}"
            " An input of a tool is written 'step|input'."
        )
        return None
    step = named(workflow.steps, first)
    if step is None or step.kind != TOOL:
        names = [each.names[0] for each in workflow.of(TOOL)]
        problems.append(f"The workflow has no tool step '{first}' (of '{name}'); {hint(first, names, 'it has')}")
    elif step.connected(path):
        problems.append(f"The input '{name}' gets its value from another step: set that one, or cut the connection.")
    elif path not in step.state:
        settable = [each for each in step.state if not step.connected(each)]
        problems.append(f"The step '{first}' has no input '{path}'; {hint(path, settable, 'its inputs are')}")
    else:
        return Place(step, path)
    return None


def _source(workflow: Workflow, name: str, problems: list[str]) -> Source | None:
    if name in workflow.outputs:
        step, output = workflow.outputs[name]
        return Source(step, output, name)
    first, separator, output = name.partition("|")
    found = named(workflow.steps, first) if separator else None
    if found is not None and found.kind not in (*_INPUTS, PARAMETER):
        return Source(found, output, None)
    problems.append(
        f"The workflow has no output '{name}'; {hint(name, list(workflow.outputs), 'its outputs are')} "
        "Give the output a label in Galaxy, or write 'step|output'."
    )
    return None


def parameter_problems(mapped: Mapped, parameters: Collection[str], conditional: Collection[str]) -> list[str]:
    """Return what is wrong with the workflow's parameters that nothing but a name sets.

    Parameters
    ----------
    mapped
        The names, resolved.
    parameters, conditional
        Of the space: all names, and those of parameters that are not always active.
    """
    found = []
    for label, step in mapped.open.items():
        if label not in parameters and not step.optional:
            found.append(
                f"The workflow's parameter {step} has no value: set it under 'parameters', or give a parameter of the "
                "space its name."
            )
        elif label in conditional and not step.optional:
            found.append(
                f"The parameter '{label}' is not always active, and the workflow's parameter {step} has no default: "
                "make it optional in Galaxy."
            )
    return found


def value_of(template: Template, values: Mapping[str, Any]) -> tuple[bool, Any]:
    """Return whether a template has something to say, and what: a placeholder alone keeps the type of its value."""
    if len(template.parts) == 1 and isinstance(template.parts[0], tuple) and template.parts[0][1:] == (None,) * 3:
        name = template.parts[0][0]
        return name in values, values.get(name)
    text = template.fill(values)
    return text is not None, text


def typed(value: Any, step: Step) -> Any:
    """Return a value in the type of a parameter input, or raise :class:`EvaluationError`."""
    convert = _TYPES.get(step.type)
    if convert is None or value is None:
        return value
    try:
        return convert(value)
    except (TypeError, ValueError, OverflowError):
        raise EvaluationError(
            f"The workflow's parameter {step} takes a value of type {step.type}; got {value!r}"
            + (": round it, as in '{name:.0f}'." if step.type == "integer" and isinstance(value, float) else ".")
        ) from None


def _whole(value: Any) -> int:
    number = float(value)
    if not number.is_integer():
        raise ValueError("no whole number")
    return int(value) if isinstance(value, int | str) and str(value).lstrip("+-").isdigit() else int(number)


def _number(value: Any) -> float:
    number = float(value)
    if not math.isfinite(number):
        raise ValueError("not finite")
    return number


_WORDS = {"true": True, "false": False, "yes": True, "no": False, "1": True, "0": False}


def _truth(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if str(value).lower() not in _WORDS:
        raise ValueError("neither true nor false")
    return _WORDS[str(value).lower()]


_TYPES: dict[str, Callable[[Any], Any]] = {
    "float": _number,
    "integer": _whole,
    "boolean": _truth,
    "text": plain,
    "color": plain,
}
