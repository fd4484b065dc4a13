"""Parts that all printed (matplotlib) figures share; nothing here touches pyplot or global settings."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullFormatter, NullLocator

from parfocal.analysis import Cells
from parfocal.errors import InvalidInput
from parfocal.plots.style import FAILED, MUTED, STAR, STAR_EDGE, shorten, squeeze
from parfocal.typing import Floats, Ints

Width = Literal["one", "two"]
"""Columns of a journal page: 89 mm or 183 mm wide."""
_INCHES = {"one": 3.5, "two": 7.2}
_CHOICES = 16  # labels of an axis; of more choices every second or third is named
SMALL, TEXT = 7.0, 8.0
FORMATS = ("png", "pdf", "svg")


def inches(width: Width) -> float:
    """Return a width in inches."""
    if width not in _INCHES:
        raise InvalidInput(f"width must be one of {', '.join(_INCHES)}; got {width!r}.")
    return _INCHES[width]


def figure(width: Width, height: float) -> Figure:
    """Return an empty figure of that width, ``height`` inches high."""
    result = Figure(figsize=(inches(width), height), layout="constrained", facecolor="white")
    FigureCanvasAgg(result)
    return result


def tidy(axes: Axes) -> Axes:
    """Give axes the common look: small type, light grid, no box."""
    axes.tick_params(labelsize=SMALL, color=MUTED, length=3)
    axes.grid(True, color=MUTED, alpha=0.25, linewidth=0.5)
    axes.set_axisbelow(True)
    for side, spine in axes.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(MUTED)
    return axes


def along(axes: Axes, cells: Cells, which: Literal["x", "y"], title: bool = True, room: int = 28) -> None:
    """Set scale, range, ticks and title of an axis; more than ``room`` letters along x are thinned or turned."""
    axis = getattr(axes, f"{which}axis")
    getattr(axes, f"set_{which}scale")("log" if cells.axis.log else "linear")
    getattr(axes, f"set_{which}lim")(*cells.edges[[0, -1]].tolist())
    if title:
        getattr(axes, f"set_{which}label")(safe(squeeze(cells.axis.title, 16 if room < 20 else 30)), fontsize=TEXT)
    if cells.ticks is None:
        return
    positions, texts = cells.ticks
    every = 1
    turn: dict[str, Any] = {}
    letters = sum(map(len, texts)) if which == "x" else 0
    if letters > room and cells.axis.kind == "number":
        every = -(-letters // room)
    elif letters > room:
        turn = {"rotation": 35, "ha": "right", "rotation_mode": "anchor"}
    if cells.axis.kind == "category":
        every = -(-len(texts) // (_CHOICES if room > 20 else _CHOICES // 2))
    axis.set_major_locator(FixedLocator(positions[::-every].tolist()))
    axis.set_minor_locator(NullLocator())
    axis.set_minor_formatter(NullFormatter())
    axis.set_ticklabels([safe(shorten(text)) for text in texts[::-every]], **turn)


def crosses(axes: Axes, x: Floats | Ints) -> None:
    """Mark failures along the lower edge of axes."""
    edge = axes.get_xaxis_transform()
    style: dict[str, Any] = {"color": FAILED, "markersize": 3.5, "markeredgewidth": 0.8, "clip_on": False}
    axes.plot(x, [0.02] * len(x), "x", transform=edge, label="failed", **style)


def star(axes: Axes, x: Floats, y: Floats, size: float = 9) -> None:
    """Star the best."""
    style: dict[str, Any] = {
        "markeredgecolor": STAR_EDGE,
        "markeredgewidth": 0.7,
        "linestyle": "none",
        "zorder": 5,
        "clip_on": False,
    }
    axes.plot(x, y, "*", color=STAR, markersize=size, label="best", **style)


def legend(result: Figure, width: Width) -> None:
    """Write the legend above the axes, each name once."""
    found: dict[str, Any] = {}
    for axes in result.axes:
        for handle, name in zip(*axes.get_legend_handles_labels(), strict=True):
            found.setdefault(name, handle)
    if found:
        look: dict[str, Any] = {"fontsize": SMALL, "ncols": 2 if width == "one" else 4, "frameon": False}
        result.legend(list(found.values()), list(found), loc="outside upper center", **look)


def safe(text: str) -> str:
    """Return a user's text for a label; matplotlib would read ``$`` as the start of a formula."""
    return text.replace("$", r"\$")


def say(axes: Axes, text: str) -> None:
    """Write a sentence where there is nothing to draw."""
    axes.set_axis_off()
    axes.text(0.5, 0.5, text, transform=axes.transAxes, ha="center", va="center", fontsize=TEXT, wrap=True)


def save(result: Figure, folder: Path, name: str, formats: Sequence[str] = FORMATS) -> list[Path]:
    """Write a figure in several formats and return the paths; text stays text in PDF and SVG.

    Raises
    ------
    InvalidInput
        For a format other than png, pdf, svg.
    """
    unknown = [form for form in formats if form not in FORMATS]
    if unknown:
        raise InvalidInput(f"Figures can be written as {', '.join(FORMATS)}; got {unknown[0]!r}.")
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for form in formats:
        path = folder / f"{name}.{form}"
        stamp = {"png": {}, "pdf": {"CreationDate": None}, "svg": {"Date": None}}[form]
        with rc_context({"pdf.fonttype": 42, "svg.fonttype": "none", "svg.hashsalt": "parfocal"}):
            result.savefig(path, dpi=300, metadata=stamp)
        paths.append(path)
    return paths
