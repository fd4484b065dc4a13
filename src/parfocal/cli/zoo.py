"""`parfocal zoo`: one optimizer in full, the table as Markdown, and the heat map of all pairs."""

import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Literal

from rich.console import Console
from rich.table import Table
from rich.text import Text

from parfocal.analysis.matrix import Matrix, matrix, task_loss
from parfocal.cli.show import text
from parfocal.cli.words import between_commas
from parfocal.errors import InvalidInput, MissingPackage
from parfocal.optimizers import parts
from parfocal.optimizers.table import baseline, entry
from parfocal.optimizers.text import Part, parse
from parfocal.tasks.table import load
from parfocal.testing.problems import problems
from parfocal.trials import Objective


def show_entry(name: str) -> None:
    """Print one member, part or composition with all options of its parts."""
    found = entry(name)
    console = Console(highlight=False)
    console.print(Text(found.name, style="bold"))
    if found.member is not None:
        m = found.member
        console.print(f"{m.when[:1].upper()}{m.when[1:]}{baseline(m)}.", markup=False)
        console.print(f"Parts: {m.parts}. Spaces: {m.spaces}. An ask takes {m.milliseconds:g} ms.", markup=False)
        console.print(f"Source: {m.source}", markup=False)
    for part in found.parts:
        console.print(Text(f"\n{part.kind} {part.name}", style="bold"))
        console.print(part.does, markup=False)
        if not part.options:
            console.print("It has no options.")
            continue
        table = Table("option", "value", "meaning")
        for option in part.options:
            value = "none" if option.default is None else text(option.default)
            value = value.lower() if isinstance(option.default, bool) else value
            table.add_row(Text(option.name), Text(value), Text(option.meaning.replace("``", "'")))
        console.print(table)
    for sentence in found.missing:
        console.print(Text(f"\nTo use it: {sentence}"))


def run_matrix(
    task: str | None,
    problem: str | None,
    samplers: str | None,
    strategies: str | None,
    trials: int,
    seeds: int,
    out: Path,
) -> None:
    """Run each sampler with each strategy, print the pairs and draw the heat map."""
    from parfocal.plots import combinations  # matplotlib is a second that --help need not wait for

    table = _matrix(task, problem, samplers, strategies, trials, seeds)
    console = Console(highlight=False)
    shown = Table("sampler", "strategy", table.objective.label, "normalized regret")
    for sampler, strategy, value, regret in table.ranked:
        shown.add_row(Text(sampler), Text(strategy), f"{value:.5g}", f"{regret:.3f}")
    console.print(shown)
    for reason in dict.fromkeys(table.skipped.values()):
        pairs = [" + ".join(pair) for pair, why in table.skipped.items() if why == reason]
        more = f" and {len(pairs) - 1} more" if len(pairs) > 1 else ""
        console.print(f"Left out: {pairs[0]}{more}: {reason}", markup=False)
    out.parent.mkdir(parents=True, exist_ok=True)
    if out.suffix.lower() == ".html":
        _write_page(combinations.interactive(table), table, out)
    else:
        combinations.printed(table).savefig(out, dpi=200)
    print(f"Heat map: {out}")


def _write_page(figure: object, table: Matrix, out: Path) -> None:
    from parfocal.report.page import page, plot
    from parfocal.report.tags import Html, section

    title = f"Samplers and strategies on {table.problem}"
    caption = (
        f"{table.objective.label}, {table.trials} evaluations a run, mean of {table.seeds} runs. Regret 0 is the best "
        "of all runs, 1 no better than the warm-up; point at a cell for its numbers, at a grey one for why it is empty."
    )
    shown = section("matrix", "Regret of every pair", plot("fig-matrix", figure, title, caption, wide=True))
    out.write_text(page(title, [], {"matrix": ("Matrix", shown)}, Html("")), encoding="utf-8", newline="\n")


def _matrix(
    task: str | None, problem: str | None, samplers: str | None, strategies: str | None, trials: int, seeds: int
) -> Matrix:
    chosen = _listed("sampler", samplers), _listed("strategy", strategies)

    def on_pair(pair: str, index: int, count: int) -> None:
        print(f"{index + 1}/{count} {pair}", file=sys.stderr, flush=True)

    if task is not None:
        if problem is not None:
            raise InvalidInput("A matrix is made of one task or one problem: give --task or --problem, not both.")
        ready = load(task)
        return matrix(
            task, ready.space, task_loss(ready), ready.objective, *chosen, trials=trials, seeds=seeds, on_pair=on_pair
        )
    known = {each.name: each for each in problems()}
    name = problem or "mixed"
    if name not in known:
        raise InvalidInput(f"There is no problem '{name}'; choose from {', '.join(known)}.")
    small = known[name]
    return matrix(
        name, small.space, small.loss, Objective("loss"), *chosen, trials=trials, seeds=seeds, on_pair=on_pair
    )


def _listed(kind: Literal["sampler", "strategy"], given: str | None) -> tuple[str, ...]:
    """Return the parts of a list with commas, all of them when none is given; raise before anything runs."""
    if given is None:
        return parts.names(kind)
    make: Callable[[Part], object] = parts.sampler if kind == "sampler" else parts.strategy
    listed = between_commas(given, kind)
    if kind == "strategy":
        listed = ["accept-all" if each == "none" else each for each in listed]  # the table of the zoo says "none"
    for each in listed:
        written = parse(each)
        if len(written) > 1:
            raise InvalidInput(f"'{each}' is a sampler + a strategy, where one {kind} is expected.")
        with suppress(MissingPackage):  # its pairs are left out, with this reason
            make(written[0])
    return tuple(dict.fromkeys(listed))
