"""Read and write images, label images and masks."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from parfocal.errors import DataError, InvalidInput
from parfocal.images.formats import LOSSY, Image, load
from parfocal.typing import Bools


def read_image(path: str | Path, *, axes: str | None = None) -> Image:
    """Read an image with its axes and, where the file knows it, the size of a pixel.

    Parameters
    ----------
    path
        TIFF, OME-TIFF, PNG (1 to 16 bits of grey, palette, 8 bits of colour), BMP, JPEG or NPY.
    axes : str, optional
        Name of each axis, out of T C Z Y X S, where the file is wrong or silent about it.

    Raises
    ------
    DataError
        If the file cannot be read; one sentence.
    """
    image = load(path)
    if axes is None:
        return image
    axes = axes.upper()
    if len(axes) != image.array.ndim or len(set(axes)) != len(axes) or not set("YX") <= set(axes) <= set("TCZYXS"):
        raise DataError(
            f"{path} has the shape {image.array.shape}, which axes='{axes}' cannot name: expected "
            f"{image.array.ndim} different letters out of T C Z Y X S with Y and X among them."
        )
    return Image(image.array, axes, image.spacing if axes == image.axes else None, image.palette)


def read(path: str | Path, *, axes: str | None = None) -> tuple[NDArray[Any], str]:
    """Return the pixels and the axes of :func:`read_image`."""
    image = read_image(path, axes=axes)
    return image.array, image.axes


def read_grey(path: str | Path, *, channel: int | None = None, axes: str | None = None) -> Image:
    """Read an image of one channel, in 2-D (YX) or 3-D (ZYX).

    Parameters
    ----------
    channel : int, optional
        Which channel of a colour or multi-channel image to take, from 0; not needed where all channels are equal.

    Raises
    ------
    DataError
        If channels differ and none was chosen, or the image is a time series.
    """
    image = read_image(path, axes=axes)
    array, names = image.array, image.axes
    if "T" in names:
        raise DataError(f"{path} is a time series ({names}, shape {array.shape}): save its frames as single images.")
    for name in "CS":
        if name in names:
            array, names = _one_channel(path, array, names, name, channel), names.replace(name, "")
    return Image(array, names, image.spacing, image.palette)


def _one_channel(path: str | Path, array: NDArray[Any], axes: str, name: str, channel: int | None) -> NDArray[Any]:
    channels = np.moveaxis(array, axes.index(name), 0)
    if channel is None:
        if not (channels[1:] == channels[:1]).all():
            raise DataError(
                f"{path} has {len(channels)} different channels where one is expected: say which one with channel=0 "
                f"to channel={len(channels) - 1}."
            )
        channel = 0
    if not 0 <= channel < len(channels):
        raise DataError(f"{path} has the channels 0 to {len(channels) - 1}; got channel={channel}.")
    return np.asarray(channels[channel])


def read_labels(path: str | Path, *, components: bool = False) -> NDArray[np.int32]:
    """Read a label image, 0 = background, as int32 in 2-D or 3-D.

    Three equal channels count as one, a palette gives its indices, and whole numbers may be stored as floats.

    Parameters
    ----------
    components : bool
        Give each connected piece of the foreground a label of its own: for binary masks.

    Raises
    ------
    DataError
        If the file is no label image: colours, fractions, negative numbers, JPEG.
    """
    array = _truth(path)
    if array.dtype.kind == "f" and not (np.isfinite(array).all() and (array == np.rint(array)).all()):
        raise DataError(f"{path} holds fractions where labels, whole numbers, are expected: is it an image?")
    if array.dtype.kind in "if" and array.min() < 0:
        raise DataError(f"{path} holds {array.min()} where labels of at least 0 are expected (0 is background).")
    if array.max() > np.iinfo(np.int32).max:
        raise DataError(f"{path} holds the label {array.max()}; expected at most {np.iinfo(np.int32).max}: relabel it.")
    if components:
        from scipy.ndimage import label

        return np.asarray(label(array > 0, structure=np.ones((3,) * array.ndim))[0], dtype=np.int32)
    return array.astype(np.int32)


def read_mask(path: str | Path) -> Bools:
    """Read a binary mask: everything but 0 is foreground; a label image serves as well."""
    return np.asarray(_truth(path) != 0)


def _truth(path: str | Path) -> NDArray[Any]:
    if Path(path).suffix.lower() in LOSSY:
        raise DataError(f"{path} is a JPEG, whose compression changes labels: save them as PNG or TIFF.")
    image = load(path, indices=True)
    array, axes = image.array, image.axes
    for name in "CS":
        if name in axes:
            channels = np.moveaxis(array, axes.index(name), 0)[:3]
            if not (channels[1:] == channels[:1]).all():
                raise DataError(f"{path} is a colour image where labels, one number a pixel, are expected.")
            array, axes = channels[0], axes.replace(name, "")
    if "T" in axes:
        raise DataError(f"{path} is a time series ({axes}, shape {array.shape}): save its frames as single images.")
    return np.asarray(array)


def write_labels(path: str | Path, labels: Any) -> Path:
    """Write a label image as PNG (2-D, up to 65,535), TIFF (compressed without loss) or NPY, in the smallest type.

    Raises
    ------
    InvalidInput
        If the labels are no whole numbers >= 0, or do not fit into a PNG.
    """
    array = np.asarray(labels)
    if array.dtype.kind not in "bui" or (array.size and array.min() < 0):
        raise InvalidInput(f"labels must be whole numbers of at least 0; got {array.dtype}.")
    top = int(array.max()) if array.size else 0
    dtype = next(kind for kind in (np.uint8, np.uint16, np.uint32, np.uint64) if top <= np.iinfo(kind).max)
    return write_image(path, array.astype(dtype))


def write_image(
    path: str | Path, array: Any, *, axes: str | None = None, spacing: tuple[float, ...] | None = None
) -> Path:
    """Write an image as PNG (8 or 16 bits of grey, 8 bits of colour), TIFF, OME-TIFF (``.ome.tif``) or NPY.

    Parameters
    ----------
    axes : str, optional
        Letter of each axis; by default YX, ZYX, or YXS where the last axis has 3 or 4 entries.
    spacing : tuple, optional
        Micrometres a pixel along each of Z, Y, X; kept by OME-TIFF only.
    """
    path, array = Path(path), np.asarray(array)
    suffix = path.suffix.lower()
    if suffix == ".npy":
        np.save(path, array, allow_pickle=False)
    elif suffix == ".png":
        _write_png(path, array)
    elif suffix in (".tif", ".tiff"):
        import tifffile

        from parfocal.images.formats import guess_axes

        names = (axes or guess_axes(path, array.shape)).upper()
        metadata: dict[str, Any] = {"axes": names}
        if spacing is not None:
            for axis, size in zip((axis for axis in names if axis in "ZYX"), spacing, strict=True):
                metadata |= {f"PhysicalSize{axis}": size, f"PhysicalSize{axis}Unit": "µm"}
        data = array.astype(np.uint8) if array.dtype == np.bool_ else array
        colour = "rgb" if names.endswith("S") else "minisblack"
        tifffile.imwrite(path, data, metadata=metadata, compression="zlib", photometric=colour)
    else:
        raise InvalidInput(f"{path} has the suffix '{path.suffix}'; expected .png, .tif, .ome.tif or .npy.")
    return path


def _write_png(path: Path, array: NDArray[Any]) -> None:
    import PIL.Image

    colour = array.ndim == 3 and array.shape[-1] in (3, 4) and array.dtype == np.uint8
    if not colour and (array.ndim != 2 or array.dtype not in (np.bool_, np.uint8, np.uint16)):
        raise InvalidInput(
            f"{path}: a PNG holds 2-D images of 8 or 16 bits, or 8-bit colour; got {array.dtype} of the shape "
            f"{array.shape}: write it as .tif."
        )
    PIL.Image.fromarray(array).save(path)
