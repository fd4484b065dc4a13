"""Images and truth of the tasks: StarDist's sample image, simulated spots, or the user's own files."""

import importlib.util
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from parfocal.errors import DataError, InvalidInput, MissingPackage
from parfocal.tasks.base import Instance, split
from parfocal.tasks.simulator import Scene, simulate

Split = tuple[tuple[Instance, ...], ...]
"""(train, held out)."""


def sample_folder() -> Path:
    """Return the folder with StarDist's sample images inside the installed wheel, without importing it.

    Raises
    ------
    MissingPackage
        When stardist is not installed.
    """
    found = importlib.util.find_spec("stardist")
    if found is None or found.origin is None:
        raise MissingPackage(
            "The sample image of the task 'nuclei' comes with the package 'stardist', which is not installed: install "
            "it with  pip install 'parfocal[demo]', or give the task your own images and masks."
        )
    return Path(found.origin).parent / "data" / "images"


def sample_nuclei(patch: int, seed: int) -> Split:
    """Return StarDist's sample (from DSB 2018; 512 x 512, 125 nuclei) in patches, a quarter of them held out."""
    folder = sample_folder()
    return split(_labelled([("img2d", folder / "img2d.tif", folder / "mask2d.tif")], patch), seed)


def simulated_spots(shape: tuple[int, ...], particles: int, count: int, seed: int) -> Split:
    """Return ``count`` simulated images; the last quarter (at least one where there are two or more) is held out."""
    if count < 1:
        raise InvalidInput(f"count must be at least 1 image; got {count}.")
    images = []
    for number in range(count):
        made = simulate(Scene(shape=shape, particles=particles), seed=seed + number)
        images.append(Instance(f"simulated_{seed + number}", made.image, made.points))
    held = min(max(round(count / 4), 1), count - 1)
    return tuple(images[: count - held]), tuple(images[count - held :])


def mask_pairs(images: str, masks: str | None, patch: int, channel: int | None, seed: int) -> Split:
    """Return own images with masks or label images of the same names, in patches, a quarter of them held out."""
    return split(_labelled(_pairs(images, masks, "masks"), patch, channel), seed)


def point_pairs(images: str, points: str | None, channel: int | None, seed: int) -> Split:
    """Return own images with the tables of their points, a quarter of them held out."""
    from parfocal.images import read_grey, read_points

    found = []
    for name, image, table in _pairs(images, points, "points"):
        pixels = read_grey(image, channel=channel).array
        found.append(Instance(name, pixels, read_points(table, "zyx"[-pixels.ndim :])))
    return split(found, seed)


def patches(instance: Instance, size: int) -> list[Instance]:
    """Return the whole patches of ``size x size`` pixels of an image with a mask, all planes each.

    Remainders at the border are left out; an image smaller than a patch stays as it is along that axis.
    """
    height, width = instance.image.shape[-2:]
    if size <= 0 or max(height, width) <= size:
        return [instance]
    dy, dx = min(size, height), min(size, width)
    cut = []
    for y in range(0, height - dy + 1, dy):
        for x in range(0, width - dx + 1, dx):
            window = np.s_[..., y : y + dy, x : x + dx]
            cut.append(Instance(f"{instance.name}_y{y}_x{x}", instance.image[window], instance.truth[window]))
    return cut


def _labelled(pairs: Sequence[tuple[str, Path, Path]], patch: int, channel: int | None = None) -> list[Instance]:
    from parfocal.images import read_grey, read_labels

    found = []
    for name, image, mask in pairs:
        pixels, labels = read_grey(image, channel=channel).array, read_labels(mask)
        if pixels.shape != labels.shape:
            raise DataError(
                f"{image} has the shape {pixels.shape} and its mask {mask} {labels.shape}: they must agree."
            )
        found += patches(Instance(name, pixels, labels), patch)
    return found


def _pairs(images: str, truth: str | None, what: str) -> tuple[tuple[str, Path, Path], ...]:
    """Return (name, image, truth) of each image, or raise :class:`DataError` where one has no truth."""
    from parfocal.images import find_pairs

    if truth is None:
        raise DataError(f"Own images need their {what}: give the option '{what}' a folder or a pattern as well.")
    pairing = find_pairs(images, truth)
    if pairing.images or not pairing.pairs:
        missing = ", ".join(file.name for file in pairing.images[:5])
        raise DataError(
            f"{len(pairing.images)} of {len(pairing.images) + len(pairing.pairs)} images in {images} have no {what} of "
            f"the same name in {truth} ({missing}): add them, or name only images that have some."
        )
    return pairing.pairs
