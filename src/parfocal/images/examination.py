"""The single examinations of the doctor: arrays in, complaints out."""

import importlib
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from parfocal.images.findings import Level
from parfocal.images.formats import Image
from parfocal.typing import Floats

Complaint: TypeAlias = tuple[Level, str]


def examine_image(image: Image, *, grey: bool) -> list[Complaint]:
    """Examine an image on its own."""
    array, axes = image.array, image.axes
    found: list[Complaint] = []
    if "T" in axes:
        found.append(("error", f"is a time series ({axes}, shape {array.shape}): save its frames as single images."))
    if grey:
        for axis in set(axes) & set("CS"):
            channels = np.moveaxis(array, axes.index(axis), 0)
            what = "colours" if axis == "S" else "channels"
            if (channels[1:] == channels[:1]).all():
                found.append(("note", f"stores the same grey image {len(channels)} times, as {what}; one is used."))
            else:
                text = (
                    f"has {len(channels)} different {what} where one grey channel is expected: choose one (channel: 0)."
                )
                found.append(("error", text))
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        found.append(
            ("error", f"has {np.count_nonzero(~np.isfinite(array))} pixels that are not finite: replace them.")
        )
        return found
    low, high = array.min(), array.max()
    if low == high:
        found.append(("error", f"every pixel is {low}: the image is constant, nothing can be found in it."))
    elif np.count_nonzero((array != low) & (array != high)) == 0:
        found.append(("warning", f"has only two values, {low} and {high}: is it a mask in the place of the image?"))
    return found


def examine_mask(truth: Image, image: Image | None) -> list[Complaint]:
    """Examine a mask of foreground and background, and whether it fits the image."""
    array, found = _plane(truth)
    if array is None:
        return found
    found += _fits(array, image)
    if not array.any():
        found.append(("warning", "has no foreground: scores of this image are 1 when nothing is found, else 0."))
    elif array.all():
        found.append(("warning", "has no background: every pixel is foreground."))
    return found


def examine_labels(truth: Image, image: Image | None) -> list[Complaint]:
    """Examine a label image, and whether it fits the image."""
    array, found = _plane(truth)
    if array is None:
        return found
    found += _fits(array, image)
    if array.dtype.kind == "f":
        if not (np.isfinite(array).all() and (array == np.rint(array)).all()):
            return [*found, ("error", "holds fractions where labels, whole numbers, are expected: is it an image?")]
        found.append(("note", f"stores its labels as {array.dtype}; they are read as whole numbers."))
    if array.dtype.kind in "if" and array.min() < 0:
        return [*found, ("error", f"holds {array.min():g} where labels of at least 0 are expected (0 is background).")]
    if truth.palette:
        found.append(("note", "is a palette image: its indices, not its colours, are taken as labels."))
    if not array.any():
        return [*found, ("warning", "has no object: scores of this image are 1 when nothing is found, else 0.")]
    if array.all():
        found.append(("warning", "has no background (0): every pixel belongs to an object."))
    return found + _pieces(array.astype(np.int64))


def examine_points(points: Floats, image: Image | None) -> list[Complaint]:
    """Examine points, and whether they lie in the image."""
    if len(points) == 0:
        return [("warning", "has no point: scores of this image are 1 when nothing is found, else 0.")]
    found: list[Complaint] = []
    twice = len(points) - len(np.unique(points, axis=0))
    if twice:
        found.append(("warning", f"{twice} of {len(points)} points stand more than once: at most one can be matched."))
    if image is None:
        return found
    shape = tuple(size for size, axis in zip(image.array.shape, image.axes, strict=True) if axis in "ZYX")
    if points.shape[1] != len(shape):
        text = f"has points in {points.shape[1]}-D, but its image has the shape {shape}."
        return [*found, ("error", text)]
    outside, swapped = _outside(points, shape), points[:, [*range(points.shape[1] - 2), -1, -2]]
    if outside and not _outside(swapped, shape):
        text = (
            f"{outside} of {len(points)} points lie outside of the image ({_size(shape)}), and none with x and y "
            f"swapped: the columns are in the wrong order (y is the row and counts down, x is the column)."
        )
        return [*found, ("error", text)]
    if outside == len(points):
        return [
            *found,
            ("error", f"all points lie outside of the image ({_size(shape)}): is it the wrong image or unit?"),
        ]
    if outside:
        found.append(("warning", f"{outside} of {len(points)} points lie outside of the image ({_size(shape)})."))
    if len(points) >= 5 and (points.max(axis=0) < 0.2 * np.array(shape)).all():
        found.append(
            ("warning", "all points lie in the first corner of the image: are they in micrometres, not pixels?")
        )
    elif not outside and _brighter_when_swapped(points, swapped, image, shape):
        text = (
            "where the points lie the image looks like anywhere else, but with x and y swapped they lie on clear "
            "structures: the columns seem to be in the wrong order (y is the row, x is the column)."
        )
        found.append(("warning", text))
    return found


def _plane(truth: Image) -> tuple[NDArray[Any] | None, list[Complaint]]:
    """Return the truth without colour, or the complaint that it cannot be had."""
    array, axes = truth.array, truth.axes
    for axis in set(axes) & set("CS"):
        channels = np.moveaxis(array, axes.index(axis), 0)[:3]
        if not (channels[1:] == channels[:1]).all():
            return None, [
                ("error", "is a colour image where one number a pixel is expected: save labels, not colours.")
            ]
        array, axes = channels[0], axes.replace(axis, "")
    if "T" in axes:
        return None, [("error", f"is a time series ({axes}, shape {array.shape}): save its frames as single images.")]
    return array, []


def _fits(array: NDArray[Any], image: Image | None) -> list[Complaint]:
    if image is None:
        return []
    shape = tuple(size for size, axis in zip(image.array.shape, image.axes, strict=True) if axis in "ZYX")
    if array.shape == shape:
        return []
    text = f"has {_size(array.shape)} pixels, its image {_size(shape)} (rows x columns)"
    if array.ndim == len(shape) and array.shape == (*shape[:-2], shape[-1], shape[-2]):
        return [("error", f"{text}: it is transposed, turn it round.")]
    return [("error", f"{text}: they must be equal; is it the wrong file?")]


def _pieces(labels: NDArray[np.int64]) -> list[Complaint]:
    """Complain of masks and of classes in the place of objects: few labels, many separate pieces."""
    count = len(np.unique(labels[labels > 0]))
    if count > 20:
        return []
    measure: Any = importlib.import_module("skimage.measure")
    pieces = int(measure.label(labels, background=0).max())
    if count == 1 and pieces > 1:
        text = (
            f"is a binary mask ({pieces} separate pieces, all with the value {labels.max()}), but each object needs a "
            "number of its own: number the pieces (ImageJ: Analyze Particles), or tune for the overlap (metric: dice)."
        )
        return [("error", text)]
    if pieces >= max(3 * count, 10):
        return [("warning", f"has {count} labels in {pieces} separate pieces: are they classes instead of objects?")]
    return []


def _outside(points: Floats, shape: tuple[int, ...]) -> int:
    return int(((points < -0.5) | (points > np.array(shape) - 0.5)).any(axis=1).sum())


def _brighter_when_swapped(points: Floats, swapped: Floats, image: Image, shape: tuple[int, ...]) -> bool:
    """Return whether the image is ordinary at the points and far from that at the swapped ones.

    The measure is the mean rank of the local maximum (3 pixels wide) at the points among all pixels, which is
    1/2 +- 1/sqrt(12 n) for points at random. Structures may be bright or dark.
    """
    if len(points) < 10 or any(axis in image.axes for axis in "TCS") or _outside(swapped, shape):
        return False
    from scipy.ndimage import maximum_filter, minimum_filter

    array = image.array.astype(np.float32)
    for filtered, sign in ((maximum_filter(array, 3), 1), (minimum_filter(array, 3), -1)):
        order = np.sort(filtered, axis=None)
        here, there = (
            sign
            * (
                np.searchsorted(
                    order, filtered[tuple(np.clip(np.rint(p).astype(int), 0, np.array(shape) - 1).T)]
                ).mean()
                / order.size
                - 0.5
            )
            for p in (points, swapped)
        )
        error = 1 / np.sqrt(12 * len(points))
        if abs(here) < 4 * error and there > here + 6 * error:
            return True
    return False


def _size(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape))
