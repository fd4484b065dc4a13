"""What the pages of trials share: pictures that come when they are looked at, tags, configurations side by side."""

from collections.abc import Collection, Sequence
from typing import Any

from parfocal.analysis import Difference
from parfocal.dashboard import parts
from parfocal.dashboard.overlays import DEFAULT, Overlays, Picture
from parfocal.dashboard.source import Source, View
from parfocal.errors import ParfocalError, StorageError
from parfocal.storage import Tag
from parfocal.trials import Trial
from parfocal.typing import Value

TAGS = ("good", "bad")
"""The words that a click gives."""
READ_ONLY = "Tags can be given where the dashboard was started with --edit."
WHOLE = ""
"""In the place of an image: the trial as a whole."""


def picture(
    overlays: Overlays, prefix: str, view: View, what: int | str, shown: Picture, *, small: bool = False
) -> Any:
    """Return a place for a picture: a script of the page gets it when it comes into sight, and says what is wrong."""
    from dash import html

    of = "the default" if what == DEFAULT else f"trial {what}"
    if shown.problem:
        return html.P(shown.problem, className="notice")
    data: dict[str, Any] = {"data-overlay": overlays.address(prefix, view, what, shown.key, small=small)}
    return html.Span(
        [html.Img(alt=f"{shown.title} under {of}", **data), html.Span(className="overlay-note", role="status")],
        className="overlay small" if small else "overlay",
    )


def tags_of(source: Source, view: View) -> list[Tag]:
    """Return the tags of a study; none where the storage cannot say, which the page then shows otherwise."""
    try:
        return source.read(lambda storage: storage.tags(view.record.id))
    except StorageError:
        return []


def tag_id(kind: str, study: str, trial: int, image: str) -> dict[str, Any]:
    """Return the id of a part of the buttons of one picture."""
    return {"part": f"tag-{kind}", "study": study, "trial": trial, "image": image}


def tag_buttons(source: Source, view: View, trial: int, image: str, given: Collection[str]) -> Any:
    """Return the buttons ``good`` and ``bad`` of a picture, pressed where the tag is given."""
    from dash import html

    identity = (view.name, trial, image)
    buttons = [
        html.Button(
            word,
            id=tag_id(word, *identity),
            className=f"tag {word}",
            disabled=not source.edit,
            title=None if source.edit else READ_ONLY,
            **_pressed(word, word in given),
        )
        for word in TAGS
    ]
    others = ", ".join(sorted(set(given) - set(TAGS)))
    note = html.Span(others, id=tag_id("note", *identity), className="note", role="status")
    return html.Span([*buttons, note], className="tags")


def _pressed(word: str, value: bool) -> dict[str, Any]:
    return {**parts.aria(pressed=_truth(value)), "data-tag": word}


def _truth(value: bool) -> str:
    return "true" if value else "false"


def press(source: Source, study: str, trial: int, image: str, word: str, author: str) -> list[str]:
    """Give a tag, or take it away where it is given; the other one of the pair goes. Return the tags that are given.

    Raises
    ------
    ParfocalError
        If the dashboard only shows, or the storage cannot be written to.
    """
    record = source.view(study).record

    def change(storage: Any) -> list[str]:
        given = {tag.tag for tag in storage.tags(record.id) if tag.number == trial and tag.image == image}
        if word in given:
            storage.untag(record.id, trial, word, image)
            return sorted(given - {word})
        for other in given & set(TAGS):
            storage.untag(record.id, trial, other, image)
        storage.tag(record.id, trial, word, image, author.strip()[:255])
        return sorted(given - set(TAGS) | {word})

    return source.change(change)


def register(app: Any, source: Source) -> None:
    """Add the callback of the buttons."""
    from dash import MATCH, Input, Output, State, ctx, no_update

    keys = {"study": MATCH, "trial": MATCH, "image": MATCH}
    outputs = [Output({"part": f"tag-{word}", **keys}, "aria-pressed") for word in TAGS]

    @app.callback(
        *outputs,
        Output({"part": "tag-note", **keys}, "children"),
        *(Input({"part": f"tag-{word}", **keys}, "n_clicks") for word in TAGS),
        State("author", "value"),
        prevent_initial_call=True,
    )  # type: ignore[untyped-decorator]
    def pressed(*values: Any) -> Any:
        which: Any = ctx.triggered_id
        if not which or not any(values[: len(TAGS)]):
            return [no_update] * (len(TAGS) + 1)
        word = which["part"].removeprefix("tag-")
        try:
            given = press(source, which["study"], which["trial"], which["image"], word, str(values[-1] or ""))
        except ParfocalError as error:
            return [*([no_update] * len(TAGS)), str(error)]
        others = ", ".join(tag for tag in given if tag not in TAGS)
        return [*(_truth(tag in given) for tag in TAGS), others]


def author_field() -> Any:
    """Return where people say who they are; their browser keeps it."""
    from dash import dcc, html

    return html.Label(
        [
            "your name ",
            dcc.Input(id="author", type="text", maxLength=80, debounce=True, persistence=True, size="12"),
        ],
        className="author",
    )


def text(value: Value | None, active: bool = True) -> str:
    """Return a parameter's value as people read it."""
    if not active:
        return "not active"
    if isinstance(value, float):
        return parts.number(value, 6)
    return str(value)


def configurations(rows: Sequence[Difference], heads: Sequence[Any], caption: str) -> Any:
    """Return configurations side by side; what differs from the first one is marked, by words for those who listen."""
    from dash import html

    def cell(row: Difference, k: int) -> Any:
        shown: Any = text(row.values[k], bool(row.active[k]))
        if not row.active[k]:
            shown = html.Span(shown, className="note")
        return html.Mark(shown, title="differs from the first") if row.differs[k] else shown

    body = [[row.axis.title, *(cell(row, k) for k in range(len(heads)))] for row in rows]
    return parts.table(["parameter", *heads], body, caption, numeric=range(1, len(heads) + 1))


def seconds(runtime: float) -> str:
    """Return a runtime; one of less than some seconds with its fractions."""
    return f"{parts.number(runtime, 2)} s" if runtime < 10 else parts.duration(runtime)


def value_of(view: View, trial: Trial) -> float:
    """Return a trial's value in the user's own metric; NaN where it has none."""
    return float(view.objective.value(trial.loss))
