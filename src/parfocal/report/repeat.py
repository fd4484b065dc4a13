"""How to repeat a search: the experiment file that a study's definition makes, and the command that runs it."""

import shlex
from collections.abc import Mapping
from typing import Any

import yaml

from parfocal.evaluation.functions import importable

FILE = "repeat.yaml"
"""What the file is called in the command."""


def experiment_of(name: str, definition: Mapping[str, Any], budget: int) -> str | None:
    """Return the experiment file of a study's definition; None where its evaluation cannot be written down."""
    evaluation = definition.get("evaluation")
    if evaluation is None or not _named(evaluation):
        return None
    what = {
        key: value for key, value in evaluation.items() if key not in ("kind", "path") and value not in ({}, [], None)
    }
    kind = evaluation["kind"]
    objective = dict(definition["objective"])
    objectives = [objective, *objective.pop("others", ())]
    limits = {key: value for key, value in definition.get("limits", {}).items() if value is not None}
    content = {
        "name": f"{name}-repeated",
        **({"task": what} if kind == "task" else {"evaluation": {"kind": kind, **what}}),
        "space": definition["space"]["parameters"],
        "constraints": list(definition["space"].get("constraints", ())) or None,
        "objective": objectives if len(objectives) > 1 else objective,
        "default": definition.get("default"),
        "optimizer": definition["optimizer"],
        "warmup": definition["warmup"],
        "noise": {"repeats": definition["repeats"]} if definition.get("repeats") else None,
        "budget": budget,
        "seed": definition["seed"],
        "isolation": definition["isolation"],
        "limits": limits or None,
        "stop_after_failures": definition["stop_after_failures"],
    }
    kept = {key: value for key, value in content.items() if value is not None}
    return yaml.safe_dump(kept, sort_keys=False, default_flow_style=None, width=100, allow_unicode=True)


def _named(evaluation: Mapping[str, Any]) -> bool:
    """Whether another process can find what evaluates: a function of a session or a notebook has no name for that."""
    functions = [evaluation.get(key) for key in ("function", "pre", "post")] if evaluation["kind"] == "python" else []
    return all(name is None or importable(name) for name in functions)


def command_of(file: str = FILE, workers: int = 1) -> str:
    """Return the command that runs an experiment file; one worker asks in the same order each time."""
    return f"parfocal run {shlex.quote(file)} --workers {workers}"
