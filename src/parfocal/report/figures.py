"""The figures of a report by the name of their place: for print, and for files of their own."""

import io
from collections.abc import Callable, Mapping
from typing import Any

from parfocal import plots
from parfocal.plots.printed import Width
from parfocal.report.contents import MOST_SLICED, Contents

Drawn = Callable[[Contents, Width], Any]
"""Returns a matplotlib figure, or None where there is nothing to draw."""


def _convergence(c: Contents, width: Width) -> Any:
    return plots.convergence.printed(c.convergence, c.objective.label, c.warmup or None, width)


def _surface(c: Contents, width: Width) -> Any:
    if not c.surfaces:
        return None
    surface, trails = c.surfaces[0]
    leading = [trail for trail in trails if trail.leading]  # of repetitions the best: ten trails are a tangle
    return plots.surface.printed(surface, c.objective.label, leading, width)


def _infimum(c: Contents, width: Width) -> Any:
    planes = [plane for plane, _ in c.surfaces]
    return plots.matrix.printed(planes, c.slices, c.objective.label, width) if len(planes) > 1 else None


def _slices(c: Contents, width: Width) -> Any:
    return plots.slices.printed(c.slices, c.objective.label, width)


def _importance(c: Contents, width: Width) -> Any:
    return plots.importance.printed(c.importance, width) if c.importance and c.importance[0].share.any() else None


def _freedom(c: Contents, width: Width) -> Any:
    return plots.freedom.printed(c.profiles, c.objective.label, width) if c.found and c.profiles else None


def _profiles(c: Contents, width: Width) -> Any:
    shown = c.profiles[:MOST_SLICED]
    return plots.profiles.printed(shown, c.objective.label, width) if c.found and shown else None


def _gains(c: Contents, width: Width) -> Any:
    return plots.gains.printed(c.per_image, width) if c.per_image is not None and c.per_image.paired else None


def _images(c: Contents, width: Width) -> Any:
    return plots.per_image.printed(c.per_image, width) if c.per_image is not None else None


def _parallel(c: Contents, width: Width) -> Any:
    return plots.parallel.printed(c.parallel, c.objective.label, width) if c.found and len(c.axes) > 1 else None


def _separability(c: Contents, width: Width) -> Any:
    table = c.separability
    return plots.separability.printed(table, "one") if table is not None and table.gain > 0 else None


def _pca(c: Contents, width: Width) -> Any:
    return plots.pca.printed(c.pca, width) if c.pca is not None and c.pca.columns else None


def _front(c: Contents, width: Width) -> Any:
    return plots.pareto.printed(c.fronts[0], "one") if c.fronts and len(c.fronts[0]) else None


def _failures(c: Contents, width: Width) -> Any:
    return plots.failure_map.printed(c.failure_maps[0], width) if c.failure_maps and c.failure_maps[0].failed else None


def _timeline(c: Contents, width: Width) -> Any:
    return plots.timeline.printed(c.timeline, width) if c.timeline is not None and len(c.timeline.workers) else None


PRINTED: Mapping[str, Drawn] = {
    "convergence": _convergence,
    "surface": _surface,
    "infimum": _infimum,
    "slices": _slices,
    "importance": _importance,
    "freedom": _freedom,
    "profiles": _profiles,
    "gains": _gains,
    "images": _images,
    "parallel": _parallel,
    "separability": _separability,
    "pca": _pca,
    "front": _front,
    "failures": _failures,
    "timeline": _timeline,
}
"""Name to figure for print; on the page the place is called ``fig-NAME``."""


def still(figure: Any) -> bytes:
    """Return a figure as a small PNG, of few colours."""
    import PIL.Image

    drawn, small = io.BytesIO(), io.BytesIO()
    figure.savefig(drawn, format="png", dpi=110)
    with PIL.Image.open(drawn) as opened:
        opened.convert("RGB").quantize(32, dither=PIL.Image.Dither.NONE).save(small, "PNG", optimize=True)
    return small.getvalue()


def printed(c: Contents, name: str, width: Width = "two") -> Any:
    """Return one figure for print, or None where there is nothing to draw or no such figure."""
    draw = PRINTED.get(name)
    return None if draw is None else draw(c, width)
