"""Detection of spots by the spot-enhancing filter (SEF), with or without subtraction of the background.

SEF is a Laplacian-of-Gaussian filter followed by a threshold at the mean plus ``c`` standard deviations of the
filtered image (Sage et al., IEEE Trans. Image Processing 14, 2005); experiments 2 and 3 of the HyperHyper paper tune
it. A detection is a local maximum of the filtered image (brightest of its 3 x 3 or 3 x 3 x 3 neighbours) above the
threshold: unlike the centroids of connected components, maxima keep touching spots apart and do not move with ``c``.
All steps work in any number of axes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from parfocal.metrics import PointMatching, match_points
from parfocal.space import Float, Parameter, Space
from parfocal.tasks.base import Instance, Task
from parfocal.tasks.inputs import point_pairs, simulated_spots
from parfocal.tasks.prefix import Prefix
from parfocal.trials import Objective
from parfocal.typing import Floats, Values

DETECTION: Mapping[str, Parameter] = {
    "sigma_log": Float(0.52, 5.5, levels=250, default=1.5, unit="px"),
    "c": Float(1.05, 8.0, levels=140, default=3.0),
}
"""Experiment 2: steps of 0.02 px and 0.05, 35,000 configurations."""
SUBTRACTION: Mapping[str, Parameter] = {
    "sigma_gauss": Float(0.5, 20.0, prior="log-uniform", levels=50, default=10.0, unit="px"),
    "sigma_log": Float(0.6, 5.5, levels=50, default=1.5, unit="px"),
    "c": Float(1.1, 8.0, levels=70, default=3.0),
}
"""Experiment 3: 175,000 configurations; its values of ``sigma_log`` and ``c`` are a part of those of experiment 2."""


@dataclass(frozen=True)
class Maxima:
    """Local maxima of a filtered image, highest first, with the statistics that the threshold needs."""

    points: Floats
    heights: Floats
    mean: float
    std: float

    def above(self, c: float) -> Floats:
        """Return the positions ``(m, axes)`` of the maxima above ``mean + c * std``, highest first."""
        return self.points[: int(np.searchsorted(-self.heights, -(self.mean + c * self.std), side="left"))]


def subtract_background(image: NDArray[Any], sigma: float) -> Floats:
    """Return ``image`` minus its Gaussian smoothing with a standard deviation of ``sigma`` pixels (experiment 3)."""
    from scipy.ndimage import gaussian_filter

    values = np.asarray(image, dtype=np.float64)
    return np.asarray(values - gaussian_filter(values, sigma), dtype=np.float64)


def find_maxima(image: NDArray[Any], sigma: float) -> Maxima:
    """Return the local maxima of the negated Laplacian of Gaussian of ``image``; ``sigma`` in pixels."""
    from scipy.ndimage import gaussian_laplace, maximum_filter

    filtered = -gaussian_laplace(np.asarray(image, dtype=np.float64), sigma)
    found = np.nonzero(filtered == maximum_filter(filtered, size=3))
    heights = filtered[found]
    order = np.argsort(-heights, kind="stable")
    points = np.stack(found, axis=1)[order].astype(np.float64)
    return Maxima(points, heights[order], float(filtered.mean()), float(filtered.std()))


def detect(image: NDArray[Any], *, sigma_log: float, c: float, sigma_gauss: float | None = None) -> Floats:
    """Return the spots of ``image``: positions ``(m, axes)`` in pixels, most prominent first.

    Parameters
    ----------
    sigma_log
        Standard deviation of the Laplacian of Gaussian in pixels, about that of the spots.
    c
        Threshold in standard deviations of the filtered image above its mean.
    sigma_gauss
        Where given, the image smoothed so much is subtracted first.
    """
    prepared = image if sigma_gauss is None else subtract_background(image, sigma_gauss)
    return find_maxima(prepared, sigma_log).above(c)


@dataclass(frozen=True)
class Detector:
    """SEF on the images of a task, with kept prefixes: the filtering does not depend on ``c``."""

    gate: float
    prefix: Prefix

    def points(self, instance: Instance, values: Values) -> Floats:
        """Return the detections in one image."""
        sigma, gauss = float(values["sigma_log"]), values.get("sigma_gauss")

        def prepared() -> NDArray[Any]:
            return instance.image if gauss is None else subtract_background(instance.image, float(gauss))

        def maxima() -> Maxima:
            return find_maxima(self.prefix.get((instance.name, "background", gauss), prepared), sigma)

        return self.prefix.get((instance.name, "maxima", gauss, sigma), maxima).above(float(values["c"]))

    def score(self, instance: Instance, values: Values) -> PointMatching:
        """Return the matching of the detections in one image with its particles."""
        return match_points(instance.truth, self.points(instance, values), self.gate)

    def draw(self, instance: Instance, configurations: Mapping[str, Values], path: Path) -> Path:
        """Write the image with circles around found, false and missed spots, one panel a configuration."""
        from parfocal.images import compare_points

        found = {title: self.points(instance, values) for title, values in configurations.items()}
        return compare_points(instance.image, instance.truth, found, path, self.gate)


def spots(
    *,
    subtract: bool = False,
    gate: float = 5.0,
    images: str | None = None,
    points: str | None = None,
    channel: int | None = None,
    seed: int = 0,
    shape: Sequence[int] = (355, 447),
    particles: int = 128,
    count: int = 2,
    prefixes: int = 4,
) -> Task:
    """Return the task of detecting spots.

    Parameters
    ----------
    subtract
        Whether the background is smoothed and subtracted first (experiment 3), with ``sigma_gauss`` as parameter.
    gate
        Largest distance in pixels between a detection and the particle it may be assigned to.
    images, points
        A folder or a glob pattern of own images, and the folder of their points, one CSV of the same name each.
        Without them, simulated images are used.
    channel
        Which channel of own colour images to take, from 0.
    seed
        Of the split into training and held-out images, and of the simulation.
    shape, particles, count
        Of the simulated images; the first three quarters of them (at least one) are for training.
    prefixes
        How many intermediate results are kept in memory for each image; changes the time only.
    """
    train, held_out = (
        simulated_spots(tuple(shape), particles, count, seed)
        if images is None
        else point_pairs(images, points, channel, seed)
    )
    space = Space(SUBTRACTION if subtract else DETECTION)
    detector = Detector(float(gate), Prefix(prefixes * (len(train) + len(held_out))))
    return Task(
        name="spots-background" if subtract else "spots",
        title="Spots by the spot-enhancing filter" + (" after subtraction of the background" if subtract else ""),
        space=space,
        objective=Objective("f1", "maximize"),
        default=space.default() or {},
        train=train,
        held_out=held_out,
        score=detector.score,
        draw=detector.draw,
    )
