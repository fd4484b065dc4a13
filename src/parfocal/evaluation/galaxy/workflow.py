"""What a Galaxy workflow asks for and what it makes, read from its ``.ga`` document."""

import difflib
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from parfocal.errors import EvaluationError

DATA, COLLECTION, PARAMETER, TOOL = "data_input", "data_collection_input", "parameter_input", "tool"
_CONNECTED = "ConnectedValue"


@dataclass(frozen=True)
class Step:
    """One step of a workflow.

    Parameters
    ----------
    index
        Its place, from 0.
    kind
        ``data_input``, ``data_collection_input``, ``parameter_input``, ``tool``, ``subworkflow``, ``pause``.
    label
        What people call it; empty where it has no label.
    tool
        Id of the tool; empty for other kinds.
    state
        What is set in the workflow: path of a tool's input (``section|name``) to its value; of inputs their options.
    outputs
        Label to name of the outputs that count as results of the workflow.
    """

    index: int
    kind: str
    label: str
    tool: str
    state: Mapping[str, Any]
    outputs: Mapping[str, str]

    @property
    def names(self) -> tuple[str, ...]:
        """How it may be named: its label, and its index."""
        return (self.label, str(self.index)) if self.label else (str(self.index),)

    @property
    def optional(self) -> bool:
        """Whether an input may be left out."""
        return bool(self.state.get("optional")) or self.state.get("default") is not None

    @property
    def type(self) -> str:
        """Of a parameter input: ``text``, ``integer``, ``float``, ``boolean``, ``color``."""
        return str(self.state.get("parameter_type", "text"))

    def connected(self, path: str) -> bool:
        """Whether a tool's input gets its value from another step."""
        value = self.state.get(path)
        return isinstance(value, Mapping) and value.get("__class__") == _CONNECTED

    def __str__(self) -> str:
        return f"{self.index} '{self.label}'" if self.label else f"{self.index}"


@dataclass(frozen=True)
class Workflow:
    """A workflow: its document, and the steps in it."""

    name: str
    document: Mapping[str, Any]
    steps: tuple[Step, ...]

    @property
    def digest(self) -> str:
        """Hash of the content, whatever its layout."""
        text = json.dumps(self.document, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    def of(self, *kinds: str) -> tuple[Step, ...]:
        """Return the steps of some kinds."""
        return tuple(step for step in self.steps if step.kind in kinds)

    @property
    def outputs(self) -> dict[str, tuple[Step, str]]:
        """Label of each result to its step and the name of the step's output."""
        return {label: (step, name) for step in self.steps for label, name in step.outputs.items()}

    @classmethod
    def parse(cls, document: Any, source: str) -> "Workflow":
        """Return the workflow of a ``.ga`` document, or raise :class:`EvaluationError`."""
        if not isinstance(document, Mapping) or not isinstance(document.get("steps"), Mapping):
            raise EvaluationError(
                f"{source} is no Galaxy workflow: expected a '.ga' file as Galaxy writes it (Workflow, Download)."
            )
        try:
            steps = tuple(_step(int(key), step) for key, step in document["steps"].items())
        except (TypeError, ValueError, KeyError, AttributeError) as error:
            raise EvaluationError(f"{source} has a step that cannot be read: {error!r}.") from None
        return cls(str(document.get("name") or "workflow"), document, tuple(sorted(steps, key=lambda s: s.index)))

    @classmethod
    def read(cls, path: Path) -> "Workflow":
        """Return the workflow of a ``.ga`` file, or raise :class:`EvaluationError`."""
        try:
            return cls.parse(json.loads(path.read_text(encoding="utf-8-sig")), f"The file '{path}'")
        except OSError as error:
            raise EvaluationError(f"The workflow '{path}' cannot be read: {error.strerror}.") from None
        except ValueError as error:
            raise EvaluationError(f"The workflow '{path}' is no JSON, which a '.ga' file is: {error}.") from None


def _step(index: int, fields: Mapping[str, Any]) -> Step:
    state = _decoded(fields.get("tool_state") or {})
    kind = str(fields["type"])
    marked = fields.get("workflow_outputs") or ()
    return Step(
        index,
        kind,
        str(fields.get("label") or ""),
        str(fields.get("tool_id") or ""),
        dict(_flat(state)) if kind == TOOL else state,
        {str(each.get("label") or each["output_name"]): str(each["output_name"]) for each in marked},
    )


def _decoded(value: Any) -> Any:
    """Return a state whose parts may be JSON in texts, as older versions of Galaxy write it."""
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            value = json.loads(value)
        except ValueError:
            return value
    if isinstance(value, Mapping):
        return {str(key): _decoded(each) for key, each in value.items()}
    return [_decoded(each) for each in value] if isinstance(value, list) else value


def _flat(state: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield path and value of a tool's inputs: ``section|name``, ``repeat_0|name``."""
    for key, value in state.items():
        path = f"{prefix}{key}"
        if key.startswith("__"):
            continue
        if isinstance(value, Mapping) and "__class__" not in value:
            yield from _flat(value, f"{path}|")
        elif isinstance(value, list) and value and all(isinstance(each, Mapping) for each in value):
            for index, each in enumerate(value):
                yield from _flat(each, f"{path}_{index}|")
        else:
            yield path, value


def named(steps: Sequence[Step], name: str) -> Step | None:
    """Return the step of this label or index."""
    found = [step for step in steps if step.label == name] or [step for step in steps if str(step.index) == name]
    return found[0] if found else None


def hint(name: str, names: Sequence[str], what: str) -> str:
    """Return the end of a sentence about a name that does not exist: a near one, or all that exist."""
    inner = [each for each in names if each.rpartition("|")[2] == name]  # the tool has it in a section
    near = inner or difflib.get_close_matches(name, names, 1)
    return f"did you mean '{near[0]}'?" if near else f"{what} {', '.join(map(repr, names)) or 'none'}."
