"""The live line of a running search."""

import math
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from parfocal.cli.words import duration
from parfocal.search import Progress
from parfocal.trials import Objective


@contextmanager
def live(objective: Objective, quiet: bool) -> Iterator[Callable[[Progress], None] | None]:
    """Yield what draws a search's progress on standard error: a bar on a terminal, else a line now and then."""
    if quiet:
        yield None
    elif sys.stderr.isatty():
        yield from _bar(objective)
    else:
        yield _lines(objective)


def _bar(objective: Objective) -> Iterator[Callable[[Progress], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
    from rich.progress import Progress as Bar

    columns = (BarColumn(bar_width=30), MofNCompleteColumn(), TextColumn("{task.description}"))
    with Bar(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("", total=None)

        def draw(progress: Progress) -> None:
            bar.update(task, total=progress.budget, completed=progress.done, description=describe(progress, objective))

        yield draw


def _lines(objective: Objective) -> Callable[[Progress], None]:
    shown = -1

    def draw(progress: Progress) -> None:
        nonlocal shown
        tenth = 10 * progress.done // progress.budget
        if tenth > shown:
            shown = tenth
            print(
                f"{progress.done}/{progress.budget} done · {describe(progress, objective)}", file=sys.stderr, flush=True
            )

    return draw


def describe(progress: Progress, objective: Objective) -> str:
    """Return one line: failed, running, best so far, time left."""
    parts = [f"{progress.counts.failed} failed", f"{progress.counts.running} running"]
    if progress.best is not None:
        parts.append(f"best {objective.metric} {progress.best:.4g}")
    if not math.isnan(progress.remaining) and progress.done < progress.budget:
        parts.append(f"{duration(progress.remaining)} left")
    return " · ".join(parts)
