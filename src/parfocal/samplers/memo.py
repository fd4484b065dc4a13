"""Disposable caches that live as long as the history or space they were computed from."""

import weakref
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from parfocal.space import Space
from parfocal.trials import History

T = TypeVar("T")

_BOOKS: dict[int, dict[Hashable, Any]] = {}


def notebook(history: History) -> dict[Hashable, Any]:
    """Return the scratch dictionary of one History object; it vanishes together with the history.

    Rules: a value only saves time (the same result must follow without it), a key names its owner, for example
    ``("parzen", self)``, a value carries the ``history.version`` (or the number of rows) up to which it is valid, and
    the dictionary stays small: one entry an owner, overwritten, not one a version.
    """
    return _book(history)


def inherit(later: History, earlier: History) -> None:
    """Let a copy of a history, to which trials were or will be added, begin with what is noted of the earlier one.

    An entry that has a method ``fork() -> copy`` is forked. Tuples of numbers, texts, spaces and frozen dataclasses
    cannot change and are shared; they are to depend on told results alone, not on pending trials. Everything else is
    left behind, and computed again when it is wanted.
    """
    book = _book(later)
    for key, value in _book(earlier).items():
        if hasattr(value, "fork"):
            book[key] = value.fork()
        elif _constant(value):
            book[key] = value


def give_back(earlier: History, later: History) -> None:
    """Let a history have what was noted of results while a copy of it, with the same ones, was in use."""
    _book(earlier).update({key: value for key, value in _book(later).items() if _constant(value)})


def _constant(value: object) -> bool:
    """Whether a note is a tuple of things that cannot change."""
    return isinstance(value, tuple) and all(
        getattr(getattr(part, "__dataclass_params__", None), "frozen", False)
        or isinstance(part, int | float | str | Space | None)
        for part in value
    )


def remembered(space: Space, key: Hashable, make: Callable[[], T]) -> T:
    """Return ``make()``, computed once for each (space object, key); it vanishes together with the space."""
    book = _book(space)
    if key not in book:
        book[key] = make()
    value: T = book[key]
    return value


def _book(owner: object) -> dict[Hashable, Any]:
    """Return the dictionary of one object, by identity: owners need neither equality nor a hash."""
    book = _BOOKS.get(id(owner))
    if book is None:
        book = _BOOKS[id(owner)] = {}
        weakref.finalize(owner, _BOOKS.pop, id(owner), None).atexit = False
    return book
