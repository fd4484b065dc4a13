"""`parfocal compare`: optimizers on the same problems, from stored studies or after running them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from parfocal.analysis.entering import Source, entries_of
from parfocal.analysis.significance import LEVEL
from parfocal.cli.targets import is_experiment, is_url, name_of, storage_of
from parfocal.errors import InvalidInput
from parfocal.report import Contest, contest, document, save_comparison, write_comparison
from parfocal.report.claims import claims, scale, setting
from parfocal.report.contest import Row, overall, standings
from parfocal.report.words import number, plural


@dataclass(frozen=True)
class Runs:
    """What is to be run before it is compared; None where that was not said."""

    optimizers: str | None
    seeds: int | None
    storage: str | None
    workers: str | None


def compare_studies(
    targets: Sequence[str],
    names: Sequence[str],
    labels: Sequence[str],
    runs: Runs,
    budget: int | None,
    optimum: Sequence[str],
    level: float,
    out: Path | None,
    figures: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Compare, print the tables and what the tests say, and write page, tables and figures where they are wanted."""
    if figures and out is None:
        raise InvalidInput("--figures are written beside the page: name its folder with --out.")
    if not 0 < level < 1:
        raise InvalidInput(f"--level is a level of significance between 0 and 1, such as 0.05; got {level:g}.")
    if out is not None and out.is_file():
        raise InvalidInput(f"--out is a folder, and '{out}' is a file.")
    named = dict(_assigned(label, "--label", "STUDY=NAME") for label in labels)
    if runs.optimizers is None:
        _refuse_runs(runs, targets)
        sources = [source for target in dict.fromkeys(targets) for source in _stored(target, names)]
        if not sources:
            wanted = f" named like {' or '.join(names)}" if names else ""
            raise InvalidInput(f"There is no study{wanted} in {', '.join(targets)}.")
        after = budget
    else:
        from parfocal.cli.contest import run_all

        if names or labels:
            raise InvalidInput("--study and --label choose among stored studies: leave them out, or --optimizers.")
        rest = _words({"optimum": optimum, "level": level if level != LEVEL else None, "out": out})
        rest += [word for word, wanted in (("--figures", figures), ("--json", as_json)) if wanted]
        sources = run_all(targets, runs.optimizers, runs.seeds or 5, budget, runs.storage, runs.workers, quiet, rest)
        after = None
    entries = entries_of(sources, named)
    problems = list(dict.fromkeys(entry.problem for entry in entries))
    found = contest(entries, evaluations=after, optimum=_optima(optimum, problems), level=level)
    if as_json:
        print(json.dumps(document(found), allow_nan=False))
    else:
        show(found)
    if out is not None:
        path = write_comparison(found, out)
        saved = save_comparison(found, out / "figures") if figures else []
        if not as_json:
            print(f"Page: {path}")
            if saved:
                print(f"Figures: {len(saved)} files in {out / 'figures'}")


def _words(options: Mapping[str, object]) -> list[str]:
    """Return options as they are written on the command line, those that repeat once for each value."""
    each = [(key, one) for key, value in options.items() for one in (value if isinstance(value, list) else [value])]
    return [word for key, value in each if value is not None for word in (f"--{key}", str(value))]


def _refuse_runs(runs: Runs, targets: Sequence[str]) -> None:
    """Raise where options of running are given, or a task, but nothing is to be run."""
    from parfocal.tasks.table import names

    given = {"--seeds": runs.seeds, "--storage": runs.storage, "--workers": runs.workers}
    option = next((name for name, value in given.items() if value is not None), None)
    task = next((target for target in targets if target in names() and not Path(target).is_file()), None)
    if option is not None or task is not None:
        what = f"{option} is for runs" if option is not None else f"'{task}' is a task"
        raise InvalidInput(f"{what}: say which optimizers to run, for example --optimizers tpe,cma-es,random.")


def _stored(target: str, patterns: Sequence[str]) -> list[Source]:
    """Return the studies of a database, all or those whose names fit; of an experiment file its own."""
    if not is_url(target) and not is_experiment(target) and Path(target).is_dir():
        raise InvalidInput(f"'{target}' is a folder: name the database in it.")
    storage = storage_of(target, readonly=True)
    own = name_of(target, None)
    wanted = list(patterns) or ([own] if own is not None else ["*"])
    return [
        Source(storage, record)
        for record in storage.studies()
        if any(fnmatchcase(record.name, pattern) for pattern in wanted)
    ]


def _assigned(text: str, option: str, form: str) -> tuple[str, str]:
    name, equals, value = text.rpartition("=")
    if not equals or not name or not value:
        raise InvalidInput(f"{option} is written as {form}; got '{text}'.")
    return name, value


def _optima(given: Sequence[str], problems: Sequence[str]) -> dict[str, float]:
    found = {}
    for text in given:
        name, value = ("", text) if "=" not in text else _assigned(text, "--optimum", "PROBLEM=VALUE")
        if not name and len(problems) > 1:
            raise InvalidInput(f"There are several problems ({', '.join(problems)}): write --optimum PROBLEM=VALUE.")
        try:
            found[name or problems[0]] = float(value)
        except ValueError:
            raise InvalidInput(f"--optimum is a number, or PROBLEM=NUMBER; got '{text}'.") from None
    return found


def show(found: Contest) -> None:
    """Print the tables, then what is unequal, then what the tests say."""
    console = Console(highlight=False)
    console.print(Text(setting(found)))
    rows = standings(found)
    for final in found.finals:
        table = Table("optimizer", "runs", final.objective.label, "median", "regret", "regret anytime")
        for row in rows:
            if row["problem"] == final.problem:
                spread = "" if row["std"] != row["std"] else f" ± {number(row['std'], 2)}"
                cells = (row["optimizer"], str(row["runs"]), number(row["mean"]) + spread, number(row["median"]))
                table.add_row(*map(Text, cells), _regret(row), number(row["regret_anytime"], 3))
        console.print(Text(f"\n{final.problem}, after {final.budget:,} evaluations", style="bold"))
        console.print(table)
    table = Table("optimizer", "mean rank", "regret", "targets reached")
    for row in overall(found):
        reached = f"{row['targets_reached']:.0%}"
        table.add_row(Text(row["optimizer"]), number(row["mean_rank"], 3), _regret(row), reached)
    blocks = plural(len(found.ranks.blocks), found.ranks.kind.removesuffix("s"))
    console.print(Text(f"\nRanks over {blocks}", style="bold"))
    console.print(table)
    for head, sentences in (
        ("Regret", scale(found)),
        ("What is unequal", [each.text for each in found.caveats]),
        ("What the tests say", claims(found)),
    ):
        if sentences:
            console.print(Text(f"\n{head}", style="bold"))
            for sentence in sentences:
                console.print(Text(f"- {sentence}"))


def _regret(row: Row) -> str:
    interval = (
        ""
        if row["regret_low"] != row["regret_low"]
        else (f" ({number(row['regret_low'], 2)} to {number(row['regret_high'], 2)})")
    )
    return f"{number(row['regret'], 3)}{interval}"
