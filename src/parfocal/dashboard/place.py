"""Places: which page a path means, and the path of a place; a study's name may be any text."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlencode

_PLAIN = re.compile(rb"[A-Za-z0-9_.-]")
_CODE = re.compile(rb"~([0-9A-F]{2})")


@dataclass(frozen=True)
class Place:
    """Where a browser is.

    Attributes
    ----------
    prefix
        Path under which a proxy shows the dashboard; begins and ends with a slash.
    parts
        What the placeholders of the page's ``PATH`` stand for: ``{"study": "nuclei", "trial": "12"}``.
    query
        The part behind ``?``, the last one of equal names.
    """

    prefix: str = "/"
    parts: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)

    @property
    def study(self) -> str:
        """Name of the study, "" where the page is not of one study."""
        return self.parts.get("study", "")


def matched(pattern: str, prefix: str, path: str, search: str = "") -> Place | None:
    """Return the place of a path if it is one of the ``PATH`` pattern ``/study/<study>/trial/<trial>``, else None."""
    wanted = pattern.strip("/").split("/")
    given = ("/" + path.removeprefix(prefix)).strip("/").split("/")
    if len(wanted) != len(given):
        return None
    parts = {}
    for want, have in zip(wanted, given, strict=True):
        if want.startswith("<"):
            parts[want[1:-1]] = plain(have)
        elif want != have:
            return None
    return Place(prefix, parts, dict(parse_qsl(search.removeprefix("?"), keep_blank_values=True)))


def link(prefix: str, *parts: object, **query: str) -> str:
    """Return the path of a place: ``link(prefix, "study", name, "trial", 3)``."""
    path = prefix + "/".join(quoted(str(part)) for part in parts)
    return f"{path}?{urlencode(query)}" if query else path


def quoted(text: str) -> str:
    """Return a text as one part of a path that no proxy takes apart or tidies up, as some do with ``%2F`` and dots."""
    data = text.encode("utf-8", "surrogatepass")
    dots = not data.strip(b".")
    return "".join(
        chr(byte) if _PLAIN.match(bytes([byte])) and not (dots and byte == 0x2E) else f"~{byte:02X}" for byte in data
    )


def plain(part: str) -> str:
    """Invert :func:`quoted`; what is no such text comes out as it is, as far as that can be."""
    data = _CODE.sub(lambda code: bytes([int(code[1], 16)]), part.encode("utf-8", "surrogatepass"))
    return data.decode("utf-8", "replace")
