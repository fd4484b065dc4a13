"""Pictures that an evaluation left: which of a trial's artifacts are files of its own folder, and are pictures."""

from dataclasses import dataclass
from pathlib import Path

from parfocal.evaluation import Job
from parfocal.trials import Trial

LARGEST = 64 * 2**20
"""Bytes of the largest file that is shown."""
_SIGNATURES = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
)
"""First bytes and type; a file is what its content is, whatever it is called. SVG is none: it can hold scripts."""
TIFF = "image/tiff"


@dataclass(frozen=True)
class Artifact:
    """A picture of a trial: its name, and the file; or why it is not shown."""

    name: str
    path: Path | None = None
    kind: str = ""
    problem: str = ""


def artifacts(trial: Trial, root: Path | None) -> tuple[Artifact, ...]:
    """Return what a trial left, by name.

    Only files are shown that lie in the trial's own work folder, links followed: what a database says may name any
    file of this machine.

    Parameters
    ----------
    root
        Where the work folders of the study's trials lie on this host; None where that is not known.
    """
    given = {} if trial.outcome is None else trial.outcome.artifacts
    return tuple(_checked(name, text, trial, root) for name, text in sorted(given.items()))


def _checked(name: str, text: str, trial: Trial, root: Path | None) -> Artifact:
    if root is None:
        return Artifact(name, problem="Work folders of trials lie beside a database file; this study has none.")
    folders = [Job(trial.number, trial.configuration, attempt, root=str(root)).folder for attempt in _attempts(trial)]
    for folder in folders:
        if folder is None:
            continue
        path = _within(folder, text)
        if path is not None:
            return _picture(name, path)
    return Artifact(name, problem=f"There is no such file in the trial's folder '{folders[0]}'.")


def _attempts(trial: Trial) -> range:
    """Return the attempts from the last one on: the outcome is of that one."""
    return range(max(trial.attempts, 1), 0, -1)


def _within(folder: Path, text: str) -> Path | None:
    """Return the file if it exists within the folder; a folder that was moved with its database is found, too."""
    try:
        inside = folder.resolve(strict=True)
    except OSError:
        return None
    given = Path(text)
    tried = [folder / given]  # an absolute path stays as it is
    if folder.name in given.parts:
        last = len(given.parts) - 1 - given.parts[::-1].index(folder.name)
        tried.append(folder.joinpath(*given.parts[last + 1 :]))
    for path in tried:
        try:
            found = path.resolve(strict=True)
        except (OSError, ValueError, RuntimeError):  # nothing there, a zero byte, a circle of links
            continue
        if found.is_relative_to(inside) and found.is_file():
            return found
    return None


def _picture(name: str, path: Path) -> Artifact:
    try:
        if path.stat().st_size > LARGEST:
            return Artifact(name, problem=f"'{path.name}' has more than {LARGEST // 2**20} MiB.")
        with path.open("rb") as stream:
            head = stream.read(12)
    except OSError as error:
        return Artifact(name, problem=f"'{path.name}' cannot be read: {error.strerror}.")
    kind = next((kind for signature, kind in _SIGNATURES if head.startswith(signature)), "")
    if head.startswith(b"RIFF") and head.endswith(b"WEBP"):
        kind = "image/webp"
    if not kind:
        return Artifact(name, problem=f"'{path.name}' is no PNG, JPEG, GIF, WebP or TIFF picture.")
    return Artifact(name, path, kind)


__all__ = ["LARGEST", "TIFF", "Artifact", "artifacts"]
