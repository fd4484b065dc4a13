"""What a command is given: an experiment's YAML file or a database, and how that becomes a study."""

from pathlib import Path
from typing import Literal

from parfocal.errors import InvalidInput
from parfocal.storage import Storage, open_storage
from parfocal.study import Study

YAML = (".yaml", ".yml")


def storage_of(target: Path) -> Storage:
    """Return the storage of an experiment file, or of a database; neither is ever made by looking at it."""
    if target.suffix.lower() in YAML:
        from parfocal.experiment import load

        target = load(target).storage
    if not target.is_file():
        raise InvalidInput(f"{target}: there is no such database yet; a search starts with `parfocal run`.")
    return open_storage(target)


def study_of(target: Path, name: str | None) -> Study:
    """Return the study that a command means; without a name, an experiment file names its own."""
    storage = storage_of(target)
    if name is None and target.suffix.lower() in YAML:
        from parfocal.experiment import load

        name = load(target).name
    return Study.open(storage, name)


def workers_of(text: str | None, default: int | Literal["auto"] = "auto") -> int | Literal["auto"]:
    """Return the number of workers that an option says."""
    if text is None:
        return default
    if text == "auto":
        return "auto"
    if text.isdecimal() and int(text) > 0:
        return int(text)
    raise InvalidInput(f"--workers is a number of at least 1, or 'auto' for all cores; got '{text}'.")
