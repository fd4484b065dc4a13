"""Overlays of results on their image: what was found, what is false, what was missed."""

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from parfocal.errors import InvalidInput
from parfocal.images.canvas import FN, FP, MARKS, TP, Mark, Sheet, line_style
from parfocal.metrics import Matching, Overlap, PointMatching, match, match_points, overlap
from parfocal.typing import Floats


def overlay_labels(
    image: Any, truth: Any, prediction: Any, path: str | Path, threshold: float = 0.5, *, title: str = ""
) -> Path:
    """Draw the outlines of found, false and missed objects on the image, with the scores, as PNG.

    Parameters
    ----------
    image : array_like
        2-D or 3-D, grey or colour. Of a stack the plane with most true foreground is shown (of points the maximum
        along z); the scores are those of the whole stack.
    truth, prediction : array_like
        Label images of the image's shape (without colour).
    path
        Where to write; folders are made.
    threshold
        IoU from which an object counts as found.
    title
        First line above the image; the name of the file by default.
    """
    return compare_labels(image, truth, {title or Path(path).stem: prediction}, path, threshold)


def compare_labels(
    image: Any, truth: Any, predictions: Mapping[str, Any], path: str | Path, threshold: float = 0.5
) -> Path:
    """Draw :func:`overlay_labels` of several results side by side, for instance the default's and the best one's."""
    plane = _fullest(truth)
    sheet = Sheet(image, _at_least_one(predictions), plane)
    true = _cut(truth, plane)
    matchings = []
    for panel, (name, prediction) in enumerate(predictions.items()):
        matching = match(truth, prediction, threshold)
        matchings.append(matching)
        predicted, (true_found, found) = _cut(prediction, plane), matching.pairs.T
        true_names, predicted_names = np.unique(truth), np.unique(prediction)
        _outlines(sheet, panel, predicted, found, TP)
        _outlines(sheet, panel, true, np.setdiff1d(true_names[true_names > 0], true_found), FN)
        _outlines(sheet, panel, predicted, np.setdiff1d(predicted_names[predicted_names > 0], found), FP)
        sheet.title(panel, name, _label_scores(matching))
    sheet.legend(_counted(matchings), note=f"found: IoU of at least {threshold:g}")
    return sheet.save(path)


def overlay_points(
    image: Any, truth: Any, detected: Any, path: str | Path, gate: float, *,
    spacing: float | Sequence[float] | None = None, title: str = "",
) -> Path:  # fmt: skip
    """Draw circles, squares and diamonds around found, false and missed points on the image, with the scores, as PNG.

    Parameters
    ----------
    truth, detected : array_like (n, k), (m, k)
        Points in pixels, (y, x) or (z, y, x).
    gate
        Distance within which a point counts as found, in pixels or in the unit of ``spacing``.
    spacing, title
        As in :func:`parfocal.metrics.match_points` and :func:`overlay_labels`.
    """
    return compare_points(image, truth, {title or Path(path).stem: detected}, path, gate, spacing=spacing)


def compare_points(
    image: Any, truth: Any, detections: Mapping[str, Any], path: str | Path, gate: float, *,
    spacing: float | Sequence[float] | None = None,
) -> Path:  # fmt: skip
    """Draw :func:`overlay_points` of several results side by side."""
    sheet = Sheet(image, _at_least_one(detections))
    matchings = []
    for panel, (name, detected) in enumerate(detections.items()):
        matching = match_points(truth, detected, gate, spacing)
        matchings.append(matching)
        true, found = _rows(truth), _rows(detected)
        _circles(sheet, panel, found[matching.pairs[:, 1]], TP)
        _circles(sheet, panel, np.delete(true, matching.pairs[:, 0], axis=0), FN)
        _circles(sheet, panel, np.delete(found, matching.pairs[:, 1], axis=0), FP)
        sheet.title(panel, name, _point_scores(matching))
    unit = "px" if spacing is None else "in physical units"
    sheet.legend(_counted(matchings), points=True, note=f"found: within {gate:g} {unit}")
    return sheet.save(path)


def overlay_mask(image: Any, truth: Any, prediction: Any, path: str | Path, *, title: str = "") -> Path:
    """Tint the pixels that two masks share and those that only one has, with Dice and IoU, as PNG."""
    return compare_masks(image, truth, {title or Path(path).stem: prediction}, path)


def compare_masks(image: Any, truth: Any, predictions: Mapping[str, Any], path: str | Path) -> Path:
    """Draw :func:`overlay_mask` of several results side by side."""
    plane = _fullest(truth)
    sheet = Sheet(image, _at_least_one(predictions), plane)
    for panel, (name, prediction) in enumerate(predictions.items()):
        result = overlap(truth, prediction)
        true, predicted = _cut(truth, plane) != 0, _cut(prediction, plane) != 0
        tint = np.zeros((*true.shape, 4))
        for mark, where in ((TP, true & predicted), (FP, predicted & ~true), (FN, true & ~predicted)):
            tint[where] = [*(int(mark.colour[i : i + 2], 16) / 255 for i in (1, 3, 5)), 0.5]
        sheet.axes[panel].imshow(tint, interpolation="nearest")
        sheet.title(panel, name, _mask_scores(result))
    sheet.legend([(replace(mark, dashes=()), "") for mark in MARKS], note="pixels")
    return sheet.save(path)


def _outlines(sheet: Sheet, panel: int, labels: NDArray[Any], names: NDArray[Any], mark: Mark) -> None:
    """Draw the border of each named object: a dark line under a bright one, so that it shows on any grey."""
    from matplotlib.collections import LineCollection
    from scipy.ndimage import find_objects

    if len(names) == 0:
        return
    measure: Any = importlib.import_module("skimage.measure")  # scikit-image is typed only in part
    ordered = np.sort(names)
    index = np.minimum(np.searchsorted(ordered, labels), len(ordered) - 1)
    compact = np.where(ordered[index] == labels, index + 1, 0)
    lines = []
    for i, box in enumerate(find_objects(compact), 1):
        if box is None:  # not in the plane that is shown
            continue
        inside = np.pad(compact[box] == i, 1).astype(np.float32)
        start = [side.start - 1 for side in box]
        # above one half the line stays within the object, so that neighbours keep two lines
        lines += [contour[:, ::-1] + start[::-1] for contour in measure.find_contours(inside, 0.65)]
    axes, width = sheet.axes[panel], sheet.line_width
    axes.add_collection(LineCollection(lines, colors="#000000", linewidths=width + 1.1, alpha=0.45))
    axes.add_collection(LineCollection(lines, colors=mark.colour, linewidths=width, linestyles=[line_style(mark)]))


def _circles(sheet: Sheet, panel: int, points: Floats, mark: Mark) -> None:
    """Draw the mark around each point, open in the middle so that the spot stays visible."""
    if len(points) == 0:
        return
    size = min(max(3.2 * sheet.scale, 7.5), 12.0) * mark.size
    for colour, width, alpha in (("#000000", 1.1, 0.45), (mark.colour, 0.0, 1.0)):
        sheet.axes[panel].scatter(
            points[:, -1], points[:, -2], s=size**2, marker=mark.marker, facecolors="none", edgecolors=colour,
            linewidths=sheet.line_width + width, alpha=alpha,
        )  # fmt: skip


def _fullest(truth: Any) -> int | None:
    """Return the plane of a stack with most true foreground, None for a flat image."""
    array = np.asarray(truth)
    return int((array != 0).sum(axis=(1, 2)).argmax()) if array.ndim == 3 else None


def _cut(labels: Any, plane: int | None) -> NDArray[Any]:
    return np.asarray(labels) if plane is None else np.asarray(labels)[plane]


def _rows(points: Any) -> Floats:
    array = np.asarray(points, dtype=np.float64)
    return array if array.ndim == 2 else array.reshape(-1, 2)


def _at_least_one(results: Mapping[str, Any]) -> int:
    if not results:
        raise InvalidInput("There is nothing to draw; expected at least one result.")
    return len(results)


def _counted(matchings: Sequence[Matching | PointMatching]) -> list[tuple[Mark, str]]:
    """Return the marks with their counts; with several panels the counts stand in the titles alone."""
    if len(matchings) > 1:
        return [(mark, "") for mark in MARKS]
    only = matchings[0]
    return [(mark, f"  {count}") for mark, count in zip(MARKS, (only.tp, only.fp, only.fn), strict=True)]


def _label_scores(matching: Matching) -> str:
    return f"{_point_scores(matching)} · PQ {matching.panoptic_quality:.3f}"


def _point_scores(matching: Matching | PointMatching) -> str:
    return (
        f"F1 {matching.f1:.3f} · precision {matching.precision:.3f} · recall {matching.recall:.3f} · "
        f"{matching.tp} found, {matching.fp} false, {matching.fn} missed"
    )


def _mask_scores(result: Overlap) -> str:
    return (
        f"Dice {result.dice:.3f} · IoU {result.iou:.3f} · precision {result.precision:.3f} · recall {result.recall:.3f}"
    )
