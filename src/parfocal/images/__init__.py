"""Images, labels and points: read and write them, examine them, draw results on them."""

from parfocal.images.canvas import stretch
from parfocal.images.doctor import check_pairs, has_errors
from parfocal.images.findings import Finding
from parfocal.images.formats import Image
from parfocal.images.io import read, read_grey, read_image, read_labels, read_mask, write_image, write_labels
from parfocal.images.overlay import (
    compare_labels,
    compare_masks,
    compare_points,
    overlay_labels,
    overlay_mask,
    overlay_points,
)
from parfocal.images.pairs import Pairing, find_pairs, list_files, stem
from parfocal.images.points import Points, read_point_table, read_points, write_points
from parfocal.images.thumbnail import thumbnail

__all__ = [
    "Finding",
    "Image",
    "Pairing",
    "Points",
    "check_pairs",
    "compare_labels",
    "compare_masks",
    "compare_points",
    "find_pairs",
    "has_errors",
    "list_files",
    "overlay_labels",
    "overlay_mask",
    "overlay_points",
    "read",
    "read_grey",
    "read_image",
    "read_labels",
    "read_mask",
    "read_point_table",
    "read_points",
    "stem",
    "stretch",
    "thumbnail",
    "write_image",
    "write_labels",
    "write_points",
]
