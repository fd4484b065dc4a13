"""The page of one trial: what was tried, what came out, how it looks, and where it came from."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from parfocal.analysis import differences, rank, score_names, side_by_side
from parfocal.dashboard import cards, parts
from parfocal.dashboard.overlays import DEFAULT, HOW, Picture, overlays_of
from parfocal.dashboard.place import Place, link, plain
from parfocal.dashboard.source import Source, View
from parfocal.errors import InvalidInput, ParfocalError
from parfocal.exchange.repeat import repeatable
from parfocal.plots import sidebyside as drawn
from parfocal.trials import Trial
from parfocal.typing import Values

PATH = "/study/<study>/trial/<trial>"
_TABLE = 300
"""Images, up to which their scores stand in a table."""


def layout(source: Source, place: Place) -> Any:
    """Return the page."""
    from dash import dcc, html

    view, trial = _found(source, place.study, place.parts["trial"])
    return html.Div(
        [
            dcc.Store(id="trial-place", data={"study": view.name, "number": trial.number}),
            dcc.Store(id="trial-revision", data=_revision(trial)),
            dcc.Interval(id="trial-tick", interval=3000, disabled=trial.state.finished),
            html.Div(_content(source, place.prefix, view, trial), id="trial-content"),
        ],
        className="trial",
    )


def _found(source: Source, study: str, number: str) -> tuple[View, Trial]:
    view = source.view(study)
    found = source.trials(view, int(number), int(number) + 1) if _is_number(number) else []
    if not found:
        total = len(view.history)
        raise InvalidInput(f"There is no trial {number} in '{study}': it has {total}, numbered from 0.")
    return view, found[0]


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 19


def _revision(trial: Trial) -> list[int]:
    """Return what changes when the trial does: a claim takes no revision."""
    return [trial.revision, int(trial.state), trial.attempts]


def _content(source: Source, prefix: str, view: View, trial: Trial) -> list[Any]:
    return [
        _head(prefix, view, trial),
        _tiles(view, trial),
        _tags(source, view, trial),
        *_failure(trial),
        parts.section("trial-pictures", "Overlays", *_pictures(source, prefix, view, trial), opened=True),
        parts.section("trial-configuration", "Configuration", _configurations(source, view, trial), opened=True),
        *_scores(view, trial),
        parts.section("trial-metrics", "Metrics", _metrics(trial)),
        parts.section("trial-provenance", "Where it came from", _provenance(view, trial)),
        parts.section("trial-repeat", "Evaluate it once more", *_repeat(prefix, view, trial)),
    ]


def _head(prefix: str, view: View, trial: Trial) -> Any:
    from dash import dcc, html

    def to(number: int, text: str, key: str) -> Any:
        if not 0 <= number < len(view.history):
            return html.Span(text, className="note")
        data: dict[str, Any] = {"data-key": key}
        return html.Span(dcc.Link(text, href=link(prefix, "study", view.name, "trial", number)), **data)

    best = view.history.best
    links = [to(trial.number - 1, "← previous", "ArrowLeft"), to(trial.number + 1, "next →", "ArrowRight")]
    if best is not None and best != trial.number:
        links.append(to(best, f"best: trial {best}", ""))
        pair = f"{_item(view, best)},{_item(view, trial.number)}"
        links.append(dcc.Link("compare with the best", href=link(prefix, "compare", trials=pair)))
    data = {"picture": "", "trial": str(trial.number)}
    links.append(dcc.Link("its images in the gallery", href=link(prefix, "study", view.name, "gallery", **data)))
    state = html.Span(trial.state.name.lower(), className=f"state {trial.state.name.lower()}")
    return html.Div(
        [
            html.H1([f"Trial {trial.number} ", state]),
            html.Nav(links, className="beside", **parts.aria(label="Other trials")),
        ]
    )


def _item(view: View, number: int) -> str:
    from parfocal.dashboard.place import quoted

    return f"{quoted(view.name)}:{number}"


def _tiles(view: View, trial: Trial) -> Any:
    from dash import html

    place = rank(view.history, trial.number)
    standing = f"{place.rank:,} of {place.total:,}" if place.rank is not None else "–"
    runtime = trial.outcome.runtime if trial.outcome is not None else float("nan")
    tiles = [
        parts.tile(view.objective.label, parts.number(cards.value_of(view, trial))),
        parts.tile("rank", standing, "1 is the best"),
        parts.tile("runtime", cards.seconds(runtime)),
    ]
    if not trial.fidelity.full:
        tiles.append(
            parts.tile(trial.fidelity.name, parts.number(trial.fidelity.value), f"{trial.fidelity.fraction:.0%}")
        )
    return html.Dl(tiles, className="tiles")


def _tags(source: Source, view: View, trial: Trial) -> Any:
    from dash import html

    tags = [tag for tag in cards.tags_of(source, view) if tag.number == trial.number]
    whole = [tag.tag for tag in tags if not tag.image]
    others = [f"{tag.tag} on {tag.image}" + (f" ({tag.author})" if tag.author else "") for tag in tags if tag.image]
    return html.P(
        [
            "This trial is ",
            cards.tag_buttons(source, view, trial.number, cards.WHOLE, whole),
            *([html.Span(f" {cards.READ_ONLY}", className="note")] if not source.edit else [cards.author_field()]),
            *([html.Br(), html.Span("; ".join(others), className="note")] if others else []),
        ],
        className="tagging",
    )


def _failure(trial: Trial) -> list[Any]:
    from dash import html

    if trial.outcome is None:
        return []
    said = []
    if trial.outcome.message:
        reason = f"{trial.outcome.reason.value}: " if trial.outcome.reason is not None else ""
        said.append(html.P(f"{reason}{trial.outcome.message}", className="notice"))
    if trial.outcome.log:
        said.append(parts.section("trial-log", "Log", html.Pre(trial.outcome.log), opened=bool(trial.outcome.reason)))
    return said


# ------------------------------------------------------------ pictures


def _pictures(source: Source, prefix: str, view: View, trial: Trial) -> list[Any]:
    from dash import dcc, html

    overlays = overlays_of(source)
    left = overlays.pictures(view, trial)
    there = [each for each in left if not each.problem]
    hidden = [html.P(f"Not shown: {each.name}. {each.problem}", className="note") for each in left if each.problem]
    if not there:
        return hidden or [html.P(HOW, className="notice")]
    options = [{"label": each.title, "value": each.key} for each in there]
    beside = [{"label": "alone", "value": ""}, {"label": "beside the default", "value": DEFAULT}]
    best = view.history.best
    if best is not None and best != trial.number:
        beside.append({"label": f"beside the best (trial {best})", "value": str(best)})
    return [
        html.Div(
            [
                html.Label(["image", dcc.Dropdown(options, options[0]["value"], id="trial-picture", clearable=False)]),
                html.Label(["shown", dcc.Dropdown(beside, "", id="trial-beside", clearable=False)]),
            ],
            className="controls",
        ),
        html.Div(id="trial-shown", className="sheets"),
        *hidden,
    ]


def _shown(source: Source, prefix: str, study: str, number: int, key: str, beside: str) -> list[Any]:
    from dash import html

    view, trial = _found(source, study, str(number))
    overlays = overlays_of(source)
    chosen = next((each for each in overlays.pictures(view, trial) if each.key == key), Picture(key, key))
    caption = [html.Figcaption(f"trial {number}")] if beside else []
    sheets = [html.Figure([*caption, cards.picture(overlays, prefix, view, number, chosen)])]
    if beside:
        name = "default" if beside == DEFAULT else f"trial {beside}"
        other = cards.picture(overlays, prefix, view, beside, Picture(key, key.partition(":")[2]))
        sheets.append(html.Figure([html.Figcaption(name), other]))
    return sheets


# ------------------------------------------------------------ numbers


def _configurations(source: Source, view: View, trial: Trial) -> Any:
    chosen: list[tuple[str, Values]] = [(f"trial {trial.number}", trial.configuration)]
    best = view.history.best
    if best is not None and best != trial.number:
        chosen += [(f"best (trial {each.number})", each.configuration) for each in source.trials(view, best, best + 1)]
    default: Mapping[str, Any] | None = view.record.definition.get("default")
    if default is not None:
        chosen.append(("default", default))
    rows = differences(view.space, [configuration for _, configuration in chosen])
    return cards.configurations(rows, [name for name, _ in chosen], "What was tried; marked is what differs from it")


def _scores(view: View, trial: Trial) -> list[Any]:
    from dash import dcc, html

    names = score_names([trial], view.objective)
    if not names:
        return []
    count = len(trial.outcome.scores) if trial.outcome is not None else 0
    controls = html.Label(["score", dcc.Dropdown(list(names), names[0], id="trial-score", clearable=False)])
    content = [
        html.Div(controls, className="controls"),
        parts.graph("trial-scores", "The score of each image, worst first", _figure(view, trial, names[0])),
    ]
    if count <= _TABLE:
        table = side_by_side([trial], view.objective, names[0])
        columns = {name: side_by_side([trial], view.objective, name) for name in names}
        by = {name: dict(zip(each.images, each.values[:, 0].tolist(), strict=True)) for name, each in columns.items()}
        rows = [[image, *(parts.number(by[name][image]) for name in names)] for image in table.images]
        content.append(
            html.Details(
                [
                    html.Summary("as a table"),
                    parts.table(["image", *names], rows, "Scores of single images", numeric=range(1, len(names) + 1)),
                ]
            )
        )
    return [parts.section("trial-images", f"Scores of {parts.counted(count, 'image')}", *content, opened=True)]


def _figure(view: View, trial: Trial, metric: str) -> Any:
    return drawn.interactive(side_by_side([trial], view.objective, metric))


def _metrics(trial: Trial) -> Any:
    from dash import html

    if trial.outcome is None or not trial.outcome.metrics:
        return html.P("There are no metrics.", className="notice")
    rows = [[name, parts.number(value, 6)] for name, value in trial.outcome.metrics.items()]
    return parts.table(["metric", "value"], rows, "Metrics of the whole evaluation", numeric=(1,))


def _provenance(view: View, trial: Trial) -> Any:
    origin = trial.provenance
    moments = {"queued": trial.created, "started": trial.started, "finished": trial.finished}
    rows: Sequence[tuple[str, Any]] = (
        ("sampler", origin.sampler),
        ("strategy", origin.strategy),
        ("member of the portfolio", origin.member if origin.member >= 0 else None),
        ("note", origin.note),
        ("asked when there were", f"{parts.counted(origin.ask, 'trial')}, revision {origin.seen} seen"),
        ("seed", trial.seed),
        ("worker", trial.worker),
        ("attempts", trial.attempts),
        *((name, parts.date(moment)) for name, moment in moments.items() if moment is not None),
    )
    return parts.table(
        ["what", "is"], [[name, str(value)] for name, value in rows if value is not None], "Where the trial came from"
    )


def _repeat(prefix: str, view: View, trial: Trial) -> list[Any]:
    from dash import html

    if repeatable(view.record, trial) is None:
        return [html.P("The study's evaluation is a function of a program: run it there.", className="notice")]
    name = _file(trial)
    address = link(prefix, "trial-file", view.name, trial.number)
    return [
        html.P(["Save ", html.A(name, href=address, download=name), ", then run where the evaluation can run:"]),
        html.Pre(f"parfocal evaluate {name}"),
    ]


def _file(trial: Trial) -> str:
    return f"trial-{trial.number:06d}.json"


# ------------------------------------------------------------ callbacks


def register(app: Any, source: Source) -> None:
    """Add the callbacks, and the route of the file that `parfocal evaluate` takes."""
    from dash import Input, Output, State, no_update
    from flask import Response

    prefix = app.config.requests_pathname_prefix

    @app.callback(
        Output("trial-content", "children"),
        Output("trial-revision", "data"),
        Output("trial-tick", "disabled"),
        Input("trial-tick", "n_intervals"),
        State("trial-place", "data"),
        State("trial-revision", "data"),
        State("live", "value"),
        prevent_initial_call=True,
    )  # type: ignore[untyped-decorator]
    def follow(_: int, place: Mapping[str, Any], seen: list[int], live: list[str]) -> Any:
        if not live:
            return no_update, no_update, no_update
        try:
            view, trial = _found(source, place["study"], str(place["number"]))
        except ParfocalError:
            return no_update, no_update, no_update
        if _revision(trial) == seen:
            return no_update, no_update, trial.state.finished
        return _content(source, prefix, view, trial), _revision(trial), trial.state.finished

    @app.callback(
        Output("trial-shown", "children"),
        Input("trial-picture", "value"),
        Input("trial-beside", "value"),
        State("trial-place", "data"),
    )  # type: ignore[untyped-decorator]
    def show(key: str, beside: str, place: Mapping[str, Any]) -> Any:
        return _shown(source, prefix, place["study"], place["number"], key, beside)

    @app.callback(Output("trial-picture", "options"), Input("trial-place", "data"), State("trial-picture", "value"))  # type: ignore[untyped-decorator]
    def name(place: Mapping[str, Any], _: str) -> Any:
        view, trial = _found(source, place["study"], str(place["number"]))
        found = overlays_of(source).pictures(view, trial, wait=True)
        return [{"label": each.title, "value": each.key} for each in found if not each.problem] or no_update

    @app.callback(
        Output("trial-scores", "figure"),
        Input("trial-score", "value"),
        State("trial-place", "data"),
        prevent_initial_call=True,
    )  # type: ignore[untyped-decorator]
    def score(metric: str, place: Mapping[str, Any]) -> Any:
        view, trial = _found(source, place["study"], str(place["number"]))
        return _figure(view, trial, metric)

    def document(study: str, number: str) -> Response:
        try:
            view, trial = _found(source, plain(study), number)
        except ParfocalError as error:
            return Response(str(error), 404, mimetype="text/plain")
        content = repeatable(view.record, trial)
        if content is None:
            return Response("The study has no evaluation.", 404, mimetype="text/plain")
        headers = {"Content-Disposition": f'attachment; filename="{_file(trial)}"'}
        return Response(json.dumps(content, indent=2), mimetype="application/json", headers=headers)

    app.server.add_url_rule("/trial-file/<study>/<number>", "trial_file", document)
