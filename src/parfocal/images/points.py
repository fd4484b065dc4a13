"""Points as tables: parfocal's own ``y,x``, napari, TrackMate and Galaxy; the form is recognized by its header.

==========  ==========================================  ============================================
form        first line                                  coordinates
==========  ==========================================  ============================================
parfocal    ``y,x`` or ``z,y,x`` (any order and case)   pixels
napari      ``index,axis-0,axis-1[,axis-2]``            pixels, in the order of the array
trackmate   ``LABEL,ID,...,POSITION_X,POSITION_Y,...``  the unit of the fourth line; three more lines of header
galaxy      ``[frame] pos_x pos_y ...``, tabs           pixels, x first; without a header only where it is asked for
==========  ==========================================  ============================================

Everywhere 0 is the centre of the first pixel. Comma, tab and semicolon separate (with a semicolon, 1,5 is one and a
half).
"""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from parfocal.errors import DataError, InvalidInput
from parfocal.typing import Floats

COLUMNS: dict[str, dict[str, tuple[str, ...]]] = {
    "trackmate": {"z": ("position_z",), "y": ("position_y",), "x": ("position_x",)},
    "galaxy": {"z": ("pos_z",), "y": ("pos_y",), "x": ("pos_x",)},
    "parfocal": {"z": ("z", "slice", "plane"), "y": ("y", "row"), "x": ("x", "col", "column")},
}
"""Names, in lower case, that a form gives to the column of each axis."""
FRAMES = ("frame", "t")
PIXELS = ("", "px", "pixel", "pixels")


@dataclass(frozen=True)
class Points:
    """Points and where they came from.

    Parameters
    ----------
    array : Floats (n, k)
        Coordinates in the order of ``axes``.
    axes
        ``yx`` or ``zyx``.
    form
        One of parfocal, napari, trackmate, galaxy.
    unit
        ``px``, or the unit of length as the file names it.
    """

    array: Floats
    axes: str
    form: str
    unit: str = "px"


def read_points(
    path: str | Path, axes: str | None = None, *, form: str | None = None,
    spacing: float | Sequence[float] | None = None, frame: int | None = None,
) -> Floats:  # fmt: skip
    """Read points as pixels, one row a point.

    Parameters
    ----------
    axes : {"yx", "zyx"}, optional
        Wanted columns, in this order; by default z only where the file has different ones.
    form : {"parfocal", "napari", "trackmate", "galaxy"}, optional
        By default recognized by the header; needed for a table without one (galaxy: x first, parfocal: y first).
    spacing : float or (k,), optional
        Size of a pixel along each of ``axes`` in the unit of the file: needed for TrackMate tables in micrometres,
        1 keeps them as they are. Not used for tables in pixels.
    frame : int, optional
        Which frame of a time series to keep.

    Raises
    ------
    DataError
        If the table cannot be understood; one sentence.
    """
    table = read_point_table(path, axes, form=form, frame=frame)
    if table.unit == "px":
        return table.array
    if spacing is None:
        raise DataError(
            f"{path} gives positions in {table.unit}, but points are compared in pixels: say the size of a pixel, "
            f"spacing=(...), for the axes {table.axes}."
        )
    size = np.asarray(spacing, dtype=np.float64)
    if size.shape not in ((), (len(table.axes),)) or not (size > 0).all():
        raise InvalidInput(f"spacing must be one number above 0, or {len(table.axes)} of them; got {spacing!r}.")
    return np.asarray(table.array / size)


def read_point_table(
    path: str | Path, axes: str | None = None, *, form: str | None = None, frame: int | None = None
) -> Points:
    """Read points in the unit of the file; see :func:`read_points`."""
    if axes not in (None, "yx", "zyx"):
        raise InvalidInput(f"axes must be 'yx' or 'zyx'; got {axes!r}.")
    if form not in (None, "napari", *COLUMNS):
        raise InvalidInput(f"form must be parfocal, napari, trackmate or galaxy; got {form!r}.")
    path = Path(path)
    lines, delimiter = _lines(path)
    header = [cell.strip().strip('"').lower() for cell in lines[0][1]]
    if all(_number(cell, delimiter) is not None for cell in header if cell) and any(header):
        form, columns, body = _without_header(path, form, len(header)), None, lines
        names = "xyz"[: len(header)] if form == "galaxy" else "zyx"[-len(header) :]
        columns = {name: i for i, name in enumerate(names)}
    else:
        form, columns = _recognize(path, header, form)
        body = lines[1:]
    unit = "px"
    if form == "trackmate":
        unit, body = _trackmate_header(body, columns["x"], delimiter)
    body = _of_frame(path, header, body, frame, delimiter)
    wanted = [axis for axis in "zyx" if axis in columns]
    values = _values(path, body, [columns[axis] for axis in wanted], delimiter)
    if "z" in wanted and axes != "zyx" and (len(values) == 0 or np.ptp(values[:, 0]) == 0):
        wanted, values = wanted[1:], values[:, 1:]
    found = "".join(wanted)
    if axes is not None and found != axes:
        raise DataError(f"{path} has points with the axes {found}, but {axes} is expected.")
    return Points(values, found, form, unit)


def write_points(path: str | Path, points: Any, *, form: str = "parfocal") -> Path:
    """Write points in pixels, columns (y, x) or (z, y, x), in one of the four forms."""
    array = np.asarray(points, dtype=np.float64)
    if array.ndim != 2 or array.shape[1] not in (2, 3):
        raise InvalidInput(f"points must have the shape (n, 2) or (n, 3); got {array.shape}.")
    if form not in _WRITERS:
        raise InvalidInput(f"form must be one of {', '.join(_WRITERS)}; got {form!r}.")
    header, delimiter = _WRITERS[form](array.shape[1]), "\t" if form == "galaxy" else ","
    with Path(path).open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, delimiter=delimiter, lineterminator="\n")
        writer.writerows(header)
        for i, row in enumerate(array.tolist()):
            x_first = row[::-1]
            cells = {"napari": [i, *row], "galaxy": x_first, "parfocal": row}.get(form)
            writer.writerow(cells or [f"ID{i}", i, 0, 0, *x_first, *[0] * (5 - len(row)), 1])
    return Path(path)


_TRACKMATE = ["Label", "Spot ID", "Track_ID", "Quality", "X", "Y", "Z", "T", "Frame", "Visibility"]
_WRITERS = {
    "parfocal": lambda k: [list("zyx")[-k:]],
    "napari": lambda k: [["index", *(f"axis-{i}" for i in range(k))]],
    "galaxy": lambda k: [["pos_x", "pos_y", "pos_z"][:k]],
    "trackmate": lambda k: [
        [f"POSITION_{name}" if len(name) == 1 else name.upper().replace("SPOT ID", "ID") for name in _TRACKMATE],
        *[_TRACKMATE] * 2,
        ["", "", "", "(quality)", "(pixel)", "(pixel)", "(pixel)", "(frame)", "", ""],
    ],
}


def _lines(path: Path) -> tuple[list[tuple[int, list[str]]], str]:
    """Return the rows that are not blank, each with its line number, and the separator of the first."""
    if not path.is_file():
        raise DataError(f"{path} {'is a folder, not a table of points' if path.is_dir() else 'does not exist'}.")
    raw = path.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    if "\0" in text:
        raise DataError(f"{path} is not a text file: expected a table of points as CSV.")
    rows = text.splitlines()
    first = next((row for row in rows if row.strip()), None)
    if first is None:
        raise DataError(f"{path} is empty: expected at least a first line with the names of the columns, such as y,x.")
    delimiter = next((mark for mark in "\t;," if mark in first), ",")
    parsed = ((i, row) for i, row in enumerate(csv.reader(rows, delimiter=delimiter), 1))
    return [(i, row) for i, row in parsed if any(cell.strip() for cell in row)], delimiter


def _number(cell: str, delimiter: str) -> float | None:
    try:
        return float(cell.strip().replace(",", ".") if delimiter == ";" else cell)
    except ValueError:
        return None


def _without_header(path: Path, form: str | None, width: int) -> str:
    if form not in ("galaxy", "parfocal"):
        raise DataError(
            f"{path} has no line with the names of the columns, so that y and x cannot be told apart: write y,x (or "
            f"x,y) as its first line, or say form='parfocal' (y first) or form='galaxy' (x first)."
        )
    if width not in (2, 3):
        raise DataError(f"{path} has {width} columns and no line with their names: expected 2 or 3.")
    return form


def _recognize(path: Path, header: list[str], form: str | None) -> tuple[str, dict[str, int]]:
    """Return the form and the column of each axis."""
    if "shape-type" in header or "vertex-index" in header:
        raise DataError(f"{path} is a napari table of shapes: save a points layer instead.")
    numbered = sorted(name for name in header if name.startswith(("axis-", "centroid-")) and name[-1].isdigit())
    if len(numbered) in (2, 3) and form in (None, "napari"):
        return "napari", {axis: header.index(n) for axis, n in zip("zyx"[-len(numbered) :], numbered, strict=True)}
    for name, columns in COLUMNS.items():
        if form not in (None, name):
            continue
        found = {
            axis: next((header.index(known) for known in names if known in header), -1)
            for axis, names in columns.items()
        }
        if found["y"] >= 0 and found["x"] >= 0:
            return name, {axis: i for axis, i in found.items() if i >= 0}
    as_form = f" in the form of {form}" if form else ""
    raise DataError(
        f"{path} has the columns {', '.join(header[:8])}{', ...' if len(header) > 8 else ''}, among which no "
        f"coordinates{as_form} are recognized: expected y,x; axis-0,axis-1 (napari); POSITION_X,POSITION_Y "
        f"(TrackMate); or pos_x,pos_y (Galaxy)."
    )


def _trackmate_header(
    body: list[tuple[int, list[str]]], x: int, delimiter: str
) -> tuple[str, list[tuple[int, list[str]]]]:
    """Return the unit and the rows behind the up to three further lines of header."""
    unit = "px"
    for position, (_, row) in enumerate(body[:3]):
        if len(row) > x and _number(row[x], delimiter) is not None:
            return unit, body[position:]
        cell = row[x].strip() if len(row) > x else ""
        if cell.startswith("("):
            name = cell.strip("()").strip()
            unit = "px" if name.lower() in PIXELS else name
    return unit, body[3:]


def _of_frame(
    path: Path, header: list[str], body: list[tuple[int, list[str]]], frame: int | None, delimiter: str
) -> list[tuple[int, list[str]]]:
    column = next((header.index(name) for name in FRAMES if name in header), None)
    if column is None or not body:
        return body
    numbers = [_number(row[column], delimiter) if len(row) > column else None for _, row in body]
    present = sorted({number for number in numbers if number is not None})
    if frame is None and len(present) > 1:
        raise DataError(
            f"{path} holds points of {len(present)} frames ({present[0]:g} to {present[-1]:g}): say which one belongs "
            f"to the image, frame={present[0]:g}."
        )
    return [line for line, number in zip(body, numbers, strict=True) if frame is None or number == frame]


def _values(path: Path, body: list[tuple[int, list[str]]], columns: list[int], delimiter: str) -> Floats:
    rows = []
    for line, row in body:
        cells = [row[column] if column < len(row) else "" for column in columns]
        numbers = [_number(cell, delimiter) for cell in cells]
        if any(number is None or not np.isfinite(number) for number in numbers):
            wrong = next(
                c for c, number in zip(cells, numbers, strict=True) if number is None or not np.isfinite(number)
            )
            raise DataError(f"{path}, line {line}: expected a coordinate, a number; got '{wrong.strip()}'.")
        rows.append(numbers)
    return np.array(rows, dtype=np.float64).reshape(len(rows), len(columns))
