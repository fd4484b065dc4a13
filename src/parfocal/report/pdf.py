"""The report as PDF: A4, the texts and tables of the page, figures as vectors, page numbers, bookmarks, metadata.

Texts and tables are set by reportlab; each figure is drawn by matplotlib as a PDF of its own, and pypdf lays it into
the place that was left for it. Both are free (BSD) and come with the extra ``pdf``.
"""

import base64
import io
import re
from collections.abc import Mapping
from html import unescape
from pathlib import Path
from typing import Any

import parfocal
from parfocal.extras import require
from parfocal.plots.printed import Width
from parfocal.report.contents import Contents
from parfocal.report.figures import printed
from parfocal.report.flow import Piece, pieces_of
from parfocal.report.tags import Html

MARGIN = 38.0
"""Points; what is left of A4 is as wide as the figures of two columns, 183 mm."""
_COLUMNS = 8
"""Columns of a table that fit; a wider one is turned, and shows its first rows only."""
_TURNED = 5
_ROWS = 60
_WIDTHS: Mapping[str, Width] = {"surface": "one"}
"""Figures that need not be as wide as the page."""
_FONTS = {
    "DejaVuSans": "DejaVuSans.ttf",
    "DejaVuSans-Bold": "DejaVuSans-Bold.ttf",
    "DejaVuSansMono": "DejaVuSansMono.ttf",
}
_GREY, _LINE = "#5b6472", "#c9ced6"


def write_pdf(path: str | Path, title: str, c: Contents, parts: Mapping[str, tuple[str, Html]]) -> Path:
    """Write a report as PDF and return its path.

    Parameters
    ----------
    path
        The file.
    title
        Heading.
    c
        The tables, for the figures.
    parts
        The sections of the page: identifier to (name, content).

    Raises
    ------
    MissingPackage
        When reportlab or pypdf is not installed.
    """
    needed()
    _register_fonts()
    places: list[_Place] = []
    text = _set(title, c, parts, places)
    target = Path(path)
    target.write_bytes(_merged(text, places))
    return target


def needed() -> None:
    """Raise :class:`MissingPackage` where a PDF cannot be written."""
    for package in ("reportlab", "pypdf"):
        require(package, "pdf")


class _Place:
    """Where a figure goes: its PDF, and, once the page is set, page and corner."""

    def __init__(self, pdf: bytes, width: float, height: float) -> None:
        self.pdf, self.width, self.height = pdf, width, height
        self.page, self.x, self.y = 0, 0.0, 0.0


def _register_fonts() -> None:
    """Take matplotlib's own fonts: they know σ, µ, − and ², which PDF's built-in ones do not."""
    import matplotlib
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont

    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    for name, file in _FONTS.items():
        if name not in pdfmetrics.getRegisteredFontNames():
            pdfmetrics.registerFont(TTFont(name, str(folder / file)))
    pdfmetrics.registerFontFamily(
        "DejaVuSans", normal="DejaVuSans", bold="DejaVuSans-Bold", italic="DejaVuSans", boldItalic="DejaVuSans-Bold"
    )


def _styles() -> dict[str, Any]:
    from reportlab.lib.styles import ParagraphStyle

    base = ParagraphStyle("base", fontName="DejaVuSans", fontSize=8.5, leading=12.2, spaceAfter=4, splitLongWords=True)
    made: dict[str, dict[str, Any]] = {
        "title": {"fontName": "DejaVuSans-Bold", "fontSize": 18, "leading": 23, "spaceAfter": 4},
        "section": {"fontName": "DejaVuSans-Bold", "fontSize": 12.5, "leading": 17, "spaceBefore": 14, "spaceAfter": 5,
                    "keepWithNext": 1},
        "h3": {"fontName": "DejaVuSans-Bold", "fontSize": 9.5, "leading": 13, "spaceBefore": 7, "keepWithNext": 1},
        "paragraph": {},
        "soft": {"textColor": _GREY, "fontSize": 7.8, "leading": 11},
        "item": {"leftIndent": 11, "bulletIndent": 1},
        "caption": {"textColor": _GREY, "fontSize": 7.6, "leading": 10.4, "spaceAfter": 9},
        "above": {"textColor": _GREY, "fontSize": 7.6, "leading": 10.4, "spaceBefore": 7, "keepWithNext": 1},
        "cell": {"fontSize": 7.2, "leading": 9.4, "spaceAfter": 0},
        "number": {"fontSize": 7.2, "leading": 9.4, "spaceAfter": 0, "alignment": 2},
        "tile": {"fontSize": 7.6, "leading": 15, "spaceAfter": 0},
        "code": {"fontName": "DejaVuSansMono", "fontSize": 6.6, "leading": 8.6, "backColor": "#f4f5f7",
                 "borderPadding": 4, "spaceBefore": 6, "spaceAfter": 9},
    }  # fmt: skip
    return {name: ParagraphStyle(name, parent=base, **look) for name, look in made.items()}


def _set(title: str, c: Contents, parts: Mapping[str, tuple[str, Html]], places: list[_Place]) -> bytes:
    """Return the PDF of all texts, with empty places for figures, which are added to ``places``."""
    from reportlab.lib.pagesizes import A4
    from reportlab.platypus import BaseDocTemplate, Flowable, Frame, PageTemplate, Paragraph

    styles = _styles()
    width, height = A4[0] - 2 * MARGIN, A4[1] - 2 * MARGIN - 20
    sheet = io.BytesIO()

    class Space(Flowable):  # type: ignore[misc]
        """An empty place that notes where it came to lie."""

        def __init__(self, place: _Place) -> None:
            super().__init__()
            self.place, self.width, self.height = place, place.width, place.height
            self.keepWithNext = 1  # its caption

        def draw(self) -> None:
            self.place.page = self.canv.getPageNumber() - 1
            self.place.x, self.place.y = self.canv.absolutePosition(0, 0)
            places.append(self.place)

    class Marked(Paragraph):  # type: ignore[misc]
        """A heading with a bookmark."""

        def __init__(self, text: str, style: Any, key: str, outline: str) -> None:
            super().__init__(text, style)
            self.key, self.outline = key, outline

        def draw(self) -> None:
            self.canv.bookmarkPage(self.key)
            self.canv.addOutlineEntry(self.outline, self.key, 0, closed=False)
            super().draw()

    def stamp(canvas: Any, _: Any) -> None:
        canvas.saveState()
        canvas.setFont("DejaVuSans", 7)
        canvas.setFillColor(_GREY)
        canvas.drawString(MARGIN, 24, f"{title[:80]} · parfocal {parfocal.__version__}")
        canvas.drawRightString(A4[0] - MARGIN, 24, str(canvas.getPageNumber()))
        canvas.restoreState()

    subtitle = f"{' · '.join(each.label for each in c.objective.all)} · written by parfocal {parfocal.__version__}"
    story: list[Any] = [Paragraph(_safe(title), styles["title"]), Paragraph(_safe(subtitle), styles["soft"])]
    for identifier, (_, content) in parts.items():
        for piece in pieces_of(content):
            if piece.kind == "section":
                story.append(Marked(piece.text, styles["section"], identifier, _bare(piece.text)))
            elif piece.kind == "figure":
                place = _drawn(c, piece.name, width, height)
                if place is not None:
                    story.append(Space(place))
                if piece.name == "surface":  # on paper nothing can be chosen: all pairs at once
                    more = _drawn(c, "infimum", width, height)
                    story += [Space(more)] if more is not None else []
            else:
                story += _flowables(piece, styles, width, height)
    document = BaseDocTemplate(
        sheet, pagesize=A4, leftMargin=MARGIN, rightMargin=MARGIN, title=title, author="", subject=subtitle,
        creator=f"parfocal {parfocal.__version__}", producer=f"parfocal {parfocal.__version__}",
        keywords="hyperparameter optimization, " + ", ".join(axis.name for axis in c.axes[:30]), lang="en",
    )  # fmt: skip
    frame = Frame(MARGIN, MARGIN + 10, width, height + 10, leftPadding=0, rightPadding=0, topPadding=0, bottomPadding=0)
    document.addPageTemplates([PageTemplate("page", [frame], onPage=stamp)])
    document.build(story)
    return sheet.getvalue()


def _drawn(c: Contents, name: str, width: float, height: float) -> _Place | None:
    """Return a figure as a PDF, no larger than a page; None where there is nothing to draw."""
    from matplotlib import rc_context

    figure = printed(c, name, _WIDTHS.get(name, "two"))
    if figure is None:
        return None
    sheet = io.BytesIO()
    with rc_context({"pdf.fonttype": 42}):
        figure.savefig(sheet, format="pdf", dpi=200, metadata={"CreationDate": None})
    own = [72 * float(side) for side in figure.get_size_inches()]
    scale = min(1.0, width / own[0], 0.9 * height / own[1])
    return _Place(sheet.getvalue(), own[0] * scale, own[1] * scale)


def _flowables(piece: Piece, styles: Mapping[str, Any], width: float, height: float) -> list[Any]:
    from reportlab.platypus import Paragraph, XPreformatted

    if piece.kind == "table":
        return _table(piece, styles, width)
    if piece.kind == "tiles":
        return _tiles(piece, styles, width)
    if piece.kind == "picture":
        return _picture(piece, width, height)
    if piece.kind == "item":
        return [Paragraph(piece.text, styles["item"], bulletText="•")]
    if piece.kind == "code":
        lines = [part for line in piece.text.splitlines() for part in _broken(line)]
        return [XPreformatted(_safe("\n".join(lines)), styles["code"])]
    return [Paragraph(piece.text, styles["soft" if piece.soft else piece.kind])]


def _broken(line: str, most: int = 124) -> list[str]:
    """Return a line of code in pieces that fit."""
    return [line[i : i + most] for i in range(0, len(line), most)] or [""]


def _table(piece: Piece, styles: Mapping[str, Any], width: float) -> list[Any]:
    from reportlab.platypus import Paragraph, Spacer, Table

    rows, numeric, caption = piece.rows, piece.numeric, piece.text
    if rows and len(rows[0]) > _COLUMNS and len(rows) > 1:
        caption += f" (the first {_TURNED})" if len(rows) > _TURNED + 1 else ""
        rows = [list(line) for line in zip(*rows[: _TURNED + 1], strict=True)]
        numeric = [False] * len(rows[0])
    if len(rows) > _ROWS + 1:
        caption += f" (the first {_ROWS} of {len(rows) - 1})"
        rows = rows[: _ROWS + 1]
    if not rows:
        return []
    cells = [
        [
            Paragraph(f"<b>{cell}</b>" if i == 0 or j == 0 else cell, styles["number" if numeric[j] else "cell"])
            for j, cell in enumerate(line)
        ]
        for i, line in enumerate(rows)
    ]
    made = Table(cells, colWidths=_widths(rows, width), repeatRows=1, hAlign="LEFT")
    made.setStyle(
        [
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LINEBELOW", (0, 0), (-1, 0), 0.8, _GREY),
            ("LINEBELOW", (0, 1), (-1, -1), 0.3, _LINE),
            ("LEFTPADDING", (0, 0), (-1, -1), 2),
            ("RIGHTPADDING", (0, 0), (-1, -1), 5),
            ("TOPPADDING", (0, 0), (-1, -1), 2),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
        ]
    )
    return [Paragraph(caption, styles["above"]), made, Spacer(1, 8)]


def _widths(rows: list[list[str]], width: float) -> list[float]:
    """Return widths of columns: as wide as their longest cell where there is room, else in shares of it."""
    from reportlab.pdfbase.pdfmetrics import stringWidth

    wanted = [
        max(stringWidth(_bare(line[j]), "DejaVuSans-Bold", 7.2) for line in rows) + 10 for j in range(len(rows[0]))
    ]
    if sum(wanted) <= width:
        return wanted
    words = [
        max(
            (stringWidth(word, "DejaVuSans-Bold", 7.2) for line in rows for word in _bare(line[j]).split()), default=0.0
        )
        for j in range(len(rows[0]))
    ]
    least = [min(word + 10, width / len(words)) for word in words]
    room = max(width - sum(least), 0.0)
    longer = [max(each - low, 0.0) for each, low in zip(wanted, least, strict=True)]
    return [low + room * more / sum(longer) for low, more in zip(least, longer, strict=True)]


def _tiles(piece: Piece, styles: Mapping[str, Any], width: float) -> list[Any]:
    from reportlab.platypus import Paragraph, Spacer, Table

    cells = [
        Paragraph(f"<font name='DejaVuSans-Bold' size='12'>{number}</font><br/>{name}", styles["tile"])
        for number, name in piece.rows
    ]
    made = Table([cells], colWidths=[width / len(cells)] * len(cells))
    made.setStyle([("BOX", (i, 0), (i, 0), 0.5, _LINE) for i in range(len(cells))])
    return [made, Spacer(1, 8)]


def _picture(piece: Piece, width: float, height: float) -> list[Any]:
    from reportlab.platypus import Image

    data = base64.b64decode(piece.name.partition("base64,")[2])
    made = Image(io.BytesIO(data))
    scale = min(width / made.imageWidth, 0.55 * height / made.imageHeight)
    made.drawWidth, made.drawHeight = made.imageWidth * scale, made.imageHeight * scale
    made.keepWithNext = 1  # its caption
    return [made]


def _merged(text: bytes, places: list[_Place]) -> bytes:
    """Return the PDF with all figures in their places."""
    from pypdf import PdfReader, PdfWriter, Transformation

    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(text)))
    for place in places:
        figure = PdfReader(io.BytesIO(place.pdf)).pages[0]
        scale = place.width / float(figure.mediabox.width)
        move = Transformation().scale(scale).translate(place.x, place.y)
        writer.pages[place.page].merge_transformed_page(figure, move)
    writer.compress_identical_objects()
    for page in writer.pages:
        page.compress_content_streams()
    result = io.BytesIO()
    writer.write(result)
    return result.getvalue()


def _safe(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _bare(markup: str) -> str:
    """Return a text without its marks."""
    return unescape(re.sub(r"<[^>]*>", "", markup))
