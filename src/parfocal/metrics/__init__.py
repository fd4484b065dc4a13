"""How good a result is: overlap of masks, matching of objects and of points, scores of classes.

Every score is in [0, 1] and higher is better. Results are small frozen dataclasses that keep the counts, so that
``+`` pools images: ``sum(match(t, p) for t, p in pairs).f1``. Where truth and prediction are both empty every score is
1.0; a rate of the form 0 / 0 is 0.0 otherwise. ``docs/metrics.md`` has the whole table.
"""

from parfocal.metrics.classification import Confusion, confusion, f1
from parfocal.metrics.counts import Counts
from parfocal.metrics.detection import PointMatching, match_points
from parfocal.metrics.instances import Matching, match, match_thresholds, mean_average_precision
from parfocal.metrics.pooling import per_image, summarize
from parfocal.metrics.segmentation import Overlap, dice, iou, overlap, soft_dice, soft_overlap

__all__ = [
    "Confusion",
    "Counts",
    "Matching",
    "Overlap",
    "PointMatching",
    "confusion",
    "dice",
    "f1",
    "iou",
    "match",
    "match_points",
    "match_thresholds",
    "mean_average_precision",
    "overlap",
    "per_image",
    "soft_dice",
    "soft_overlap",
    "summarize",
]
