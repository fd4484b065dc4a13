"""Warm start: the best configurations of an earlier study, as far as a new space can hold them.

Configurations are carried, losses are not: other images and another metric have another scale, so that what was best
is evaluated anew. What an earlier study cannot say (parameters that are new) stands at its default.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Any, Protocol, TypeAlias, runtime_checkable

import numpy as np

from parfocal.checks import did_you_mean, positive
from parfocal.errors import InvalidInput
from parfocal.samplers.selection import best_first
from parfocal.seeds import generator
from parfocal.space import Boolean, Categorical, Constant, Float, Integer, Ordinal, Space
from parfocal.storage import Storage, load_history, open_storage, the_study
from parfocal.trials import History
from parfocal.typing import Floats, Value, Values

TOP = 10
"""Configurations that are carried."""
SHARE = 0.1
"""Share of the earlier trials, best first, among which different ones are chosen; at least twice as many as are
wanted, and at most the better half."""


@runtime_checkable
class Searched(Protocol):
    """What is needed of an earlier study: :class:`parfocal.Study` has it."""

    @property
    def name(self) -> str:
        """Name of the study."""
        ...

    @property
    def space(self) -> Space:
        """Its space."""
        ...

    @property
    def history(self) -> History:
        """Its trials."""
        ...


Place: TypeAlias = str | os.PathLike[str] | Storage | Searched
"""Where an earlier study is: a path, a URL, a storage, or the study itself."""


@dataclass(frozen=True)
class WarmStart:
    """Where to start from.

    Parameters
    ----------
    storage : path or URL, or a study
        The database of the earlier study.
    study : str, optional
        Its name; may be left out where the database holds only one.
    top : int
        How many configurations are carried, at least 1.
    """

    storage: Place
    study: str | None = None
    top: int = TOP

    def __post_init__(self) -> None:
        positive(self.top, "top")

    @classmethod
    def of(cls, given: Any) -> "WarmStart":
        """Return the warm start of a path, a URL, a study, or a mapping ``{storage:, study:, top:}``.

        Raises
        ------
        InvalidInput
            If a key is unknown or ``storage`` is missing.
        """
        if isinstance(given, cls):
            return given
        if not isinstance(given, Mapping):
            return cls(given)
        known = ("storage", "study", "top")
        wrong = next((key for key in given if key not in known), None)
        if wrong is not None or "storage" not in given:
            said = "'storage' is missing" if wrong is None else f"there is no key '{wrong}'{did_you_mean(wrong, known)}"
            raise InvalidInput(f"A warm start has storage, and where needed study and top: {said}.")
        return cls(**given)

    def source(self) -> tuple[str, Space, History]:
        """Return name, space and trials of the earlier study; nothing is made by looking.

        Raises
        ------
        ParfocalError
            If there is no such database or study.
        """
        if isinstance(self.storage, Searched):
            return self.storage.name, self.storage.space, self.storage.history
        if isinstance(self.storage, Storage):
            store = self.storage
        elif isinstance(self.storage, str | os.PathLike):
            path = Path(os.fspath(self.storage).removeprefix("sqlite:///"))
            if "://" not in str(self.storage).removeprefix("sqlite://") and not path.is_file():
                raise InvalidInput(f"There is no database '{path}' to start from; check the name and the folder.")
            store = open_storage(self.storage)
        else:
            raise InvalidInput(f"A warm start needs a path, a URL or a study; got {self.storage!r}.")
        record = the_study(store, self.study, "warm_start: {storage: ..., study: NAME}")
        space = Space.from_dict(record.definition["space"])
        return record.name, space, load_history(store, record.id, space)


WarmSource: TypeAlias = WarmStart | Place | Mapping[str, Any]
"""What :meth:`WarmStart.of` takes."""


def carried(space: Space, start: WarmStart) -> list[tuple[dict[str, Value], str]]:
    """Return up to ``start.top`` configurations for ``space``, best first, each with a note of where it comes from.

    Shared parameters keep their values: numbers move to the nearest level, and to the nearest bound from outside of
    it; an option that is no more is left out. What is missing stands at its default, else at the median of its prior.
    Configurations that then break a constraint are repaired. Chosen are ones that differ from each other: the best,
    and then always the one farthest from those chosen, among the best :data:`SHARE` of the earlier trials.

    Raises
    ------
    InvalidInput
        If no trial was complete, or nothing of them can be carried over.
    """
    name, earlier, history = start.source()
    rows = best_first(history, np.flatnonzero(history.complete))
    if not len(rows):
        raise InvalidInput(f"The study '{name}' has no complete trial: there is nothing to start from.")
    pool = max(2 * start.top, ceil(SHARE * len(rows)))
    rows = rows[: min(10 * pool, ceil(len(rows) / 2))]  # some become equal where the new space is narrower
    shared = [translated(space, configuration) for configuration in earlier.decode(history.X[rows])]
    if not any(shared):
        raise InvalidInput(
            f"Nothing of the study '{name}' can be carried over: it has {', '.join(earlier.columns)}, and this space "
            f"has {', '.join(space.columns)}; parameters are shared that have the same name and a value in common."
        )
    X = space.repair(space.encode(shared), generator(0, "warm start"))
    _, first = np.unique(space.keys(X), return_index=True)
    first = np.sort(first)[:pool]
    chosen = first[diverse(space, X[first], start.top)]
    notes = [f"warm start: trial {row} of study '{name}'" for row in rows[chosen].tolist()]
    return list(zip(space.decode(X[chosen]), notes, strict=True))


def translated(space: Space, configuration: Values) -> dict[str, Value]:
    """Return the part of a configuration of another space that ``space`` can hold; constants are its own affair."""
    found = {name: _fitted(space.parameters.get(name), value) for name, value in configuration.items()}
    return {name: value for name, (value, fits) in found.items() if fits}


def _fitted(parameter: Any, value: Value) -> tuple[Value, bool]:
    """Return the nearest value that a parameter can hold, and whether there is one."""
    if isinstance(parameter, Float | Integer):
        if isinstance(value, bool) or not isinstance(value, int | float):
            return None, False
        nearest = min(max(value, parameter.low), parameter.high)
        return (round(nearest) if isinstance(parameter, Integer) else float(nearest)), True
    options: tuple[Value, ...] = (False, True) if isinstance(parameter, Boolean) else ()
    if isinstance(parameter, Categorical | Ordinal):
        options = tuple(parameter.choices if isinstance(parameter, Categorical) else parameter.values)
    match = [option for option in options if option == value and isinstance(option, bool) == isinstance(value, bool)]
    return (match[0], True) if match and not isinstance(parameter, Constant) else (None, False)


def diverse(space: Space, X: Floats, count: int) -> list[int]:
    """Return indices of ``count`` rows of ``X (n, d)`` that differ most, in their order: the first, then greedily.

    Two rows are as far apart as the mean over parameters: of the difference of numbers in the unit cube, 1 where
    options differ, and 1 where only one is active.
    """
    chosen = [0]
    nearest = np.full(len(X), np.inf)
    while len(chosen) < min(count, len(X)):
        gap = np.abs(X - X[chosen[-1]])
        gap[:, space.categorical] = gap[:, space.categorical] > 0
        one = np.isnan(X) != np.isnan(X[chosen[-1]])
        nearest = np.minimum(nearest, np.where(one, 1.0, np.nan_to_num(gap)).mean(axis=1))
        nearest[chosen] = -1.0
        chosen.append(int(np.argmax(nearest)))
    return sorted(chosen)
