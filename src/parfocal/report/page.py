"""The page around a report: one file with its style, scripts and plotly.js inside; it loads nothing from elsewhere."""

import base64
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

from parfocal.report.tags import Html, join, tag

_POLICY = "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; img-src data: blob:"
"""The browser itself refuses anything from outside the file; plotly.js compiles what draws parallel coordinates."""


def page(title: str, header: Sequence[Html], sections: Mapping[str, tuple[str, Html]], footer: Html) -> str:
    """Return the whole page.

    Parameters
    ----------
    title
        Title of the page and its first heading.
    header
        What comes under the title.
    sections
        Identifier to (name in the navigation, content).
    footer
        The last lines.
    """
    own = files("parfocal.report")
    links = [tag("li", tag("a", name, href=f"#{identifier}")) for identifier, (name, _) in sections.items()]
    plots = any('class="plot"' in content for _, content in sections.values())
    scripts = (*([_plotly()] if plots else []), own.joinpath("page.js").read_text(encoding="utf-8"))
    head = join(
        [
            Html('<meta charset="utf-8">\n<meta name="viewport" content="width=device-width, initial-scale=1">\n'),
            Html(f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'),
            Html('<meta name="generator" content="parfocal">\n'),
            tag("title", title),
            tag("style", Html(own.joinpath("style.css").read_text(encoding="utf-8"))),
        ]
    )
    body = join(
        [
            tag("a", "Skip to the report", href="#content", class_="skip"),
            tag("header", tag("h1", title), *header),
            tag("nav", tag("ul", *links), aria_label="Sections"),
            tag("main", *(content for _, content in sections.values()), id="content"),
            tag("footer", footer),
            tag("noscript", tag("p", "The figures need JavaScript; the tables and texts do not.")) if plots else "",
            *(tag("script", Html(script)) for script in scripts),
        ],
        "\n",
    )
    return f'<!DOCTYPE html>\n<html lang="en">\n<head>\n{head}\n</head>\n<body>\n{body}\n</body>\n</html>\n'


def _plotly() -> str:
    from plotly.offline import get_plotlyjs

    text: str = get_plotlyjs()
    return text


def plot(
    identifier: str,
    figures: Any | Sequence[tuple[str, Any]],
    description: str,
    caption: object,
    *,
    wide: bool = False,
    chooser: str = "Parameters:",
    fallback: bytes | None = None,
) -> Html:
    """Return a place for one figure, or for several of which one is shown at a time, chosen by name.

    Parameters
    ----------
    identifier
        Unique on the page.
    figures
        A plotly figure, or (name, figure) pairs.
    description
        What the figure shows, for those who cannot see it.
    caption
        The line below.
    wide
        On a narrow screen the figure keeps its width and can be scrolled sideways.
    chooser
        What stands before the names to choose from.
    fallback
        A PNG that is shown where the browser cannot draw the figure, for want of WebGL.
    """
    named = isinstance(figures, Sequence)
    choices: Sequence[tuple[str, Any]] = figures if named else [("", figures)]
    data = [
        tag(
            "script",
            Html(figure.to_json().replace("<", "\\u003c")),
            type="application/json",
            data_for=identifier,
            data_key=str(key) if named else None,
        )
        for key, (_, figure) in enumerate(choices)
    ]
    choice: object = ""
    if named:
        options = [tag("option", name, value=str(key)) for key, (name, _) in enumerate(choices)]
        label = tag("label", chooser, for_=f"{identifier}-chooser")
        select = tag("select", *options, id=f"{identifier}-chooser", data_target=identifier, autocomplete="off")
        choice = (
            tag("div", label, select, class_="controls")
            if len(choices) > 1
            else Html(str(select).replace("<select", "<select hidden", 1))
        )
    place = tag("div", class_="plot", id=identifier, role="img", aria_label=description)
    if wide:
        place = tag("div", place, class_="scroll wide", tabindex="0", role="region", aria_label=description)
    still: object = ""
    if fallback is not None:
        source = f"data:image/png;base64,{base64.b64encode(fallback).decode('ascii')}"
        look = {"src": source, "alt": description, "class": "fallback", "hidden": "", "data-for": identifier}
        still = Html(tag("img", **look).removesuffix("</img>"))
    return tag("figure", choice, place, still, tag("figcaption", caption), *data)
