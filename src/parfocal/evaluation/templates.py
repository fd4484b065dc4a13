"""Arguments with placeholders, filled with the values of one job.

========================  ==========================================================================================
``{sigma}``               the value: numbers as Python writes them, ``true`` and ``false``, nothing for a missing choice
``{sigma:.2f}``           the value in a format of Python's own format language
``{smooth?--smooth}``     the text behind the question mark if the value is true
``{smooth?--on|--off}``   one of two texts
``{{`` and ``}}``         a brace
========================  ==========================================================================================

**Inactive parameters.** A placeholder has nothing to say if its parameter is inactive, or if it is a ``?`` without a
second text and its value is false. Then the whole argument is left out; and if the argument is nothing but
placeholders and the one before it is an option (starts with ``-``, has neither a placeholder nor ``=``), that option is
left out too: of ``["--offset", "{offset}"]`` nothing remains. A nested list is a group and stays or goes as a whole:
``["--size", "{width}", "{height}"]`` is left out as soon as one of its placeholders has nothing to say; inside a group
no option is dropped by itself, so that ``["{mask}"]`` protects the option before it.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from parfocal.errors import EvaluationError, InvalidInput

Argument: TypeAlias = str | Sequence[str]
"""One argument, or a group of arguments that stay or go together."""

_TOKEN = re.compile(
    r"\{\{|\}\}|\{(?P<name>[^{}:?]+)(?:\?(?P<yes>[^{}|]*)(?:\|(?P<no>[^{}]*))?|:(?P<spec>[^{}]*))?\}|[{}]"
)


@dataclass(frozen=True, slots=True)
class Template:
    """One argument, parsed: literal texts, and placeholders as ``(name, spec, yes, no)``.

    Raises
    ------
    InvalidInput
        If a brace has no partner.
    """

    text: str
    parts: tuple[str | tuple[str, str | None, str | None, str | None], ...]

    @classmethod
    def parse(cls, text: str) -> "Template":
        """Parse one argument."""
        parts: list[str | tuple[str, str | None, str | None, str | None]] = []
        end = 0
        for token in _TOKEN.finditer(text):
            parts.append(text[end : token.start()])
            end = token.end()
            if token["name"]:
                parts.append((token["name"].strip(), token["spec"], token["yes"], token["no"]))
            elif token[0] in ("{{", "}}"):
                parts.append(token[0][0])
            else:
                raise InvalidInput(f"The argument '{text}' has a brace without its partner: write {{{{ for a brace.")
        return cls(text, tuple(part for part in (*parts, text[end:]) if part))

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the placeholders."""
        return tuple(part[0] for part in self.parts if isinstance(part, tuple))

    @property
    def bare(self) -> bool:
        """Whether the argument is nothing but placeholders."""
        return all(isinstance(part, tuple) for part in self.parts)

    @property
    def option(self) -> bool:
        """Whether the argument is an option that may belong to the next one."""
        return self.text.startswith("-") and self.text.strip("-") != "" and "=" not in self.text and not self.names

    def fill(self, values: Mapping[str, Any]) -> str | None:
        """Return the argument, or None if one of its placeholders has nothing to say."""
        filled = []
        for part in self.parts:
            text = part if isinstance(part, str) else _fill(*part, values)
            if text is None:
                return None
            filled.append(text)
        return "".join(filled)


def _fill(name: str, spec: str | None, yes: str | None, no: str | None, values: Mapping[str, Any]) -> str | None:
    """Return the text of one placeholder, or None if it has nothing to say."""
    if name not in values:
        return None
    value = values[name]
    if yes is not None:
        return yes if value else no
    if spec is not None:
        try:
            return format(value, spec)
        except (TypeError, ValueError) as error:
            raise EvaluationError(f"The placeholder {{{name}:{spec}}} does not fit {value!r}: {error}.") from None
    return plain(value)


def plain(value: Any) -> str:
    """Return a value as an argument: ``true``, ``1e-05``, ``otsu``; None is the empty text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


Group: TypeAlias = tuple[Template, ...]


@dataclass(frozen=True, slots=True)
class Arguments:
    """A list of arguments, parsed once; ``items`` are single arguments and groups."""

    items: tuple[Template | Group, ...]

    @classmethod
    def parse(cls, arguments: Iterable[Argument]) -> "Arguments":
        """Parse a list of arguments; numbers are taken as text."""
        items: list[Template | Group] = []
        for argument in arguments:
            if isinstance(argument, list | tuple):
                items.append(tuple(Template.parse(_text(part)) for part in argument))
            else:
                items.append(Template.parse(_text(argument)))
        return cls(tuple(items))

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all placeholders in their order, each once."""
        every = [name for item in self.items for part in _group(item) for name in part.names]
        return tuple(dict.fromkeys(every))

    def fill(self, values: Mapping[str, Any]) -> list[str]:
        """Return the arguments for these values, without those that have nothing to say."""
        filled: list[str] = []
        before: Template | None = None  # the single argument before this one, if it was kept
        for item in self.items:
            texts = [part.fill(values) for part in _group(item)]
            if None not in texts:
                filled += [text for text in texts if text is not None]
                before = item if isinstance(item, Template) else None
                continue
            if isinstance(item, Template) and item.bare and before is not None and before.option:
                filled.pop()
            before = None
        return filled


def _group(item: Template | Group) -> Group:
    return (item,) if isinstance(item, Template) else item


def _text(argument: Any) -> str:
    """Return an argument as text, or raise :class:`InvalidInput`."""
    if isinstance(argument, str | int | float) and not isinstance(argument, bool):
        return str(argument)
    raise InvalidInput(f"An argument of a command must be text; got {argument!r}: put it in quotes.")
