"""The gallery: overlays of many trials on one image, or of one trial on all images, sorted by score, to be judged."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from parfocal.analysis import Choice, choice, score_names, side_by_side
from parfocal.dashboard import cards, parts
from parfocal.dashboard.overlays import HOW, Picture, overlays_of
from parfocal.dashboard.place import Place, link
from parfocal.dashboard.source import Source, View
from parfocal.storage import Tag
from parfocal.trials import Trial

PATH = "/study/<study>/gallery"
LABEL = "Gallery"
PAGE = 24
"""Pictures that are added at once."""
SHOW = {"top": "the best", "even": "from best to worst", "worst": "the worst"}
_EVEN = 48
_ARTIFACTS = "artifact:"


@dataclass(frozen=True)
class Wish:
    """What is to be seen."""

    study: str
    show: str = "top"
    picture: str = ""
    """Key of the picture that is shown of each trial; "" for all pictures of ``trial``."""
    trial: int | None = None
    tag: str = ""
    count: int = PAGE

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> "Wish":
        """Return a wish; what is none is left out."""
        trial = str(values.get("trial") or "")
        show, count = str(values.get("show") or "top"), str(values.get("count") or PAGE)
        return cls(
            str(values["study"]),
            show if show in SHOW else "top",
            str(values.get("picture") or ""),
            int(trial) if trial.isascii() and trial.isdecimal() and len(trial) < 19 else None,
            str(values.get("tag") or ""),
            int(count) if count.isascii() and count.isdecimal() and len(count) < 7 else PAGE,
        )


@dataclass(frozen=True)
class Card:
    """One picture of the gallery."""

    trial: int
    picture: Picture
    line: str
    """What is said below it."""
    more: str
    """What is said in smaller letters."""
    tags: tuple[str, ...]


def layout(source: Source, place: Place) -> Any:
    """Return the page."""
    from dash import dcc, html

    view = source.view(place.study)
    wish = Wish.of({**place.query, "study": view.name})
    best = view.history.best
    first = source.trials(view, best, best + 1)[0] if best is not None else None
    there = [each for each in overlays_of(source).pictures(view, first) if not each.problem]
    head = [
        html.H1("Gallery"),
        dcc.Store(id="gallery-place", data={"study": view.name}),
    ]
    if first is None:
        return html.Div([*head, html.P("No trial is complete yet: there is nothing to show.", className="notice")])
    if not there:
        return html.Div([*head, html.P(HOW, className="notice")])
    keys = [each.key for each in there]
    if wish.trial is None and wish.picture not in keys:
        wish = Wish(wish.study, wish.show, keys[0], None, wish.tag, wish.count)
    data: dict[str, Any] = {"data-more": "1"}
    return html.Div(
        [
            *head,
            _controls(source, view, wish, there),
            html.P(id="gallery-said", className="note", role="status"),
            html.Div(id="gallery-cards", className="cards"),
            html.Button("more", id="gallery-more", className="more", hidden=True, **data),
        ],
        className="gallery",
    )


def _controls(source: Source, view: View, wish: Wish, there: Sequence[Picture]) -> Any:
    from dash import dcc, html

    images = [{"label": each.title, "value": each.key} for each in there]
    words = ["", *cards.TAGS, *sorted({tag.tag for tag in cards.tags_of(source, view)} - set(cards.TAGS))]
    tags = [{"label": word or "any or none", "value": word} for word in [*words, "untagged"]]
    shows = [{"label": text, "value": key} for key, text in SHOW.items()]
    trial = None if wish.trial is None else str(wish.trial)
    hint = "Keys: arrows move, g and b tag, Enter opens." if source.edit else cards.READ_ONLY
    return html.Div(
        [
            html.Label(
                [
                    "image",
                    dcc.Dropdown(images, wish.picture or images[0]["value"], id="gallery-picture", clearable=False),
                ]
            ),
            html.Label(["trials", dcc.Dropdown(shows, wish.show, id="gallery-show", clearable=False)]),
            html.Label(["tagged", dcc.Dropdown(tags, wish.tag, id="gallery-tag", clearable=False)]),
            html.Label(
                [
                    "or all images of trial",
                    dcc.Input(
                        id="gallery-trial", type="text", inputMode="numeric", value=trial, debounce=True, size="7"
                    ),
                ]
            ),
            *([cards.author_field()] if source.edit else []),
            html.Span(hint, className="note"),
        ],
        className="controls",
    )


def gallery(source: Source, wish: Wish) -> tuple[list[Card], str, bool]:
    """Return the cards of a wish, what is to be said above them, and whether there are more."""
    view = source.view(wish.study)
    tags = cards.tags_of(source, view)
    return _of_trial(source, view, wish, tags) if wish.trial is not None else _of_image(source, view, wish, tags)


def _of_image(source: Source, view: View, wish: Wish, tags: Sequence[Tag]) -> tuple[list[Card], str, bool]:
    """Return one picture of each of many trials."""
    image = _image(wish.picture)
    tagged: dict[int, set[str]] = {}
    for tag in tags:
        if tag.image in (image, cards.WHOLE):
            tagged.setdefault(tag.number, set()).add(tag.tag)
    count = min(wish.count, _EVEN) if wish.show == "even" else wish.count
    table = _chosen(source, view, wish, tagged, count + 1)
    more = len(table.number) > count and wish.show != "even"
    overlays, found = overlays_of(source), []
    for number, value, place in zip(
        table.number[:count].tolist(), table.value.tolist(), table.rank.tolist(), strict=False
    ):
        for trial in source.trials(view, number, number + 1):
            shown = _picture_of(overlays.pictures(view, trial), wish.picture)
            line = f"{view.objective.metric} {parts.number(value, 4)}"
            more_text = f"rank {place:,}{_own_score(view, trial, image)}"
            found.append(Card(number, shown, line, more_text, tuple(_on(tags, number, image))))
    among = "" if not wish.tag else " that are untagged" if wish.tag == "untagged" else f" tagged '{wish.tag}'"
    said = f"{len(found)} of {parts.counted(table.total, 'trial')}{among}: {SHOW[wish.show]}."
    return found, said, more


def _chosen(source: Source, view: View, wish: Wish, tagged: Mapping[int, set[str]], count: int) -> Choice:
    among = None
    if wish.tag == "untagged":
        among = np.setdiff1d(np.arange(len(view.history)), np.array(list(tagged), dtype=np.int64))
    elif wish.tag:
        among = np.array([number for number, words in tagged.items() if wish.tag in words], dtype=np.int64)
    how: Any = wish.show
    return choice(view.history, view.objective, how, count - (wish.show == "even"), among=among)


def _of_trial(source: Source, view: View, wish: Wish, tags: Sequence[Tag]) -> tuple[list[Card], str, bool]:
    """Return all pictures of one trial, worst score first."""
    number = wish.trial or 0
    trials = source.trials(view, number, number + 1)
    if not trials:
        return [], f"There is no trial {number}: the study has {len(view.history)}, numbered from 0.", False
    (trial,) = trials
    table = side_by_side([trial], view.objective)
    scores = dict(zip(table.images, table.values[:, 0].tolist(), strict=True))
    places = {image: place for place, image in enumerate(table.images)}
    there = sorted(overlays_of(source).pictures(view, trial), key=lambda each: places.get(each.name, len(places)))
    found = []
    for each in there[: wish.count]:
        score = scores.get(each.name, math.nan)
        words = _on(tags, number, _image(each.key))
        if wish.tag and not (wish.tag in words or (wish.tag == "untagged" and not words)):
            continue
        line = "" if math.isnan(score) else f"{table.metric} {parts.number(score, 4)}"
        found.append(Card(number, each, line, each.title, tuple(words)))
    said = f"{parts.counted(len(there), 'picture')} of trial {number}, the worst first."
    return found, said, len(there) > wish.count


def _image(key: str) -> str:
    """Return the name of the image that tags are given on: artifacts have a name, too."""
    return key.partition(":")[2]


def _on(tags: Sequence[Tag], number: int, image: str) -> list[str]:
    return [tag.tag for tag in tags if tag.number == number and tag.image == image]


def _picture_of(there: Sequence[Picture], key: str) -> Picture:
    """Return the picture of this key; one of an image that was scored under no name is tried all the same."""
    missing = "" if not key.startswith(_ARTIFACTS) else f"This trial left no '{_image(key)}'."
    return next((each for each in there if each.key == key), Picture(key, _image(key), problem=missing))


def _own_score(view: View, trial: Trial, image: str) -> str:
    """Return the score of this image alone."""
    names = score_names([trial], view.objective)
    row = {} if trial.outcome is None else trial.outcome.scores.get(image, {})
    return f" · this image alone {parts.number(row[names[0]], 4)}" if names and names[0] in row else ""


def _drawn(source: Source, prefix: str, view: View, found: Sequence[Card]) -> list[Any]:
    from dash import html

    if not found:
        return [html.P("There is nothing of this kind.", className="notice")]
    return [_card(source, prefix, view, card) for card in found]


def _card(source: Source, prefix: str, view: View, card: Card) -> Any:
    from dash import dcc, html

    where = link(prefix, "study", view.name, "trial", card.trial)
    return html.Figure(
        [
            dcc.Link(
                cards.picture(overlays_of(source), prefix, view, card.trial, card.picture, small=True), href=where
            ),
            html.Figcaption(
                [
                    html.Span([html.B(f"trial {card.trial}"), f" {card.line}"]),
                    html.Span(card.more, className="note"),
                    cards.tag_buttons(source, view, card.trial, _image(card.picture.key), card.tags),
                ]
            ),
        ],
        className="card",
        key=f"{card.trial} {card.picture.key}",
        tabIndex="0",
        **parts.aria(label=f"trial {card.trial}, {card.line}, {card.more}"),
    )


def register(app: Any, source: Source) -> None:
    """Add the callbacks."""
    from dash import Input, Output, State

    prefix = app.config.requests_pathname_prefix

    @app.callback(
        Output("gallery-cards", "children"),
        Output("gallery-said", "children"),
        Output("gallery-more", "hidden"),
        Input("gallery-picture", "value"),
        Input("gallery-show", "value"),
        Input("gallery-tag", "value"),
        Input("gallery-trial", "value"),
        Input("gallery-more", "n_clicks"),
        State("gallery-place", "data"),
    )  # type: ignore[untyped-decorator]
    def show(picture: str, show: str, tag: str, trial: str | None, more: int | None, place: Mapping[str, Any]) -> Any:
        count = PAGE * (1 + (more or 0))
        values = {"picture": picture, "show": show, "tag": tag, "trial": trial, "count": count, **place}
        found, said, left = gallery(source, Wish.of(values))
        return _drawn(source, prefix, source.view(place["study"]), found), said, not left

    @app.callback(
        Output("gallery-picture", "options"), Input("gallery-place", "data"), State("gallery-picture", "options")
    )  # type: ignore[untyped-decorator]
    def name(place: Mapping[str, Any], options: list[Any]) -> Any:
        view = source.view(place["study"])
        best = view.history.best
        trial = source.trials(view, best, best + 1)[0] if best is not None else None
        found = overlays_of(source).pictures(view, trial, wait=True)
        return [{"label": each.title, "value": each.key} for each in found if not each.problem] or options
