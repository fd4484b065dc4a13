"""Segmentation of cell nuclei by k-means clustering of intensities: experiment 1 of the HyperHyper paper.

Gaussian smoothing; k-means on the intensities with a fixed seed; median filter and morphological closing of the
clusters, which are ordered by intensity; a geometric feature of each cluster, compared with the mean over all
clusters, says which clusters are foreground; objects are kept by area and solidity. All steps work in any number of
axes. The paper leaves open how a cluster gets one value of a feature: here it is the mean over the cluster's pixels
of the feature of the connected component that a pixel belongs to.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from parfocal.checks import positive
from parfocal.errors import InvalidInput
from parfocal.metrics import Matching, Overlap, match, overlap
from parfocal.seeds import generator
from parfocal.space import Categorical, Float, Integer, Parameter, Space
from parfocal.tasks import kmeans, shapes
from parfocal.tasks.base import Instance, Task
from parfocal.tasks.inputs import mask_pairs, sample_nuclei
from parfocal.tasks.prefix import Prefix
from parfocal.trials import Objective
from parfocal.typing import Bools, Floats, Values

Metric = Literal["dice", "f1"]

PARAMETERS: Mapping[str, Parameter] = {
    "sigma_gauss": Float(0.0, 5.5, levels=23, default=2.0, unit="px"),
    "initialization": Categorical(["random", "k-means++"], default="k-means++"),
    "feature": Categorical(["axis-length", "eccentricity", "solidity"], default="axis-length"),
    "area_min": Integer(10, 30_000, prior="log-uniform", levels=7, default=38, unit="px"),
    "area_max": Integer(10, 30_000, prior="log-uniform", levels=7, default=2080, unit="px"),
    "solidity": Float(0.4, 0.9, levels=6, default=0.8),
}
CONSTRAINTS = ("area_min < area_max",)
"""With the 21 ordered pairs of seven areas: 23 x 2 x 3 x 21 x 6 = 17,388 configurations, as many as in the paper."""

Feature = Callable[[shapes.Labels, int], Floats]
FEATURES: Mapping[str, tuple[Feature, int]] = {
    "axis-length": (lambda labels, count: shapes.axis_lengths(labels, count)[:, 0], -1),
    "eccentricity": (shapes.eccentricities, 1),
    "solidity": (shapes.solidities, 1),
}
"""Feature of a component, and on which side of the mean the foreground lies (-1 below, 1 above).

The background of a field of nuclei is one large, not very elongated component with many bays.
"""


@dataclass(frozen=True)
class Objects:
    """Candidate objects of one image, before the thresholds on area and solidity."""

    labels: shapes.Labels
    areas: NDArray[np.int64]
    solidities: Floats

    def kept(self, area_min: float, area_max: float, solidity: float) -> Bools:
        """Return the mask of the objects within the thresholds (inclusive), of the shape of the image."""
        keep = (self.areas >= area_min) & (self.areas <= area_max) & (self.solidities >= solidity)
        return np.concatenate([[False], keep])[self.labels]


def cluster(
    image: NDArray[Any],
    *,
    sigma_gauss: float,
    initialization: kmeans.Initialization,
    clusters: int = 3,
    median: int = 3,
    closing: int = 3,
    seed: int = 0,
) -> NDArray[np.uint8]:
    """Return the cluster of each pixel, 0 the darkest, after median filter and closing (widths in pixels, 1 = none)."""
    from scipy.ndimage import gaussian_filter, grey_closing, median_filter

    smooth = np.asarray(image, dtype=np.float64)
    if sigma_gauss > 0:
        smooth = gaussian_filter(smooth, sigma_gauss)
    rng = generator(seed, "k-means", initialization)
    found = kmeans.assign(smooth, kmeans.centres(smooth, clusters, initialization, rng))
    if median > 1:
        found = median_filter(found, size=median)
    return grey_closing(found, size=(closing,) * found.ndim) if closing > 1 else found


def foreground(clusters: NDArray[np.uint8], feature: str) -> Bools:
    """Return the mask of the clusters whose ``feature`` lies on the foreground's side of the mean over clusters."""
    measure, side = FEATURES[feature]
    values = {}
    for number in np.unique(clusters).tolist():
        labels, count = shapes.components(clusters == number)
        values[number] = float(np.average(measure(labels, count), weights=shapes.areas(labels, count)))
    mean = float(np.mean(list(values.values())))
    chosen = np.zeros(256, dtype=np.bool_)
    chosen[[number for number, value in values.items() if side * (value - mean) > 0]] = True
    return chosen[clusters]


def objects(mask: Bools) -> Objects:
    """Return the connected components of ``mask`` with their areas and solidities."""
    labels, count = shapes.components(mask)
    return Objects(labels, shapes.areas(labels, count), shapes.solidities(labels, count))


@dataclass(frozen=True)
class Segmenter:
    """The pipeline on the images of a task, with kept prefixes: the thresholds need only the table of objects."""

    cluster: Callable[..., NDArray[np.uint8]]
    prefix: Prefix
    metric: Metric = "dice"

    def mask(self, instance: Instance, values: Values) -> Bools:
        """Return the segmentation of one image."""
        first = {name: values[name] for name in ("sigma_gauss", "initialization")}
        key = (instance.name, *first.values())

        def clusters() -> NDArray[np.uint8]:
            return self.cluster(instance.image, **first)

        def found() -> Objects:
            return objects(foreground(self.prefix.get(key, clusters), values["feature"]))

        candidates = self.prefix.get((*key, values["feature"]), found)
        return candidates.kept(values["area_min"], values["area_max"], values["solidity"])

    def score(self, instance: Instance, values: Values) -> Overlap | Matching:
        """Return the overlap with the truth, or the matching of its objects (IoU of at least one half).

        The soft Dice of a segmentation without probabilities is its Dice.
        """
        mask = self.mask(instance, values)
        return overlap(instance.truth, mask) if self.metric == "dice" else match(instance.truth, _labels(mask))

    def draw(self, instance: Instance, configurations: Mapping[str, Values], path: Path) -> Path:
        """Write the image with found, false and missed pixels tinted, one panel a configuration."""
        from parfocal.images import compare_labels, compare_masks

        found = {title: self.mask(instance, values) for title, values in configurations.items()}
        if self.metric == "dice":
            return compare_masks(instance.image, instance.truth, found, path)
        labels = {title: _labels(mask) for title, mask in found.items()}
        return compare_labels(instance.image, instance.truth, labels, path)


def _labels(mask: Bools) -> shapes.Labels:
    return shapes.components(mask)[0]


def nuclei(
    *,
    images: str | None = None,
    masks: str | None = None,
    channel: int | None = None,
    patch: int = 256,
    metric: Metric = "dice",
    clusters: int = 3,
    median: int = 3,
    closing: int = 3,
    seed: int = 0,
    prefixes: int = 4,
) -> Task:
    """Return the task of segmenting nuclei.

    Parameters
    ----------
    images, masks
        A folder or a glob pattern of own images, and the folder of their masks or label images of the same names.
        Without them, StarDist's sample image is used (extra ``demo``).
    channel
        Which channel of own colour images to take, from 0.
    patch
        Images are cut into patches of this width before they are split; 0 leaves them whole.
    metric : {"dice", "f1"}
        What is maximized: overlap of foreground and truth, or F1 of single nuclei, which needs label images.
    clusters, median, closing
        Fixed parts of the pipeline: number of clusters, widths of median filter and closing in pixels.
    seed
        Of the initial clusters, and of the split into training (75 %) and held-out patches.
    prefixes
        How many intermediate results are kept in memory for each image; changes the time only.
    """
    if not 2 <= clusters <= 255:
        raise InvalidInput(f"clusters must lie between 2 and 255; got {clusters}.")
    positive(median, "median")
    positive(closing, "closing")
    fixed = partial(cluster, clusters=clusters, median=median, closing=closing, seed=seed)
    train, held_out = sample_nuclei(patch, seed) if images is None else mask_pairs(images, masks, patch, channel, seed)
    space = Space(PARAMETERS, CONSTRAINTS)
    segmenter = Segmenter(fixed, Prefix(prefixes * (len(train) + len(held_out))), metric)
    return Task(
        name="nuclei",
        title="Cell nuclei by k-means clustering",
        space=space,
        objective=Objective(metric, "maximize"),
        default=space.default() or {},
        train=train,
        held_out=held_out,
        score=segmenter.score,
        draw=segmenter.draw,
    )
