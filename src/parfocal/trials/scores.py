"""Per-instance scores (one row an image or a fold) summarized as metrics."""

import math
import statistics
from collections.abc import Callable, Mapping

_SUMMARIES: dict[str, Callable[[list[float]], float]] = {
    "mean": statistics.fmean,
    "std": statistics.pstdev,
    "median": statistics.median,
    "min": min,
    "max": max,
}


def summaries(scores: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    """Return ``mean_x``, ``std_x``, ``median_x``, ``min_x`` and ``max_x`` over the instances for each metric ``x``.

    Instances where ``x`` is absent or NaN do not count; a metric without any number is left out. The standard
    deviation is that of the instances themselves (divisor n), so one fold has 0.
    """
    columns: dict[str, list[float]] = {}
    for row in scores.values():
        for name, value in row.items():
            if not math.isnan(value):
                columns.setdefault(name, []).append(float(value))
    return {
        f"{summary}_{name}": float(function(values)) if all(map(math.isfinite, values)) else math.nan
        for name, values in columns.items()
        for summary, function in _SUMMARIES.items()
    }
