"""What is wrong with images and their truths, in plain words, before a single evaluation."""

from collections.abc import Iterable
from pathlib import Path
from typing import Literal

import numpy as np

from parfocal.errors import DataError, InvalidInput
from parfocal.images.examination import Complaint, examine_image, examine_labels, examine_mask, examine_points
from parfocal.images.findings import Finding
from parfocal.images.formats import LOSSY, Image, load
from parfocal.images.pairs import Pairing, find_pairs
from parfocal.images.points import read_points

Kind = Literal["labels", "mask", "points"]


def check_pairs(
    images: str | Path | Iterable[str | Path], truths: str | Path | Iterable[str | Path], *,
    kind: Kind = "labels", grey: bool = True, spacing: float | tuple[float, ...] | None = None,
) -> list[Finding]:  # fmt: skip
    """Examine images together with their truths and return all findings, worst first.

    Parameters
    ----------
    images, truths
        A folder, a pattern such as ``data/*.tif``, or a list of files each; paired by name.
    kind : {"labels", "mask", "points"}
        What the truths are: one label an object, foreground and background, or tables of points.
    grey : bool
        Whether images of one channel are expected.
    spacing
        Size of a pixel, for tables of points in micrometres; by default what the image itself says.
    """
    if kind not in ("labels", "mask", "points"):
        raise InvalidInput(f"kind must be 'labels', 'mask' or 'points'; got {kind!r}.")
    try:
        pairing = find_pairs(images, truths)
    except DataError as error:
        return [Finding("error", str(images if str(images) in str(error) else truths), str(error))]
    findings = _unpaired(pairing)
    shapes = set()
    for _, image_path, truth_path in pairing.pairs:
        image, found = _check_image(image_path, grey)
        findings += found
        findings += _check_truth(truth_path, image, kind, spacing)
        if image is not None:
            shapes.add(len(image.axes.rstrip("S")))
    if len(shapes) > 1:
        text = "some images are 2-D and some are 3-D; give them to separate studies."
        findings.append(Finding("error", str(pairing.pairs[0][1].parent), text))
    order = {"error": 0, "warning": 1, "note": 2}
    return sorted(findings, key=lambda finding: order[finding.level])


def _unpaired(pairing: Pairing) -> list[Finding]:
    findings = []
    if not pairing.pairs:
        some = [files[0] for files in (pairing.images, pairing.truths) if files]
        names = " and ".join(path.name for path in some)
        text = f"no image has a truth of the same name (for example {names}): rename them so that the stems are equal."
        return [Finding("error", str(some[0].parent) if some else "", text)]
    for path in pairing.images:
        findings.append(Finding("warning", str(path), f"has no truth named {path.stem}.*; it is left out."))
    for path in pairing.truths:
        findings.append(Finding("warning", str(path), f"has no image named {path.stem}.*; it is left out."))
    for path in pairing.doubles:
        findings.append(Finding("warning", str(path), "another file of this kind has the same name; it is left out."))
    return findings


def _check_image(path: Path, grey: bool) -> tuple[Image | None, list[Finding]]:
    try:
        image = load(path)
    except DataError as error:
        return None, [Finding("error", str(path), str(error))]
    found = examine_image(image, grey=grey)
    if path.suffix.lower() in LOSSY:
        found.append(("warning", "is a JPEG, whose compression blurs fine structures: use the original data."))
    return image, _signed(path, found)


def _check_truth(
    path: Path, image: Image | None, kind: Kind, spacing: float | tuple[float, ...] | None
) -> list[Finding]:
    try:
        if kind == "points":
            size = spacing
            if size is None and image is not None and image.spacing is not None:
                size = image.spacing
            return _signed(path, examine_points(read_points(path, spacing=size), image))
        if path.suffix.lower() in LOSSY:
            raise DataError(f"{path} is a JPEG, whose compression changes labels: save them as PNG or TIFF.")
        truth = load(path, indices=True)
    except (DataError, InvalidInput) as error:
        return [Finding("error", str(path), str(error))]
    return _signed(path, (examine_labels if kind == "labels" else examine_mask)(truth, image))


def _signed(path: Path, complaints: list[Complaint]) -> list[Finding]:
    return [Finding(level, str(path), text) for level, text in complaints]


def has_errors(findings: Iterable[Finding]) -> bool:
    """Return whether any finding is an error."""
    return bool(np.any([finding.level == "error" for finding in findings]))
