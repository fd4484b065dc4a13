"""YAML files that people write: read safely, with the line of every key, so that a message can point at it."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from parfocal.errors import ExperimentError

Key = tuple[str | int, ...]
"""Where a value stands in a document: names of keys and indices of lists from the top."""


class _Loader(yaml.SafeLoader):
    """The safe loader, but a key that stands twice is an error instead of a silent overwrite."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: dict[Any, int] = {}
        for key_node, _ in node.value:
            if key_node.tag == "tag:yaml.org,2002:merge":
                continue
            key = self.construct_object(key_node, deep=True)
            line = key_node.start_mark.line + 1
            if isinstance(key, Hashable) and key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key '{key}' stands twice (lines {seen[key]} and {line}): keep one of them",
                    key_node.start_mark,
                )  # fmt: skip
            if isinstance(key, Hashable):
                seen[key] = line
        return super().construct_mapping(node, deep=deep)


@dataclass(frozen=True)
class Document:
    """A YAML file as plain values, and the line of each key."""

    path: Path
    content: dict[str, Any]
    lines: dict[Key, int] = field(repr=False)

    def error(self, key: Sequence[str | int], problem: str) -> ExperimentError:
        """Return the error that names file, line and key, and says the ``problem`` (a sentence with its remedy)."""
        key = tuple(key)
        known = key
        while known and known not in self.lines:
            known = known[:-1]
        line = f", line {self.lines[known]}" if known in self.lines else ""
        name = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in key).lstrip(".")
        return ExperimentError(f"{self.path}{line}{', ' + name if name else ''}: {problem}")


def read(path: str | Path) -> Document:
    """Read a YAML file whose top is a mapping, or raise :class:`ExperimentError` in one sentence."""
    path = Path(path)
    scheme, separator, _ = str(path).partition(":/")  # a path keeps one of a url's two slashes
    if separator and scheme.isidentifier() and len(scheme) > 1:  # not shown: it may hold a password
        raise ExperimentError(
            f"An experiment is a YAML file, got a url of '{scheme}': name the file, which says 'storage:'."
        )
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise ExperimentError(f"{path}: there is no such file; check the name and the folder.") from None
    except IsADirectoryError:
        raise ExperimentError(f"{path}: this is a folder; name the experiment's YAML file in it.") from None
    except UnicodeDecodeError:
        raise ExperimentError(f"{path}: this is no text in UTF-8; save the file as UTF-8.") from None
    except OSError as error:
        raise ExperimentError(f"{path}: cannot be read ({error.strerror}); check the permissions.") from None
    if "\t" in text and any(line.lstrip(" ").startswith("\t") for line in text.splitlines()):
        number = next(i for i, line in enumerate(text.splitlines(), 1) if line.lstrip(" ").startswith("\t"))
        raise ExperimentError(f"{path}, line {number}: YAML is indented by blanks, not by tabs; replace the tab.")
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        content = loader.construct_document(node) if node is not None else None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark is not None else ""
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise ExperimentError(f"{path}{line}: this is no valid YAML: {problem}.") from None
    finally:
        loader.dispose()
    if node is None or content is None:
        raise ExperimentError(
            f"{path}: the file is empty; an experiment needs at least 'task', or 'space' and 'evaluation'."
        )
    if not isinstance(content, dict):
        raise ExperimentError(
            f"{path}: the file must be a mapping of keys such as 'space:' at its top, not a {_kind(content)}."
        )
    lines: dict[Key, int] = {}
    _collect(node, (), lines)
    return Document(path, content, lines)


def _kind(value: Any) -> str:
    names: dict[type, str] = {list: "list", str: "text"}
    return names.get(type(value), type(value).__name__)


def _collect(node: yaml.Node, key: Key, lines: dict[Key, int]) -> None:
    """Fill ``lines`` with the line (from 1) at which each key of the document starts."""
    if isinstance(node, yaml.MappingNode):
        for key_node, value in node.value:
            child = (*key, str(key_node.value))
            lines[child] = key_node.start_mark.line + 1
            _collect(value, child, lines)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            lines[(*key, index)] = value.start_mark.line + 1
            _collect(value, (*key, index), lines)
