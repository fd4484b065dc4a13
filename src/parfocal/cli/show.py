"""`parfocal best` and `zoo`: tables on the terminal."""

import json
import math
from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.padding import Padding
from rich.table import Column, Table
from rich.text import Text

from parfocal.analysis import best as ranking
from parfocal.analysis import gain, pareto
from parfocal.cli.targets import Place, study_of
from parfocal.errors import InvalidInput
from parfocal.optimizers import zoo
from parfocal.study import Study

WIDE = 10_000
"""Columns of a terminal on which every table fits."""
WIDE_ENOUGH_FOR_ZOO = 190
"""Columns of a terminal; with fewer, words of the table of optimizers would be cut."""


def show_best(target: Place, name: str | None, top: int, as_json: bool) -> None:
    """Print the best configurations, or the best one as JSON."""
    study = study_of(target, name)
    best = study.best
    if best is None:
        raise InvalidInput(f"The study '{study.name}' has no complete trial yet ({study.counts.failed} failed).")
    metrics = [objective.metric for objective in study.objective.all]
    if as_json:
        numbers = dict(zip(metrics, _values(study, best.number), strict=True))
        print(json.dumps({"configuration": best.configuration.to_dict(), **numbers}))
        return
    rows = []
    ranked = ranking(study.space, study.history, study.objective, k=top)
    for number, values in zip(ranked.number.tolist(), ranked.configurations, strict=True):
        shown = [text(values[each]) if each in values else "" for each in study.space.names]  # "" = inactive
        rows.append([str(number), *(f"{value:.5g}" for value in _values(study, number)), *shown])
    _print_table(Console(), ["trial", *(each.label for each in study.objective.all), *study.space.names], rows)
    if study.objective.others:
        print(f"By {metrics[0]} alone; --front shows the Pareto front of {' and '.join(metrics)}.")


def _values(study: Study, number: int) -> list[float]:
    """Return a complete trial's values of all objectives, in the user's own units."""
    losses = study.history.losses[number].tolist()
    return [float(each.value(loss)) for each, loss in zip(study.objective.all, losses, strict=True)]


def show_front(target: Place, name: str | None, as_json: bool) -> None:
    """Print the trials that no other one beats in all objectives; a single objective is weighed against runtime."""
    study = study_of(target, name)
    found = pareto(study.space, study.history, study.objective)
    if not len(found):
        raise InvalidInput(f"The study '{study.name}' has no complete trial yet ({study.counts.failed} failed).")
    metrics = [objective.metric for objective in found.objectives]
    if as_json:
        numbers = [dict(zip(metrics, row, strict=True)) for row in found.values.tolist()]
        print(json.dumps([{"configuration": dict(c), **n} for c, n in zip(found.configurations, numbers, strict=True)]))
        return
    rows = []
    for number, row, values in zip(found.number, found.values.tolist(), found.configurations, strict=True):
        shown = [text(values[each]) if each in values else "" for each in study.space.names]  # "" = inactive
        rows.append([str(number), *(f"{value:.5g}" for value in row), *shown])
    _print_table(Console(), ["trial", *(each.label for each in found.objectives), *study.space.names], rows)


def show_recommendation(target: Place, name: str | None, flat: bool, as_json: bool) -> None:
    """Print the configuration that is expected to be best, and the luckiest trial beside it."""
    study = study_of(target, name)
    found = study.recommend(flat=flat)
    if found is None:
        raise InvalidInput(f"The study '{study.name}' has no complete trial yet ({study.counts.failed} failed).")
    metric = study.objective.metric
    if as_json:
        numbers = {metric: found.value, "error": found.error, "evaluations": found.evaluations}
        print(json.dumps({"configuration": dict(found.configuration), **_finite(numbers)}))
        return
    number = found.number, found.luckiest_number
    rows = [
        ["first trial", *map(str, number)],
        [f"expected {metric}", f"{found.value:.5g} ± {found.error:.2g}", f"{found.luckiest_expected:.5g}"],
        [f"best single {metric}", "", f"{found.luckiest_value:.5g}"],
        ["evaluations", str(found.evaluations), ""],
    ]
    if flat:
        rows.append([f"{metric} around it", f"{found.around:.5g}", ""])
    for each in study.space.names:
        both = (found.configuration, found.luckiest)
        rows.append([each, *(text(values[each]) if each in values else "" for values in both)])
    _print_table(Console(), [study.objective.label, "recommended", "luckiest trial"], rows)
    print(f"Noise of a single evaluation: {found.noise:.2g} (standard deviation)")
    if study.objective.others:
        print(f"Judged by {metric} alone, the first objective; --front shows the Pareto front of all.")


def _finite(numbers: Mapping[str, float]) -> dict[str, float | None]:
    """Return numbers as JSON has them: null for NaN."""
    return {name: value if math.isfinite(value) else None for name, value in numbers.items()}


def _print_table(console: Console, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table; where it is too wide, with a column for each row, and in blocks of as many as fit: none is cut."""
    table = Table(*heads)
    for row in rows:
        table.add_row(*row)
    if console.measure(table, options=console.options.update(width=WIDE)).maximum <= console.width:
        console.print(table)
        return
    room = console.width - max(map(len, heads)) - 4
    step = max(1, room // (max(len(cell) for row in rows for cell in row) + 3))
    for start in range(0, len(rows), step):
        block = rows[start : start + step]
        turned = Table(Column(heads[0], overflow="fold"), *(Column(row[0], overflow="fold") for row in block))
        for index, head in enumerate(heads[1:], 1):
            turned.add_row(head, *(row[index] for row in block))
        console.print(turned)


def best_lines(study: Study) -> list[str]:
    """Return the best trial, and the gain over the default, as lines of text."""
    best = study.best
    if best is None:
        return [f"No trial was complete; `parfocal status {study.storage.url}` and the report say why."]
    lines = [f"Best {study.objective.label}: {best.value:.5g}, trial {best.number}"]
    default = study.default_value
    if default is not None:
        ranked = ranking(study.space, study.history, study.objective, k=1)
        table = gain(ranked, study.objective, study.default or {}, default)
        better = f"; gain {table.gain:+.5g}" if table is not None else ""
        lines.append(f"Default configuration: {default:.5g}{better}")
    lines += [f"  {name} = {text(value)}" for name, value in best.configuration.items()]
    return lines


def text(value: object) -> str:
    """Return a parameter's value as people read it."""
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def show_zoo() -> None:
    """Print the table of optimizers; on a narrow terminal a paragraph for each."""
    console = Console()
    if console.width >= WIDE_ENOUGH_FOR_ZOO:
        longest = {"source": 22, "spaces": 18}
        shortest = {"strategy": 36, "when to choose it": 34}
        columns = [
            Column(head, overflow="fold", max_width=longest.get(head), min_width=shortest.get(head))
            for head in zoo.COLUMNS
        ]
        table = Table(*columns, show_lines=True)
        for row in zoo.table():
            table.add_row(*row)
        console.print(table)
        return
    for name, sampler, strategy, source, spaces, cost, when in zoo.table():
        parts = sampler if strategy == "none" else f"{sampler} + {strategy}"
        console.print(Text(name, style="bold"))
        for line in (when, f"Parts: {parts}. Spaces: {spaces}. An ask takes {cost} ms.", f"Source: {source}"):
            console.print(Padding(Text(line), (0, 0, 0, 4)))
