"""Shape of labelled components in any number of axes, for all components at once."""

import numpy as np
from numpy.typing import NDArray

from parfocal.typing import Floats, Ints

Labels = NDArray[np.int32]


def components(mask: NDArray[np.bool_]) -> tuple[Labels, int]:
    """Return the connected components of ``mask``, numbered from 1, and their number; diagonal neighbours connect."""
    from scipy.ndimage import generate_binary_structure, label

    found, count = label(mask, generate_binary_structure(mask.ndim, mask.ndim))
    return np.asarray(found, dtype=np.int32), int(count)


def areas(labels: Labels, count: int) -> Ints:
    """Return the number of pixels of each component ``(count,)``."""
    return np.bincount(labels.ravel(), minlength=count + 1)[1:].astype(np.int64)


def axis_lengths(labels: Labels, count: int) -> Floats:
    """Return the axis lengths in pixels of the ellipsoid with a component's second moments, longest first.

    Shape ``(count, axes)``. A length is ``2 sqrt((axes + 2) eigenvalue)`` of the covariance of the pixel positions,
    which is what scikit-image calls ``axis_major_length`` and ``axis_minor_length``.
    """
    position = np.nonzero(labels)
    index = labels[position] - 1
    number = np.maximum(np.bincount(index, minlength=count), 1).astype(np.float64)
    offset = [p - (np.bincount(index, p, count) / number)[index] for p in position]
    covariance = np.empty((count, labels.ndim, labels.ndim))
    for i in range(labels.ndim):
        for j in range(i, labels.ndim):
            covariance[:, i, j] = covariance[:, j, i] = np.bincount(index, offset[i] * offset[j], count) / number
    eigenvalues = np.clip(np.linalg.eigvalsh(covariance)[:, ::-1], 0.0, None)
    return np.asarray(2.0 * np.sqrt((labels.ndim + 2) * eigenvalues), dtype=np.float64)


def eccentricities(labels: Labels, count: int) -> Floats:
    """Return the eccentricity of each component ``(count,)``, from the shortest and the longest axis: 0 is round."""
    length = axis_lengths(labels, count)
    with np.errstate(invalid="ignore"):
        ratio = np.where(length[:, 0] > 0, length[:, -1] / length[:, 0], 1.0)
    return np.asarray(np.sqrt(1.0 - ratio**2), dtype=np.float64)


def extents(labels: Labels, count: int) -> Floats:
    """Return the share of its bounding box that each component fills ``(count,)``, in (0, 1]."""
    from scipy.ndimage import find_objects

    boxes = [np.prod([s.stop - s.start for s in box]) for box in find_objects(labels, count)]
    return areas(labels, count) / np.array(boxes, dtype=np.float64).reshape(count)


def solidities(labels: Labels, count: int) -> Floats:
    """Return the area of each component over that of its convex hull ``(count,)``, in (0, 1].

    Pixels are squares (voxels cubes), so the hull goes around their corners and even one pixel has a solidity of 1.
    """
    from scipy.ndimage import find_objects

    result = np.empty(count)
    corners = np.indices((2,) * labels.ndim).reshape(labels.ndim, -1).T
    for number, box in enumerate(find_objects(labels, count), start=1):
        inside = labels[box] == number
        result[number - 1] = min(inside.sum() / _hull_volume(inside, corners), 1.0)
    return result


def _hull_volume(inside: NDArray[np.bool_], corners: Ints) -> float:
    """Return the volume of the convex hull of the pixels in ``inside``; only the ends of each line can be on it."""
    from scipy.spatial import ConvexHull

    size = inside.shape[-1]
    lines = inside.reshape(-1, size)
    used = lines.any(axis=1)
    first = lines[used].argmax(axis=1)
    last = size - 1 - lines[used][:, ::-1].argmax(axis=1)
    start = np.stack(np.unravel_index(np.flatnonzero(used), inside.shape[:-1]), axis=1)
    ends = np.concatenate([np.column_stack([start, first]), np.column_stack([start, last])])
    points = (ends[:, None, :] + corners).reshape(-1, inside.ndim)
    return float(ConvexHull(points).volume)
