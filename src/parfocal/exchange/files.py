"""Documents on disk: written whole or not at all, and read with one sentence for each way to be broken."""

import contextlib
import json
import os
import secrets
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from parfocal.errors import ExchangeError
from parfocal.exchange.format import (
    Claim,
    HandedTrial,
    Returned,
    batch_document,
    outcome_document,
    outcome_from,
    trial_document,
    trial_from,
)
from parfocal.trials import Outcome

T = TypeVar("T")


def text_of(document: Any) -> str:
    """Return a document as JSON in ASCII, which every program on every system reads alike."""
    return json.dumps(document, indent=1, allow_nan=False) + "\n"


def write(path: Path, document: Any) -> None:
    """Write a document so that its file appears whole or not at all, whatever ends this process and whenever.

    A process that is killed may leave a hidden ``.NAME.*.tmp`` beside it.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("w", encoding="ascii") as stream:
            stream.write(text_of(document))
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(temporary, path)
    except OSError as error:
        raise ExchangeError(f"{path}: cannot be written ({error.strerror}); name another file or folder.") from None
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()


def read(path: Path, make: Callable[[Any], T]) -> T:
    """Return what ``make`` makes of the JSON document in a file; an :class:`ExchangeError` names the file."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise ExchangeError(f"{path}: there is no such file.") from None
    except UnicodeDecodeError:
        raise ExchangeError(f"{path}: this is no text in UTF-8, and so no JSON.") from None
    except OSError as error:
        raise ExchangeError(f"{path}: cannot be read ({error.strerror}).") from None
    if not text.strip():
        raise ExchangeError(f"{path}: the file is empty; what should have written it did not come to its end.")
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        where = f" ({error.msg}, line {error.lineno})" if isinstance(error, json.JSONDecodeError) else ""
        raise ExchangeError(f"{path}: this is no whole JSON document{where}; the file is cut or broken.") from None
    try:
        return make(document)
    except ExchangeError as error:
        raise ExchangeError(f"{path}: {error}") from None


def trial_name(number: int) -> str:
    """Return the name of a trial's file: ``trial-000012.json``."""
    return f"trial-{number:06d}.json"


def write_trials(folder: Path, trials: Iterable[HandedTrial]) -> list[Path]:
    """Write one file a trial into a folder, which is made where it does not exist; return the paths."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ExchangeError(f"{folder}: cannot be made ({error.strerror}); name another folder.") from None
    paths = []
    for trial in trials:
        paths.append(folder / trial_name(trial.claim.number))
        write(paths[-1], trial_document(trial))
    return paths


def write_batch(path: Path, trials: Iterable[HandedTrial]) -> None:
    """Write all trials into one file."""
    write(path, batch_document(trials))


def read_trial(path: Path) -> HandedTrial:
    """Read the file of one trial."""
    return read(path, trial_from)


def write_outcome(path: Path, claim: Claim, outcome: Outcome) -> None:
    """Write the file of one outcome."""
    write(path, outcome_document(claim, outcome))


def outcome_files(paths: Iterable[Path]) -> list[Path]:
    """Return the files among ``paths``, and the ``*.json`` of the folders among them."""
    return [file for path in paths for file in (sorted(path.glob("*.json")) if path.is_dir() else [path])]


def read_outcomes(paths: Iterable[Path]) -> tuple[list[Returned], list[str]]:
    """Read outcomes; return those that can be read, and one sentence for each file that cannot."""
    good, wrong = [], []
    for path in outcome_files(paths):
        try:
            good.append(replace(read(path, outcome_from), source=str(path)))
        except ExchangeError as error:
            wrong.append(str(error))
    return good, wrong
