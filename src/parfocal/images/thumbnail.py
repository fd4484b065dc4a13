"""Small pictures of large ones."""

import json
from pathlib import Path

from parfocal.errors import DataError

WIDTH = 320
"""Pixels of a thumbnail's longer side."""
_MOST = 120_000_000  # pixels; a file may claim more than memory holds


def thumbnail(picture: str | Path, path: str | Path, longest: int = WIDTH) -> Path:
    """Write a small JPEG of a picture, and return its path.

    Of a sheet of overlays only the first panel is taken, without title and legend, which nobody could read.

    Parameters
    ----------
    picture
        PNG, JPEG, GIF or WebP.
    path
        Where to write.
    longest
        Pixels of the longer side; a smaller picture keeps its size.

    Raises
    ------
    DataError
        If the file is no such picture.
    """
    import PIL.Image

    try:
        with PIL.Image.open(picture, formats=("PNG", "JPEG", "GIF", "WEBP")) as opened:
            if opened.width * opened.height > _MOST:
                raise DataError(
                    f"'{Path(picture).name}' has {opened.width} x {opened.height} pixels: too many to show."
                )
            panels = json.loads(opened.info.get("Panels") or "[]")
            shown = opened.convert("RGBA") if "transparency" in opened.info or "A" in opened.mode else opened
            shown = shown.crop(tuple(panels[0])) if panels else shown
            if shown.mode == "RGBA":
                white = PIL.Image.new("RGBA", shown.size, "white")
                shown = PIL.Image.alpha_composite(white, shown)
            shown = shown.convert("RGB")
    except (OSError, ValueError, SyntaxError, PIL.Image.DecompressionBombError) as error:
        raise DataError(f"'{Path(picture).name}' is no picture that can be shown: {error}.") from None
    shown.thumbnail((longest, longest), PIL.Image.Resampling.LANCZOS)
    # outlines are thin and coloured: no coarser grid for colour than for brightness
    shown.save(path, format="JPEG", quality=88, subsampling=0)
    return Path(path)
