"""One look for all figures: colours that colour-blind people tell apart, and axes that say what they show."""

COLOURS = ("#2587C8", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#8C6BB1", "#7F7F7F")
"""After Okabe & Ito (2008), the blue lightened to be seen on a dark page too; they are used in turn."""
TRAILS = ("#D55E00", "#000000", "#CC79A7", "#56B4E9", "#E69F00", "#0072B2", "#8C6BB1", "#7F7F7F")
"""Colours of trails, which lie on the colours of a surface."""
STAR, STAR_EDGE = "#FFFFFF", "#000000"
"""The best is a white star with a black rim: seen on every colour of a surface, and on light and dark paper."""
FAILED = "#C1272D"
MUTED = "#8a8f98"
BLANK = "rgba(128, 134, 145, 0.14)"
"""Where no trial has been."""
GRID = "rgba(128, 134, 145, 0.28)"
SEQUENTIAL = "Viridis"
"""Perceptually uniform, safe for colour-blind readers and in grey print; the bright end is the better one."""


def colour(index: int) -> str:
    """Return the colour of the group with this index."""
    return COLOURS[index % len(COLOURS)]


def trail_colour(index: int) -> str:
    """Return the colour of the trail with this index."""
    return TRAILS[index % len(TRAILS)]


def trail_name(label: str) -> str:
    """Return what the legend says of a trail."""
    return f"trail of {label}" if label else "trail"


def faint(hexadecimal: str, opacity: float) -> str:
    """Return a colour with an opacity, as CSS writes it."""
    red, green, blue = (int(hexadecimal[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, {opacity:g})"


def shorten(text: str, length: int = 22) -> str:
    """Return a label that fits below a tick."""
    return text if len(text) <= length else text[: length - 1] + "…"


def squeeze(text: str, length: int = 16) -> str:
    """Return a name that fits above an axis: both ends of a long one, since names often differ at their end only."""
    if len(text) <= length:
        return text
    end = length // 2
    return f"{text[: length - end - 1]}…{text[-end:]}"
