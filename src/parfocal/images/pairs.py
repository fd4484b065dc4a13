"""Which truth belongs to which image: by the names of the files."""

import glob
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from parfocal.errors import DataError
from parfocal.images.formats import READERS

TABLES = (".csv", ".tsv", ".txt", ".tabular")
_MARK = re.compile(
    r"[-_. ](cp_masks|masks?|labels?|lbl|gt|truth|seg|segmentation|annotations?|points|spots|images?|img|raw)$", re.I
)


@dataclass(frozen=True)
class Pairing:
    """Files of one name.

    Parameters
    ----------
    pairs
        Name, image and truth of each pair, by name.
    images, truths
        Files without a partner.
    doubles
        Files left out because another one of their kind has the same name.
    """

    pairs: tuple[tuple[str, Path, Path], ...]
    images: tuple[Path, ...]
    truths: tuple[Path, ...]
    doubles: tuple[Path, ...] = ()


def stem(path: str | Path) -> str:
    """Return a file's name without its suffix, and without ``.ome`` in front of that."""
    return re.sub(r"\.ome$", "", Path(path).stem, flags=re.IGNORECASE)


def list_files(where: str | Path | Iterable[str | Path], suffixes: Iterable[str] = (*READERS, *TABLES)) -> list[Path]:
    """Return the files that a folder, a pattern such as ``data/*.tif``, or a list names; sorted by name.

    Hidden files are left out of folders.

    Raises
    ------
    DataError
        If a folder does not exist, or nothing is found.
    """
    if not isinstance(where, str | Path):
        return [Path(path) for path in where]
    path, known = Path(where), set(suffixes)
    if path.is_dir():
        found = [p for p in path.iterdir() if p.suffix.lower() in known and p.is_file() and not p.name.startswith(".")]
    elif path.is_file():
        found = [path]
    elif glob.has_magic(str(where)):
        found = [p for p in map(Path, glob.glob(str(where), recursive=True)) if p.is_file()]
    else:
        raise DataError(f"{where} does not exist: expected a folder, a file, or a pattern such as data/*.tif.")
    if not found:
        raise DataError(f"{where} holds no file that is read here ({', '.join(sorted(known))}).")
    return sorted(found)


def find_pairs(images: str | Path | Iterable[str | Path], truths: str | Path | Iterable[str | Path]) -> Pairing:
    """Pair images with their label images, masks or tables of points.

    Names must be equal up to the suffix (``cell7.ome.tif`` and ``cell7.png``); among those left over, endings such as
    ``_mask``, ``-labels``, ``_points`` or ``_img`` do not count.

    Parameters
    ----------
    images, truths
        A folder, a pattern, or a list of files each.
    """
    doubles: list[Path] = []
    left = [_unique(list_files(images, READERS), doubles), _unique(list_files(truths), doubles)]
    pairs = []
    for key in (lambda name: name, _plain):
        named = [{key(name): name for name in reversed(list(side))} for side in left]
        for shared in sorted(named[0].keys() & named[1].keys()):
            image, truth = (side.pop(names[shared]) for side, names in zip(left, named, strict=True))
            pairs.append((shared, image, truth))
    return Pairing(tuple(sorted(pairs)), tuple(left[0].values()), tuple(left[1].values()), tuple(doubles))


def _unique(files: list[Path], doubles: list[Path]) -> dict[str, Path]:
    by_name: dict[str, list[Path]] = defaultdict(list)
    for file in files:
        by_name[stem(file)].append(file)
    for same in by_name.values():
        doubles.extend(same[1:])
    return {name: same[0] for name, same in by_name.items()}


def _plain(name: str) -> str:
    """Return a name without the endings that say what the file is."""
    while (shorter := _MARK.sub("", name)) != name and shorter:
        name = shorter
    return name.lower()
