"""The page that compares: trials side by side, or studies side by side."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from parfocal.analysis import convergence, differences, score_names, side_by_side
from parfocal.dashboard import cards, parts
from parfocal.dashboard.overlays import Picture, overlays_of
from parfocal.dashboard.place import Place, link, plain, quoted
from parfocal.dashboard.source import Source, View
from parfocal.errors import InvalidInput, ParfocalError
from parfocal.plots import convergence as curves
from parfocal.plots import sidebyside as drawn
from parfocal.trials import Trial

PATH = "/compare"
LABEL = "Compare"
MOST = 8
"""Trials or studies that are compared at once."""


@dataclass(frozen=True)
class Named:
    """One trial of one study."""

    view: View
    trial: Trial
    name: str


def layout(source: Source, place: Place) -> Any:
    """Return the page: of the trials ``?trials=STUDY:3,STUDY:8`` or the studies ``?studies=STUDY,STUDY``."""
    from dash import html

    wished, named = _split(place.query.get("studies", "")), _split(place.query.get("trials", ""))
    content: list[Any]
    if named:
        content = _trials(source, place.prefix, named)
    elif wished:
        content = _studies(source, place.prefix, wished)
    else:
        content = []
    return html.Div([html.H1("Compare"), *content, _chooser(source, place.prefix, wished, named)], className="compare")


def trials_query(items: Sequence[tuple[str, int]]) -> str:
    """Return the query of trials, each by its study's name and its number."""
    return ",".join(f"{quoted(study)}:{number}" for study, number in items)


def studies_query(names: Sequence[str]) -> str:
    """Return the query of studies by their names."""
    return ",".join(quoted(name) for name in names)


def _split(text: str) -> list[str]:
    found = list(dict.fromkeys(part for part in text.split(",") if part))
    if len(found) > MOST:
        raise InvalidInput(f"At most {MOST} are compared at once; got {len(found)}.")
    return found


# ------------------------------------------------------------ trials


def _trials(source: Source, prefix: str, items: Sequence[str]) -> list[Any]:
    from dash import dcc, html

    found = _named(source, items)
    heads = [
        dcc.Link(each.name, href=link(prefix, "study", each.view.name, "trial", each.trial.number)) for each in found
    ]
    return [
        html.H2("Trials"),
        _results(found, heads),
        *_remarks(found),
        html.H2("Configurations"),
        *_configurations(found, heads),
        html.H2("Scores of single images"),
        _scores(found),
        html.H2("Overlays"),
        *_pictures(source, prefix, found),
    ]


def _named(source: Source, items: Sequence[str]) -> list[Named]:
    pairs = []
    for item in items:
        study, _, number = item.rpartition(":")
        if not (number.isascii() and number.isdecimal() and len(number) < 19) or not study:
            raise InvalidInput(f"A trial is named as STUDY:NUMBER; got '{item}'.")
        pairs.append((plain(study), int(number)))
    alone = len({study for study, _ in pairs}) == 1
    found = []
    for study, row in pairs:
        view = source.view(study)
        trials = source.trials(view, row, row + 1)
        if not trials:
            raise InvalidInput(f"There is no trial {row} in '{study}': it has {len(view.history)}, numbered from 0.")
        found.append(Named(view, trials[0], f"trial {row}" if alone else f"{study} {row}"))
    return found


def _results(found: Sequence[Named], heads: Sequence[Any]) -> Any:
    rows: list[list[Any]] = [["state", *(each.trial.state.name.lower() for each in found)]]
    labels = dict.fromkeys(each.view.objective.label for each in found)
    for label in labels:
        rows.append([label, *(_value(each) if each.view.objective.label == label else "–" for each in found)])
    outcomes = [each.trial.outcome for each in found]
    rows.append(["runtime", *("–" if one is None else cards.seconds(one.runtime) for one in outcomes)])
    rows.append(["sampler", *(each.trial.provenance.sampler for each in found)])
    rows.append(["strategy", *(each.trial.provenance.strategy for each in found)])
    return parts.table(["", *heads], rows, "Results", numeric=range(1, len(found) + 1))


def _value(each: Named) -> str:
    return parts.number(cards.value_of(each.view, each.trial))


def _remarks(found: Sequence[Named]) -> list[Any]:
    from dash import html

    if len({str(each.view.objective) for each in found}) > 1:
        return [html.P("These trials have different objectives: their values are not of one kind.", className="notice")]
    if len({repr(each.view.record.definition.get("evaluation")) for each in found}) > 1:
        return [
            html.P(
                "These trials were evaluated in different ways: their values may differ by that.", className="notice"
            )
        ]
    return []


def _configurations(found: Sequence[Named], heads: Sequence[Any]) -> list[Any]:
    from dash import html

    first = found[0].view.space
    if all(each.view.space == first for each in found):
        rows = differences(first, [each.trial.configuration for each in found])
        return [cards.configurations(rows, heads, "Marked is what differs from the first")]
    names = list(dict.fromkeys(name for each in found for name in each.trial.configuration))
    body = [
        [
            name,
            *(
                cards.text(each.trial.configuration[name]) if name in each.trial.configuration else "–"
                for each in found
            ),
        ]
        for name in names
    ]
    return [
        html.P(
            "The spaces of these studies differ: parameters of the same name need not mean the same.",
            className="notice",
        ),
        parts.table(["parameter", *heads], body, "Configurations", numeric=range(1, len(found) + 1)),
    ]


def _scores(found: Sequence[Named]) -> Any:
    trials = [each.trial for each in found]
    names = score_names(trials, found[0].view.objective)
    table = side_by_side(trials, found[0].view.objective, names[0] if names else None, [each.name for each in found])
    return parts.graph("compare-scores", "The score of each image under each trial", drawn.interactive(table))


def _pictures(source: Source, prefix: str, found: Sequence[Named]) -> list[Any]:
    from dash import dcc, html

    overlays = overlays_of(source)
    there: dict[str, str] = {}
    for each in found:
        there.update({one.key: one.title for one in overlays.pictures(each.view, each.trial) if not one.problem})
    if not there:
        return [html.P("None of these trials has pictures.", className="notice")]
    options = [{"label": title, "value": key} for key, title in there.items()]
    items = [[each.view.name, each.trial.number, each.name] for each in found]
    label = html.Label(["image", dcc.Dropdown(options, options[0]["value"], id="compare-picture", clearable=False)])
    return [
        dcc.Store(id="compare-items", data=items),
        html.Div(label, className="controls"),
        html.Div(id="compare-shown", className="sheets"),
    ]


# ------------------------------------------------------------ studies


def _studies(source: Source, prefix: str, names: Sequence[str]) -> list[Any]:
    from dash import html

    views = [source.view(plain(name)) for name in names]
    groups: dict[str, list[View]] = {}
    for view in views:
        groups.setdefault(view.objective.label, []).append(view)
    content: list[Any] = [html.H2("Studies"), _table(source, views, prefix)]
    if len(groups) > 1:
        text = (
            "These studies have different objectives: each has axes of its own, and they cannot be compared by value."
        )
        content.append(html.P(text, className="notice"))
    for index, (label, group) in enumerate(groups.items()):
        content += _curves(index, label, group)
    return content


def _curves(index: int, label: str, group: Sequence[View]) -> list[Any]:
    from dash import html

    tables = convergence({view.name: view.history for view in group}, group[0].objective)
    names = ", ".join(view.name for view in group)
    said = []
    if len({repr(view.record.definition.get("evaluation")) for view in group}) > 1:
        said.append("they evaluate in different ways")
    if any(view.space != group[0].space for view in group):
        said.append("they search different spaces")
    remark = [html.P(f"What differs besides the search: {' and '.join(said)}.", className="notice")] if said else []
    figure = curves.interactive(tables, label)
    return [
        html.H2(f"Best {label}"),
        *remark,
        parts.graph(f"compare-curves-{index}", f"Best value after each evaluation of {names}", figure),
    ]


def _table(source: Source, views: Sequence[View], prefix: str) -> Any:
    from dash import dcc

    rows = []
    for view in views:
        status = source.study(view.name)
        best = view.history.best
        value = float("nan") if best is None else float(view.objective.value(float(view.history.loss[best])))
        budget = "–" if status is None or status.budget is None else f"{status.budget:,}"
        rows.append(
            [
                dcc.Link(view.name, href=link(prefix, "study", view.name)),
                str(view.record.definition.get("optimizer", "")),
                view.objective.label,
                parts.number(value),
                "–" if best is None else dcc.Link(str(best), href=link(prefix, "study", view.name, "trial", best)),
                f"{int(view.history.complete.sum()):,}",
                f"{int(view.history.failed.sum()):,}",
                budget,
            ]
        )
    head = ("study", "optimizer", "objective", "best", "trial", "complete", "failed", "budget")
    return parts.table(head, rows, "Studies", numeric=(3, 4, 5, 6, 7))


# ------------------------------------------------------------ choosing


def _chooser(source: Source, prefix: str, wished: Sequence[str], named: Sequence[str]) -> Any:
    from dash import dcc, html

    status = source.status()
    names = [] if status is None else [study.name for study in status.studies]
    chosen = [plain(name) for name in wished]
    of = dict.fromkeys(plain(item.rpartition(":")[0]) for item in named)
    study = next(iter(of)) if len(of) == 1 else (chosen[0] if chosen else None)
    numbers = ", ".join(item.rpartition(":")[2] for item in named) if len(of) == 1 else ""
    return html.Div(
        [
            html.H2("Choose"),
            html.Div(
                [
                    html.Label(["studies", dcc.Dropdown(names, chosen, id="compare-studies", multi=True)]),
                    html.Span(id="compare-go-studies"),
                ],
                className="controls",
            ),
            html.Div(
                [
                    html.Label(["or trials of", dcc.Dropdown(names, study, id="compare-study")]),
                    html.Label(
                        ["numbers", dcc.Input(id="compare-numbers", type="text", value=numbers, placeholder="3, 8, 12")]
                    ),
                    html.Span(id="compare-go-trials"),
                ],
                className="controls",
            ),
        ],
        className="chooser",
    )


def register(app: Any, source: Source) -> None:
    """Add the callbacks."""
    from dash import Input, Output, State, dcc, html

    prefix = app.config.requests_pathname_prefix

    @app.callback(Output("compare-go-studies", "children"), Input("compare-studies", "value"))  # type: ignore[untyped-decorator]
    def studies(names: list[str] | None) -> Any:
        if not names or len(names) < 2:
            return html.Span("choose two or more", className="note")
        return dcc.Link("compare the studies", href=link(prefix, "compare", studies=studies_query(names)))

    @app.callback(
        Output("compare-go-trials", "children"), Input("compare-study", "value"), Input("compare-numbers", "value")
    )  # type: ignore[untyped-decorator]
    def trials(study: str | None, numbers: str | None) -> Any:
        given = [part.strip() for part in (numbers or "").replace(";", ",").split(",") if part.strip()]
        if study is None or len(given) < 2 or not all(part.isascii() and part.isdecimal() for part in given):
            return html.Span("name two or more numbers", className="note")
        query = trials_query([(study, int(part)) for part in given])
        return dcc.Link("compare the trials", href=link(prefix, "compare", trials=query))

    @app.callback(
        Output("compare-shown", "children"), Input("compare-picture", "value"), State("compare-items", "data")
    )  # type: ignore[untyped-decorator]
    def show(key: str, items: Sequence[Sequence[Any]]) -> Any:
        overlays, sheets = overlays_of(source), []
        for study, number, name in items:
            try:
                view = source.view(study)
                (trial,) = source.trials(view, number, number + 1)
                there = overlays.pictures(view, trial, wait=True)
            except ParfocalError as error:
                sheets.append(html.Figure([html.Figcaption(name), html.P(str(error), className="notice")]))
                continue
            missing = Picture(key, key.partition(":")[2], problem="This trial has no such picture.")
            shown = next((each for each in there if each.key == key), missing)
            sheets.append(html.Figure([html.Figcaption(name), cards.picture(overlays, prefix, view, number, shown)]))
        return sheets


__all__ = ["MOST", "PATH", "layout", "register", "studies_query", "trials_query"]
