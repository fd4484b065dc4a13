"""`parfocal backup` and `restore`."""

from pathlib import Path

from parfocal.cli.targets import Place, place_of, storage_of
from parfocal.cli.words import plural
from parfocal.errors import InvalidInput
from parfocal.operations.backup import Copied, backup, backup_file, restore


def back_up(target: Place, out: Path) -> None:
    """Copy a database into a new file."""
    place = place_of(target)
    if isinstance(place, Path) and place.is_file():
        _say(backup_file(place, out))
        return
    storage = storage_of(target, readonly=True)
    try:
        _say(backup(storage, out))
    finally:
        storage.close()


def bring_back(file: Path, target: Place) -> None:
    """Copy a database file to an empty place."""
    if not file.is_file():
        raise InvalidInput(f"There is no file '{file}': check the name and the folder.")
    _say(restore(file, place_of(target)))


def _say(done: Copied) -> None:
    print(f"{done.place}: {plural(done.studies, 'study', 'studies')}, {plural(done.trials, 'trial', 'trials')}.")
