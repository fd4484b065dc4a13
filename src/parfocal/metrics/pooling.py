"""From the results of single images to the metrics of a whole set: pooled counts, mean and spread over images."""

from collections.abc import Mapping
from functools import reduce
from operator import add
from typing import Any, ClassVar, Protocol

import numpy as np

from parfocal.errors import InvalidInput


class Poolable(Protocol):
    """What an image's result must offer: ``+`` with its like, the names of its rates, and its scores by name."""

    rates: ClassVar[tuple[str, ...]]

    def __add__(self, other: Any) -> Any: ...

    def scores(self) -> dict[str, float]: ...  # noqa: D102


def summarize(results: Mapping[str, Poolable]) -> dict[str, float]:
    """Return the metrics of a set of images from the result of each.

    Under its plain name each score is *pooled*: computed from the summed counts of all images, so that an image with
    many objects weighs more. ``mean_<rate>`` and ``std_<rate>`` are the mean and the standard deviation (n in the
    denominator) of the rate over images, each image weighing the same.

    Parameters
    ----------
    results : mapping
        Name of the image (or fold) to its :class:`Overlap`, :class:`Matching`, :class:`PointMatching` or
        :class:`Confusion`; all of one kind.
    """
    if not results:
        raise InvalidInput("There is no image to summarize; expected the result of at least one.")
    values = list(results.values())
    single = [value.scores() for value in values]
    metrics = dict(reduce(add, values).scores())
    for name in values[0].rates:
        column = np.array([scores[name] for scores in single])
        metrics[f"mean_{name}"] = float(column.mean())
        metrics[f"std_{name}"] = float(column.std())
    return metrics


def per_image(results: Mapping[str, Poolable]) -> dict[str, dict[str, float]]:
    """Return the scores of each image by name."""
    return {name: result.scores() for name, result in results.items()}
