"""Figures from frozen tables: ``interactive`` for the screen (plotly), ``printed`` for paper (matplotlib).

No number is computed here; each module draws one kind of table of :mod:`parfocal.analysis`.
"""

from parfocal.plots import (
    combinations,
    convergence,
    differences,
    finals,
    freedom,
    gains,
    image_groups,
    matrix,
    pairwise,
    parallel,
    pareto,
    pca,
    per_image,
    printed,
    profiles,
    ranks,
    regret,
    runtimes,
    separability,
    slices,
    surface,
    timeline,
)

__all__ = [
    "combinations",
    "convergence",
    "differences",
    "finals",
    "freedom",
    "gains",
    "image_groups",
    "matrix",
    "pairwise",
    "parallel",
    "pareto",
    "pca",
    "per_image",
    "printed",
    "profiles",
    "ranks",
    "regret",
    "runtimes",
    "separability",
    "slices",
    "surface",
    "timeline",
]
