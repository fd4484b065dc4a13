"""Pictures inside the page: given files, embedded as they are."""

import base64
from collections.abc import Sequence
from pathlib import Path

from parfocal.report.tags import Html, paragraph, tag

_SIGNATURES = ((b"\x89PNG\r\n\x1a\n", "image/png"), (b"\xff\xd8\xff", "image/jpeg"), (b"GIF8", "image/gif"))


def overlay_grid(overlays: Sequence[tuple[str, str | Path]]) -> Html:
    """Return pictures side by side with their captions; one that cannot be shown says so and stops nothing."""
    return tag("div", *(_picture(caption, Path(path)) for caption, path in overlays), class_="overlays")


def _picture(caption: str, path: Path) -> Html:
    try:
        data = path.read_bytes()
    except OSError:
        return _missing(caption, f"The picture '{path.name}' could not be read.")
    kind = next((kind for signature, kind in _SIGNATURES if data.startswith(signature)), None)
    if kind is None:
        return _missing(caption, f"'{path.name}' is no PNG, JPEG or GIF picture.")
    source = f"data:{kind};base64,{base64.b64encode(data).decode('ascii')}"
    return tag("figure", Html(tag("img", src=source, alt=caption).removesuffix("</img>")), tag("figcaption", caption))


def _missing(caption: str, why: str) -> Html:
    return tag("figure", paragraph(why, class_="soft"), tag("figcaption", caption))
