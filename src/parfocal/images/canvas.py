"""The sheet that overlays are drawn on: panels of one image, a title above each, one legend below."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from parfocal.errors import InvalidInput
from parfocal.typing import Floats

DPI = 100
PANEL = (760, 1400)
"""Wanted and largest width of a panel in pixels of the PNG."""
SLOT = 650
"""Least width of a panel together with its title, in pixels of the PNG."""
DARK, GAMMA = 0.25, 0.65
"""Mean of the stretched image below which it is brightened for display, and the exponent."""


@dataclass(frozen=True)
class Mark:
    """How one outcome is drawn: told apart with any colour vision, in grey by the line and the shape around a point.

    Green, red and blue are a bluish green, an orange red and an azure: pure ones would be one tone to many people.
    Their lightness differs too, and all are bright enough for dark images.

    Parameters
    ----------
    name
        What the legend calls it.
    colour
        Red, green, blue in hexadecimal form.
    dashes
        Lengths of dash and gap of an outline in points, empty for a solid line.
    marker, size
        Shape around a point, and its width relative to that of the circle.
    """

    name: str
    colour: str
    dashes: tuple[float, ...] = ()
    marker: str = "o"
    size: float = 1.0


TP = Mark("found (TP)", "#3dffb8")
FP = Mark("false (FP)", "#ff6338", marker="s", size=0.88)
FN = Mark("missed (FN)", "#5f98ff", (2.2, 1.4), "D", 0.8)
MARKS = (TP, FP, FN)


def stretch(image: Any, low: float = 0.5, high: float = 99.8) -> Floats:
    """Return an image scaled to [0, 1] between two percentiles, so that single hot pixels do not darken the rest.

    Parameters
    ----------
    image : array_like
        Any numbers; colour is scaled as one.
    low, high
        Percentiles that become black and white.
    """
    array = np.asarray(image, dtype=np.float64)
    finite = array[np.isfinite(array)]
    bottom, top = np.percentile(finite, [low, high]) if finite.size else (0.0, 0.0)
    if top <= bottom:
        bottom, top = (finite.min(), finite.max()) if finite.size else (0.0, 1.0)
    if top <= bottom:
        return np.zeros_like(array)
    return np.clip(np.nan_to_num((array - bottom) / (top - bottom)), 0, 1)


def is_colour(image: NDArray[Any]) -> bool:
    """Return whether the last axis holds colours."""
    return image.ndim >= 3 and image.shape[-1] in (3, 4) and min(image.shape[-3:-1]) > 4


def flat(image: Any, plane: int | None = None) -> tuple[NDArray[Any], str]:
    """Return an image as (y, x) or (y, x, 3), and what was done to a stack: one plane taken, or its maximum along z."""
    array = np.asarray(image)
    colour = is_colour(array)
    if array.ndim - colour not in (2, 3):
        raise InvalidInput(f"image must be 2-D or 3-D, with or without colour; got the shape {array.shape}.")
    done = ""
    if array.ndim - colour == 3:
        done = "maximum along z" if plane is None else f"plane {plane + 1} of {len(array)}"
        array = array.max(axis=0) if plane is None else array[plane]
    return (array[..., :3] if colour else array), done


class Sheet:
    """A figure of panels side by side that all show the same image.

    Parameters
    ----------
    image : array_like
        2-D or 3-D, grey or colour.
    panels : int
        How many.
    plane : int, optional
        Which plane of a stack to show, from 0; by default its maximum along z.
    """

    def __init__(self, image: Any, panels: int = 1, plane: int | None = None) -> None:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        pixels, self.view = flat(image, plane)
        shown = stretch(pixels)
        if shown.mean() < DARK:  # a few bright objects on black: lift the dim ones
            shown = shown**GAMMA
        height, width = shown.shape[:2]
        wanted, largest = PANEL
        self.scale = min(max(wanted / width, 1.0), largest / width, largest / height)
        """Pixels of the PNG for one pixel of the image."""
        self.line_width = min(1.0 + 0.5 * max(self.scale - 1.0, 0.0), 1.5)
        """Width of outlines in points: thin where the image is shown pixel by pixel."""
        gap, above, below = 14, 52, 44
        panel_width, panel_height = width * self.scale, height * self.scale
        slot = max(panel_width, SLOT)
        whole = (panels * slot + (panels + 1) * gap, panel_height + above + below)
        self.figure = Figure(figsize=(whole[0] / DPI, whole[1] / DPI), dpi=DPI, facecolor="white")
        FigureCanvasAgg(self.figure)
        self.axes = []
        for i in range(panels):
            left = (gap + i * (slot + gap)) / whole[0]
            axes = self.figure.add_axes((left, below / whole[1], panel_width / whole[0], panel_height / whole[1]))
            axes.imshow(
                shown, cmap="gray", vmin=0, vmax=1, interpolation="nearest" if self.scale > 1 else "antialiased"
            )
            axes.set_xticks([])
            axes.set_yticks([])
            axes.set_autoscale_on(False)
            for spine in axes.spines.values():
                spine.set_visible(False)
            self.axes.append(axes)

    def title(self, panel: int, first: str, second: str = "") -> None:
        """Write one or two lines above a panel: what is shown in bold, and its scores."""
        axes = self.axes[panel]
        axes.annotate(
            f"{first} · {self.view}" if self.view else first, (0, 1), (0, 21 if second else 8),
            xycoords="axes fraction", textcoords="offset points", fontsize=12, fontweight="bold", color="#222222",
            va="bottom", annotation_clip=False,
        )  # fmt: skip
        axes.annotate(
            second, (0, 1), (0, 6), xycoords="axes fraction", textcoords="offset points", fontsize=10.5,
            color="#444444", va="bottom", annotation_clip=False,
        )  # fmt: skip

    def legend(self, entries: Sequence[tuple[Mark, str]], *, points: bool = False, note: str = "") -> None:
        """Write the legend below the panels: each mark with its name, and what the text adds."""
        from matplotlib.lines import Line2D
        from matplotlib.patheffects import Normal, Stroke

        def rim(width: float) -> list[Any]:  # as on the image: a bright line is hardly seen on white without one
            return [Stroke(linewidth=width + 1.4, foreground="#555555"), Normal()]

        handles = [
            Line2D(
                [], [], color=mark.colour, lw=3, ls="" if points else line_style(mark), label=mark.name + text,
                marker=mark.marker if points else "", markersize=11 * mark.size, markerfacecolor="none",
                markeredgewidth=2.2, path_effects=rim(2.2 if points else 3.0),
            )
            for mark, text in entries
        ]  # fmt: skip
        self.figure.legend(
            handles=handles, loc="lower left", bbox_to_anchor=(0, 0), ncols=len(handles), frameon=False, fontsize=11,
            handlelength=1.0 if points else 2.2, columnspacing=1.6, borderaxespad=0.7,
        )  # fmt: skip
        right = 1 - 14 / self.figure.bbox.width
        self.figure.text(right, 17 / self.figure.bbox.height, note, ha="right", fontsize=10, color="#666666")

    def save(self, path: str | Path) -> Path:
        """Write the sheet as PNG (or what the suffix says) and return its path."""
        path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        png = path.suffix.lower() in ("", ".png")
        self.figure.savefig(path, dpi=DPI, metadata={"Panels": json.dumps(self.panels)} if png else None)
        return path

    @property
    def panels(self) -> list[list[int]]:
        """Where the panels lie in the PNG: left, top, right and bottom in pixels."""
        height = self.figure.bbox.height
        boxes = [axes.get_window_extent() for axes in self.axes]
        return [[round(edge) for edge in (box.x0, height - box.y1, box.x1, height - box.y0)] for box in boxes]


def line_style(mark: Mark) -> Any:
    """Return the mark's dashes as matplotlib wants them."""
    return (0, mark.dashes) if mark.dashes else "-"
