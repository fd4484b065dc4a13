"""What every storage checks at its door, so that all of them refuse the same things in the same words."""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from parfocal.errors import InvalidInput, OutOfStep, StorageError, StudyExistsError
from parfocal.storage.records import Tag
from parfocal.trials import Configuration, Fidelity, Outcome, Provenance, State
from parfocal.typing import Values


class Batch(NamedTuple):
    """Checked arguments of :meth:`Storage.add`: four lists of one length."""

    configurations: list[Configuration]
    seeds: list[int]
    fidelities: list[Fidelity]
    provenances: list[Provenance]


def batch(
    configurations: Sequence[Values],
    seeds: Iterable[int],
    fidelities: Fidelity | Sequence[Fidelity],
    provenances: Provenance | Sequence[Provenance],
) -> Batch:
    """Return the arguments of an ``add`` as lists of one length, or raise :class:`InvalidInput`."""
    n = len(configurations)
    checked = Batch(
        [c if isinstance(c, Configuration) else Configuration(c) for c in configurations],
        [int(seed) for seed in seeds],
        [fidelities] * n if isinstance(fidelities, Fidelity) else list(fidelities),
        [provenances] * n if isinstance(provenances, Provenance) else list(provenances),
    )
    lengths = [len(part) for part in checked]
    if len(set(lengths)) != 1:
        raise InvalidInput(
            "A batch needs one configuration, seed, fidelity and provenance for each trial; "
            f"got {lengths[0]}, {lengths[1]}, {lengths[2]} and {lengths[3]}."
        )
    if any(not -(1 << 63) <= seed < 1 << 63 for seed in checked.seeds):
        raise InvalidInput("A seed must be a whole number of 64 bits.")
    return checked


def study_name(name: Any) -> str:
    """Return a study's name, or raise :class:`InvalidInput`."""
    if not isinstance(name, str) or not name.strip() or len(name) > 255 or not name.isprintable():
        raise InvalidInput(f"A study's name must be printable text of 1 to 255 characters; got {name!r}.")
    return name


def lease(seconds: float) -> float:
    """Return a lease, or raise :class:`InvalidInput`."""
    if not (math.isfinite(seconds) and seconds > 0):
        raise InvalidInput(f"A lease must be a finite number of seconds above 0; got {seconds!r}.")
    return float(seconds)


def budget(trials: int | None) -> int | None:
    """Return a budget, or raise :class:`InvalidInput`."""
    if trials is not None and (isinstance(trials, bool) or not isinstance(trials, int) or trials < 0):
        raise InvalidInput(f"A budget must be a whole number of trials of at least 0, or None; got {trials!r}.")
    return trials


def tag(number: int, tag: str, image: str = "", author: str = "", created: float = 0.0) -> Tag:
    """Return a tag, or raise :class:`InvalidInput`."""
    if not isinstance(tag, str) or tag != tag.strip() or not 0 < len(tag) <= 40 or not tag.isprintable():
        raise InvalidInput(f"A tag is a word of 1 to 40 printable characters, such as 'good'; got {tag!r}.")
    for what, given, most in (("image's name", image, 1000), ("author", author, 255)):
        if not isinstance(given, str) or len(given) > most or not given.isprintable():
            raise InvalidInput(f"A tag's {what} is printable text of at most {most} characters; got {given!r}.")
    return Tag(int(number), tag, image, author, created)


def leading(asker: str, holder: str | None) -> None:
    """Raise :class:`OutOfStep` unless ``asker`` holds the lead."""
    if asker != holder:
        now = "nobody" if holder is None else f"'{holder}'"
        raise OutOfStep(f"'{asker}' does not ask for this study any more: by now {now} does.")


def span(start: int, stop: int | None) -> slice:
    """Return the trials [start, stop) as a slice, or raise :class:`InvalidInput`."""
    if start < 0 or (stop is not None and stop < 0):
        raise InvalidInput(f"Trials are read from a number of at least 0 to another; got {start} to {stop}.")
    return slice(start, stop)


def result(number: int, outcome: Outcome, loss: float) -> None:
    """Check that a loss belongs to its outcome, or raise :class:`InvalidInput`."""
    good = {
        State.COMPLETE: math.isfinite(loss),
        State.PRUNED: math.isfinite(loss) or math.isnan(loss),
        State.FAILED: math.isnan(loss),
    }
    if not good.get(outcome.state, False):
        raise InvalidInput(
            "A report is COMPLETE with a finite loss, PRUNED with a finite loss or NaN, or FAILED with NaN; "
            f"got {outcome.state.name} with {loss} for trial {number}."
        )


def merged(name: str, old: Mapping[str, Any], new: Mapping[str, Any], free: Collection[str]) -> Mapping[str, Any]:
    """Return the definition that an existing study has from now on: ``old`` with the ``free`` keys of ``new``.

    Raises
    ------
    StudyExistsError
        If another key differs.
    """
    fixed, wanted = ({key: value for key, value in each.items() if key not in free} for each in (old, new))
    differ = _differences(fixed, wanted)
    if differ:
        changes = "; ".join(f"{place} was {was}, now {now}" for place, was, now in differ[:3])
        more = f"; and {len(differ) - 3} more" if len(differ) > 3 else ""
        raise StudyExistsError(
            f"A study '{name}' exists with another definition ({changes}{more}): "
            "choose another name, or undo the change to continue it."
        )
    kept = {key: value for key, value in old.items() if key not in free}
    return {**kept, **{key: value for key, value in new.items() if key in free}}


def _differences(old: Mapping[str, Any], new: Mapping[str, Any], inside: str = "") -> list[tuple[str, str, str]]:
    """Return (place such as ``'space' at parameters.sigma.high``, old value, new value) of all that differs."""
    found = []
    for key in {**old, **new}:
        was, now, place = old.get(key, _ABSENT), new.get(key, _ABSENT), f"{inside}{key}" if inside else f"'{key}'"
        if isinstance(was, Mapping) and isinstance(now, Mapping):
            found += _differences(was, now, f"{place}." if inside else f"{place} at ")
        elif was != now:
            found.append((place, _short(was), _short(now)))
    return found


_ABSENT = object()


def _short(value: Any) -> str:
    text = "absent" if value is _ABSENT else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def no_study(name: str | int, names: Iterable[str]) -> StorageError:
    """Return the error for a study that does not exist."""
    known = ", ".join(f"'{each}'" for each in names) or "no study yet"
    what = f"named '{name}'" if isinstance(name, str) else f"with the id {name}"
    return StorageError(f"There is no study {what} in this storage; it holds {known}.")


def no_trial(number: int, total: int) -> StorageError:
    """Return the error for a trial that does not exist."""
    return StorageError(f"There is no trial {number}: the study has {total} trials, numbered from 0.")
