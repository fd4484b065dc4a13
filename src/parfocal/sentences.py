"""What pydantic finds wrong, as the one sentence that a person gets: what was expected, what was got."""

import difflib
from collections.abc import Iterable, Mapping
from typing import Any

SENTENCES: dict[str, str] = {
    "missing": "this key is missing; add it.",
    "int_type": "expected a whole number{or_auto}, got {input!r}.",
    "string_type": "expected text, got {input!r}; put it in quotes.",
    "list_type": "expected a list, got {input!r}; write one entry a line, each after '- '.",
    "dict_type": "expected a mapping of keys, got {input!r}.",
    "model_type": "expected a mapping of keys, got {input!r}.",
    "literal_error": "expected {expected}, got {input!r}.",
    "float_type": "expected a number, got {input!r}.",
    "less_than": "must be below {lt:g}, got {input!r}.",
    "greater_than_equal": "must be at least {ge}, got {input!r}.",
    "string_too_short": "must not be empty.",
    "value_error": "{error}",
}
"""Kind of pydantic's error -> the sentence that a user gets."""


def sentence(error: Mapping[str, Any], or_auto: str = "") -> str:
    """Return the sentence of one of pydantic's errors; ``or_auto`` says what stands beside a number."""
    text = SENTENCES.get(error["type"], f"{error['msg']}, got {{input!r}}.")
    return text.format(input=error["input"], or_auto=or_auto, **error.get("ctx", {}))


def unknown_key(key: str, known: Iterable[str]) -> str:
    """Return the sentence for a key that does not exist: the one that was probably meant, or all that there are."""
    names = list(known)
    near = difflib.get_close_matches(key, names, 1)
    hint = f"did you mean '{near[0]}'?" if near else f"the keys here are {', '.join(names)}."
    return f"there is no such key; {hint}"
