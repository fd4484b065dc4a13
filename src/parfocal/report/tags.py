"""Small HTML writers. Everything that is text is escaped here, once; only :class:`Html` passes as it is."""

from collections.abc import Sequence
from html import escape

_LONG = 48


class Html(str):
    """Text that is HTML already."""

    __slots__ = ()


def text(content: object) -> Html:
    """Return content as HTML: escaped, unless it is HTML already."""
    return content if isinstance(content, Html) else Html(escape(str(content)))


def tag(name: str, *content: object, **attributes: object) -> Html:
    """Return ``<name attributes>content</name>``.

    Attribute names may end with ``_`` (``class_``) and use ``_`` for ``-`` (``aria_label``); None leaves one out.
    """
    parts = [
        f' {key.rstrip("_").replace("_", "-")}="{escape(str(value), quote=True)}"'
        for key, value in attributes.items()
        if value is not None
    ]
    return Html(f"<{name}{''.join(parts)}>{join(content)}</{name}>")


def join(content: Sequence[object], between: str = "") -> Html:
    """Return several contents one after the other."""
    return Html(between.join(text(part) for part in content))


def section(identifier: str, title: str, *content: object) -> Html:
    """Return a section with a heading of level 2 that the navigation can point to."""
    heading = tag("h2", title, id=f"{identifier}-title")
    return tag("section", heading, *content, id=identifier, aria_labelledby=f"{identifier}-title")


def paragraph(*content: object, class_: str | None = None) -> Html:
    """Return a paragraph."""
    return tag("p", *content, class_=class_)


def table(
    caption: str, head: Sequence[object], rows: Sequence[Sequence[object]], *, numeric: Sequence[int] = ()
) -> Html:
    """Return a table; the first cell of each row is its heading, columns in ``numeric`` are set flush right.

    Cells with little text are not broken into lines.
    """
    columns = [tag("th", cell, scope="col", class_="n" if j in numeric else None) for j, cell in enumerate(head)]
    lines = [
        tag(
            "tr",
            *(
                tag("th", cell, scope="row")
                if j == 0
                else tag("td", cell, class_="n" if j in numeric else "long" if len(str(cell)) > _LONG else None)
                for j, cell in enumerate(row)
            ),
        )
        for row in rows
    ]
    body = tag("table", tag("caption", caption), tag("thead", tag("tr", *columns)), tag("tbody", *lines))
    return tag("div", body, class_="scroll", tabindex="0", role="region", aria_label=caption)


def details(summary: object, *content: object) -> Html:
    """Return content that is folded away until asked for."""
    return tag("details", tag("summary", summary), *content)


def screen(text_: str) -> Html:
    """Return a remark that is of use on a screen only; paper leaves it out."""
    return tag("span", text_, class_="screen")
