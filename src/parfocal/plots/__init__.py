"""Figures from frozen tables: ``interactive`` for the screen (plotly), ``printed`` for paper (matplotlib).

No number is computed here; each module draws one kind of table of :mod:`parfocal.analysis`.
"""

from parfocal.plots import (
    convergence,
    freedom,
    matrix,
    parallel,
    pareto,
    pca,
    printed,
    profiles,
    slices,
    surface,
    timeline,
)

__all__ = [
    "convergence",
    "freedom",
    "matrix",
    "parallel",
    "pareto",
    "pca",
    "printed",
    "profiles",
    "slices",
    "surface",
    "timeline",
]
