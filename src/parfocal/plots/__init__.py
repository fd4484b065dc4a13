"""Figures from frozen tables: ``interactive`` for the screen (plotly), ``printed`` for paper (matplotlib).

No number is computed here; each module draws one kind of table of :mod:`parfocal.analysis`.
"""

from parfocal.plots import (
    convergence,
    freedom,
    gains,
    image_groups,
    matrix,
    parallel,
    pareto,
    pca,
    per_image,
    printed,
    profiles,
    slices,
    surface,
    timeline,
)

__all__ = [
    "convergence",
    "freedom",
    "gains",
    "image_groups",
    "matrix",
    "parallel",
    "pareto",
    "pca",
    "per_image",
    "printed",
    "profiles",
    "slices",
    "surface",
    "timeline",
]
