"""What a command is given: an experiment's YAML file or a database, and how that becomes a study."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from parfocal.errors import InvalidInput
from parfocal.storage import Storage, StudyRecord, open_storage, the_study

if TYPE_CHECKING:
    from parfocal.study import Study  # with its optimizers: a second that a look need not wait for

YAML = (".yaml", ".yml")
Place: TypeAlias = str | os.PathLike[str]
"""An experiment's file, a database's file, or the url of a server."""


def is_url(target: Place) -> bool:
    """Whether a target is a server, or a file that is written as a url."""
    return "://" in os.fspath(target)


def is_experiment(target: Place) -> bool:
    """Whether a target is an experiment's file."""
    return not is_url(target) and Path(target).suffix.lower() in YAML


def place_of(target: Place) -> str | Path:
    """Return the database that a target means: a file, whether or not it exists, or a url."""
    if is_experiment(target):
        from parfocal.experiment import load

        target = load(Path(target)).storage
    text = os.fspath(target)
    if text.startswith("sqlite://"):
        return Path(text.removeprefix("sqlite://").removeprefix("/"))
    return text if is_url(text) else Path(text)


def storage_of(target: Place, *, readonly: bool = False) -> Storage:
    """Return the storage of an experiment file, or of a database; neither is ever made by looking at it."""
    place = place_of(target)
    if isinstance(place, Path) and not place.is_file():
        raise InvalidInput(f"{place}: there is no such database yet; a search starts with `parfocal run`.")
    return open_storage(place, readonly=True) if readonly else open_storage(place)


def name_of(target: Place, name: str | None) -> str | None:
    """Return the name of the study that a command means; without one, an experiment file names its own."""
    if name is None and is_experiment(target):
        from parfocal.experiment import load

        return load(Path(target)).name
    return name


def study_of(target: Place, name: str | None, folder: Path | None = None) -> "Study":
    """Return the study that a command means; ``folder`` is where its experiment lies on this host."""
    from parfocal.study import Study

    return Study.open(storage_of(target), name_of(target, name), folder=folder)


def record_of(target: Place, name: str | None, *, readonly: bool = False) -> tuple[Storage, StudyRecord]:
    """Return the storage of a target and the study that a command means, read and not opened."""
    storage = storage_of(target, readonly=readonly)
    return storage, the_study(storage, name_of(target, name))


def workers_of(text: str | None, default: int | Literal["auto"] = "auto") -> int | Literal["auto"]:
    """Return the number of workers that an option says."""
    if text is None:
        return default
    if text == "auto":
        return "auto"
    if text.isdecimal() and int(text) > 0:
        return int(text)
    raise InvalidInput(f"--workers is a number of at least 1, or 'auto' for all cores; got '{text}'.")
