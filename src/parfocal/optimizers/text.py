"""The text form of a composition: ``random + random-forest(acquisition=ei, trees=20)``."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches

from parfocal.errors import OptimizerError
from parfocal.typing import Value

_TOKEN = re.compile(
    r"""\s*(?:(?P<string>"(?:[^"\\]|\\.)*"|'[^'\\]*')
      |(?P<number>[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?(?![\w.]))
      |(?P<word>[A-Za-z0-9_](?:[\w-]*\w)?)
      |(?P<sign>[-+(),=])
      |(?P<end>\Z)
      |(?P<other>.))""",
    re.VERBOSE | re.DOTALL,
)
_WORDS: Mapping[str, Value] = {"true": True, "false": False, "none": None}
_BARE = re.compile(r"[A-Za-z_](?:[\w-]*\w)?")
LONGEST = 2000
"""Characters that a text may have."""
FEW = 12
"""Names that fit into a sentence."""


@dataclass(frozen=True)
class Part:
    """One named part with its options, as written; ``position`` is its first character in the text, from 0."""

    name: str
    options: Mapping[str, Value] = field(default_factory=dict)
    position: int = field(default=0, compare=False)

    def __str__(self) -> str:
        if not self.options:
            return self.name
        return f"{self.name}({', '.join(f'{key}={_written(value)}' for key, value in self.options.items())})"


def parse(text: str) -> tuple[Part, ...]:
    """Return the one or two parts of ``text``.

    The grammar: ``part [+ part]`` with ``part = name [(option=value, ...)]``; a value is a number, ``true``,
    ``false``, ``none``, a word such as ``random-forest``, or text in quotes.

    Raises
    ------
    OptimizerError
        With the position (from 1) of what cannot be read, and what was expected there.
    """
    if not isinstance(text, str):
        raise OptimizerError(f"An optimizer is named by text such as 'tpe' or 'random + random-forest'; got {text!r}.")
    if len(text) > LONGEST:
        raise OptimizerError(f"The text of an optimizer may have {LONGEST} characters; got {len(text)}.")
    tokens = _Tokens(text)
    parts = [_part(tokens)]
    if tokens.take("+"):
        parts.append(_part(tokens))
    if tokens.kind != "end":
        tokens.refuse("'+' or the end" if len(parts) == 1 else "the end (an optimizer is one sampler + one strategy)")
    return tuple(parts)


def suggestion(name: str, known: Iterable[str]) -> str:
    """Return ``; did you mean 'x'?`` for the closest known name, or all of them, or the command that lists many."""
    names = sorted(known)
    close = get_close_matches(name, names, n=1, cutoff=0.6)
    if close:
        return f"; did you mean '{close[0]}'?"
    return f": choose from {', '.join(names) or 'none'}." if len(names) <= FEW else "; `parfocal zoo` lists the names."


class _Tokens:
    """The tokens of a text, one ahead."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._next = 0
        self.advance()

    def advance(self) -> None:
        found = _TOKEN.match(self.text, self._next)
        if found is None or found.lastgroup is None:  # pragma: no cover - the pattern matches anything
            raise OptimizerError(f"Cannot read the optimizer '{self.text}'.")
        self.kind, self.value = found.lastgroup, found[found.lastgroup]
        self.start = found.start(found.lastgroup)
        self._next = found.end()

    def take(self, sign: str) -> bool:
        if self.kind == "sign" and self.value == sign:
            self.advance()
            return True
        return False

    def need(self, sign: str, instead: str) -> None:
        if not self.take(sign):
            self.refuse(instead)

    def refuse(self, expected: str) -> None:
        got = "the end" if self.kind == "end" else f"'{self.value}'"
        raise OptimizerError(
            f"Cannot read the optimizer '{self.text}' at character {self.start + 1}: expected {expected}, got {got}."
        )


def _part(tokens: _Tokens) -> Part:
    position, name = tokens.start, tokens.value
    if tokens.kind != "word":
        tokens.refuse("a name such as 'random'")
    tokens.advance()
    options: dict[str, Value] = {}
    if tokens.take("(") and not tokens.take(")"):
        while True:
            key = tokens.value.replace("-", "_")
            if tokens.kind != "word" or not key.isidentifier():
                tokens.refuse("the name of an option")
            if key in options:
                tokens.refuse(f"each option once ('{key}' is there twice)")
            tokens.advance()
            tokens.need("=", f"'=' after the option '{key}'")
            options[key] = _value(tokens)
            if tokens.take(")"):
                break
            tokens.need(",", "',' or ')'")
    return Part(name, options, position)


def _value(tokens: _Tokens) -> Value:
    kind, text = tokens.kind, tokens.value
    value: Value = text
    if kind == "number":
        value = float(text) if re.search(r"[.eE]", text) else int(text)
    elif kind == "string":
        value = text[1:-1] if text[0] == "'" else _unquoted(tokens)
    elif kind == "word":
        value = _WORDS.get(text.lower(), text)
    else:
        tokens.refuse("a value (a number, true, false, none, a word, or text in quotes)")
    tokens.advance()
    return value


def _unquoted(tokens: _Tokens) -> str:
    try:
        return str(json.loads(tokens.value))
    except ValueError:
        tokens.refuse("text in quotes as JSON writes it")
        raise


def _written(value: Value) -> str:
    """Return a value as :func:`parse` reads it back."""
    if isinstance(value, str):
        bare = _BARE.fullmatch(value) and value.lower() not in _WORDS
        return value if bare else json.dumps(value)
    return str(value).lower() if value is None or isinstance(value, bool) else repr(value)
