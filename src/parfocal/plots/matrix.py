"""Infimum projections of all pairs of parameters at once, with the profile of each on the diagonal."""

from collections.abc import Sequence

from matplotlib.figure import Figure

from parfocal.analysis import Slice, Surface
from parfocal.plots import printed as paper
from parfocal.plots import slices, surface

_MOST: dict[paper.Width, int] = {"one": 3, "two": 5}
_ROOM = 10  # letters along the short axes


def printed(surfaces: Sequence[Surface], profiles: Sequence[Slice], label: str, width: paper.Width = "two") -> Figure:
    """Return the figure for print: the first three parameters on one column of a page, the first five on two.

    Parameters
    ----------
    surfaces
        The surface of each pair of parameters, x before y in the order of ``profiles``.
    profiles
        The slice of each parameter; their order is that of rows and columns.
    label
        The objective's.
    width
        Columns of a journal page.
    """
    planes = {plane.projection.names: plane for plane in surfaces}
    shown = [p for p in profiles if any(p.profile.names[0] in names for names in planes)][: _MOST[width]]
    result = paper.figure(width, paper.inches(width) * 0.86)
    if not shown or all(plane.projection.best is None for plane in surfaces):
        paper.say(result.add_subplot(), "No evaluation has succeeded yet.")
        return result
    last = len(shown) - 1
    grid = result.subplots(last + 1, last + 1, squeeze=False)
    limits = _common([plane.projection.limits for plane in surfaces])
    mesh = None
    for i, below in enumerate(shown):
        for j, left in enumerate(shown):
            axes = paper.tidy(grid[i, j])
            plane = planes.get((left.profile.names[0], below.profile.names[0]))
            if i == j:
                slices.draw(axes, left, "", title=i == last, failures=False, room=_ROOM)
                axes.yaxis.tick_right()
            elif i > j and plane is not None:
                mesh = surface.draw(axes, plane, titles=(i == last, j == 0), limits=limits, failures=False, room=_ROOM)
                paper.star(axes, plane.star.x, plane.star.y, 7)
            else:
                axes.set_axis_off()
            if i < last:
                axes.set_xticklabels([])
            if 0 < j < i:
                axes.set_yticklabels([])
    if mesh is not None:
        place = result.add_axes((0.58, 0.93, 0.37, 0.016))
        bar = result.colorbar(mesh, cax=place, orientation="horizontal")
        bar.set_label(paper.safe(label), fontsize=paper.SMALL)
        place.tick_params(labelsize=paper.SMALL)
        bar.outline.set_visible(False)
    return result


def _common(limits: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Return (worst, best) that hold those of all surfaces, so that one bar of colours serves them all."""
    up = limits[0][1] >= limits[0][0]
    worst, best = (min, max) if up else (max, min)
    return worst(low for low, _ in limits), best(high for _, high in limits)
