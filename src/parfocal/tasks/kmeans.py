"""K-means on intensities: one value a pixel, so sorting once replaces all distance computations."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from parfocal.errors import InvalidInput
from parfocal.typing import Floats

Initialization = Literal["random", "k-means++"]


def centres(
    values: Floats, clusters: int, initialization: Initialization, rng: np.random.Generator, iterations: int = 300
) -> Floats:
    """Return the centres of Lloyd's k-means of scalar ``values``, ascending; shape ``(clusters,)``.

    In one dimension the clusters are intervals between the midpoints of neighbouring centres. On sorted values with
    prefix sums an iteration therefore costs O(clusters log n) and gives what Lloyd's algorithm gives pixel by pixel.

    Parameters
    ----------
    values
        Any shape; at least one value.
    initialization
        ``random``: distinct pixels drawn uniformly; ``k-means++``: each next centre drawn in proportion to the squared
        distance from the nearest centre so far (Arthur and Vassilvitskii, SODA 2007).
    rng
        Source of the initial centres; the same generator state gives the same result.
    iterations
        Upper limit; iteration ends earlier when no pixel changes its cluster.

    Notes
    -----
    A cluster that loses all its pixels keeps its centre.
    """
    ordered = np.sort(np.asarray(values, dtype=np.float64), axis=None)
    if not 1 <= clusters <= ordered.size:
        raise InvalidInput(f"clusters must lie between 1 and the {ordered.size} pixels; got {clusters}.")
    start = _plusplus(ordered, clusters, rng) if initialization == "k-means++" else _uniform(ordered, clusters, rng)
    centre = np.sort(start)
    sums = np.concatenate([[0.0], np.cumsum(ordered)])
    cuts = None
    for _ in range(iterations):
        found = np.searchsorted(ordered, (centre[1:] + centre[:-1]) / 2, side="right")
        if cuts is not None and np.array_equal(found, cuts):
            break
        cuts = found
        bounds = np.concatenate([[0], cuts, [ordered.size]])
        counts = np.diff(bounds)
        filled = counts > 0
        centre[filled] = np.diff(sums[bounds])[filled] / counts[filled]
    return centre


def assign(values: Floats, centre: Floats) -> NDArray[np.uint8]:
    """Return the index of the nearest centre for each value, of the shape of ``values``: 0 is the darkest cluster."""
    return np.searchsorted((centre[1:] + centre[:-1]) / 2, values, side="left").astype(np.uint8)


def _uniform(ordered: Floats, clusters: int, rng: np.random.Generator) -> Floats:
    return ordered[rng.choice(ordered.size, clusters, replace=False)]


def _plusplus(ordered: Floats, clusters: int, rng: np.random.Generator) -> Floats:
    chosen = [float(ordered[rng.integers(ordered.size)])]
    distance = (ordered - chosen[0]) ** 2
    while len(chosen) < clusters:
        weights = np.cumsum(distance)
        index = int(np.searchsorted(weights, rng.uniform(0.0, weights[-1]), side="right"))
        chosen.append(float(ordered[min(index, ordered.size - 1)]))
        distance = np.minimum(distance, (ordered - chosen[-1]) ** 2)
    return np.array(chosen)
