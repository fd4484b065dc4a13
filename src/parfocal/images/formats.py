"""Files as they are stored: TIFF and OME-TIFF, PNG and its like, NPY, each to an array with named axes."""

import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
from numpy.typing import NDArray

from parfocal.errors import DataError

MICROMETRES = {
    "nm": 1e-3, "nanometer": 1e-3, "µm": 1.0, "μm": 1.0, "um": 1.0, "\\u00b5m": 1.0, "micron": 1.0, "microns": 1.0,
    "micrometer": 1.0, "mm": 1e3, "millimeter": 1e3, "cm": 1e4, "m": 1e6, "å": 1e-4,
}  # fmt: skip
"""Micrometres in one unit of length, by its name in lower case."""


@dataclass(frozen=True)
class Image:
    """An image as it was stored.

    Parameters
    ----------
    array
        Pixels; never changed by parfocal.
    axes
        One letter an axis of ``array``: T time, C channel, Z Y X space, S samples (red, green, blue).
    spacing
        Size of a pixel in micrometres along each of the axes Z, Y, X that the image has; None where the file does not
        say.
    palette
        Whether the file stored indices into a palette.
    """

    array: NDArray[Any]
    axes: str
    spacing: tuple[float, ...] | None = None
    palette: bool = False


def read_tiff(path: Path, *, indices: bool) -> Image:
    """Read the first series of a TIFF; axes and pixel size from OME or ImageJ metadata where they are."""
    import tifffile

    with tifffile.TiffFile(path) as file:
        if not file.series:
            raise DataError(f"{path} holds no image.")
        series = file.series[0]
        array, axes = np.asarray(series.asarray()), str(series.axes)
        sizes = _ome_sizes(file) if file.is_ome else _imagej_sizes(file) if file.is_imagej else {}
    array, axes = _tidy(path, array, axes)
    spatial = [axis for axis in axes if axis in "ZYX"]
    known = all(axis in sizes for axis in spatial)
    return Image(array, axes, tuple(sizes[axis] for axis in spatial) if known else None)


def read_pillow(path: Path, *, indices: bool) -> Image:
    """Read PNG, BMP or JPEG; a palette gives its indices where ``indices`` are asked for, else its colours."""
    import PIL.Image

    if path.suffix.lower() == ".png":
        _refuse_deep_colour(path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PIL.Image.DecompressionBombWarning)
        with PIL.Image.open(path) as file:
            palette = file.mode == "P"
            if palette and not indices:
                array = np.asarray(file.convert("RGB"))
            elif file.mode in ("LA", "RGBA"):  # transparency says nothing about the specimen
                array = np.asarray(file.convert(file.mode[:-1]))
            else:
                array = np.asarray(file)
    if array.dtype.kind == "i" or array.dtype.byteorder == ">":
        array = array.astype(np.uint16)  # 16-bit grey, as some versions of Pillow hand it over
    return Image(array, "YX" if array.ndim == 2 else "YXS", palette=palette)


def read_npy(path: Path, *, indices: bool) -> Image:
    """Read a NumPy array; a last axis of length 3 or 4 behind two longer ones is taken for colour."""
    array = np.load(path, allow_pickle=False)
    return Image(array, guess_axes(path, array.shape))


READERS: dict[str, Callable[..., Image]] = {
    ".tif": read_tiff, ".tiff": read_tiff, ".png": read_pillow, ".bmp": read_pillow, ".jpg": read_pillow,
    ".jpeg": read_pillow, ".npy": read_npy,
}  # fmt: skip
LOSSY = (".jpg", ".jpeg")


def load(path: str | Path, *, indices: bool = False) -> Image:
    """Read one image by the suffix of its name, or raise :class:`DataError` in one sentence."""
    path = Path(path)
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise DataError(
            f"{path} has the suffix '{path.suffix}', which is not read here: expected one of {', '.join(READERS)}; "
            f"save it as TIFF."
        )
    if not path.is_file():
        raise DataError(f"{path} {'is a folder, not an image' if path.is_dir() else 'does not exist'}.")
    try:
        image = reader(path, indices=indices)
    except DataError:
        raise
    except Exception as error:  # every library fails in its own way on a broken file
        reason = str(error).split("\n")[0] or type(error).__name__
        raise DataError(f"{path} cannot be read as {path.suffix[1:].upper()}: {reason}.") from error
    if image.array.dtype.kind not in "buif":
        raise DataError(f"{path} holds {image.array.dtype}, not numbers that can be pixels.")
    if image.array.size == 0:
        raise DataError(f"{path} has no pixels (shape {image.array.shape}).")
    return image


def guess_axes(path: Path, shape: tuple[int, ...]) -> str:
    """Return the axes of an array without metadata."""
    colour = len(shape) >= 3 and shape[-1] in (3, 4) and min(shape[-3:-1]) > 4
    axes = {2: "YX", 3: "ZYX", 4: "CZYX"}.get(len(shape) - colour)
    if axes is None:
        raise DataError(f"{path} has the shape {shape}, but an image has 2 or 3 dimensions (and perhaps colour).")
    return axes + "S" * colour


def _tidy(path: Path, array: NDArray[Any], axes: str) -> tuple[NDArray[Any], str]:
    """Drop axes of length 1 and name the ones that TIFF leaves unknown."""
    keep = [i for i, axis in enumerate(axes) if array.shape[i] > 1 or axis in "YX"]
    array, axes = array.reshape([array.shape[i] for i in keep]), "".join(axes[i] for i in keep)
    if set(axes) <= set("TCZYXS") and len(set(axes)) == len(axes):
        return array, axes
    unknown = [axis for axis in axes if axis not in "TCZYXS"]
    if len(unknown) == 1 and "Z" not in axes:  # pages without a name: a stack
        return array, axes.replace(unknown[0], "Z")
    return array, guess_axes(path, array.shape)


def _ome_sizes(file: Any) -> dict[str, float]:
    """Return micrometres a pixel by axis from the first Pixels element of an OME-XML header."""
    try:
        root = ElementTree.fromstring(file.ome_metadata)
    except (ElementTree.ParseError, TypeError):
        return {}
    pixels = next((element for element in root.iter() if element.tag.rsplit("}", 1)[-1] == "Pixels"), None)
    if pixels is None:
        return {}
    sizes = {}
    for axis in "XYZ":
        size, unit = pixels.get(f"PhysicalSize{axis}"), pixels.get(f"PhysicalSize{axis}Unit", "µm")
        if size is not None and unit.lower() in MICROMETRES:
            sizes[axis] = float(size) * MICROMETRES[unit.lower()]
    return _positive(sizes)


def _imagej_sizes(file: Any) -> dict[str, float]:
    """Return micrometres a pixel by axis from ImageJ's description and the resolution tags."""
    metadata = file.imagej_metadata or {}
    factor = MICROMETRES.get(str(metadata.get("unit", "")).lower())
    if factor is None:
        return {}
    sizes = {"Z": float(metadata["spacing"]) * factor} if "spacing" in metadata else {}
    for axis in "XY":
        tag = file.pages[0].tags.get(f"{axis}Resolution")
        if tag is not None and tag.value[0]:
            sizes[axis] = tag.value[1] / tag.value[0] * factor
    return _positive(sizes)


def _positive(sizes: dict[str, float]) -> dict[str, float]:
    return {axis: size for axis, size in sizes.items() if math.isfinite(size) and size > 0}


def _refuse_deep_colour(path: Path) -> None:
    """Raise for PNG of 16 bits with colour or alpha, of which Pillow would keep 8 without a word."""
    with path.open("rb") as file:
        head = file.read(26)
    if len(head) == 26 and head[12:16] == b"IHDR" and head[24] == 16 and head[25] != 0:
        raise DataError(f"{path} is a PNG with 16 bits a colour, which cannot be read exactly: save it as TIFF.")
