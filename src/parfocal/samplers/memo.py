"""Disposable caches that live as long as the history they were computed from."""

from collections.abc import Hashable
from typing import Any
from weakref import WeakKeyDictionary

from parfocal.trials import History

_NOTEBOOKS: WeakKeyDictionary[History, dict[Hashable, Any]] = WeakKeyDictionary()


def notebook(history: History) -> dict[Hashable, Any]:
    """Return the scratch dictionary of one History object; it vanishes together with the history.

    Rules: a value only saves time (the same result must follow without it), a key names its owner, for example
    ``("parzen", self)``, a value carries the ``history.version`` (or the number of rows) up to which it is valid, and
    the dictionary stays small: one entry an owner, overwritten, not one a version.
    """
    return _NOTEBOOKS.setdefault(history, {})
