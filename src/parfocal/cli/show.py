"""`parfocal status`, `best` and `zoo`: tables on the terminal."""

import json
from pathlib import Path

from rich.console import Console
from rich.table import Table

from parfocal.analysis import best as ranking
from parfocal.analysis import gain
from parfocal.cli.targets import storage_of, study_of
from parfocal.errors import InvalidInput
from parfocal.optimizers import zoo
from parfocal.study import Study
from parfocal.trials import Objective


def show_status(target: Path, name: str | None) -> None:
    """Print one row a study, and the workers that are alive."""
    storage = storage_of(target)
    records = [record for record in storage.studies() if name in (None, record.name)]
    if not records:
        have = ", ".join(f"'{record.name}'" for record in storage.studies()) or "no study"
        raise InvalidInput(f"{target} holds no study '{name}'; it holds {have}.")
    table = Table("study", "waiting", "running", "complete", "pruned", "failed", "lost", "objective", "optimizer")
    for record in records:
        counts = storage.counts(record.id)
        states = (counts.waiting, counts.running, counts.complete, counts.pruned, counts.failed, counts.lost)
        objective = Objective.from_dict(record.definition["objective"])
        table.add_row(record.name, *map(str, states), str(objective), record.definition["optimizer"])
    console = Console()
    console.print(table)
    workers = storage.workers()
    console.print(f"{len(workers)} worker{'' if len(workers) == 1 else 's'} registered", highlight=False)
    for worker in workers:
        console.print(f"  {worker.id}  (process {worker.pid} on {worker.host})", highlight=False)


def show_best(target: Path, name: str | None, top: int, as_json: bool) -> None:
    """Print the best configurations, or the best one as JSON."""
    study = study_of(target, name)
    best = study.best
    if best is None:
        raise InvalidInput(f"The study '{study.name}' has no complete trial yet ({study.counts.failed} failed).")
    if as_json:
        print(json.dumps({"configuration": best.configuration.to_dict(), study.objective.metric: best.value}))
        return
    table = Table("trial", study.objective.label, *study.space.names)
    ranked = ranking(study.space, study.history, study.objective, k=top)
    for number, value, values in zip(ranked.number, ranked.value, ranked.configurations, strict=True):
        shown = [text(values[each]) if each in values else "" for each in study.space.names]  # "" = inactive
        table.add_row(str(number), f"{value:.5g}", *shown)
    Console().print(table)


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
    """Print the table of optimizers."""
    table = Table(*zoo.COLUMNS, show_lines=True)
    for row in zoo.table():
        table.add_row(*row)
    Console().print(table)
