"""From the page's own HTML to what a printed page is made of, so that page and PDF say the same."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Literal

Kind = Literal["section", "h3", "paragraph", "item", "caption", "code", "table", "figure", "picture", "tiles"]
VOID = frozenset({"br", "img", "meta", "input", "hr"})
_SKIPPED = frozenset({"script", "select", "label", "button", "style"})
_SIGNS = {"b": ("<b>", "</b>"), "mark": ("<b>", "</b>"), "code": ("<font name='DejaVuSansMono'>", "</font>")}


@dataclass
class Piece:
    """One thing on a page."""

    kind: Kind
    text: str = ""
    """Markup of reportlab's paragraphs; plain for code."""
    name: str = ""
    """Identifier of a section; name of a figure; source of a picture."""
    soft: bool = False
    rows: list[list[str]] = field(default_factory=list)
    """Cells of a table, its head first; number and name of each tile."""
    numeric: list[bool] = field(default_factory=list)
    """Which columns are numbers."""


class _Reader(HTMLParser):
    """Collects the pieces of the sections."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[Piece] = []
        self.open: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.skipping = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        classes = (attributes.get("class") or "").split()
        if self.skipping or _for_screens(tag, classes) or (tag == "details" and self._within("table")):  # logs are long
            self.skipping += tag not in VOID
            return
        if tag not in VOID:
            self.open.append((tag, attributes))
        if tag in ("h2", "h3", "p", "li", "figcaption", "caption", "pre", "td", "th", "summary"):
            self.text = ""
        elif tag in _SIGNS and not self._within("pre"):
            self.text += _SIGNS[tag][0]
        elif tag == "br":
            self.text += "<br/>"
        if tag == "table":
            self.pieces.append(Piece("table"))
        elif tag == "tr":
            self.pieces[-1].rows.append([])
        elif tag == "th" and attributes.get("scope") == "col":
            self.pieces[-1].numeric.append("n" in classes)
        elif tag == "img" and "fallback" not in classes:
            self.pieces.append(Piece("picture", name=attributes.get("src") or ""))
        elif "plot" in classes:
            self.pieces.append(Piece("figure", name=(attributes.get("id") or "").removeprefix("fig-")))
        elif "tiles" in classes:
            self.pieces.append(Piece("tiles"))
        elif "tile" in classes:
            self.text = ""

    def handle_endtag(self, tag: str) -> None:
        if self.skipping:
            self.skipping -= 1
            return
        attributes = self.open.pop()[1] if self.open else {}
        classes = (attributes.get("class") or "").split()
        if tag in _SIGNS and not self._within("pre"):
            self.text += _SIGNS[tag][1]
        if self._within("table"):
            self._of_table(tag)
        elif tag == "h2":
            self._add("section", name=(attributes.get("id") or "").removesuffix("-title"))
        elif tag in ("h3", "p", "li", "figcaption", "pre"):
            kinds: dict[str, Kind] = {
                "h3": "h3",
                "p": "paragraph",
                "li": "item",
                "figcaption": "caption",
                "pre": "code",
            }
            prose = tag == "pre" and "prose" in classes
            self._add("paragraph" if prose else kinds[tag], soft="soft" in classes)
        elif tag == "summary":
            self._add("caption")
        elif "tile" in classes:
            number, _, name = self.text.removeprefix("<b>").partition("</b>")
            self.pieces[-1].rows.append([number.strip(), name.strip()])
            self.text = ""

    def _of_table(self, tag: str) -> None:
        table = next(piece for piece in reversed(self.pieces) if piece.kind == "table")
        if tag == "caption":
            table.text, self.text = self.text, ""
        elif tag in ("td", "th"):
            table.rows[-1].append(self.text.strip())
            self.text = ""

    def handle_data(self, data: str) -> None:
        if not self.skipping:
            marked = data.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
            self.text += data if self._within("pre") and not self._prose() else marked

    def _within(self, tag: str) -> bool:
        return any(name == tag for name, _ in self.open)

    def _prose(self) -> bool:
        return any("prose" in (attributes.get("class") or "").split() for _, attributes in self.open)

    def _add(self, kind: Kind, *, name: str = "", soft: bool = False) -> None:
        text, self.text = self.text, ""
        if text.strip():
            self.pieces.append(Piece(kind, text if kind == "code" else text.strip(), name, soft))


def _for_screens(tag: str, classes: list[str]) -> bool:
    return tag in _SKIPPED or "screen" in classes


def pieces_of(html: str) -> list[Piece]:
    """Return the pieces of sections of a report, in their order; what only a screen can show is left out."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.pieces
