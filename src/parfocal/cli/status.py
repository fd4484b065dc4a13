"""`parfocal status` and `workers`: tables on the terminal, drawn once or again and again."""

import json
import math
import sys
import time
from collections.abc import Callable, Sequence

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from parfocal.cli.targets import Place, storage_of
from parfocal.cli.words import duration
from parfocal.errors import InvalidInput, StorageError
from parfocal.operations.status import Lead, Monitor, Status, StudyStatus, WorkerStatus
from parfocal.trials import State

_LINES = 10.0  # s, between two lines where the output is no terminal
_PAUSE = 0.5  # s, shortest time between two looks
_STYLES = {"dead": "bold red", "silent": "bold yellow", "unknown": "yellow"}


def show_status(target: Place, study: str | None, watch: float | None, as_json: bool) -> None:
    """Print how each study is, once, or with ``watch`` every so many seconds until Ctrl-C."""
    if watch is not None and not (math.isfinite(watch) and watch > 0):
        raise InvalidInput(f"--watch takes a number of seconds above 0; got {watch:g}.")
    monitor = Monitor(storage_of(target, readonly=True), study)
    try:
        if watch is None:
            status = monitor.look()
            if as_json:
                print(json.dumps(status.to_dict()))
            else:
                Console().print(drawn(status))
            return
        if as_json or not sys.stdout.isatty():
            _append(monitor, watch, as_json)
        else:
            _redraw(monitor, watch)
    except KeyboardInterrupt:  # the one way to end it
        return
    finally:
        monitor.storage.close()


def show_workers(target: Place, study: str | None, as_json: bool) -> None:
    """Print the table of workers alone."""
    storage = storage_of(target, readonly=True)
    status = Monitor(storage, study).look()
    storage.close()
    if as_json:
        print(json.dumps(status.to_dict()["workers"]))
    elif status.workers:
        Console().print(_worker_table(status.workers))
    else:
        print("No worker is registered.")


def _redraw(monitor: Monitor, seconds: float) -> None:
    """Keep the tables on the terminal up to date."""
    from rich.live import Live

    with Live(console=Console(), auto_refresh=False) as live:
        shown: RenderableType = Text("")

        def update(status: Status | None, away: str) -> None:
            nonlocal shown
            if status is not None:
                shown = drawn(status)
            live.update(Group(shown, Text(away, style="bold yellow")) if away else shown, refresh=True)

        _follow(monitor, seconds, update)


def _append(monitor: Monitor, seconds: float, as_json: bool) -> None:
    """Print a line a study whenever something has changed, not more often than every :data:`_LINES` seconds."""
    before: dict[str, int] = {}
    printed = -math.inf

    def update(status: Status | None, away: str) -> None:
        nonlocal printed
        if away:
            print(away, file=sys.stderr, flush=True)
        if status is None:
            return
        new = {study.name: study.revision for study in status.studies}
        if new != before and time.monotonic() - printed >= min(_LINES, 5 * seconds):
            for study in status.studies:
                if as_json:
                    continue
                if before.get(study.name) != study.revision:
                    print(f"{time.strftime('%H:%M:%S')} {line(study)}", flush=True)
            if as_json:
                print(json.dumps(status.to_dict()), flush=True)
            before.update(new)
            printed = time.monotonic()

    _follow(monitor, seconds, update)


def _follow(monitor: Monitor, seconds: float, update: Callable[[Status | None, str], None]) -> None:
    """Look for ever; a database that is away is told, once each time, and looked for again."""
    away = ""
    while True:
        try:
            status = monitor.look()
            update(status, f"{time.strftime('%H:%M:%S')} The database is back." if away else "")
            away = ""
            begin = time.monotonic()
            monitor.wait(seconds)
            time.sleep(max(0.0, min(_PAUSE, seconds) - (time.monotonic() - begin)))
        except StorageError as error:
            if not away:
                away = f"{time.strftime('%H:%M:%S')} {error} Looking for it again every {seconds:g} s."
                update(None, away)
            time.sleep(seconds)


def line(study: StudyStatus) -> str:
    """Return a study in one line."""
    of = f" of {study.budget}" if study.budget is not None else ""
    parts = [f"{study.name}: {study.spent}{of} trials", f"{study.counts.running} running"]
    if study.counts.failed:
        parts.append(f"{study.counts.failed} failed")
    if study.value is not None:
        parts.append(f"best {study.metric} {study.value:.5g}")
    parts.append(f"{study.pace.recent:.3g} trials/min")
    if study.remaining > 0:
        parts.append(f"{duration(study.remaining)} left")
    return " · ".join(parts)


def drawn(status: Status) -> RenderableType:
    """Return everything as tables."""
    parts: list[RenderableType] = [_study_table(study) for study in status.studies]
    if not parts:
        parts.append(Text("No study yet."))
    parts.append(_worker_table(status.workers) if status.workers else Text("no worker is registered"))
    ahead = abs(status.clock)
    clock = f", its clock {ahead:.3g} s {'ahead of' if status.clock > 0 else 'behind'} this host's"
    lag = "" if math.isnan(status.lag) else f" answered in {1000 * status.lag:.1f} ms{clock if ahead > 0.1 else ''}"
    parts.append(Text(f"{status.url}{lag}", overflow="fold"))
    return Group(*parts)


def _study_table(study: StudyStatus) -> Table:
    """Return what is known of one study, a line each."""
    counts = study.counts
    states = [f"{counts[state]} {state.name.lower()}" for state in State]
    reasons = ", ".join(f"{count} {reason}" for reason, count in study.reasons.items())
    rows = [("trials", ", ".join(states) + (f" (failed: {reasons})" if reasons else ""))]
    if study.budget is None:
        rows.append(("budget", f"{study.spent} spent of any number"))
    else:
        share = f" ({study.spent / study.budget:.0%})" if study.budget else ""
        rows.append(("budget", f"{study.spent} of {study.budget} spent{share}"))
    if study.value is not None:
        rows.append(("best", f"{study.metric} {study.value:.6g}, trial {study.best}"))
    if not math.isnan(study.pace.overall):
        left = f"; about {duration(study.remaining)} left" if study.remaining > 0 else ""
        rows.append(("pace", f"{study.pace.recent:.3g} trials/min lately, {study.pace.overall:.3g} overall{left}"))
    rows.append(("asker", "nobody" if study.lead is None else _asker(study.lead)))
    table = Table(title=f"{study.name}: {study.objective}, by {study.optimizer}", title_justify="left", box=None)
    table.show_header = False
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    return table


def _asker(lead: Lead) -> str:
    where = f" on {lead.host}" if lead.host else ""
    if lead.left <= 0:
        return f"{lead.asker}{where}: silent, its lead ran out {duration(-lead.left)} ago"
    return f"{lead.asker}{where}, its lead holds for {duration(lead.left)} more"


def _worker_table(workers: Sequence[WorkerStatus]) -> Table:
    """Return the workers, those that do not live marked."""
    table = Table()
    for head in ("worker", "host", "pid", "job", "study", "state", "heartbeat", "trials"):
        table.add_column(head, overflow="fold", justify="right" if head == "pid" else "left")
    for worker in workers:
        heartbeat = "" if math.isnan(worker.heartbeat) else f"{duration(max(0.0, worker.heartbeat))} ago"
        held = [f"{number} for {'?' if math.isnan(s) else duration(max(0.0, s))}" for number, s in worker.trials[:4]]
        more = [f"and {len(worker.trials) - 4} more"] if len(worker.trials) > 4 else []
        pid = "" if worker.pid is None else str(worker.pid)
        cells = (worker.id, worker.host, pid, worker.job, worker.study, worker.health, heartbeat)
        row = [Text(cell) for cell in (*cells, ", ".join(held + more))]
        row[5].stylize(_STYLES.get(worker.health, ""))
        table.add_row(*row)
    return table
